"""Where pings are kept, and each band's newest state for the map."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select

from core.pings import Ping
from core.places import Position
from core.zones import Side
from store import schema
from store.upsert import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """What was known of a band before a batch."""

    device_id: str
    position_at: datetime | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    source: str | None
    doubted_lon: float | None
    doubted_lat: float | None
    doubted_at: datetime | None
    worn: bool | None
    worn_at: datetime | None
    screening: dict[str, Any] | None


def add(
    connection: Connection, pings: Sequence[Ping], wearers: dict[str, int | None]
) -> dict[tuple[str, str], int]:
    """Store pings once; return the new ones' ids by (device, report). A known one adds nothing."""
    if not pings:
        return {}
    statement = _add_statement(connection.dialect.name)
    rows = [_row(ping, wearers.get(ping.device_id)) for ping in pings]
    return {(row.device_id, row.report_id): row.id for row in connection.execute(statement, rows)}


def newest_of(connection: Connection, device_ids: Iterable[str]) -> dict[str, Newest]:
    """Return what is known of these bands; a band never heard is not in it."""
    rows = connection.execute(_NEWEST, {"device_ids": list(device_ids)})
    return {row.device_id: Newest(**row._mapping) for row in rows}


def touch(
    connection: Connection,
    pings: Sequence[Ping],
    wearers: dict[str, int | None],
    positions: dict[str, tuple[Ping, int]],
    doubted: dict[str, tuple[Position, datetime] | None],
    sides: dict[int, Side],
    *,
    screening: Mapping[str, dict[str, Any]],
) -> None:
    """Bring the bands' newest state up to date, a row per band.

    *positions*: the newest usable position of each band in this batch, with its ping's id; it
    replaces the known one only if it is not older. *doubted*: the jump that is not believed yet.
    *sides*: what is now believed of each elder. *screening*: what a band's next ping is compared
    with.
    """
    by_device: dict[str, list[Ping]] = {}
    for ping in pings:
        by_device.setdefault(ping.device_id, []).append(ping)
    if not by_device:
        return
    rows = [
        _newest_row(device_id, said, wearers.get(device_id), positions.get(device_id), sides)
        | _doubted_row(doubted.get(device_id))
        | {"screening": screening.get(device_id) or None}
        for device_id, said in by_device.items()
    ]
    for knows_side in (True, False):
        some = [row for row in rows if (row["side"] is not None) is knows_side]
        if some:
            statement = _touch_statement(connection.dialect.name, knows_side)
            connection.execute(statement, [_with_side(row) for row in some])


def set_online(connection: Connection, device_id: str, *, online: bool, now: datetime) -> None:
    """Record a band's birth message or last will."""
    table = schema.latest
    statement = insert(connection.dialect.name, table).values(
        device_id=device_id, first_heard_at=now, heard_at=now, online=online, reports=0
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["device_id"], set_={"online": online})
    )


# Building a statement takes longer than running it, so each is built once.

_NEWEST = select(*(schema.latest.c[name] for name in Newest.__dataclass_fields__)).where(
    schema.latest.c.device_id.in_(bindparam("device_ids", expanding=True))
)


@cache
def _add_statement(dialect: str) -> Any:
    table = schema.ping
    return (
        insert(dialect, table)
        .on_conflict_do_nothing(index_elements=["device_id", "report_id"])
        .returning(table.c.device_id, table.c.report_id, table.c.id)
    )


@cache
def _touch_statement(dialect: str, knows_side: bool) -> Any:
    table = schema.latest
    statement = insert(dialect, table)
    new = statement.excluded
    is_newer = new.position_at.is_not(None) & (
        table.c.position_at.is_(None) | (new.position_at >= table.c.position_at)
    )
    changes: dict[str, Any] = {
        "elder_id": new.elder_id,
        "heard_at": case((new.heard_at > table.c.heard_at, new.heard_at), else_=table.c.heard_at),
        "reports": table.c.reports + new.reports,
        "side": new.side if knows_side else table.c.side,
    }
    for name in ("ping_id", "position_at", "lon", "lat", "accuracy_m", "source"):
        changes[name] = case((is_newer, new[name]), else_=table.c[name])
    for name in ("doubted_lon", "doubted_lat", "doubted_at", "screening"):
        changes[name] = new[name]
    # What an older report says never replaces what a newer one said.
    for clock, names in (
        ("state_at", ("battery_pct", "charging", "state_at")),
        ("worn_at", ("worn", "worn_at")),
    ):
        is_later = new[clock].is_not(None) & (
            table.c[clock].is_(None) | (new[clock] >= table.c[clock])
        )
        for name in names:
            word = func.coalesce(new[name], table.c[name])
            changes[name] = case((is_later, word), else_=table.c[name])
    changes["online"] = func.coalesce(new.online, table.c.online)
    return statement.on_conflict_do_update(index_elements=["device_id"], set_=changes)


def _with_side(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"side": row["side"] or Side.UNSURE.value}


def _newest_row(
    device_id: str,
    said: list[Ping],
    elder_id: int | None,
    position: tuple[Ping, int] | None,
    sides: dict[int, Side],
) -> dict[str, Any]:
    fresh = sorted((p for p in said if not p.is_backlog), key=lambda p: p.at)

    def last_word(name: str) -> Any:
        words = [getattr(p, name) for p in fresh]
        return next((word for word in reversed(words) if word is not None), None)

    wear = next((p for p in reversed(fresh) if p.worn is not None), None)
    ping, ping_id = position if position is not None else (None, None)
    fix = None if ping is None else ping.fix
    arrivals = [p.received_at for p in said]
    side = sides.get(elder_id) if elder_id is not None else None
    return {
        "device_id": device_id,
        "elder_id": elder_id,
        "first_heard_at": min(arrivals),
        "heard_at": max(arrivals),
        "reports": len(said),
        "ping_id": ping_id,
        "position_at": None if ping is None else ping.at,
        "lon": None if fix is None else fix.position.lon,
        "lat": None if fix is None else fix.position.lat,
        "accuracy_m": None if fix is None else fix.accuracy_m,
        "source": None if fix is None else fix.source.value,
        "side": None if side is None else side.value,
        "battery_pct": last_word("battery_pct"),
        "charging": last_word("charging"),
        "state_at": max((p.at for p in fresh), default=None),
        "worn": None if wear is None else wear.worn,
        "worn_at": None if wear is None else wear.at,
        "online": True,
    }


def _doubted_row(doubted: tuple[Position, datetime] | None) -> dict[str, Any]:
    if doubted is None:
        return {"doubted_lon": None, "doubted_lat": None, "doubted_at": None}
    position, at = doubted
    return {"doubted_lon": position.lon, "doubted_lat": position.lat, "doubted_at": at}


def _row(ping: Ping, elder_id: int | None) -> dict[str, Any]:
    fix = ping.fix
    return {
        "device_id": ping.device_id,
        "elder_id": elder_id,
        "report_id": ping.report_id,
        "measured_at": ping.measured_at,
        "received_at": ping.received_at,
        "at": ping.at,
        "lon": None if fix is None else fix.position.lon,
        "lat": None if fix is None else fix.position.lat,
        "accuracy_m": None if fix is None else fix.accuracy_m,
        "source": None if fix is None else fix.source.value,
        "is_current": None if fix is None else fix.is_current,
        "speed_kmh": None if fix is None else fix.speed_kmh,
        "battery_pct": ping.battery_pct,
        "charging": ping.charging,
        "worn": ping.worn,
        "steps": ping.steps,
        "alarms": sorted(ping.alarms),
        "why": ping.why,
        "is_backlog": ping.is_backlog,
        "doubts": sorted(ping.doubts),
        "raw": ping.raw,
    }
