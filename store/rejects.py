"""Messages that could not be used: kept with their reason, counted, shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from core.pings import RejectReason
from store import schema

#: of a payload this much is kept; its size is kept whole
KEPT_BYTES = 4096


def add(
    connection: Connection,
    *,
    topic: str,
    payload: bytes,
    reason: RejectReason,
    detail: str,
    now: datetime,
) -> None:
    """Keep one message that could not be used."""
    connection.execute(
        schema.reject.insert().values(
            received_at=now,
            topic=topic[:256],
            reason=reason.value,
            detail=detail[:400],
            size_bytes=len(payload),
            payload=payload[:KEPT_BYTES],
        )
    )


def counts(connection: Connection) -> dict[str, int]:
    """Return how many were rejected, by reason, most first."""
    table = schema.reject
    rows = connection.execute(
        select(table.c.reason, func.count().label("n"))
        .group_by(table.c.reason)
        .order_by(func.count().desc(), table.c.reason)
    )
    return {row.reason: row.n for row in rows}


def recent(connection: Connection, *, reason: str | None = None, limit: int = 50) -> Sequence[Any]:
    """Return the newest rejects, optionally of one reason."""
    table = schema.reject
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if reason is not None:
        statement = statement.where(table.c.reason == reason)
    return connection.execute(statement).all()
