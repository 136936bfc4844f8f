"""Where pings are kept, each once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects import sqlite

from core.pings import Ping
from store import schema
from store.bulk import BulkInsert

#: names a ping for good: device and report
Key = tuple[str, str]


def add(
    connection: Connection, pings: Sequence[Ping], wearers: Mapping[str, int | None]
) -> dict[Key, int]:
    """Store pings once; return the new ones' ids by (device, report). A known one adds nothing."""
    if not pings:
        return {}
    rows = [_row(ping, wearers.get(ping.device_id)) for ping in pings]
    added: Any
    if connection.dialect.name == "postgresql":
        added = _ADD.execute(connection, rows)
    else:
        # Its driver returns no rows of many; but nobody else writes until we commit.
        newest = connection.scalar(_NEWEST_ID) or 0
        _ADD.execute(connection, rows)
        added = connection.execute(_ADDED, {"newest": newest})
    return {(row[0], row[1]): row[2] for row in added.all()}


def _row(ping: Ping, elder_id: int | None) -> tuple[Any, ...]:
    fix = ping.fix
    return (
        ping.device_id,
        elder_id,
        ping.report_id,
        ping.measured_at,
        ping.received_at,
        ping.at,
        None if fix is None else fix.position.lon,
        None if fix is None else fix.position.lat,
        None if fix is None else fix.accuracy_m,
        None if fix is None else fix.source.value,
        None if fix is None else fix.is_current,
        None if fix is None else fix.speed_kmh,
        ping.battery_pct,
        ping.charging,
        ping.worn,
        ping.steps,
        sorted(ping.alarms),
        ping.why,
        ping.is_backlog,
        sorted(ping.doubts),
        ping.raw,
    )


#: of a row, in its order
_COLUMNS = (
    "device_id",
    "elder_id",
    "report_id",
    "measured_at",
    "received_at",
    "at",
    "lon",
    "lat",
    "accuracy_m",
    "source",
    "is_current",
    "speed_kmh",
    "battery_pct",
    "charging",
    "worn",
    "steps",
    "alarms",
    "why",
    "is_backlog",
    "doubts",
    "raw",
)


def _once(statement: Any) -> Any:
    table = schema.ping
    added = statement.on_conflict_do_nothing(index_elements=["device_id", "report_id"])
    if isinstance(added, sqlite.Insert):
        return added
    return added.returning(table.c.device_id, table.c.report_id, table.c.id)


_ADD = BulkInsert(schema.ping, _COLUMNS, _once)
_NEWEST_ID = select(func.max(schema.ping.c.id))
_ADDED = select(schema.ping.c.device_id, schema.ping.c.report_id, schema.ping.c.id).where(
    schema.ping.c.id > bindparam("newest")
)
