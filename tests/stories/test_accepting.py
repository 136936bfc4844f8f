"""Somebody says yes, in any way: one answer is enough, and saying it twice changes nothing."""

import pytest

from core.incidents import EntryKind, IncidentState
from simulators.phone_network import Habit, OpensLink, PicksUp, Text
from tests.stories.scene import Story

TAKEN = ["0 sms confirm going: chen", "0 sms inform going: shen"]


def asks(story: Story) -> None:
    """Have both guardians asked, and count seconds from the answer on."""
    story.wanders_off()
    story.passes(30)
    story.sent()
    story.from_here()


def test_a_yes_by_sms_stops_the_asking(story: Story) -> None:
    """Who texts 1 is registered as going, the other is told, and nobody is asked any more."""
    asks(story)
    story.texts(story.chen, "1")
    story.passes(minutes=10)

    assert IncidentState.ACCEPTED is story.state
    assert TAKEN == story.sent()


@pytest.mark.parametrize("words", ["１", " 1 。", "“1”", "收到", "我去", "1好的", "OK"])
def test_a_yes_is_read_as_it_was_meant(story: Story, words: str) -> None:
    """Full-width digits, quotes, blanks and plain words all count as a yes."""
    asks(story)
    story.texts(story.chen, words)

    assert TAKEN == story.sent()


def test_a_yes_by_key_stops_the_asking(story: Story) -> None:
    """Who presses 1 during the call is registered as going."""
    story.wanders_off()
    story.passes(70)
    story.sent()
    story.from_here()
    story.presses(story.chen, "1")
    story.passes(20)

    assert IncidentState.ACCEPTED is story.state
    assert TAKEN == story.sent()


def test_a_yes_on_the_page_stops_the_asking(story: Story) -> None:
    """Who presses the button behind the link is registered as going."""
    asks(story)
    story.answers_page(story.chen, "going")

    assert IncidentState.ACCEPTED is story.state
    assert TAKEN == story.sent()


def test_looking_at_the_page_is_no_answer(story: Story) -> None:
    """A chat program that previews a link changes nothing: an answer is a form that is sent."""
    asks(story)
    for _ in range(3):
        story.stage.pages.get(story.page_of(story.chen))
    story.settles()

    assert IncidentState.GUARDIANS is story.state
    assert EntryKind.ANSWERED not in story.timeline
    story.wraps_up()


def test_a_link_of_somebody_else_is_refused(story: Story) -> None:
    """A link with another person's name on it, and the first one's seal, answers nothing."""
    asks(story)
    forged = story.page_of(story.chen).replace(f".{story.chen.id}.", f".{story.ma.id}.")
    answer = story.stage.pages.post(forged, data={"answer": "found"})
    story.settles()

    assert 404 == answer.status_code
    assert IncidentState.GUARDIANS is story.state
    story.wraps_up()


def test_the_page_sent_twice_is_one_answer(story: Story) -> None:
    """A thumb that taps twice has answered once."""
    asks(story)
    story.answers_page(story.chen, "going", key="one-tap-of-a-thumb")
    story.answers_page(story.chen, "going", key="one-tap-of-a-thumb")

    assert 1 == story.timeline.count(EntryKind.ANSWERED)
    assert TAKEN == story.sent()


def test_the_link_in_an_sms_leads_to_the_page(story: Story) -> None:
    """Where links may be sent, the one in the SMS opens the page that takes the answer."""
    story.is_set(sms_links=True)
    story.learn(Habit(number=story.chen.number, link=OpensLink(after_s=20)))
    story.wanders_off()
    story.passes(60)

    assert IncidentState.ACCEPTED is story.state
    assert ["30 sms confirm going: chen", "30 sms inform going: shen"] == story.sent()[1:]


def test_both_say_yes(story: Story) -> None:
    """The second guardian who goes as well is welcome: both are told of each other."""
    asks(story)
    story.texts(story.chen, "1")
    story.texts(story.shen, "1")

    assert IncidentState.ACCEPTED is story.state
    assert {story.chen.id, story.shen.id} == set(story.incident.going())
    assert [
        "0 sms confirm going: chen shen",
        "0 sms inform going: chen shen",
    ] == story.sent()


def test_two_answers_in_the_same_moment(story: Story) -> None:
    """Two people who answer at the same instant are both heard, and nobody is lost."""
    asks(story)
    story.at_once(
        lambda: story.sends_text(story.chen, "1"),
        lambda: story.sends_text(story.shen, "1"),
    )

    assert 2 == story.timeline.count(EntryKind.ANSWERED)
    assert IncidentState.ACCEPTED is story.state
    assert [
        "0 sms confirm going: chen shen",
        "0 sms inform going: chen shen",
    ] == story.sent()


def test_a_yes_and_a_no_in_the_same_moment(story: Story) -> None:
    """One cannot, the other goes, at the same instant: somebody goes."""
    asks(story)
    story.at_once(
        lambda: story.sends_text(story.chen, "1"),
        lambda: story.sends_text(story.shen, "2"),
    )
    story.passes(minutes=6)

    assert IncidentState.ACCEPTED is story.state
    assert not [line for line in story.sent() if "sms ask" in line]


def test_yes_twice_is_one_yes(story: Story) -> None:
    """Saying yes again sends nothing to anybody."""
    asks(story)
    story.texts(story.chen, "1")
    story.sent()
    story.texts(story.chen, "1")

    assert [] == story.sent()


def test_the_same_sms_delivered_twice_is_one_answer(story: Story) -> None:
    """A provider that posts one reply twice has brought one answer."""
    asks(story)
    story.learn(Habit(number=story.chen.number))
    body = {"from": story.chen.number, "text": "1"}
    for _ in range(2):
        story.town.arrives("reply", body, key="SM-one-reply")
        story.settles()

    assert 1 == story.timeline.count(EntryKind.ANSWERED)
    assert TAKEN == story.sent()


def test_whoever_goes_is_not_called_any_more(story: Story) -> None:
    """A yes that comes before the call step takes back the calls that were planned."""
    story.learn(Habit(number=story.chen.number, texts=(Text(after_s=45, text="1"),)))
    story.wanders_off()
    story.passes(minutes=4)

    assert [
        "0 sms ask: chen shen",
        "55 sms confirm going: chen",
        "55 sms inform going: shen",
    ] == story.sent()


def test_a_call_that_is_answered_by_habit(story: Story) -> None:
    """A guardian who ignores texts, picks up and presses 1 is enough."""
    story.learn(Habit(number=story.shen.number, call=PicksUp(after_s=10, key="1")))
    story.wanders_off()
    story.passes(minutes=3)

    assert IncidentState.ACCEPTED is story.state
    assert 1 == story.timeline.count(EntryKind.TOOK_OVER)
    story.sent()


def test_yes_with_the_number_of_the_case(story: Story) -> None:
    """Naming the case beside the answer is understood."""
    asks(story)
    story.texts(story.chen, f"1 {story.incident_id}号")

    assert TAKEN == story.sent()
