"""Nobody worked for hours: then everything is caught up once, and nobody is forgotten."""

from core.incidents import EntryKind, IncidentState
from tests.stories.scene import Story


def test_a_missed_call_is_made_late(story: Story) -> None:
    """Away for the call step: the calls go out as soon as the service is back."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.outage(minutes=1.5)

    assert ["110 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_missed_steps_become_one(story: Story) -> None:
    """Two steps missed in an outage are one ask by all their channels, not two calls in a row."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.outage(minutes=3)
    story.passes(20)

    assert ["200 sms ask: chen shen", "200 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_a_missed_tier_is_told_together(story: Story) -> None:
    """The window ended in the outage: guardians and team are asked in the same second."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.outage(minutes=10)

    assert IncidentState.RESCUE is story.state
    assert [
        "620 sms ask: chen li shen wu",
        "620 sms inform rescue_asked: chen shen",
        "620 voice ask: chen li shen wu",
    ] == story.sent()
    story.wraps_up()


def test_the_true_time_stands_in_a_late_ask(story: Story) -> None:
    """An ask that goes out late says when the elder left, not when the service woke up."""
    story.leaves()
    story.outage(minutes=40)
    story.sent()

    assert "12:01" in story.texts_to(story.li)[0]
    story.wraps_up()


def test_asks_that_nobody_sent_are_replaced(story: Story) -> None:
    """An ask that waited through an outage is too old to send; a fresh one takes its place."""
    story.leaves()
    story.outage(minutes=30)
    told = story.sent()

    assert ("withheld", "expired") in story.statuses(purpose="ask")
    assert "1800 sms ask: chen li shen wu" in told
    story.wraps_up()


def test_hours_away(story: Story) -> None:
    """After three hours of outage people are asked at once, and each of them once."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.outage(minutes=180)
    told = story.sent(story.chen)

    assert story.incident.is_open
    assert 1 == len([line for line in told if "sms ask" in line])
    assert 1 == len([line for line in told if "voice ask" in line])
    story.sent()
    story.wraps_up()


def test_an_answer_from_before_the_outage_counts_first(story: Story) -> None:
    """A yes that arrived while nobody worked is heard before time is: nobody is asked any more."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.town.arrives("reply", {"from": story.chen.number, "text": "1"})
    story.outage(minutes=10)

    assert IncidentState.ACCEPTED is story.state
    assert ["620 sms confirm going: chen", "620 sms inform going: shen"] == story.sent()


def test_a_lease_that_ran_out_meanwhile(story: Story) -> None:
    """Away when the half hour ended: who goes is reminded first, and has time to answer."""
    story.wanders_off()
    story.texts(story.chen, "1")
    story.sent()
    story.from_here()
    story.outage(minutes=60)

    assert IncidentState.ACCEPTED is story.state
    assert ["3600 sms remind lease: chen"] == story.sent()
    story.texts(story.chen, "3")
    story.sent()


def test_rounds_missed_in_an_outage(story: Story) -> None:
    """Rescue rounds that were missed are one call, and the ladder goes on from now."""
    story.wanders_off()
    story.passes(310)
    story.sent()
    story.from_here()
    story.outage(minutes=5)

    assert [line for line in story.sent() if "voice ask: li wu" in line]
    story.passes(30)
    assert [] == story.sent()
    story.wraps_up()


def test_an_outage_after_the_end_brings_nothing_back(story: Story) -> None:
    """A closed case stays quiet however often workers start anew."""
    story.wanders_off()
    story.texts(story.chen, "3")
    story.sent()
    for _ in range(3):
        story.outage(minutes=30)

    assert [] == story.sent()


def test_the_news_of_the_end_is_worth_sending_hours_later(story: Story) -> None:
    """Closed while nobody could send: whoever was woken hears it when the service is back."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.worker_restarts()
    story.town.arrives(
        "order",
        {
            "incident_id": story.incident_id,
            "do": "close",
            "outcome": "found",
            "by": "coordinator",
        },
    )
    story.clock.advance(20)
    story.town.handles_arrivals()
    story.outage(minutes=120)

    assert ["7240 sms closing found: chen shen"] == story.sent()


def test_old_news_is_not_sent(story: Story) -> None:
    """News that the team is asked from two hours ago helps nobody and is left out."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.worker_restarts()
    body = {"incident_id": story.incident_id, "do": "rescue", "by": "coordinator"}
    story.town.arrives("order", body)
    story.town.handles_arrivals()
    story.outage(minutes=120)

    assert ("withheld", "expired") in story.statuses(purpose="inform")
    assert EntryKind.MESSAGE_WITHHELD in story.timeline
    story.sent()
    story.wraps_up()


def test_many_short_outages(story: Story) -> None:
    """A worker that starts anew every half minute asks exactly as one that never ends."""
    story.wanders_off()
    for _ in range(8):
        story.passes(30)
        story.worker_restarts()

    assert [
        "0 sms ask: chen shen",
        "60 voice ask: chen shen",
        "180 sms ask: chen shen",
        "180 voice ask: chen shen",
    ] == story.sent()
    story.wraps_up()
