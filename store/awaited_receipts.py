"""Messages that a provider took, and by when it should have said what became of them."""

from datetime import datetime

from sqlalchemy import Connection, select

from core.notifications import Notification
from store import schema
from store.notifications import notification_of


def without_receipt(connection: Connection, now: datetime, limit: int = 200) -> list[Notification]:
    """Return what a provider took and said nothing of in time."""
    table = schema.notification
    rows = connection.execute(
        select(table)
        .where(table.c.receipt_due_at <= now)
        .order_by(table.c.priority, table.c.id)
        .limit(limit)
    )
    return [notification_of(row) for row in rows]


def expect_receipt(connection: Connection, notification_id: int, by: datetime | None) -> bool:
    """Wait for a receipt until *by*; None: no longer. False when nothing changed with that."""
    table = schema.notification
    changed = table.update().where(table.c.id == notification_id)
    if by is None:
        changed = changed.where(table.c.receipt_due_at.is_not(None))
    return bool(connection.execute(changed.values(receipt_due_at=by)).rowcount)
