"""Orders to bands: queued in the transaction that wants them, sent by the ingest role."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from store import schema

#: a band that does not hear an order for this long would do it too late
COMMAND_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCommand:
    """One order that has not left yet."""

    id: int
    device_id: str
    do: str
    args: dict[str, Any]
    expires_at: datetime


def queue(
    connection: Connection, device_id: str, do: str, args: Mapping[str, Any], now: datetime
) -> None:
    """Queue an order for a band; a queued one of the same kind is replaced by this one."""
    table = schema.command
    connection.execute(
        table.delete().where(
            table.c.device_id == device_id, table.c.do == do, table.c.state == "queued"
        )
    )
    connection.execute(
        table.insert().values(
            device_id=device_id,
            do=do,
            args=dict(args),
            state="queued",
            created_at=now,
            expires_at=now + COMMAND_LIFE,
        )
    )


def queued(connection: Connection, now: datetime, limit: int = 200) -> list[QueuedCommand]:
    """Return the orders that wait to be sent, oldest first."""
    table = schema.command
    rows = connection.execute(
        select(table)
        .where(table.c.state == "queued", table.c.expires_at > now)
        .order_by(table.c.id)
        .limit(limit)
    )
    return [
        QueuedCommand(
            id=row.id,
            device_id=row.device_id,
            do=row.do,
            args=row.args,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def mark_sent(connection: Connection, command_ids: list[int], now: datetime) -> None:
    """Record that these orders were handed to the broker."""
    table = schema.command
    connection.execute(
        table.update().where(table.c.id.in_(command_ids)).values(state="sent", sent_at=now)
    )


def mark_answered(
    connection: Connection, device_id: str, command_id: int, *, error: str | None, now: datetime
) -> bool:
    """Record a band's answer; False when that order was never given to that band."""
    table = schema.command
    result = connection.execute(
        table.update()
        .where(table.c.id == command_id, table.c.device_id == device_id)
        .values(
            state="failed" if error else "confirmed",
            error=(error or None) and str(error)[:80],
            answered_at=now,
        )
    )
    return result.rowcount == 1
