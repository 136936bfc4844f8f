"""What a provider says happened to a message: ranked, in any order, never taken for an answer."""

from typing import Any

import pytest

from alerts.channels.sender import Outgoing
from alerts.inbox import read_token
from core.incidents import EntryKind, IncidentState
from core.notifications import SendResult, Trouble
from core.people import PHONE, Channel
from store import contacts, schema
from store.database import reading
from tests.scenes import (
    AlertsRole,
    RecordingSender,
    Sent,
    Town,
    ambiguous,
    on_both_databases,
    phone_of,
    rows,
)


@pytest.fixture
def sent(town: Town) -> AlertsRole:
    """Give the alerts role after both guardians were texted about a crossing."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    return role


def receive(town: Town, sent: Sent, status: str, **more: Any) -> str | None:
    """Have one receipt for *sent* arrive and be handled; return its outcome."""
    correlated = read_token(sent.message.token)
    assert correlated is not None
    body = {
        "notification": correlated[0],
        "number": correlated[1],
        "provider_id": f"SM-{sent.message.token}",
        "status": status,
        "error": None,
    }
    town.arrives("receipt", body | more)
    town.handles_arrivals()
    outcome: str | None = rows(town.engine, schema.inbox, "outcome")[-1]
    return outcome


def status_of(town: Town, sent: Sent) -> str:
    """Return where the message of *sent* stands."""
    correlated = read_token(sent.message.token)
    assert correlated is not None
    status: str = rows(town.engine, schema.notification, "status", id=correlated[0])[0]
    return status


def test_delivered_is_not_an_answer(town: Town, sent: AlertsRole) -> None:
    """A phone that has the message is no person who is going: the ladder goes on."""
    for one in sent.sent:
        receive(town, one, "delivered")

    sent.pass_time(60)

    assert IncidentState.GUARDIANS is town.incident(1).state
    assert {"delivered"} == {status_of(town, one) for one in sent.sms.sent}
    assert 2 == len(sent.voice.sent)


@pytest.mark.parametrize(
    ("arriving", "expected"),
    [
        (["queued", "sent", "delivered"], "delivered"),
        (["delivered", "sent", "queued"], "delivered"),  # out of order
        (["sent", "sent", "sent"], "sent"),
        (["delivered", "undelivered"], "delivered"),  # failure never wins over delivered
        (["sent", "undelivered"], "failed"),
        (["undelivered", "sent"], "failed"),
        (["undelivered", "delivered"], "delivered"),  # it came through after all
        (["queued", "sending"], "sent"),
    ],
)
def test_receipts_are_ranked(
    town: Town, sent: AlertsRole, arriving: list[str], expected: str
) -> None:
    """Later news wins over earlier in whatever order it arrives, and delivered stays."""
    one = sent.sent[0]

    for status in arriving:
        receive(town, one, status)

    assert expected == status_of(town, one)


@on_both_databases
def test_a_receipt_under_an_id_that_another_message_has_counts(town: Town) -> None:
    """A provider that gives one id twice is heard all the same: our token says what it is about."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    first, second = role.sms.sent
    receive(town, first, "delivered", provider_id="SM-once")

    outcome = receive(town, second, "delivered", provider_id="SM-once")

    assert "delivered" == status_of(town, second), outcome
    assert 1 == rows(town.engine, schema.attempt, "provider_id").count("SM-once")


def test_a_repeated_receipt_is_old_news(town: Town, sent: AlertsRole) -> None:
    """The same receipt again changes nothing and is named so."""
    one = sent.sent[0]

    assert "delivered" == receive(town, one, "delivered")
    assert "older_news" == receive(town, one, "delivered")
    assert "older_news" == receive(town, one, "sent")


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"notification": 9999}, "orphan"),
        ({"number": 7}, "orphan"),
        ({"status": "scheduled"}, "ignored:scheduled"),
    ],
)
def test_a_receipt_that_fits_nothing_is_named(
    town: Town, sent: AlertsRole, body: dict[str, Any], outcome: str
) -> None:
    """A receipt for an attempt we never made, or a word we do not know, is kept by name."""
    assert outcome == receive(town, sent.sent[0], **({"status": "sent"} | body))


@on_both_databases
def test_an_sms_that_did_not_arrive_becomes_a_call(town: Town, sent: AlertsRole) -> None:
    """An undelivered SMS is followed by a call at once, which the ladder does not repeat."""
    one = sent.sent[0]
    town.clock.advance(10)

    receive(town, one, "undelivered", error="30003")
    sent.pass_time(60)

    calls = [s.at for s in sent.voice.sent if s.message.to == one.message.to]
    assert [10] == [round((at - sent.began_at).total_seconds()) for at in calls]
    assert EntryKind.MESSAGE_FAILED in town.timeline(1)


def test_a_call_that_nobody_takes_is_ordinary(town: Town) -> None:
    """An unanswered call is recorded and starts nothing: the ladder has its own next step."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    calls = len(role.sent)

    for one in role.voice.sent:
        receive(town, one, "no-answer")
    role.tick()

    assert calls == len(role.sent)
    assert {"failed"} == {status_of(town, one) for one in role.voice.sent}


def test_a_completed_call_is_delivered_not_answered(town: Town) -> None:
    """A call that was taken, perhaps by a mailbox, counts as delivered only."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.tick()

    receive(town, role.voice.sent[0], "completed")

    assert "delivered" == status_of(town, role.voice.sent[0])
    assert IncidentState.GUARDIANS is town.incident(1).state


@pytest.mark.parametrize(
    ("trouble", "is_disabled"),
    [
        (Trouble.DEAD_NUMBER, True),
        (Trouble.OPTED_OUT, True),
        (Trouble.AWAY, False),
        (Trouble.BLOCKED, False),
        (Trouble.PROVIDER, False),
        (Trouble.CONFIGURATION, False),
        (Trouble.EXPIRED, False),
    ],
)
def test_a_dead_number_is_not_used_again(
    town: Town, sent: AlertsRole, trouble: Trouble, is_disabled: bool
) -> None:
    """Only troubles that mean "never" end the use of a number."""
    one = sent.sent[0]
    person_id = int(one.message.to.removeprefix("+86138"))

    receive(town, one, "undelivered", error="30000", trouble=trouble.value)

    with reading(town.engine) as connection:
        number = contacts.reachable_at(connection, person_id, Channel.SMS)
    assert is_disabled == (number is None)


@on_both_databases
def test_an_old_attempt_s_failure_does_not_undo_a_delivery(town: Town) -> None:
    """When the resend was delivered, bad news about the first try changes nothing."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock, sms=[ambiguous(), ambiguous()])
    role.pass_time(6)
    first, second = [s for s in role.sms.sent if s.message.to == role.sms.sent[0].message.to]
    receive(town, second, "delivered")
    calls = len(role.voice.sent)

    receive(town, first, "undelivered", error="30003")
    role.tick()

    assert "delivered" == status_of(town, second)
    assert calls == len(role.voice.sent)


def test_in_doubt_a_receipt_spares_the_second_send(town: Town) -> None:
    """When the provider confirms the first try before the resend, the phone gets one SMS only."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock, sms=[ambiguous(), ambiguous()])
    role.tick()
    for one in list(role.sms.sent):
        receive(town, one, "delivered")

    role.pass_time(30)

    assert 2 == len(role.sms.sent)


class HastySender(RecordingSender):
    """A provider whose receipt arrives before it has answered the call."""

    def __init__(self, town: Town, status: str = "delivered") -> None:
        """Say *status* at once in *town*."""
        super().__init__(town.clock, Channel.SMS)
        self._town = town
        self._status = status

    def send(self, message: Outgoing) -> SendResult:
        """Post the receipt, then answer."""
        answer = super().send(message)
        receive(self._town, self.sent[-1], self._status, provider_id=answer.provider_id)
        return answer


def test_a_receipt_may_be_faster_than_our_own_record(town: Town) -> None:
    """A receipt that comes while the call is under way is kept: the message stays delivered."""
    with town.engine.begin() as connection:
        for person in town.household.guardians[1:]:
            for channel in PHONE:
                contacts.disable_contact(connection, person, channel, "gone")
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.sms = HastySender(town)

    role.tick()

    assert ["delivered"] == [status_of(town, one) for one in role.sms.sent]
    assert ["delivered"] == rows(town.engine, schema.attempt, "receipt")


@pytest.mark.parametrize("status", ["queued", "sent"])
def test_in_doubt_the_provider_s_word_spares_the_second_send(town: Town, status: str) -> None:
    """A provider that says it has the message needs no second one, before anyone has it in hand."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock, sms=[ambiguous(), ambiguous()])
    role.tick()
    for one in list(role.sms.sent):
        receive(town, one, status)

    role.pass_time(30)

    assert 2 == len(role.sms.sent)


def test_a_word_that_overtakes_a_lost_answer_spares_the_second_send(town: Town) -> None:
    """The provider took the message and said so, and only its answer to the call was lost."""
    with town.engine.begin() as connection:
        for person in town.household.guardians[1:]:
            for channel in PHONE:
                contacts.disable_contact(connection, person, channel, "gone")
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.sms = HastySender(town, "sent")
    role.sms.script = [ambiguous()]

    role.pass_time(30)

    assert ["sent"] == [status_of(town, one) for one in role.sms.sent]
    assert 1 == town.timeline(1).count(EntryKind.MESSAGE_SENT)


@on_both_databases
def test_only_the_dead_number_is_given_up(town: Town) -> None:
    """Somebody with two numbers for texts keeps the one that works."""
    first, _ = town.household.guardians
    with town.engine.begin() as connection:
        point = schema.contact_point
        connection.execute(
            point.insert().values(person_id=first, channel="sms", value="+8613800000999")
        )
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(1)
    dead = next(sent for sent in role.sms.sent if sent.message.to == phone_of(first))

    receive(town, dead, "undelivered", error="30006", trouble=Trouble.DEAD_NUMBER.value)

    with reading(town.engine) as connection:
        assert "+8613800000999" == contacts.reachable_at(connection, first, Channel.SMS)
