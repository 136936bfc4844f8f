"""A yes is good for a while: then somebody asks, and then somebody else is asked."""

from core.incidents import EntryKind, IncidentState
from tests.stories.scene import Story


def goes(story: Story) -> None:
    """Have chen say yes; seconds count from then."""
    story.wanders_off()
    story.passes(30)
    story.from_here()
    story.texts(story.chen, "1")
    story.sent()


def test_whoever_goes_is_reminded(story: Story) -> None:
    """Five minutes before the half hour is over whoever goes is asked for news, once."""
    goes(story)
    story.passes(minutes=26)

    assert ["1500 sms remind lease: chen"] == story.sent()
    story.texts(story.chen, "3")
    story.sent()


def test_without_news_people_are_asked_anew(story: Story) -> None:
    """A yes without news for half an hour runs out: both guardians are asked again."""
    goes(story)
    story.passes(minutes=30)

    assert IncidentState.GUARDIANS is story.state
    assert EntryKind.LEASE_ENDED in story.timeline
    assert ["1500 sms remind lease: chen", "1800 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_still_going_is_good_for_another_half_hour(story: Story) -> None:
    """Who answers the reminder with 1 has another half hour, and nobody is told twice."""
    goes(story)
    story.passes(minutes=26)
    story.sent()
    story.texts(story.chen, "1")
    story.passes(minutes=20)

    assert IncidentState.ACCEPTED is story.state
    assert [] == story.sent()


def test_the_next_reminder_comes_after_the_next_half_hour(story: Story) -> None:
    """A yes that was renewed is asked about again when it is about to run out."""
    goes(story)
    story.passes(minutes=26)
    story.texts(story.chen, "1")
    story.sent()
    story.from_here()
    story.passes(minutes=26)

    assert ["1500 sms remind lease: chen"] == story.sent()
    story.texts(story.chen, "3")
    story.sent()


def test_whoever_had_gone_can_say_yes_again(story: Story) -> None:
    """After their yes ran out the same guardian is asked and can go again."""
    goes(story)
    story.passes(minutes=31)
    story.sent()
    story.from_here()
    story.texts(story.chen, "1")

    assert IncidentState.ACCEPTED is story.state
    assert ["0 sms confirm going: chen", "0 sms inform going: shen"] == story.sent()


def test_a_decline_lasts_for_the_whole_incident(story: Story) -> None:
    """Who said "cannot" is not asked again when the other's yes runs out."""
    story.wanders_off()
    story.texts(story.shen, "2")
    story.texts(story.chen, "1")
    story.from_here()
    story.passes(minutes=29)
    story.sent()
    story.passes(minutes=2)

    assert ["1800 sms ask: chen", "1860 voice ask: chen"] == story.sent()
    story.wraps_up()


def test_an_sos_is_asked_about_sooner(story: Story) -> None:
    """Who goes to an SOS is asked for news after a quarter of an hour."""
    story.presses_sos()
    story.texts(story.chen, "1")
    story.sent()
    story.passes(minutes=16)

    assert ["900 sms remind lease: chen"] == story.sent()
    story.texts(story.chen, "3")
    story.sent()


def test_a_rescuers_yes_runs_out_too(story: Story) -> None:
    """Without news of the rescuer the whole team is asked anew, and guardians hear that it is."""
    story.wanders_off()
    story.passes(310)
    story.from_here()
    story.texts(story.li, "1")
    story.passes(minutes=26)
    story.sent()
    story.passes(minutes=4)

    assert IncidentState.RESCUE is story.state
    assert [
        "1800 sms ask: li wu",
        "1800 sms inform rescue_asked: chen shen",
        "1800 voice ask: li wu",
    ] == story.sent()
    story.wraps_up()


def test_two_who_go_are_both_reminded(story: Story) -> None:
    """When two are on the way both are asked for news."""
    story.wanders_off()
    story.texts(story.chen, "1")
    story.from_here()
    story.texts(story.shen, "1")
    story.sent()
    story.passes(minutes=26)

    assert ["1500 sms remind lease: chen shen"] == story.sent()
    story.texts(story.chen, "3")
    story.sent()
