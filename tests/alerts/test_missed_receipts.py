"""A provider took an ask and never said a word of it again (T10)."""

from core.incidents import Answer, EntryKind
from core.people import Channel
from store import schema
from tests.scenes import AlertsRole, Town, on_both_databases, phone_of, rows


def receipts(town: Town, role: AlertsRole, status: str) -> None:
    """Have the provider say *status* of everything sent so far."""
    for sent in role.sent:
        notification, number = sent.message.token.split("-")
        body = {
            "notification": notification,
            "number": number,
            "provider_id": f"SM{sent.message.token}",
            "status": status,
        }
        town.arrives("receipt", body, key=f"{sent.message.token}:{status}")
    town.handles_arrivals()


@on_both_databases
def test_rescuers_called_in_vain_get_a_text(town: Town) -> None:
    """In a turn that only calls, a call of which nothing is heard for 45 s becomes a text."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.hears_receipts = False
    first, _ = town.team.rescuers
    role.pass_time(300 + 120)
    texts = [s for s in role.sms.sent if s.message.to == phone_of(first)]

    role.pass_time(46)

    later = [s for s in role.sms.sent if s.message.to == phone_of(first)]
    assert (1, 2) == (len(texts), len(later))


@on_both_databases
def test_a_receipt_settles_it(town: Town) -> None:
    """Of what is delivered nobody waits for more; nothing goes another way."""
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.hears_receipts = False
    role.pass_time(10)

    receipts(town, role, "delivered")
    role.pass_time(80)

    assert EntryKind.MESSAGE_UNCONFIRMED not in town.timeline(incident_id)


@on_both_databases
def test_on_its_way_is_not_there(town: Town) -> None:
    """A text that is "sent" and never delivered counts as unconfirmed after a minute."""
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.hears_receipts = False
    role.pass_time(10)

    receipts(town, role, "sent")
    role.pass_time(60)

    assert EntryKind.MESSAGE_UNCONFIRMED in town.timeline(incident_id)


@on_both_databases
def test_the_ladder_s_own_call_is_not_doubled(town: Town) -> None:
    """Without any receipt a guardian gets the call of the ladder at 60 s, and no second one."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.hears_receipts = False
    first, _ = town.household.guardians

    role.pass_time(100)

    assert [Channel.SMS, Channel.VOICE] == [
        sent.channel for sent in role.sent if sent.message.to == phone_of(first)
    ]


@on_both_databases
def test_whoever_answered_is_left_alone(town: Town) -> None:
    """An answer makes every missing receipt uninteresting."""
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.hears_receipts = False
    first, second = town.household.guardians
    role.pass_time(10)
    body = {"incident_id": incident_id, "person_id": first, "answer": Answer.GOING.value}
    town.arrives("answer", body)
    town.handles_arrivals()

    role.pass_time(120)

    assert [] == role.voice.sent
    assert not any(rows(town.engine, schema.notification, "receipt_due_at", person_id=second))
