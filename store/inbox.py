"""What came back from providers and pages: stored raw first, handled after, never twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, or_, select

from store import schema
from store.upsert import insert_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One raw message that came back."""

    id: int
    source: str
    kind: str
    body: dict[str, Any]
    received_at: datetime
    tries: int


def keep(
    connection: Connection,
    *,
    source: str,
    event_key: str,
    kind: str,
    body: dict[str, Any],
    now: datetime,
) -> bool:
    """Store an arrival; False when (*source*, *event_key*) was stored before."""
    row = {
        "source": source,
        "event_key": event_key[:160],
        "kind": kind,
        "body": body,
        "received_at": now,
    }
    return bool(insert_new(connection, schema.inbox, [row], "id"))


def unprocessed(connection: Connection, now: datetime, limit: int = 100) -> list[Arrival]:
    """Return what waits to be handled: people's answers first, then by age.

    What failed waits half a minute before it is tried again.
    """
    table = schema.inbox
    rows = connection.execute(
        select(table)
        .where(
            table.c.processed_at.is_(None),
            or_(
                table.c.tries == 0,
                table.c.received_at <= now - timedelta(seconds=30),
            ),
            table.c.tries < 20,
        )
        .order_by(case((table.c.kind == "receipt", 1), else_=0), table.c.tries, table.c.id)
        .limit(limit)
    )
    return [
        Arrival(
            id=row.id,
            source=row.source,
            kind=row.kind,
            body=row.body,
            received_at=row.received_at,
            tries=row.tries,
        )
        for row in rows
    ]


def claim(connection: Connection, arrival_id: int, now: datetime) -> bool:
    """Mark as handled before handling it; False when another worker was first.

    Both are one transaction: if the handling fails, the mark is undone with it.
    """
    table = schema.inbox
    result = connection.execute(
        table.update()
        .where(table.c.id == arrival_id, table.c.processed_at.is_(None))
        .values(processed_at=now)
    )
    return result.rowcount == 1


def set_outcome(connection: Connection, arrival_id: int, outcome: str) -> None:
    """Write what came of it."""
    table = schema.inbox
    connection.execute(table.update().where(table.c.id == arrival_id).values(outcome=outcome[:200]))


def failed(connection: Connection, arrival_id: int, *, outcome: str) -> None:
    """Count a failed try; it stays unprocessed."""
    table = schema.inbox
    connection.execute(
        table.update()
        .where(table.c.id == arrival_id)
        .values(tries=table.c.tries + 1, outcome=outcome[:200])
    )
