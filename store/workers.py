"""Which workers are alive, as they say themselves."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from store import schema
from store.upsert import insert

GONE_FOR_GOOD = timedelta(days=1)


def beat(
    connection: Connection, worker: str, *, role: str, detail: dict[str, Any], now: datetime
) -> None:
    """Record that *worker* is alive at *now*."""
    values = {"role": role, "beat_at": now, "detail": detail}
    statement = insert(connection.dialect.name, schema.worker_beat).values(worker=worker, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["worker"], set_=values))


def forget_gone(connection: Connection, now: datetime) -> None:
    """Remove the beats of workers that were not heard for a day: processes with other numbers."""
    table = schema.worker_beat
    connection.execute(table.delete().where(table.c.beat_at < now - GONE_FOR_GOOD))


def last_beats(connection: Connection) -> dict[str, datetime]:
    """Return when each role was last known to be alive."""
    table = schema.worker_beat
    rows = connection.execute(
        select(table.c.role, func.max(table.c.beat_at).label("at")).group_by(table.c.role)
    )
    return {row.role: row.at for row in rows}


def told_by(connection: Connection, role: str, since: datetime) -> list[dict[str, Any]]:
    """Return what the workers of *role* that beat since *since* told, the newest first."""
    table = schema.worker_beat
    rows = connection.scalars(
        select(table.c.detail)
        .where(table.c.role == role, table.c.beat_at >= since)
        .order_by(table.c.beat_at.desc())
    )
    return [dict(detail) for detail in rows]


def listening_since(
    connection: Connection, *, now: datetime, gone_after: timedelta
) -> datetime | None:
    """Return since when the ingest role has had the broker without a break; None while it has not.

    A worker says so in its beat; of several the one that has listened longest counts.
    """
    table = schema.worker_beat
    rows = connection.execute(
        select(table.c.detail).where(table.c.role == "ingest", table.c.beat_at >= now - gone_after)
    )
    since = [
        datetime.fromisoformat(row.detail["listening_since"])
        for row in rows
        if "listening_since" in row.detail
    ]
    return min(since, default=None)
