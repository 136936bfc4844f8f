"""A band that is not heard any more: an incident for whoever may not be alone so long."""

from datetime import timedelta

from core.incidents import Trigger
from store import schema, workers
from tests.stories.scene import Story


def may_be_alone(story: Story, minutes: float) -> None:
    """Register how long this elder's band may be silent before people are asked."""
    with story.engine.begin() as connection:
        connection.execute(schema.elder.update().values(silence_alarm_s=round(60 * minutes)))


def ingest_listens(story: Story, since_minutes: float = 24 * 60) -> None:
    """Have the ingest role say that it has had the broker for so long."""
    now = story.clock.now()
    since = now - timedelta(minutes=since_minutes)
    with story.engine.begin() as connection:
        detail = {"listening_since": since.isoformat()}
        workers.beat(connection, "ingest-1", role="ingest", detail=detail, now=now)


def quiet_for(story: Story, minutes: float, *, listening_minutes: float = 24 * 60) -> None:
    """Let the band be silent for so long, with an ingest role that hears; then look at it."""
    story.clock.advance(60 * minutes)
    story.worker_restarts()
    ingest_listens(story, listening_minutes)
    story.from_here()
    story.ticks()
    story.settles()


def test_who_may_not_be_alone_is_looked_for(story: Story) -> None:
    """A band silent for longer than its wearer may be alone has both guardians asked."""
    may_be_alone(story, 30)
    story.is_seen(0)
    quiet_for(story, 40)
    told = story.sent()
    (text,) = story.texts_to(story.chen)

    assert ["0 sms ask: chen shen"] == told
    assert "手环失联" in text
    story.incident_id = 1
    assert Trigger.SILENCE is story.incident.trigger
    story.wraps_up()


def test_a_silence_is_an_operators_matter_otherwise(story: Story) -> None:
    """A silent band of an elder without such a rule wakes nobody at all."""
    story.is_seen(0)
    quiet_for(story, 120)

    assert 0 == story.incidents()
    assert [] == story.sent()


def test_an_outage_of_ours_is_no_silence_of_theirs(story: Story) -> None:
    """After an outage silence is counted from when we hear again, or everybody would be alarmed."""
    may_be_alone(story, 30)
    story.is_seen(0)
    quiet_for(story, 120, listening_minutes=3)

    assert 0 == story.incidents()
    assert [] == story.sent()


def test_without_ears_nobody_is_called_silent(story: Story) -> None:
    """While no ingest role listens nothing is known, so nobody is alarmed."""
    may_be_alone(story, 30)
    story.is_seen(0)
    story.clock.advance(3600)
    story.worker_restarts()
    story.ticks()
    story.settles()

    assert 0 == story.incidents()


def test_heard_again_and_at_home(story: Story) -> None:
    """A band that is heard from home again is told as "seems back", and a human closes."""
    may_be_alone(story, 30)
    story.is_seen(0)
    quiet_for(story, 40)
    story.incident_id = 1
    story.sent()
    for _ in range(2):
        story.passes(20)
        story.is_seen(0)

    assert story.incident.is_open
    story.sent()
    story.wraps_up()
