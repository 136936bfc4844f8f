"""What a provider says happened to a notice: later news wins, "delivered" stays."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.notice_outcomes import go_another_way, number_is_dead
from core.notifications import NotificationStatus, Trouble
from store import contact_points, notices

_DELIVERED = ("delivered", "completed")
_FAILED = ("undelivered", "failed", "busy", "no-answer", "canceled")
_UNDER_WAY = ("queued", "sending", "sent", "initiated", "ringing", "in-progress")
#: what is wrong with the number itself, whatever is sent there
_DEAD = (Trouble.DEAD_NUMBER.value, Trouble.OPTED_OUT.value)


def take_receipt(connection: Connection, body: dict[str, Any], now: datetime) -> str:
    """Record a receipt {notice, number, provider_id, status, error, trouble?}; say what it did."""
    notice = notices.load(connection, int(body["notice"]))
    if notice is None or int(body["number"]) > notice.attempts:
        return "orphan"
    status = str(body["status"])
    if status not in (*_DELIVERED, *_FAILED, *_UNDER_WAY):
        return f"ignored:{status[:20]}"
    if notice.status is NotificationStatus.DELIVERED:
        return "older_news"
    is_last = int(body["number"]) == notice.attempts
    if is_last or status in _DELIVERED:
        provider_id = str(body.get("provider_id") or "")
        notices.record_receipt(
            connection, notice.id, receipt=status, provider_id=provider_id, now=now
        )
    if status in _DELIVERED:
        notices.set_status(connection, notice.id, NotificationStatus.DELIVERED)
        if notice.person_id is not None:
            contact_points.worked(
                connection, notice.person_id, notice.channel, now=now, address=notice.address
            )
        return status
    if not is_last:
        return "older_attempt"
    if status in _UNDER_WAY:
        if notice.status in (NotificationStatus.READY, NotificationStatus.SENDING):
            notices.set_status(connection, notice.id, NotificationStatus.SENT)
        return status
    if notice.status is NotificationStatus.FAILED:
        return "older_news"
    reason = str(body.get("error") or status)[:40]
    notices.set_status(connection, notice.id, NotificationStatus.FAILED, reason=reason)
    if body.get("trouble") in _DEAD:
        number_is_dead(connection, notice, reason, now)
    go_another_way(connection, notice, now)
    return status
