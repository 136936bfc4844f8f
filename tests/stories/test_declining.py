"""Somebody cannot: the next is asked at once, and both saying so asks the rescue team."""

from core.incidents import IncidentState
from simulators.phone_network import Habit, PicksUp
from tests.stories.scene import Story

RESCUE = [
    "0 sms ask: li wu",
    "0 sms inform rescue_asked: chen shen",
    "0 voice ask: li wu",
]


def asks(story: Story) -> None:
    """Have both guardians asked, and count seconds from the answer on."""
    story.wanders_off()
    story.passes(30)
    story.sent()
    story.from_here()


def test_one_cannot_and_the_other_is_called_now(story: Story) -> None:
    """A "cannot" pulls the other guardian's call forward to this second."""
    asks(story)
    story.texts(story.chen, "2")

    assert ["0 sms confirm cannot: chen", "0 voice ask: shen"] == story.sent()
    story.wraps_up()


def test_a_call_that_was_pulled_forward_is_not_made_twice(story: Story) -> None:
    """The call of the ladder's next step is the one that was pulled forward."""
    asks(story)
    story.texts(story.chen, "2")
    story.sent()
    story.passes(minutes=2)

    assert [] == story.sent()
    story.wraps_up()


def test_who_cannot_is_not_asked_again(story: Story) -> None:
    """Who said "cannot" gets no second SMS and no call; the other does."""
    asks(story)
    story.texts(story.chen, "2")
    story.sent()
    story.passes(minutes=4)

    assert ["150 sms ask: shen", "150 voice ask: shen"] == story.sent()
    story.wraps_up()


def test_both_cannot_and_the_team_is_asked_now(story: Story) -> None:
    """Once both guardians cannot, nobody waits for the window to end."""
    asks(story)
    story.texts(story.chen, "2")
    story.sent()
    story.passes(10)
    story.from_here()
    story.texts(story.shen, "不能")

    assert IncidentState.RESCUE is story.state
    assert sorted(["0 sms confirm cannot: shen", *RESCUE]) == sorted(story.sent())
    story.wraps_up()


def test_a_no_by_key(story: Story) -> None:
    """Who presses 2 during the call cannot, and the other guardian is still asked."""
    story.learn(Habit(number=story.chen.number, call=PicksUp(after_s=5, key="2")))
    story.wanders_off()
    story.passes(minutes=2)

    assert {story.chen.id} == set(story.incident.declined())
    assert any("sms confirm cannot: chen" in line for line in story.sent())
    story.wraps_up()


def test_the_only_guardian_cannot(story: Story) -> None:
    """With one guardian who has a phone, their "cannot" does not wait for the one without."""
    story.has_no_phone(story.shen)
    asks(story)
    story.texts(story.chen, "2")
    story.passes(minutes=5)

    assert IncidentState.RESCUE is story.state
    assert any("sms ask: li wu" in line for line in story.sent())
    story.wraps_up()


def test_cannot_and_then_can(story: Story) -> None:
    """Who cannot and then can after all is going."""
    asks(story)
    story.texts(story.chen, "2")
    story.sent()
    story.passes(10)
    story.texts(story.chen, "1")

    assert IncidentState.ACCEPTED is story.state
    assert ["10 sms confirm going: chen", "10 sms inform going: shen"] == story.sent()


def test_going_and_then_cannot(story: Story) -> None:
    """Who was going and cannot after all has the others asked anew at once."""
    asks(story)
    story.texts(story.chen, "1")
    story.sent()
    story.passes(60)
    story.from_here()
    story.texts(story.chen, "2")

    assert IncidentState.GUARDIANS is story.state
    assert ["0 sms ask: shen", "0 sms confirm cannot: chen"] == story.sent()
    story.wraps_up()


def test_one_of_two_who_go_turns_back(story: Story) -> None:
    """When both were going and one turns back, the other still goes and nobody is woken."""
    asks(story)
    story.texts(story.chen, "1")
    story.texts(story.shen, "1")
    story.sent()
    story.from_here()
    story.texts(story.chen, "2")

    assert IncidentState.ACCEPTED is story.state
    assert ["0 sms confirm cannot: chen"] == story.sent()


def test_one_cannot_the_other_turns_back(story: Story) -> None:
    """When nobody is left who is willing, the team is asked at once."""
    asks(story)
    story.texts(story.shen, "2")
    story.texts(story.chen, "1")
    story.passes(30)
    story.sent()
    story.from_here()
    story.texts(story.chen, "2")

    assert IncidentState.RESCUE is story.state
    assert sorted(["0 sms confirm cannot: chen", *RESCUE]) == sorted(story.sent())
    story.wraps_up()


def test_a_guardian_asks_for_rescue(story: Story) -> None:
    """Who is on the way and needs help texts 4, and the team is asked at once."""
    asks(story)
    story.texts(story.chen, "1")
    story.passes(60)
    story.sent()
    story.from_here()
    story.texts(story.chen, "4")

    assert IncidentState.RESCUE is story.state
    assert sorted(["0 sms confirm need_rescue: chen", *RESCUE]) == sorted(story.sent())
    story.wraps_up()


def test_both_tried_in_vain(story: Story) -> None:
    """When both guardians say that they could not find the elder, the team is asked at once."""
    asks(story)
    story.texts(story.chen, "1")
    story.sent()
    story.from_here()
    story.answers_page(story.chen, "not_reached", reason="not_there")
    story.answers_page(story.shen, "not_reached", reason="not_there")

    assert IncidentState.RESCUE is story.state
    assert RESCUE == story.sent()
    story.wraps_up()
