"""Bands, zones and incidents as things on a map, for programs that read whole collections.

Each collection answers in the order of its key, a page after a key at a time, narrowed to the
caller's scope. What has no place matches every box, as the standard wants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, case, func, or_, select

from core.accounts import Scope
from core.feature_queries import Box, FeatureQuery, Span
from core.incidents import IncidentState
from store import schema
from store.boxes import box_around, point_meets, read_box, shape_meets
from store.scoping import within

_latest, _elder, _zone = schema.latest, schema.elder, schema.zone
_incident, _ping, _band = schema.incident, schema.ping, schema.band


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Where and when the features of a collection are; None: there are none, or it is open."""

    box: Box | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """How one collection is read."""

    rows: Select[Any]
    key: Column[Any]
    #: property -> its column
    properties: Mapping[str, ColumnElement[Any]]
    #: what begins and ends; the same twice: an instant; NULL: open
    since: ColumnElement[Any]
    until: ColumnElement[Any]
    #: a zone for everybody is in everybody's scope
    may_be_nobodys: bool = False


_is_open = _incident.c.state != IncidentState.CLOSED.value
_began_here = _ping.c.lon.is_not(None)
_lon = case((_began_here, _ping.c.lon), (_is_open, _latest.c.lon))
_lat = case((_began_here, _ping.c.lat), (_is_open, _latest.c.lat))

BANDS = Collection(
    rows=select(
        _latest.c.device_id.label("id"),
        _latest.c.elder_id,
        _elder.c.organisation_id,
        _latest.c.lon,
        _latest.c.lat,
        _latest.c.position_at,
        _latest.c.accuracy_m,
        _latest.c.source,
        _latest.c.side,
        _latest.c.heard_at,
        _latest.c.battery_pct,
        _latest.c.charging,
        _latest.c.worn,
        _latest.c.online,
    )
    .join(_elder, _elder.c.id == _latest.c.elder_id)
    .where(_latest.c.lon.is_not(None)),
    key=_latest.c.device_id,
    properties={
        "elder_id": _latest.c.elder_id,
        "organisation": _elder.c.organisation_id,
        "side": _latest.c.side,
        "source": _latest.c.source,
    },
    since=_latest.c.position_at,
    until=_latest.c.position_at,
)

ZONES = Collection(
    rows=select(_zone, _elder.c.organisation_id)
    .outerjoin(_elder, _elder.c.id == _zone.c.elder_id)
    .where(_zone.c.retired_at.is_(None)),
    key=_zone.c.id,
    properties={
        "elder_id": _zone.c.elder_id,
        "organisation": _elder.c.organisation_id,
        "kind": _zone.c.kind,
        "urgency": _zone.c.urgency,
    },
    since=_zone.c.valid_from,
    until=_zone.c.valid_until,
    may_be_nobodys=True,
)

INCIDENTS = Collection(
    rows=select(
        _incident.c.id,
        _incident.c.elder_id,
        _elder.c.organisation_id,
        _incident.c.trigger,
        _incident.c.severity,
        _incident.c.state,
        _incident.c.opened_at,
        _incident.c.closed_at,
        _incident.c.outcome,
        _lon.label("lon"),
        _lat.label("lat"),
        _began_here.label("began_here"),
        case((_is_open, _latest.c.lon)).label("last_lon"),
        case((_is_open, _latest.c.lat)).label("last_lat"),
        case((_is_open, _latest.c.position_at)).label("last_at"),
    )
    .join(_elder, _elder.c.id == _incident.c.elder_id)
    .outerjoin(_ping, _ping.c.id == _incident.c.trigger_ping_id)
    .outerjoin(_band, _band.c.elder_id == _incident.c.elder_id)
    .outerjoin(_latest, _latest.c.device_id == _band.c.device_id)
    .where(_incident.c.is_drill.is_(False)),
    key=_incident.c.id,
    properties={
        "elder_id": _incident.c.elder_id,
        "organisation": _elder.c.organisation_id,
        "state": _incident.c.state,
        "trigger": _incident.c.trigger,
        "outcome": _incident.c.outcome,
    },
    since=_incident.c.opened_at,
    until=_incident.c.closed_at,
)


def page(
    connection: Connection,
    collection: Collection,
    scope: Scope,
    query: FeatureQuery,
    *,
    after: str | int | None,
    limit: int,
) -> list[Any]:
    """Return at most *limit* rows with a key later than *after*, in the order of the key."""
    statement = _narrowed(connection, collection, scope, query)
    if after is not None:
        statement = statement.where(collection.key > after)
    return list(connection.execute(statement.order_by(collection.key).limit(limit)))


def count(connection: Connection, collection: Collection, scope: Scope, query: FeatureQuery) -> int:
    """Return how many features match."""
    statement = _narrowed(connection, collection, scope, query)
    return int(connection.scalar(statement.with_only_columns(func.count())) or 0)


def one(connection: Connection, collection: Collection, scope: Scope, key: str | int) -> Any:
    """Return the row with this key; None when there is none in *scope*."""
    statement = _narrowed(connection, collection, scope, FeatureQuery())
    return connection.execute(statement.where(collection.key == key)).first()


def extent(connection: Connection, collection: Collection, scope: Scope) -> Extent:
    """Return where and when the features that a caller may see are."""
    statement = _narrowed(connection, collection, scope, FeatureQuery())
    if collection is ZONES:
        row = connection.execute(
            statement.with_only_columns(
                box_around(_zone.c.shape).label("box"), func.max(_zone.c.radius_m).label("margin_m")
            )
        ).one()
        return Extent(box=read_box(row.box, row.margin_m or 0.0), since=None, until=None)
    lon, lat = _place_of(collection)
    row = connection.execute(
        statement.with_only_columns(
            func.min(lon).label("west"),
            func.min(lat).label("south"),
            func.max(lon).label("east"),
            func.max(lat).label("north"),
            func.min(collection.since).label("since"),
            func.max(collection.until).label("until"),
        )
    ).one()
    box = None
    if row.west is not None:
        box = Box(west=row.west, south=row.south, east=row.east, north=row.north)
    # an incident that is open has no end, and so has the collection
    return Extent(box=box, since=row.since, until=row.until if collection is BANDS else None)


def _narrowed(
    connection: Connection, collection: Collection, scope: Scope, query: FeatureQuery
) -> Select[Any]:
    theirs = and_(~_elder.c.is_virtual, within(scope, _elder.c.organisation_id))
    if collection.may_be_nobodys:
        theirs = or_(theirs, collection.properties["elder_id"].is_(None))
    statement = collection.rows.where(theirs)
    for name, value in query.equal.items():
        statement = statement.where(collection.properties[name] == value)
    if query.span is not None:
        statement = statement.where(_overlaps(collection, query.span))
    if query.box is not None:
        statement = statement.where(_meets(connection.dialect.name, collection, query.box))
    return statement


def _overlaps(collection: Collection, span: Span) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if span.until is not None:
        conditions.append(or_(collection.since.is_(None), collection.since <= span.until))
    if span.since is not None:
        conditions.append(or_(collection.until.is_(None), collection.until >= span.since))
    return and_(*conditions)


def _meets(dialect: str, collection: Collection, box: Box) -> ColumnElement[bool]:
    if collection is ZONES:
        return shape_meets(dialect, box, _zone.c.shape, _zone.c.radius_m)
    if collection is BANDS:
        return point_meets(dialect, box, _latest.c.lon, _latest.c.lat)
    return or_(_lon.is_(None), _in_parts(box))


def _in_parts(box: Box) -> ColumnElement[bool]:
    return or_(
        *(
            and_(_lon.between(part.west, part.east), _lat.between(part.south, part.north))
            for part in box.parts()
        )
    )


def _place_of(collection: Collection) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return (_latest.c.lon, _latest.c.lat) if collection is BANDS else (_lon, _lat)
