"""Calls: not answered, refused, a voice mailbox, a wrong key: none of them is a yes."""

from core.incidents import EntryKind, IncidentState
from simulators.phone_network import Habit, PicksUp
from simulators.phone_network.manners import Manner, habit_of
from tests.stories.scene import Story


def rings(story: Story) -> None:
    """Have both guardians' phones ring; seconds count from here."""
    story.wanders_off()
    story.passes(70)
    story.sent()


def test_an_unanswered_call_is_ordinary(story: Story) -> None:
    """A call that nobody takes starts no second way: the ladder goes on in its time."""
    rings(story)
    story.passes(60)

    assert [] == story.sent()
    story.wraps_up()


def test_a_refused_call_is_ordinary(story: Story) -> None:
    """A phone that is hung up while it rings is asked again in the next step, not before."""
    story.learn(Habit(number=story.chen.number, declines_call_after_s=5))
    rings(story)
    story.passes(60)

    assert [] == story.sent()
    story.passes(60)
    assert "180 voice ask: chen shen" in story.sent()
    story.wraps_up()


def test_a_voice_mailbox_is_no_answer(story: Story) -> None:
    """Picked up and nothing pressed: nobody is taken for going."""
    story.learn(Habit(number=story.chen.number, call=PicksUp(after_s=5)))
    rings(story)
    story.passes(90)

    assert IncidentState.GUARDIANS is story.state
    assert EntryKind.ANSWERED not in story.timeline
    story.sent()
    story.wraps_up()


def test_a_wrong_key_is_no_answer(story: Story) -> None:
    """A key that means nothing changes nothing."""
    rings(story)
    story.presses(story.chen, "7")
    story.passes(30)

    assert EntryKind.ANSWERED not in story.timeline
    story.sent()
    story.wraps_up()


def test_nine_reads_it_again(story: Story) -> None:
    """Who presses 9 hears it again, and has not answered."""
    rings(story)
    story.presses(story.chen, "9")
    story.passes(20)

    assert EntryKind.ANSWERED not in story.timeline
    assert IncidentState.GUARDIANS is story.state
    story.sent()
    story.wraps_up()


def test_nine_and_then_one(story: Story) -> None:
    """Who listens twice and then presses 1 is going."""
    rings(story)
    story.presses(story.chen, "9")
    story.passes(5)
    story.presses(story.chen, "1")

    assert IncidentState.ACCEPTED is story.state
    story.sent()


def test_missed_twice_and_taken_the_third_time(story: Story) -> None:
    """Who misses the first call and takes the second is going."""
    story.learn(Habit(number=story.shen.number, call=PicksUp(after_s=5, key="1", misses=1)))
    story.wanders_off()
    story.passes(minutes=4)

    assert IncidentState.ACCEPTED is story.state
    assert any(line.endswith("sms confirm going: shen") for line in story.sent())


def test_what_a_call_says(story: Story) -> None:
    """A call names the elder and the cause, and the keys."""
    rings(story)
    script = story.texts_to(story.chen)[-1]

    for words in ("王秀英", "离开安全区", "1", "2", "9"):
        assert words in script
    story.wraps_up()


def test_a_call_speaks_its_listeners_language(story: Story) -> None:
    """A call to a Chinese guardian is spoken in Chinese, twice over."""
    rings(story)
    script = story.texts_to(story.chen)[-1]

    assert 'language="cmn-CN"' in script
    story.wraps_up()


def test_a_forged_key_is_refused(story: Story) -> None:
    """A key press that is not signed answers for nobody."""
    rings(story)
    url = f"{story.stage.public_url}/hooks/twilio/key?token=3-1"
    form = {"CallSid": "CA" + "9" * 32, "Digits": "1", "To": story.chen.number}

    assert 403 == story.posts_signed(url, form, token="somebody else's token")
    story.settles()
    assert EntryKind.ANSWERED not in story.timeline
    story.wraps_up()


def test_a_key_of_a_call_that_is_unknown(story: Story) -> None:
    """A signed key press of a call that we never made answers for nobody."""
    rings(story)
    url = f"{story.stage.public_url}/hooks/twilio/key?token=999999-1"
    form = {"CallSid": "CA" + "9" * 32, "Digits": "1", "To": story.chen.number}

    assert 200 == story.posts_signed(url, form)
    story.settles()
    assert EntryKind.ANSWERED not in story.timeline
    story.wraps_up()


def test_a_machine_that_takes_the_call(story: Story) -> None:
    """A mailbox that the provider recognises as a machine is no answer, and the ladder goes on."""
    story.learn(habit_of(Manner.VOICEMAIL, story.chen.number))
    rings(story)
    story.passes(minutes=2)

    assert EntryKind.ANSWERED not in story.timeline
    assert "180 voice ask: chen shen" in story.sent()
    story.wraps_up()


def test_a_call_that_is_listened_to_is_not_lost(story: Story) -> None:
    """While somebody listens to a call it has arrived: no SMS takes its place."""
    story.learn(Habit(number=story.chen.number, call=PicksUp(after_s=15)))
    rings(story)
    story.passes(100)

    assert EntryKind.MESSAGE_UNCONFIRMED not in story.timeline
    assert [] == story.sent()
    story.wraps_up()


def test_a_phone_that_is_off(story: Story) -> None:
    """A phone that is off costs no other phone its call: the other guardian answers."""
    story.learn(
        habit_of(Manner.PHONE_OFF, story.chen.number),
        habit_of(Manner.GOES_BY_KEY, story.shen.number),
    )
    story.wanders_off()
    story.passes(minutes=3)

    assert IncidentState.ACCEPTED is story.state
    assert (story.shen.id,) == story.incident.going()
    story.sent()


def test_somebody_who_changes_their_mind(story: Story) -> None:
    """Who goes and, twenty seconds later, cannot: the other guardian is asked anew."""
    story.learn(habit_of(Manner.CHANGES_THEIR_MIND, story.chen.number, after_s=10))
    story.wanders_off()
    story.passes(55)
    told = story.sent()

    assert IncidentState.GUARDIANS is story.state
    assert any(line.endswith("sms ask: shen") for line in told), told
    story.wraps_up()
