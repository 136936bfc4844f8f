"""The SOS key: no doubt, a call at once, half the window."""

from core.incidents import EntryKind, IncidentState
from core.policies import Severity
from tests.stories.scene import Story


def test_sos_texts_and_calls_at_once(story: Story) -> None:
    """An SOS is believed without a second word: both guardians are texted and called."""
    story.presses_sos()

    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    assert "按了求救键" in story.texts_to(story.chen)[0]
    story.wraps_up()


def test_sos_waits_three_minutes_for_guardians(story: Story) -> None:
    """Nobody answers an SOS: the rescue team is asked after three minutes, not five."""
    story.presses_sos()
    story.passes(170)
    story.sent()
    story.passes(10)

    assert IncidentState.RESCUE is story.state
    assert [
        "180 sms ask: li wu",
        "180 sms inform rescue_asked: chen shen",
        "180 voice ask: li wu",
    ] == story.sent()
    story.wraps_up()


def test_sos_is_pressed_again_after_a_minute_and_a_half(story: Story) -> None:
    """Silent guardians are texted and called again after ninety seconds of an SOS."""
    story.presses_sos()
    story.sent()
    story.passes(90)

    assert ["90 sms ask: chen shen", "90 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_sos_twice_is_one_incident(story: Story) -> None:
    """A key pressed again and again is one incident, and nobody is asked twice at once."""
    first = story.presses_sos()
    story.sent()
    story.passes(10)
    story.band_says(alarms=["sos"], why="alarm")

    assert (first, 1) == (story.incident_id, story.incidents())
    assert [] == story.sent()
    story.wraps_up()


def test_sos_without_a_position_is_an_incident(story: Story) -> None:
    """An SOS of a band that knows no position asks people all the same, and says so."""
    story.presses_sos()
    story.sent()

    assert "暂无定位" in story.texts_to(story.chen)[0]
    story.wraps_up()


def test_a_fall_presses_as_an_sos_does(story: Story) -> None:
    """A fall is urgent: text and call at once."""
    story.from_here()
    story.band_says(alarms=["fall"], why="alarm")

    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    assert Severity.URGENT is story.incident.severity
    story.wraps_up()


def test_sos_during_a_suspicion_asks_at_once(story: Story) -> None:
    """An SOS ends the waiting of a suspicion: it goes straight to the guardians, urgently."""
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.presses_sos()

    assert 1 == story.incidents()
    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    assert EntryKind.TRIGGERED_AGAIN in story.timeline
    story.wraps_up()


def test_sos_from_home_is_not_a_return(story: Story) -> None:
    """Somebody who calls for help at home is not "back": the incident stays open."""
    story.is_seen(0)
    story.presses_sos()
    story.is_seen(5)
    story.passes(60)

    assert EntryKind.SEEMS_BACK not in story.timeline
    story.wraps_up()


def test_an_sos_that_comes_late_is_still_passed_on(story: Story) -> None:
    """An SOS that a band could only send an hour later still asks people."""
    earlier = story.clock.now().timestamp() - 3600
    story.from_here()
    story.band_says(alarms=["sos"], why="alarm", t=earlier)

    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    story.wraps_up()
