"""What one number may get in a day and an hour; used up means another way, never silence."""

from itertools import pairwise

from simulators.phone_network.record import Happened
from tests.stories.scene import Person, Story


def calls_to(story: Story, person: Person) -> list[float]:
    """Return when a phone was called, in seconds."""
    return [
        (entry.at - story.began_at).total_seconds()
        for entry in story.record(Happened.CALL_ACCEPTED)
        if entry.detail["to"] == person.number
    ]


def test_no_phone_rings_twice_in_a_minute(story: Story) -> None:
    """Whatever happens at once, calls to one phone are most of a minute apart."""
    story.wanders_off()
    story.passes(50)
    story.texts(story.chen, "2")
    story.passes(5)
    story.band_says(alarms=["sos"], why="alarm")
    story.passes(minutes=3)
    times = calls_to(story, story.shen)

    assert all(later - earlier >= 55 for earlier, later in pairwise(times))
    story.sent()
    story.wraps_up()


def test_no_phone_rings_six_times_in_an_hour(story: Story) -> None:
    """Carriers shut a number that is called too often: the sixth call in an hour is not made."""
    story.wanders_off()
    story.passes(minutes=50)

    assert len(calls_to(story, story.li)) == 5
    story.sent()
    story.wraps_up()


def test_a_used_up_number_is_called_instead(story: Story) -> None:
    """A number that got its SMS of the day is called: nobody is left out."""
    story.is_set(sms_per_day=3)
    story.wanders_off()
    story.passes(minutes=4)
    told = story.sent()

    assert not [line for line in told if line.startswith("180 sms")]
    assert "180 voice ask: chen shen" in told
    story.wraps_up()


def test_the_first_ask_of_a_new_incident_is_kept_free(story: Story) -> None:
    """After a day full of messages the first ask of a new incident still goes out by SMS."""
    story.is_set(sms_per_day=5)
    story.wanders_off()
    story.passes(minutes=4)
    story.texts(story.chen, "3")
    story.passes(120)
    story.sent()
    story.presses_sos()

    assert "0 sms ask: chen shen" in story.sent()
    story.wraps_up()


def test_the_next_day_is_a_new_day(story: Story) -> None:
    """A number that was used up yesterday gets SMS again."""
    story.is_set(sms_per_day=5)
    story.wanders_off()
    story.passes(minutes=4)
    story.texts(story.chen, "3")
    story.passes(60)
    story.sent()
    story.clock.advance(25 * 3600)
    story.presses_sos()
    story.sent()
    story.texts(story.chen, "1")

    assert ["0 sms confirm going: chen", "0 sms inform going: shen"] == story.sent()


def test_without_limits_everything_goes(story: Story) -> None:
    """A provider without limits is used as often as the ladder wants."""
    story.is_set(sms_per_day=0, calls_per_hour=0, calls_per_day=0)
    story.wanders_off()
    story.passes(minutes=50)

    assert len(calls_to(story, story.li)) > 5
    story.sent()
    story.wraps_up()
