"""The newest state of each band: what the map shows, and what its next ping is compared with.

One row per band ever heard. Only the ingest role writes it, and may remember rows from one batch to
the next: each row has a version, so that it notices when another worker was at it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple
from sqlalchemy import Connection, bindparam, literal_column, select

from core.errors import Outdated
from core.pings import Ping
from core.zones import Side
from store import schema
from store.bulk import BulkInsert
from store.upsert import insert


class Newest(Struct, frozen=True, kw_only=True, gc=False):
    """A row of the table `latest`, column by column."""

    device_id: str
    elder_id: int | None = None
    first_heard_at: datetime
    heard_at: datetime
    reports: int = 0
    #: of the newest position
    ping_id: int | None = None
    position_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    source: str | None = None
    doubted_lon: float | None = None
    doubted_lat: float | None = None
    doubted_at: datetime | None = None
    screening: dict[str, Any] | None = None
    side: str = Side.UNSURE.value
    battery_pct: int | None = None
    charging: bool | None = None
    state_at: datetime | None = None
    worn: bool | None = None
    worn_at: datetime | None = None
    online: bool | None = None
    #: grows by one with each batch that says something of the band; 0: nothing is stored
    version: int = 0


class Said(Struct, frozen=True, kw_only=True):
    """What one batch says of one band."""

    device_id: str
    elder_id: int | None
    #: its new pings, in the order of the times they speak of; at least one
    pings: Sequence[Ping]
    #: the newest of them whose place may be shown, and its id
    shown: tuple[Ping, int] | None
    #: a jump that is not believed yet: lon, lat, when
    doubted: tuple[float, float, datetime] | None
    #: what the next ping is compared with, beside the places
    screening: dict[str, Any] | None
    #: what is believed of the elder now; None: it was not judged
    side: Side | None


def load(connection: Connection, device_ids: Iterable[str]) -> dict[str, Newest]:
    """Return what is known of these bands; a band never heard is not in it."""
    rows = connection.execute(_LOAD, {"device_ids": list(device_ids)})
    return {row.device_id: Newest(**row._mapping) for row in rows}


def following(known: Newest | None, said: Said) -> Newest:
    """Return the row after *said*; what an older report says never replaces what a newer one said.

    Only reports that were not stored on the way count as news of battery and wearing.
    """
    pings = said.pings
    arrivals = [ping.received_at for ping in pings]
    if known is None:
        known = Newest(
            device_id=said.device_id, first_heard_at=min(arrivals), heard_at=min(arrivals)
        )
    return Newest(
        device_id=said.device_id,
        elder_id=said.elder_id,
        first_heard_at=known.first_heard_at,
        heard_at=max(known.heard_at, *arrivals),
        reports=known.reports + len(pings),
        screening=said.screening,
        side=known.side if said.side is None else said.side.value,
        online=True,
        version=known.version + 1,
        **_place(known, said),
        **_state(known, [ping for ping in pings if not ping.is_backlog]),
    )


def save(connection: Connection, rows: Sequence[Newest]) -> None:
    """Save rows that follow from stored ones; Outdated when one of those is not the newest."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: row.device_id)  # workers meet in one order
    saved = _SAVE.execute(connection, [astuple(row) for row in ordered])
    if saved.rowcount != len(ordered):
        raise Outdated(f"{len(ordered) - saved.rowcount} bands were heard by another worker")


def set_online(connection: Connection, device_id: str, *, online: bool, now: datetime) -> None:
    """Record a band's birth message or last will."""
    table = schema.latest
    statement = insert(connection.dialect.name, table).values(
        device_id=device_id, first_heard_at=now, heard_at=now, online=online, reports=0
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["device_id"], set_={"online": online})
    )


def _place(known: Newest, said: Said) -> dict[str, Any]:
    doubted = said.doubted or (None, None, None)
    place = dict(zip(("doubted_lon", "doubted_lat", "doubted_at"), doubted, strict=True))
    shown = said.shown
    if shown is None or (known.position_at is not None and shown[0].at < known.position_at):
        return place | {name: getattr(known, name) for name in _PLACE}
    ping, ping_id = shown
    fix = ping.fix
    assert fix is not None
    return place | {
        "ping_id": ping_id,
        "position_at": ping.at,
        "lon": fix.position.lon,
        "lat": fix.position.lat,
        "accuracy_m": fix.accuracy_m,
        "source": fix.source.value,
    }


_PLACE = ("ping_id", "position_at", "lon", "lat", "accuracy_m", "source")


def _state(known: Newest, fresh: Sequence[Ping]) -> dict[str, Any]:
    state = {name: getattr(known, name) for name in _STATE}
    for ping in fresh:
        if state["state_at"] is None or ping.at >= state["state_at"]:
            state["state_at"] = ping.at
            if ping.battery_pct is not None:
                state["battery_pct"] = ping.battery_pct
            if ping.charging is not None:
                state["charging"] = ping.charging
        if ping.worn is not None and (state["worn_at"] is None or ping.at >= state["worn_at"]):
            state["worn"], state["worn_at"] = ping.worn, ping.at
    return state


_STATE = ("battery_pct", "charging", "state_at", "worn", "worn_at")

_LOAD = select(*(schema.latest.c[name] for name in Newest.__struct_fields__)).where(
    schema.latest.c.device_id.in_(bindparam("device_ids", expanding=True))
)


def _where_version_fits(statement: Any) -> Any:
    new = statement.excluded
    kept = {"device_id", "first_heard_at"}
    return statement.on_conflict_do_update(
        index_elements=["device_id"],
        set_={name: new[name] for name in Newest.__struct_fields__ if name not in kept},
        where=new.version == schema.latest.c.version + literal_column("1"),
    )


_SAVE = BulkInsert(schema.latest, Newest.__struct_fields__, _where_version_fits)
