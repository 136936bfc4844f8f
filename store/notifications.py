"""The outbox: messages that must go out, and every provider call made for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, select

from core.incidents import Incident
from core.notifications import (
    Notification,
    NotificationStatus,
    Order,
    Priority,
    Purpose,
)
from core.people import Channel, Role
from store import schema
from store.upsert import insert_new


def add(
    connection: Connection, incident: Incident, orders: Sequence[Order], now: datetime
) -> list[int]:
    """Put *orders* into the outbox; one that is there already (same key) adds nothing."""
    rows = [
        {
            "key": _key(incident, order),
            "incident_id": incident.id,
            "round": incident.round,
            "step": order.step,
            "person_id": order.person_id,
            "role": order.role.value,
            "channel": order.channel.value,
            "purpose": order.purpose.value,
            "topic": order.topic,
            "priority": int(order.priority),
            "status": NotificationStatus.READY.value,
            "created_at": now,
            "next_try_at": order.due_at,
            "expires_at": order.expires_at,
            "attempts": 0,
        }
        for order in orders
    ]
    return insert_new(connection, schema.notification, rows, "id")


def due(
    connection: Connection,
    now: datetime,
    limit: int,
    *,
    channel: Channel | None = None,
    urgent: bool | None = None,
) -> list[Notification]:
    """Return what is due, or was claimed by a sender that died; most urgent first.

    *channel* and *urgent* (see `Priority.is_urgent`) narrow it down.
    """
    table = schema.notification
    wanted = []
    if channel is not None:
        wanted.append(table.c.channel == channel.value)
    if urgent is not None:
        pressing = [int(one) for one in Priority if one.is_urgent is urgent]
        wanted.append(table.c.priority.in_(pressing))
    # Two questions, because an index answers each in its order, however many wait; none does both.
    found = [
        notification_of(row)
        for status, since in (
            (NotificationStatus.READY, table.c.next_try_at),
            (NotificationStatus.SENDING, table.c.lease_until),
        )
        for row in connection.execute(
            select(table)
            .where(table.c.status == status.value, since <= now, *wanted)
            .order_by(table.c.priority, table.c.id)
            .limit(limit)
        )
    ]
    return sorted(found, key=lambda message: (message.priority, message.id))[:limit]


def lock(connection: Connection, notification_ids: Sequence[int]) -> set[int]:
    """Return those of these messages that no other worker has in its hands right now.

    They are ours until the transaction ends. SQLite has one writer: all of them.
    """
    if connection.dialect.name != "postgresql":
        return set(notification_ids)
    table = schema.notification
    return set(
        connection.scalars(
            select(table.c.id)
            .where(table.c.id.in_(list(notification_ids)))
            .with_for_update(skip_locked=True)
        )
    )


def is_any_due(connection: Connection, now: datetime) -> bool:
    """Say whether anything is due at all: cheaper than to look lane by lane."""
    table = schema.notification
    for status, column in (
        (NotificationStatus.READY, table.c.next_try_at),
        (NotificationStatus.SENDING, table.c.lease_until),
    ):
        found = select(table.c.id).where(table.c.status == status.value, column <= now).limit(1)
        if connection.scalar(found) is not None:
            return True
    return False


def asked(connection: Connection, incident_id: int) -> set[int]:
    """Return whom an incident asks, or is going to ask."""
    table = schema.notification
    return set(
        connection.scalars(
            select(table.c.person_id).where(
                table.c.incident_id == incident_id, table.c.purpose == Purpose.ASK.value
            )
        )
    )


def asked_last(connection: Connection, incident_id: int, person_ids: Sequence[int]) -> int | None:
    """Return whom of *person_ids* an incident asked last, None when it asked none of them."""
    table = schema.notification
    return connection.scalar(
        select(table.c.person_id)
        .where(
            table.c.incident_id == incident_id,
            table.c.person_id.in_(list(person_ids)),
            table.c.purpose.in_((Purpose.ASK.value, Purpose.ALARM.value)),
            table.c.attempts > 0,
        )
        .order_by(table.c.id.desc())
        .limit(1)
    )


def claim(
    connection: Connection,
    notification: Notification,
    *,
    provider: str,
    address: str,
    now: datetime,
    lease_until: datetime,
) -> int | None:
    """Mark as being sent and open the next attempt; return its number, None if not ours.

    The update names the number of attempts it knows, so of two workers only one succeeds.
    """
    table = schema.notification
    result = connection.execute(
        table.update()
        .where(table.c.id == notification.id, table.c.attempts == notification.attempts)
        .values(
            status=NotificationStatus.SENDING.value,
            lease_until=lease_until,
            attempts=notification.attempts + 1,
        )
    )
    if result.rowcount != 1:
        return None
    number = notification.attempts + 1
    connection.execute(
        schema.attempt.insert().values(
            notification_id=notification.id,
            number=number,
            provider=provider,
            address=address,
            requested_at=now,
        )
    )
    return number


def put_off(connection: Connection, notification_id: int, *, until: datetime) -> None:
    """Look at a message again later; what it is does not change."""
    table = schema.notification
    connection.execute(
        table.update()
        .where(table.c.id == notification_id)
        .values(
            next_try_at=until,
            lease_until=case((table.c.lease_until.is_not(None), until), else_=None),
        )
    )


def wake_up(connection: Connection, incident_id: int, now: datetime) -> None:
    """Try now what waited for the end of a pause."""
    table = schema.notification
    connection.execute(
        table.update()
        .where(
            table.c.incident_id == incident_id,
            table.c.status == NotificationStatus.READY.value,
            table.c.next_try_at > now,
            table.c.attempts == 0,
        )
        .values(next_try_at=now)
    )


def is_in_hand(connection: Connection, notification_id: int, number: int) -> bool:
    """Say whether attempt *number* still decides what becomes of the message."""
    table = schema.notification
    found = connection.scalar(
        select(table.c.id).where(
            table.c.id == notification_id,
            table.c.attempts == number,
            table.c.status == NotificationStatus.SENDING.value,
        )
    )
    return found is not None


def withhold(connection: Connection, notification_id: int, reason: str) -> None:
    """End a message that nobody needs any more."""
    set_status(connection, notification_id, NotificationStatus.WITHHELD, reason=reason)


def set_status(
    connection: Connection,
    notification_id: int,
    status: NotificationStatus,
    *,
    reason: str | None = None,
    next_try_at: datetime | None = None,
    receipt_due_at: datetime | None = None,
) -> None:
    """Move a message on; *next_try_at* for one that is to be tried again.

    *receipt_due_at*: by then its provider should have said what became of it.
    """
    values: dict[str, Any] = {
        "status": status.value,
        "reason": reason and reason[:120],
        "lease_until": None,
    }
    if next_try_at is not None:
        values["next_try_at"] = next_try_at
    if receipt_due_at is not None:
        values["receipt_due_at"] = receipt_due_at
    table = schema.notification
    connection.execute(table.update().where(table.c.id == notification_id).values(**values))


def load(connection: Connection, notification_id: int) -> Notification:
    """Return one message."""
    table = schema.notification
    row = connection.execute(select(table).where(table.c.id == notification_id)).one()
    return notification_of(row)


def _key(incident: Incident, order: Order) -> str:
    return ":".join(
        str(part)
        for part in (
            incident.id,
            incident.round,
            order.step,
            order.person_id,
            order.channel.value,
            order.purpose.value,
            order.topic,
        )
    )


def notification_of(row: Any) -> Notification:
    """Return the message in a row of the table `notification`."""
    return Notification(
        id=row.id,
        incident_id=row.incident_id,
        round=row.round,
        step=row.step,
        person_id=row.person_id,
        role=Role(row.role),
        channel=Channel(row.channel),
        purpose=Purpose(row.purpose),
        topic=row.topic,
        priority=Priority(row.priority),
        status=NotificationStatus(row.status),
        next_try_at=row.next_try_at,
        expires_at=row.expires_at,
        attempts=row.attempts,
    )
