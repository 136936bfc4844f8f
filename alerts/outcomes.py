"""What follows a call to a provider: recorded, tried again, given up, gone another way.

Every function works in the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import desk
from alerts.claims import Claimed, Unsure
from alerts.gate import why_withhold
from alerts.lifecycle import entry
from alerts.notices import disable_contact
from alerts.retry import MOST_POSSIBLE_SENDS, NextStep, Retry, decide
from core.incidents import EntryKind, Incident, IncidentState
from core.notifications import (
    AttemptResult,
    Finding,
    Found,
    Notification,
    NotificationStatus,
    Purpose,
    SendResult,
)
from core.people import PHONE, Channel
from store import (
    attempts,
    awaited_receipts,
    incidents,
    notifications,
    phone_use,
    timeline,
)
from store.attempts import Attempt

#: without a word of the provider in this time after it took an ask, another channel starts; s
RECEIPT_S = {Channel.SMS: 60.0, Channel.VOICE: 45.0}
_REFUSALS = (AttemptResult.TEMPORARY, AttemptResult.ELSEWHERE, AttemptResult.NOT_SENT)


def record(connection: Connection, item: Claimed, sent: SendResult, now: datetime) -> None:
    """Write what one call came to, always; and what follows, if it is still for us to say."""
    message = item.notification
    attempts.record_result(connection, message.id, item.number, sent, now)
    if item.use_id is not None and sent.result in (*_REFUSALS, AttemptResult.PERMANENT):
        phone_use.take_back(connection, item.use_id)
    current = notifications.load(connection, message.id)
    if current.attempts != item.number or current.status is not NotificationStatus.SENDING:
        return  # a receipt was faster, or a later attempt took over
    if sent.result is AttemptResult.ACCEPTED:
        _took_it(connection, message, now)
        return
    incident = incidents.load(connection, message.incident_id)
    made = attempts.attempts_of(connection, message.id)
    retry = decide(
        sent,
        refusals=sum(a.result in _REFUSALS for a in made),
        possible_sends=sum(a.may_have_arrived for a in made),
        expires_at=message.expires_at,
        now=now,
        has_other=item.has_other,
        may_come_back=bool(_stumbled(made)),
        is_last_resort=message.purpose is Purpose.ALARM,
    )
    if sent.result is AttemptResult.PERMANENT:
        disable_contact(
            connection,
            message.person_id,
            message.channel,
            sent.reason,
            now,
            address=item.outgoing.to,
        )
    if retry.step is NextStep.GIVE_UP:
        give_up(connection, incident, message, retry.reason, now, failover=retry.failover)
        return
    _try_again(connection, message, sent, retry)
    if retry.failover:
        go_another_way(connection, incident, message, now)


def _stumbled(made: Sequence[Attempt]) -> set[str]:
    """Return the providers that failed with a message and never refused it."""
    refused = {a.provider for a in made if a.result is AttemptResult.ELSEWHERE}
    failures = (AttemptResult.TEMPORARY, AttemptResult.AMBIGUOUS)
    return {a.provider for a in made if a.result in failures} - refused


def settle_lost(
    connection: Connection,
    incident: Incident,
    message: Notification,
    made: Sequence[Attempt],
    now: datetime,
) -> list[Attempt] | None:
    """Its sender died in the middle: nobody can know, so the call counts as perhaps made.

    Return the calls as they are known now; None when no other may follow.
    """
    lost = next((a for a in made if a.result is None), None)
    if lost is not None:
        unsure = SendResult(result=AttemptResult.AMBIGUOUS, reason="sender_died")
        attempts.record_result(connection, message.id, lost.number, unsure, now)
    known = attempts.attempts_of(connection, message.id)
    if sum(a.may_have_arrived for a in known) < MOST_POSSIBLE_SENDS:
        return known
    give_up(connection, incident, message, "sent_twice_unsure", now, failover=True)
    return None


def settle_unsure(
    connection: Connection, item: Claimed, unsure: Unsure, finding: Finding, now: datetime
) -> bool:
    """The provider was asked about an earlier call: say whether that settles the message.

    Where it does not, the message is sent once more, and another channel starts beside it.
    """
    message = item.notification
    current = notifications.load(connection, message.id)
    is_ours = current.attempts == item.number and current.status is NotificationStatus.SENDING
    incident = incidents.load(connection, message.incident_id)
    if finding.found is not Found.YES:
        if is_ours:
            go_another_way(connection, incident, message, now)
        return not is_ours
    found = SendResult(result=AttemptResult.ACCEPTED, provider_id=finding.provider_id)
    attempts.record_result(connection, message.id, unsure.attempt.number, found, now)
    needless = SendResult(result=AttemptResult.NOT_SENT, reason="found_at_provider")
    attempts.record_result(connection, message.id, item.number, needless, now)
    if item.use_id is not None:
        phone_use.take_back(connection, item.use_id)
    if is_ours:
        _took_it(connection, message, now)
    return True


def give_up(
    connection: Connection,
    incident: Incident,
    message: Notification,
    reason: str,
    now: datetime,
    *,
    failover: bool,
) -> None:
    """End a message that will not be sent, and reach the person another way."""
    notifications.set_status(connection, message.id, NotificationStatus.FAILED, reason=reason)
    awaited_receipts.expect_receipt(connection, message.id, None)
    write(connection, incident.state, message, EntryKind.MESSAGE_FAILED, reason, now)
    if failover:
        go_another_way(connection, incident, message, now)


def go_another_way(
    connection: Connection, incident: Incident, message: Notification, now: datetime
) -> None:
    """Reach the same person on another channel (the desk knows the ladder); extras do not."""
    if message.channel in PHONE:
        desk.go_another_way(connection, incident, message, now=now)


def miss_receipts(connection: Connection, now: datetime) -> int:
    """Another way for every ask that a provider took and said nothing of in time (T10)."""
    late = awaited_receipts.without_receipt(connection, now)
    done = 0
    for message in late:
        if not awaited_receipts.expect_receipt(connection, message.id, None):
            continue  # another worker was first, or the receipt came
        done += 1
        incident = incidents.load(connection, message.incident_id)
        still_sent = message.status is NotificationStatus.SENT
        if not still_sent or why_withhold(incident, message, now) is not None:
            continue
        write(connection, incident.state, message, EntryKind.MESSAGE_UNCONFIRMED, "no_receipt", now)
        go_another_way(connection, incident, message, now)
    return done


def write(
    connection: Connection,
    state: IncidentState,
    message: Notification,
    kind: EntryKind,
    reason: str,
    now: datetime,
) -> None:
    """Write what became of a message into the timeline; *state* is its incident's."""
    said = entry(
        kind,
        now,
        {
            "channel": message.channel.value,
            "purpose": message.purpose.value,
            "topic": message.subject[0],
            "role": message.role.value,
            "reason": reason,
        },
        person_id=message.person_id,
    )
    timeline.append(connection, message.incident_id, [said], state=state)


def _took_it(connection: Connection, message: Notification, now: datetime) -> None:
    # The ordinary way, for thousands at once: as few statements as can be.
    patience_s = RECEIPT_S.get(message.channel) if message.is_ask else None
    by = None if patience_s is None else now + timedelta(seconds=patience_s)
    notifications.set_status(connection, message.id, NotificationStatus.SENT, receipt_due_at=by)
    state = incidents.state_of(connection, message.incident_id)
    write(connection, state, message, EntryKind.MESSAGE_SENT, "", now)


def _try_again(
    connection: Connection, message: Notification, sent: SendResult, retry: Retry
) -> None:
    notifications.set_status(
        connection,
        message.id,
        NotificationStatus.READY,
        reason=sent.reason,
        next_try_at=retry.at,
    )
