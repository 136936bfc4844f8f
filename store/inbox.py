"""What came back from providers and pages: stored raw first, handled after, never twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select

from store import schema
from store.upsert import insert_new

#: the kind of arrival that is no answer of a person
RECEIPT = "receipt"
_MOST_RECEIPT_TRIES = 20
_LONGEST_WAIT_S = 300.0


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


def outcome_of(connection: Connection, *, source: str, event_key: str) -> str | None:
    """Return what came of an arrival, None while it waits to be handled."""
    table = schema.inbox
    outcome: str | None = connection.scalar(
        select(table.c.outcome).where(
            table.c.source == source,
            table.c.event_key == event_key[:160],
            table.c.processed_at.is_not(None),
        )
    )
    return outcome


def unprocessed(
    connection: Connection, now: datetime, *, receipts: bool, limit: int = 100
) -> list[Arrival]:
    """Return what waits to be handled, the oldest first: people's answers, or *receipts*.

    What failed waits longer each time. An answer is never given up; a receipt is, after a while.
    """
    table = schema.inbox
    is_kind = table.c.kind == RECEIPT if receipts else table.c.kind != RECEIPT
    rows = connection.execute(
        select(table)
        .where(
            table.c.processed_at.is_(None),
            is_kind,
            or_(table.c.next_try_at.is_(None), table.c.next_try_at <= now),
            or_(table.c.kind != RECEIPT, table.c.tries < _MOST_RECEIPT_TRIES),
        )
        .order_by(table.c.tries, table.c.id)
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


def failed(connection: Connection, arrival: Arrival, *, outcome: str, now: datetime) -> None:
    """Count a failed try; it stays unprocessed and is tried again later, then later still."""
    table = schema.inbox
    wait_s = min(2.0 ** (arrival.tries + 1), _LONGEST_WAIT_S)
    connection.execute(
        table.update()
        .where(table.c.id == arrival.id)
        .values(
            tries=table.c.tries + 1,
            next_try_at=now + timedelta(seconds=wait_s),
            outcome=outcome[:200],
        )
    )


def oldest_waiting(connection: Connection) -> datetime | None:
    """Return when the oldest arrival came that waits to be handled, also for another try."""
    table = schema.inbox
    oldest: datetime | None = connection.scalar(
        select(func.min(table.c.received_at)).where(
            table.c.processed_at.is_(None),
            or_(table.c.kind != RECEIPT, table.c.tries < _MOST_RECEIPT_TRIES),
        )
    )
    return oldest
