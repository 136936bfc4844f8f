"""Zones as drawn, and as they were drawn at any moment before.

A zone that was registered is never changed. An edit ends its row and makes another one, so that a
report that comes late is judged by the zones of its own time, and everybody can see who moved what.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from geoalchemy2.elements import WKBElement
from geoalchemy2.shape import to_shape
from shapely.geometry import Point, Polygon
from sqlalchemy import Connection, bindparam, or_, select

from core.errors import Conflict, NotFound
from core.hours_text import hours_text, parse_hours
from core.places import Position
from core.weekly_hours import WeeklyHours
from core.working_days import DayRule
from core.zone_limits import check_zone
from core.zones import Circle, Urgency, Zone, ZoneKind
from store import schema
from store.boxes import place_of
from store.columns import Instant
from store.zone_changes import write_down

log = logging.getLogger(__name__)

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneVersion:
    """One row of a zone's history. Names are of people who may edit zones; None: not recorded."""

    zone: Zone
    #: the id of the version that this one followed
    replaces: int | None
    edited_by: str | None
    edited_at: datetime | None
    #: who edited it again, or gave it up
    retired_by: str | None
    retired_at: datetime | None
    #: the id of the zone's first version
    origin: int


def add_zone(
    connection: Connection,
    *,
    elder_id: int | None,
    kind: ZoneKind,
    name: str,
    shape: Circle | Polygon,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    hours: WeeklyHours | None = None,
    days: DayRule = DayRule.EVERY,
    urgency: Urgency = Urgency.ALARM,
    by: str | None = None,
    now: datetime | None = None,
) -> int:
    """Register a zone of one elder, or a danger zone for everyone (elder_id None); return its id.

    ValueError says what to mend in a zone that cannot be meant. *by* and *now* are for the history.
    """
    zone = Zone(
        id=0,
        elder_id=elder_id,
        kind=kind,
        name=name,
        shape=shape,
        valid_from=valid_from,
        valid_until=valid_until,
        hours=hours,
        days=days,
        urgency=urgency,
    )
    zone_id = _insert(connection, zone, replaces=None, by=by, now=now)
    write_down(connection, zone_id, None, zone, by=by, now=now)
    return zone_id


def edit_zone(connection: Connection, zone: Zone, *, by: str, now: datetime) -> int:
    """Put *zone* in the place of the version whose id it bears, from *now* on; return the new id.

    ValueError as for `add_zone`; Conflict when somebody else edited it first.
    """
    begun = zone.valid_from
    edited = replace(zone, valid_from=now if begun is None or begun < now else begun)
    check_zone(edited)
    old = _row(connection, zone.id)
    if old.elder_id != zone.elder_id:
        raise ValueError("a zone stays with its elder: give it up and add one for the other elder")
    _end(connection, old, by=by, now=now)
    new_id = _insert(connection, edited, replaces=old, by=by, now=now)
    write_down(connection, old.origin or old.id, zone_of(old), edited, by=by, now=now)
    return new_id


def retire_zone(connection: Connection, zone_id: int, *, by: str, now: datetime) -> None:
    """Give a zone up from *now* on; Conflict when that was done already."""
    row = _row(connection, zone_id)
    _end(connection, row, by=by, now=now)
    write_down(connection, row.origin or row.id, zone_of(row), None, by=by, now=now)


def _end(connection: Connection, row: Any, *, by: str, now: datetime) -> None:
    zone_id, table = row.id, schema.zone
    until = now if row.valid_until is None else min(now, row.valid_until)
    done = connection.execute(
        table.update()
        .where(table.c.id == zone_id, table.c.retired_at.is_(None))
        .values(valid_until=until, retired_by=by, retired_at=now)
    )
    if done.rowcount != 1:
        raise Conflict(f"zone {zone_id} was edited or given up meanwhile: read it again")


def zones_for(
    connection: Connection,
    elder_ids: Iterable[int],
    *,
    retired_after: datetime | None = None,
) -> dict[int, tuple[Zone, ...]]:
    """Return each elder's zones, those for everyone included, in the order of registering.

    An edited zone keeps its place: the first safe one is the home, however often it was redrawn.
    Whether one counts is asked of the zone. Versions that were edited or given up are left out,
    but for those given up later than *retired_after*: late reports are judged by them.
    """
    wanted = list(elder_ids)
    rows = connection.execute(
        _ZONES, {"elder_ids": wanted, "retired_after": retired_after or _NEVER}
    )
    theirs: dict[int, list[tuple[int, int, Zone]]] = {elder_id: [] for elder_id in wanted}
    everyones: list[tuple[int, int, Zone]] = []
    for row in rows:
        zone = zone_of(row)
        if zone is not None:
            placed = (row.origin or row.id, row.id, zone)
            (everyones if zone.elder_id is None else theirs[zone.elder_id]).append(placed)
    return {
        elder_id: tuple(zone for *_, zone in sorted([*own, *everyones], key=itemgetter(0, 1)))
        for elder_id, own in theirs.items()
    }


def zones_at(connection: Connection, elder_id: int, at: datetime) -> tuple[Zone, ...]:
    """Return the zones that counted for the elder at *at*, as they were drawn and known then."""
    return tuple(
        version.zone
        for version in versions(connection, elder_id)
        if (version.edited_at is None or version.edited_at <= at) and version.zone.counts_at(at)
    )


def versions(connection: Connection, elder_id: int) -> list[ZoneVersion]:
    """Return every version of the elder's zones and of those for everyone, oldest id first."""
    table = schema.zone
    rows = connection.execute(
        select(table)
        .where(or_(table.c.elder_id == elder_id, table.c.elder_id.is_(None)))
        .order_by(table.c.id)
    )
    return [version for row in rows if (version := version_of(row)) is not None]


def version_of(row: Any) -> ZoneVersion | None:
    """Return what a row of the table says; None when nobody can say when that zone counts."""
    zone = zone_of(row)
    if zone is None:
        return None
    return ZoneVersion(
        zone=zone,
        replaces=row.replaces,
        edited_by=row.edited_by,
        edited_at=row.edited_at,
        retired_by=row.retired_by,
        retired_at=row.retired_at,
        origin=row.origin or row.id,
    )


# Asked with every batch of pings; building such a statement takes longer than running it.
_ZONES = select(schema.zone).where(
    or_(
        schema.zone.c.elder_id.in_(bindparam("elder_ids", expanding=True)),
        schema.zone.c.elder_id.is_(None),
    ),
    or_(
        schema.zone.c.retired_at.is_(None),
        schema.zone.c.retired_at > bindparam("retired_after", type_=Instant),
    ),
)


def _row(connection: Connection, zone_id: int) -> Any:
    table = schema.zone
    row = connection.execute(select(table).where(table.c.id == zone_id)).first()
    if row is None:
        raise NotFound(f"there is no zone {zone_id}")
    return row


def _insert(
    connection: Connection,
    zone: Zone,
    *,
    replaces: Any,
    by: str | None,
    now: datetime | None,
) -> int:
    """Add a row for *zone*, following the row *replaces* (None: a new zone); return its id."""
    check_zone(zone)
    shape = zone.shape
    ground = Point(shape.centre.lon, shape.centre.lat) if isinstance(shape, Circle) else shape
    table = schema.zone
    result = connection.execute(
        table.insert()
        .values(
            elder_id=zone.elder_id,
            kind=zone.kind.value,
            name=zone.name,
            shape=f"SRID=4326;{ground.wkt}",
            radius_m=shape.radius_m if isinstance(shape, Circle) else None,
            valid_from=zone.valid_from,
            valid_until=zone.valid_until,
            hours=None if zone.hours is None else hours_text(zone.hours),
            days=zone.days.value,
            urgency=zone.urgency.value,
            replaces=None if replaces is None else replaces.id,
            origin=None if replaces is None else replaces.origin or replaces.id,
            edited_by=by,
            edited_at=now,
        )
        .returning(table.c.id)
    )
    return int(result.scalar_one())


@lru_cache(maxsize=50_000)
def _shape(data: bytes | str, radius_m: float | None) -> Circle | Polygon:
    """Return the shape of a zone. The same ground is the same object, so it is measured once."""
    if radius_m is not None and (centre := place_of(data)) is not None:
        return Circle(centre, radius_m)
    ground = to_shape(WKBElement(data, srid=4326, extended=True))
    if radius_m is not None:
        assert isinstance(ground, Point)
        return Circle(Position(ground.x, ground.y), radius_m)
    assert isinstance(ground, Polygon)
    return ground


_hours = lru_cache(maxsize=1024)(parse_hours)


def zone_of(row: Any) -> Zone | None:
    """Return the zone of a row; None for a safe zone that nobody can say when it counts."""
    data = row.shape.data
    kind = ZoneKind(row.kind)
    try:
        hours = None if row.hours is None else _hours(row.hours)
    except ValueError as error:
        # Written by a map program. One zone must not stop the judging of everybody.
        log.error(
            "The hours of zone %s cannot be read: %s",
            row.id,
            error,
            extra={"action": "zone_unreadable", "zone": row.id},
        )
        if kind is ZoneKind.SAFE:
            return None
        hours = None
    return Zone(
        id=row.id,
        elder_id=row.elder_id,
        kind=kind,
        name=row.name,
        shape=_shape(bytes(data) if isinstance(data, memoryview) else data, row.radius_m),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        hours=hours,
        days=DayRule(row.days),
        urgency=Urgency(row.urgency),
    )
