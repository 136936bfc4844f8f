"""What a provider says happened to a message. Ranked: later news wins, "delivered" stays.

"Delivered" is never an answer: it means a phone has it, not that a person read it. But any word of
a message on its way proves that the provider has it: what was in doubt is not sent a second time.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts import desk
from alerts.lifecycle import entry
from core.incidents import EntryKind, Incident
from core.notifications import Notification, NotificationStatus
from core.people import Channel
from store import contacts, incidents, notifications, timeline

_RANK = {"queued": 0, "sending": 1, "sent": 2, "failed": 3, "undelivered": 3, "delivered": 4}
#: how a call ends: only "completed" means that somebody, or a voice mailbox, was on the line
_CALL_ENDS = {"completed": "delivered", "busy": "undelivered", "no-answer": "undelivered"}
_FINAL_FAILURES = ("failed", "undelivered")
#: provider codes after which a number is never tried again
_DEAD_NUMBER = {"21211", "21610", "21614", "30006"}


def take_receipt(connection: Connection, body: dict[str, Any], now: datetime) -> str:
    """Record a receipt {notification, number, provider_id, status, error}; return its outcome."""
    attempt = notifications.attempt_of(connection, int(body["notification"]), int(body["number"]))
    if attempt is None:
        return "orphan"
    said = str(body["status"])
    status = _CALL_ENDS.get(said, said)
    if status not in _RANK:
        return f"ignored:{said[:20]}"
    if attempt.receipt is not None and _RANK[attempt.receipt] >= _RANK[status]:
        return "older_news"
    notifications.record_receipt(
        connection, attempt, receipt=status, provider_id=str(body["provider_id"]), now=now
    )
    message = notifications.load(connection, attempt.notification_id)
    superseded = attempt.number != message.attempts
    if status in _FINAL_FAILURES and (superseded or message.status is NotificationStatus.DELIVERED):
        return "older_attempt"
    if status == "delivered":
        notifications.set_status(connection, message.id, NotificationStatus.DELIVERED)
        return status
    incident = incidents.load(connection, message.incident_id)
    if status not in _FINAL_FAILURES:
        if _would_be_sent_again(message, superseded=superseded):
            notifications.set_status(connection, message.id, NotificationStatus.SENT)
            _write(connection, incident, message, EntryKind.MESSAGE_SENT, "", now)
        return status
    error = str(body.get("error") or said)[:40]
    notifications.set_status(connection, message.id, NotificationStatus.FAILED, reason=error)
    if error in _DEAD_NUMBER:
        contacts.disable_contact(connection, message.person_id, message.channel, error)
    # An unanswered call is ordinary and the ladder goes on; an SMS that did not arrive is not.
    if message.channel is not Channel.VOICE:
        desk.go_another_way(connection, incident, message, now=now)
    _write(connection, incident, message, EntryKind.MESSAGE_FAILED, error, now)
    return status


def _would_be_sent_again(message: Notification, *, superseded: bool) -> bool:
    """Say whether the message waits for another try, or is in a call that this receipt is of."""
    if message.status is NotificationStatus.SENDING:
        return not superseded
    return message.status is NotificationStatus.READY


def _write(
    connection: Connection,
    incident: Incident,
    message: Notification,
    kind: EntryKind,
    reason: str,
    now: datetime,
) -> None:
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
    timeline.append(connection, incident.id, [said], state=incident.state)
