"""Receipts: lost, late, twice, in any order, of nobody; none of them is an answer."""

import pytest

from core.incidents import EntryKind, IncidentState
from simulators.phone_network.faults import Fault
from simulators.phone_network.record import Happened
from store import schema
from tests.scenes import rows
from tests.stories.scene import Story


def test_delivered_is_not_an_answer(story: Story) -> None:
    """A phone that has the SMS has said nothing: the ladder goes on."""
    story.wanders_off()
    story.passes(60)

    assert IncidentState.GUARDIANS is story.state
    assert ["0 sms ask: chen shen", "60 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_lost_receipts_cost_no_call_twice(story: Story) -> None:
    """Without any receipt the other way starts after a minute, which is the ladder's own call."""
    story.provider(Fault.NO_RECEIPTS)
    story.wanders_off()
    story.passes(minutes=2)
    calls = [e.detail["to"] for e in story.record(Happened.CALL_ACCEPTED)]

    assert sorted([story.chen.number, story.shen.number]) == sorted(calls)
    story.sent()
    story.provider(Fault.NONE)
    story.wraps_up()


def test_lost_receipts_of_the_team(story: Story) -> None:
    """A rescuer whose SMS is not confirmed is called anyway in the same round: nothing is added."""
    story.wanders_off()
    story.passes(295)
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.passes(100)
    story.provider(Fault.NONE)
    calls = [e.detail["to"] for e in story.record(Happened.CALL_ACCEPTED)]

    assert 1 == calls.count(story.li.number)
    story.sent()
    story.wraps_up()


def test_a_receipt_that_is_missing_is_written_down(story: Story) -> None:
    """An ask that nobody confirmed in a minute stands in the timeline as unconfirmed."""
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.wanders_off()
    story.passes(65)
    story.provider(Fault.NONE)
    story.sent()

    assert 2 == story.timeline.count(EntryKind.MESSAGE_UNCONFIRMED)
    story.wraps_up()


def test_a_receipt_twice_is_one(story: Story) -> None:
    """A receipt that comes twice changes nothing the second time."""
    story.wanders_off()
    story.passes(15)
    before = len(rows(story.engine, schema.inbox, "id"))

    assert 204 == story.receipt(story.chen, "delivered")
    assert before == len(rows(story.engine, schema.inbox, "id"))
    story.sent()
    story.wraps_up()


def test_receipts_in_the_wrong_order(story: Story) -> None:
    """The word "sent" after "delivered" does not take the delivery back."""
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.wanders_off()
    story.receipt(story.chen, "delivered")
    story.receipt(story.chen, "sent")
    story.receipt(story.chen, "queued")

    assert [("delivered", None)] == story.statuses(person_id=story.chen.id)
    story.provider(Fault.NONE)
    story.sent()
    story.wraps_up()


def test_undelivered_after_delivered_changes_nothing(story: Story) -> None:
    """A failure that comes after the delivery starts no second way."""
    story.wanders_off()
    story.passes(15)
    story.receipt(story.chen, "undelivered", error=30008)

    assert [("delivered", None)] == story.statuses(person_id=story.chen.id)
    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_a_late_failure_still_brings_a_call(story: Story) -> None:
    """A failure that is reported after half a minute brings the call forward even then."""
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.wanders_off()
    story.passes(30)
    story.receipt(story.chen, "undelivered", error=30003)

    assert ["0 sms ask: chen shen", "30 voice ask: chen"] == story.sent()
    story.provider(Fault.NONE)
    story.wraps_up()


def test_a_receipt_for_nobody_is_kept_and_harmless(story: Story) -> None:
    """A receipt of a message that we never sent is an orphan and touches nobody."""
    story.wanders_off()
    story.sent()
    url = f"{story.stage.public_url}/hooks/twilio/status?token=999999-1"
    form = {"MessageSid": "SM" + "9" * 32, "MessageStatus": "undelivered"}

    assert 204 == story.posts_signed(url, form)
    story.settles()
    assert "orphan" in story.outcomes("receipt")
    assert [] == story.sent()
    story.wraps_up()


def test_a_forged_receipt_is_refused(story: Story) -> None:
    """What is not signed with the account's token is not taken."""
    story.wanders_off()
    story.sent()
    url = f"{story.stage.public_url}/hooks/twilio/status?token=1-1"
    form = {"MessageSid": "SM" + "9" * 32, "MessageStatus": "undelivered"}

    assert 403 == story.posts_signed(url, form, token="somebody else's token")
    story.settles()
    assert [] == story.sent()
    story.wraps_up()


def test_a_failure_after_an_answer_wakes_nobody(story: Story) -> None:
    """An SMS that turns out undelivered after its receiver said yes calls nobody."""
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.wanders_off()
    story.texts(story.chen, "1")
    story.provider(Fault.NONE)
    story.receipt(story.shen, "undelivered", error=30003, of=0)
    story.passes(minutes=2)

    assert IncidentState.ACCEPTED is story.state
    assert not [line for line in story.sent() if "voice" in line]


def test_a_failure_after_the_end_wakes_nobody(story: Story) -> None:
    """An SMS that turns out undelivered after the end calls nobody."""
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.wanders_off()
    story.texts(story.chen, "3")
    story.provider(Fault.NONE)
    story.receipt(story.shen, "undelivered", error=30003, of=0)
    story.passes(minutes=2)

    assert not [line for line in story.sent() if "ask" in line and "voice" in line]


@pytest.mark.parametrize("code", [30006, 21610])
def test_a_receipt_that_gives_up_a_number(story: Story, code: int) -> None:
    """A receipt that says "never" ends the use of the number for SMS, and operators hear of it."""
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.wanders_off()
    story.passes(5)
    story.receipt(story.chen, "undelivered", error=code)
    story.provider(Fault.NONE)
    story.passes(minutes=4)
    told = story.sent()

    assert "5 voice ask: chen" in told
    assert any(line.endswith("notice contact_disabled: ma") for line in told), told
    assert "180 sms ask: shen" in told
    story.wraps_up()


@pytest.mark.parametrize("code", [30003, 30005, 30008, 30007])
def test_a_receipt_that_means_another_way(story: Story, code: int) -> None:
    """Phone off, unknown, filtered: the person is called now, and the number stays in use."""
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.wanders_off()
    story.passes(5)
    story.receipt(story.chen, "undelivered", error=code)
    story.provider(Fault.NONE)
    story.passes(20)

    assert "5 voice ask: chen" in story.sent()
    points = rows(story.engine, schema.contact_point, "disabled_reason", person_id=story.chen.id)
    assert {None} == set(points)
    story.wraps_up()


def test_an_ask_whose_time_was_over_is_only_written_down(story: Story) -> None:
    """The provider gave up because the ask was too old: the ladder has gone on by itself."""
    story.provider(Fault.NO_RECEIPTS, only="messages")
    story.wanders_off()
    story.passes(50)
    story.receipt(story.chen, "undelivered", error=30036)

    assert ["0 sms ask: chen shen"] == story.sent()
    story.provider(Fault.NONE)
    story.wraps_up()


@pytest.mark.parametrize(
    "fault", [Fault.RECEIPTS_DOUBLED, Fault.RECEIPTS_REVERSED, Fault.RECEIPTS_LATE]
)
def test_the_ladder_does_not_mind_how_receipts_come(story: Story, fault: Fault) -> None:
    """Twice, backwards or late: people are asked exactly as with receipts in good order."""
    story.provider(fault, late_s=8)
    story.wanders_off()
    story.passes(minutes=4)

    assert [
        "0 sms ask: chen shen",
        "60 voice ask: chen shen",
        "180 sms ask: chen shen",
        "180 voice ask: chen shen",
    ] == story.sent()
    story.provider(Fault.NONE)
    story.passes(60)
    story.sent()
    story.wraps_up()
