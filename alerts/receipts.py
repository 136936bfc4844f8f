"""What a provider says happened to a message. Ranked: later news wins, "delivered" stays.

"Delivered" is never an answer: it means a phone has it, not that a person read it. But any word of
a message on its way proves that the provider has it: what was in doubt is not sent a second time.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.notices import NoticeKind, disable_contact, tell_operators
from alerts.outcomes import go_another_way, write
from core.incidents import EntryKind
from core.notifications import Notification, NotificationStatus, Trouble
from core.people import Channel
from store import attempts, awaited_receipts, contact_points, incidents, notifications

_RANK = {"queued": 0, "sending": 1, "sent": 2, "failed": 3, "undelivered": 3, "delivered": 4}
#: how a call goes: only "completed" means that somebody, or a voice mailbox, was on the line
_CALLS = {
    "initiated": "queued",
    "ringing": "sending",
    "in-progress": "sent",
    "completed": "delivered",
    "busy": "undelivered",
    "no-answer": "undelivered",
    "canceled": "undelivered",
}
_FINAL_FAILURES = ("failed", "undelivered")
#: after these the number is not used any more on the channel
_FOR_GOOD = (Trouble.DEAD_NUMBER, Trouble.OPTED_OUT)
#: somebody has to mend something at the provider
_FOR_OPERATORS = (Trouble.CONFIGURATION, Trouble.BLOCKED)
#: after these another channel would be no help, or the ladder has gone on by itself
_NO_OTHER_WAY = (Trouble.EXPIRED, Trouble.NOT_ANSWERED)


def take_receipt(connection: Connection, body: dict[str, Any], now: datetime) -> str:
    """Record a receipt {notification, number, provider_id, status, error, trouble}; its outcome."""
    attempt = attempts.attempt_of(connection, int(body["notification"]), int(body["number"]))
    if attempt is None:
        return "orphan"
    said = str(body["status"])
    status = _CALLS.get(said, said)
    if status not in _RANK:
        return f"ignored:{said[:20]}"
    if attempt.receipt is not None and _RANK[attempt.receipt] >= _RANK[status]:
        return "older_news"
    attempts.record_receipt(
        connection, attempt, receipt=status, provider_id=str(body["provider_id"]), now=now
    )
    message = notifications.load(connection, attempt.notification_id)
    superseded = attempt.number != message.attempts
    if status in _FINAL_FAILURES and (superseded or message.status is NotificationStatus.DELIVERED):
        return "older_attempt"
    if message.channel is Channel.VOICE or _RANK[status] >= _RANK["failed"]:
        # A text that is on its way may never arrive; a phone that rings has been reached.
        awaited_receipts.expect_receipt(connection, message.id, None)
    if status == "delivered":
        notifications.set_status(connection, message.id, NotificationStatus.DELIVERED)
        contact_points.worked(connection, message.person_id, message.channel, now=now)
        return status
    incident = incidents.load(connection, message.incident_id)
    if status not in _FINAL_FAILURES:
        if _would_be_sent_again(message, superseded=superseded):
            notifications.set_status(connection, message.id, NotificationStatus.SENT)
            write(connection, incident.state, message, EntryKind.MESSAGE_SENT, "", now)
        return status
    error = str(body.get("error") or said)[:40]
    trouble = _trouble(body, message)
    notifications.set_status(connection, message.id, NotificationStatus.FAILED, reason=error)
    if trouble in _FOR_OPERATORS:
        by = attempt.provider or "?"
        about = {"provider": f"{by}/{message.channel.value}", "reason": error}
        tell_operators(connection, NoticeKind.CONFIGURATION, f"{by}:{error}", about, now)
    if trouble in _FOR_GOOD:
        to = attempt.address
        disable_contact(connection, message.person_id, message.channel, error, now, address=to)
    if trouble not in _NO_OTHER_WAY:
        go_another_way(connection, incident, message, now)
    write(connection, incident.state, message, EntryKind.MESSAGE_FAILED, error, now)
    return status


def _trouble(body: dict[str, Any], message: Notification) -> Trouble:
    """Return why it did not arrive; an unanswered call is ordinary, and the ladder goes on."""
    try:
        return Trouble(str(body.get("trouble")))
    except ValueError:
        return Trouble.NOT_ANSWERED if message.channel is Channel.VOICE else Trouble.AWAY


def _would_be_sent_again(message: Notification, *, superseded: bool) -> bool:
    """Say whether the message waits for another try, or is in a call that this receipt is of."""
    if message.status is NotificationStatus.SENDING:
        return not superseded
    return message.status is NotificationStatus.READY
