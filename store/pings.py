"""Where pings are kept, each once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select
from sqlalchemy.dialects import sqlite

from core.pings import Alarm, Doubt, Fix, FixSource, Ping
from core.places import Position
from core.radio import AccessPoint, Cell, Network
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


def by_ids(connection: Connection, ping_ids: Collection[int]) -> dict[int, Ping]:
    """Return these pings by id, as they were judged; one that was deleted is not in it."""
    statement = _JUDGED.where(schema.ping.c.id.in_(list(ping_ids)))
    return {row.id: _judged(row) for row in connection.execute(statement)}


def of_elder(
    connection: Connection, elder_id: int, *, after_id: int, until: datetime, limit: int
) -> list[tuple[int, Ping]]:
    """Return (id, ping) of what an elder's bands said after ping *after_id*, in order of arrival.

    As they were judged, received at *until* or earlier; when there are more, the newest *limit*.
    """
    table = schema.ping
    within = _JUDGED.where(
        table.c.elder_id == elder_id, table.c.id > after_id, table.c.received_at <= until
    )
    rows = connection.execute(within.order_by(table.c.id.desc()).limit(limit)).all()
    return [(row.id, _judged(row)) for row in reversed(rows)]


def lately(connection: Connection, elder_id: int, *, since: datetime, limit: int) -> list[Ping]:
    """Return what an elder's bands said of *since* and later, the newest *limit*, oldest first."""
    table = schema.ping
    within = _JUDGED.where(table.c.elder_id == elder_id, table.c.at >= since)
    rows = connection.execute(within.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit))
    return [_judged(row) for row in rows][::-1]


def _judged(row: Any) -> Ping:
    """Return the ping in a row: all that judging it reads. What else it said is in its bytes."""
    fix = None
    if row.lon is not None and row.lat is not None:
        fix = Fix(
            position=Position(row.lon, row.lat),
            accuracy_m=row.accuracy_m,
            source=FixSource(row.source),
            is_current=row.is_current,
            satellites=row.satellites,
            speed_kmh=row.speed_kmh,
        )
    return Ping(
        device_id=row.device_id,
        report_id=row.report_id,
        measured_at=row.measured_at,
        received_at=row.received_at,
        fix=fix,
        battery_pct=row.battery_pct,
        charging=row.charging,
        worn=row.worn,
        steps=row.steps,
        alarms=frozenset(map(Alarm, row.alarms)),
        why=row.why,
        network=None if row.network is None else _network_of(row.network),
        is_backlog=row.is_backlog,
        doubts=frozenset(map(Doubt, row.doubts)),
    )


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
        None if fix is None else fix.satellites,
        None if ping.network is None else _network(ping.network),
        sorted(ping.alarms),
        ping.why,
        ping.is_backlog,
        sorted(ping.doubts),
        ping.raw,
    )


def _network(network: Network) -> dict[str, Any]:
    """Return what a band heard around it, as short as JSON can be."""
    return {
        "wifi": [[point.mac, point.dbm] for point in network.wifi],
        "cells": [
            [cell.mcc, cell.mnc, cell.lac, cell.cid, cell.level, cell.rat, cell.dbm]
            for cell in network.cells
        ],
    }


def _network_of(document: dict[str, Any]) -> Network:
    """Return the network that `_network` wrote."""
    names = ("mcc", "mnc", "lac", "cid", "level", "rat", "dbm")
    return Network(
        wifi=tuple(AccessPoint(mac=mac, dbm=dbm) for mac, dbm in document["wifi"]),
        cells=tuple(Cell(**dict(zip(names, values, strict=True))) for values in document["cells"]),
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
    "satellites",
    "network",
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
_JUDGED: Select[Any] = select(
    schema.ping.c.id, *(schema.ping.c[name] for name in _COLUMNS if name != "raw")
)
