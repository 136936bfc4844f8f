"""A coordinator pauses the asking: answers still count, and a pause always ends."""

from core.incidents import EntryKind, IncidentState
from core.zones import Circle, ZoneKind
from store.zones import add_zone
from tests.stories.scene import Story


def paused(story: Story, minutes: int = 10) -> None:
    """Have guardians asked and then nobody; seconds count from the pause."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.from_here()
    story.operator("pause", minutes=str(minutes))


def test_a_pause_asks_nobody(story: Story) -> None:
    """While it lasts no call is made and nobody new is asked."""
    paused(story)
    story.passes(minutes=9)

    assert [] == story.sent()
    assert EntryKind.PAUSED in story.timeline
    story.wraps_up()


def test_a_pause_ends_by_itself(story: Story) -> None:
    """Forgotten, a pause is over after its time, and what came due meanwhile is done at once."""
    paused(story)
    story.passes(minutes=11)
    told = story.sent()

    assert IncidentState.RESCUE is story.state
    assert "600 sms ask: chen li shen wu" in told
    story.wraps_up()


def test_an_answer_in_a_pause_counts(story: Story) -> None:
    """A yes that comes during a pause is heard, and the other is told."""
    paused(story)
    story.passes(60)
    story.texts(story.chen, "1")

    assert IncidentState.ACCEPTED is story.state
    assert ["60 sms confirm going: chen", "60 sms inform going: shen"] == story.sent()
    story.passes(minutes=10)


def test_found_in_a_pause_ends_it(story: Story) -> None:
    """Found is found, paused or not."""
    paused(story)
    story.passes(60)
    story.texts(story.shen, "3")

    assert IncidentState.CLOSED is story.state
    assert ["60 sms closing found: chen shen"] == story.sent()


def test_the_coordinator_goes_on(story: Story) -> None:
    """A pause that is ended early goes on where it stood."""
    paused(story)
    story.passes(90)
    story.operator("resume")

    assert ["90 voice ask: chen shen"] == story.sent()
    assert EntryKind.RESUMED in story.timeline
    story.wraps_up()


def test_another_cause_ends_a_pause(story: Story) -> None:
    """A pause was meant for what was known: by the water everybody is asked at once."""
    paused(story)
    with story.engine.begin() as connection:
        add_zone(
            connection,
            elder_id=story.town.household.elder_id,
            kind=ZoneKind.DANGER,
            name="长山河",
            shape=Circle(story.town.household.home.moved(east_m=1000), 150.0),
        )
    for _ in range(2):
        story.passes(60)
        story.is_seen(1000)

    assert story.incident.paused_until is None
    assert any("li" in line for line in story.sent())
    story.wraps_up()


def test_an_outage_in_a_pause(story: Story) -> None:
    """A pause that ended in an outage is over when the service is back."""
    paused(story)
    story.outage(minutes=30)

    assert story.incident.paused_until is None
    assert any("ask: chen li shen wu" in line for line in story.sent())
    story.wraps_up()
