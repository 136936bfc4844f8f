"""The provider stumbles: every message goes out or is replaced, and at most twice in doubt."""

import pytest

from core.incidents import EntryKind, IncidentState
from simulators.phone_network.faults import Fault
from simulators.phone_network.record import Happened
from tests.stories.scene import Story


def texts_taken(story: Story) -> int:
    """Return how many SMS the provider has taken from the service."""
    entries = story.record(Happened.MESSAGE_ACCEPTED)
    return len([entry for entry in entries if entry.detail["direction"] == "outbound-api"])


def test_an_error_after_accepting_is_looked_up(story: Story) -> None:
    """The provider took the SMS and answered 500: it is asked, and nothing is sent twice."""
    story.provider(Fault.ERROR_AFTER_ACCEPTING, only="messages", times=2)
    story.wanders_off()
    story.passes(20)

    assert 2 == texts_taken(story)
    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_an_error_after_accepting_never_sends_three_times(story: Story) -> None:
    """Whatever the provider answers, one message is taken by it at most twice."""
    story.provider(Fault.ERROR_AFTER_ACCEPTING, only="messages")
    story.noise.may("provider_rests")
    story.wanders_off()
    story.passes(50)

    assert texts_taken(story) <= 4
    story.provider(Fault.NONE)
    story.sent()
    story.wraps_up()


def test_a_call_with_an_error_after_accepting(story: Story) -> None:
    """A call that was taken with a 500 rings once or twice, never three times."""
    story.provider(Fault.ERROR_AFTER_ACCEPTING, only="calls", times=1)
    story.wanders_off()
    story.passes(minutes=2)
    calls = [e.detail["to"] for e in story.record(Happened.CALL_ACCEPTED)]

    assert all(calls.count(number) <= 2 for number in calls)
    assert {story.chen.number, story.shen.number} == set(calls)
    story.sent()
    story.wraps_up()


def test_too_many_requests_are_tried_again(story: Story) -> None:
    """After a 429 the message waits as long as it was told to and goes out."""
    story.provider(Fault.TOO_MANY, only="messages", times=2)
    story.wanders_off()
    story.passes(20)

    assert [20429, 20429] == story.refused()
    assert [line for line in story.sent() if line.endswith("sms ask: chen shen")]
    story.wraps_up()


def test_a_broken_connection_is_tried_again(story: Story) -> None:
    """A connection that breaks before anything was taken costs seconds, and no message."""
    story.provider(Fault.RESET, only="messages", times=1)
    story.wanders_off()
    story.passes(40)

    assert 2 <= texts_taken(story) <= 3
    story.sent()
    story.wraps_up()


def test_a_connection_that_breaks_too_late(story: Story) -> None:
    """Taken, and then the connection broke: the provider is asked, and nothing is sent twice."""
    story.provider(Fault.RESET_AFTER_ACCEPTING, only="messages", times=1)
    story.wanders_off()
    story.passes(40)

    assert 2 == texts_taken(story)
    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_down_for_a_moment(story: Story) -> None:
    """A provider that is down for ten seconds delays the asks and loses none."""
    story.provider(Fault.DOWN, only="messages")
    story.noise.may("provider_rests")
    story.wanders_off()
    story.passes(10)
    story.provider(Fault.NONE)
    story.passes(45)
    asked = story.sent()

    assert 2 == texts_taken(story), asked
    story.wraps_up()


def test_sms_down_for_long_means_calls(story: Story) -> None:
    """When no SMS can be sent, people are called instead, and the ladder goes on."""
    story.provider(Fault.DOWN, only="messages")
    story.noise.may("provider_rests", 10)
    story.wanders_off()
    story.passes(minutes=2)
    told = story.sent()
    story.provider(Fault.NONE)

    assert any(line.endswith("voice ask: chen shen") for line in told), told
    assert not any("sms ask" in line for line in told)
    story.sent()
    story.wraps_up()


def test_everything_down_and_back(story: Story) -> None:
    """A provider that is gone for six minutes finds everybody asked when it is back."""
    story.provider(Fault.DOWN)
    story.noise.may("provider_rests", 40)
    story.wanders_off()
    story.passes(minutes=6)

    assert [] == [line for line in story.sent() if "notice" not in line]
    story.provider(Fault.NONE)
    story.passes(minutes=4)
    told = story.sent()

    assert any("ask: li wu" in line for line in told), told
    assert story.incident.is_open
    story.wraps_up()


def test_even_the_alarm_outlives_the_provider(story: Story) -> None:
    """With the provider gone through the whole ladder the alarm is sent as soon as it is back."""
    story.provider(Fault.DOWN)
    story.noise.may("provider_rests", 80)
    story.wanders_off()
    story.passes(minutes=17)
    story.provider(Fault.NONE)
    story.passes(minutes=10)

    assert IncidentState.UNANSWERED is story.state
    assert any("alarm: " in line for line in story.sent())
    story.wraps_up()


def test_an_unreachable_handset_is_called(story: Story) -> None:
    """An SMS that cannot be delivered brings the call forward: the phone may ring all the same."""
    story.provider(Fault.UNDELIVERED, only="messages", times=1)
    story.wanders_off()
    story.passes(50)
    (call,) = [line for line in story.sent() if "voice" in line]

    assert int(call.split()[0]) <= 15
    story.sent()
    story.wraps_up()


def test_a_call_brought_forward_is_not_made_again(story: Story) -> None:
    """The call that took an SMS's place is the ladder's: at one minute only the other rings."""
    story.provider(Fault.UNDELIVERED, only="messages", times=1)
    story.wanders_off()
    story.passes(90)
    calls = [e.detail["to"] for e in story.record(Happened.CALL_ACCEPTED)]

    assert sorted([story.chen.number, story.shen.number]) == sorted(calls)
    story.sent()
    story.wraps_up()


def test_every_failure_stands_in_the_timeline(story: Story) -> None:
    """Whoever reads the timeline later sees what did not arrive."""
    story.provider(Fault.UNDELIVERED, only="messages", times=2)
    story.wanders_off()
    story.passes(30)
    story.sent()

    assert 2 == story.timeline.count(EntryKind.MESSAGE_FAILED)
    story.wraps_up()


@pytest.mark.parametrize("code", [21211, 21614, 21610])
def test_a_dead_number_is_not_used_again(story: Story, code: int) -> None:
    """A number that can never get an SMS is called instead, not texted again, and reported."""
    story.refuses(story.chen, code)
    story.wanders_off()
    story.passes(minutes=4)
    told = story.sent()

    assert 1 == story.refused().count(code)
    assert any(line.startswith("0 voice ask: chen") for line in told), told
    assert [line for line in told if line.endswith("notice contact_disabled: ma")]
    story.wraps_up()


@pytest.mark.parametrize("code", [21612, 21408, 60410])
def test_a_setting_that_is_wrong_disables_nobody(story: Story, code: int) -> None:
    """What only an operator can mend leads to a call and a notice; the number stays in use."""
    story.refuses(story.chen, code, times=1)
    story.wanders_off()
    story.passes(minutes=4)
    told = story.sent()

    assert any(line.startswith("0 voice ask: chen") for line in told), told
    assert [line for line in told if line.endswith("notice configuration: ma")]
    assert "180 sms ask: chen shen" in told
    story.wraps_up()


@pytest.mark.parametrize("code", [21611, 30001])
def test_a_full_queue_means_another_way_at_once(story: Story, code: int) -> None:
    """When the carrier's queue is full the person is called now; the number stays in use."""
    story.refuses(story.chen, code, status=429, times=1)
    story.wanders_off()
    story.passes(minutes=4)
    told = story.sent()

    assert any(line.startswith("0 voice ask: chen") for line in told), told
    assert "180 sms ask: chen shen" in told
    story.wraps_up()


def test_a_refused_account_alarms_the_operator(story: Story) -> None:
    """An account that is refused is told to the operators at once, by whatever still works."""
    for person in (story.chen, story.shen):
        story.refuses(person, 20003, status=401)
    story.noise.may("provider_rests", 10)
    story.wanders_off()
    story.passes(minutes=1)
    told = story.sent()

    assert [line for line in told if "notice provider_out" in line], told
    assert any("voice ask: chen shen" in line for line in told), told
    story.wraps_up()


def test_a_refused_callback_address_does_not_cost_the_message(story: Story) -> None:
    """When the provider dislikes our callback address the SMS is sent without it."""
    story.refuses(story.chen, 21609, times=1)
    story.wanders_off()
    story.passes(5)
    told = story.sent()

    assert any("sms ask: chen shen" in line or "sms ?: chen" in line for line in told), told
    story.passes(20)
    story.sent()
    story.wraps_up()
