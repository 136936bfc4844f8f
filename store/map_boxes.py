"""What a box of the map shows: bands at their newest positions, or how many stand in each cell.

On PostgreSQL the GiST index on `latest.geom` finds them, on SQLite one on lon and lat.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from core.accounts import Scope
from core.feature_queries import Box
from core.zones import Side
from store import schema
from store.boxes import point_meets
from store.columns import Instant
from store.map_views import BAND_COLUMNS, BandView, band_view
from store.scoping import elder_ids

#: cells are halved at most so often from the whole globe: then one is less than a metre wide
_MOST_HALVINGS = 26
#: a retired band is nobody's, though it may be heard
_WORN = and_(
    schema.band.c.device_id == schema.latest.c.device_id, schema.band.c.retired_at.is_(None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One square of the grid, WGS-84 degrees, and how many bands stand in it."""

    west: float
    south: float
    size_deg: float
    bands: int
    inside: int
    unsure: int
    outside: int
    #: off the wrist, as far as known
    not_worn: int
    #: they missed several reports
    silent: int


def cell_size_deg(box: Box, across: int) -> float:
    """Return the width of cells so that at most *across* + 1 of them reach over the box.

    Cells are halves of halves of the globe, so that they stay where they are when the map moves.
    """
    wide = max(box.east - box.west, box.north - box.south, 1e-9)
    halvings = min(_MOST_HALVINGS, max(0, math.floor(math.log2(360 * across / wide))))
    return 360.0 * 0.5**halvings


def bands_in(
    connection: Connection, box: Box, *, scope: Scope, after: str | None = None, limit: int
) -> list[BandView]:
    """Return bands in *box* by their number, those beyond *after*."""
    latest, band, elder = schema.latest, schema.band, schema.elder
    # Which ones first: whole rows of everybody in the box would be sorted for one page of them.
    wanted = select(latest.c.device_id).where(_seen(connection, box, scope))
    if after is not None:
        wanted = wanted.where(latest.c.device_id > after)
    statement = (
        select(*BAND_COLUMNS)
        .select_from(latest)
        .outerjoin(band, _WORN)
        .outerjoin(elder, elder.c.id == latest.c.elder_id)
        .where(latest.c.device_id.in_(wanted.order_by(latest.c.device_id).limit(limit)))
        .order_by(latest.c.device_id)
    )
    return [band_view(row) for row in connection.execute(statement)]


def count_in(connection: Connection, box: Box, *, scope: Scope, most: int) -> int:
    """Return how many bands are in *box*, counted up to *most*."""
    some = (
        select(schema.latest.c.device_id)
        .where(_seen(connection, box, scope))
        .limit(most)
        .subquery()
    )
    return int(connection.scalar(select(func.count()).select_from(some)) or 0)


def devices_in(connection: Connection, box: Box, *, scope: Scope) -> set[str]:
    """Return the numbers of all bands in *box*."""
    statement = select(schema.latest.c.device_id).where(_seen(connection, box, scope))
    return set(connection.scalars(statement))


def cells_in(
    connection: Connection,
    box: Box,
    *,
    scope: Scope,
    size_deg: float,
    now: datetime,
    missed: int,
    unknown_interval_s: int,
) -> list[Cell]:
    """Return the cells in which bands of *box* stand, from the south-west on.

    Only bands in the box are counted, also where a cell reaches over its edge. A band is silent
    after *missed* of its intervals; *unknown_interval_s* is that of one nobody registered.
    """
    latest, band = schema.latest, schema.band
    x = _whole((latest.c.lon + 180.0) / size_deg, connection).label("x")
    y = _whole((latest.c.lat + 90.0) / size_deg, connection).label("y")
    silent_s = missed * func.coalesce(band.c.expected_interval_s, unknown_interval_s)
    statement = (
        select(
            x,
            y,
            func.count().label("bands"),
            *(_sum(latest.c.side == side.value).label(side.value) for side in Side),
            _sum(latest.c.worn.is_(False)).label("not_worn"),
            _sum(_unheard(connection, silent_s, now)).label("silent"),
        )
        .select_from(latest)
        .outerjoin(band, _WORN)
        .where(_seen(connection, box, scope))
        .group_by(x, y)
        .order_by(y, x)
    )
    return [
        Cell(
            west=found.x * size_deg - 180,
            south=found.y * size_deg - 90,
            size_deg=size_deg,
            bands=found.bands,
            inside=found.inside,
            unsure=found.unsure,
            outside=found.outside,
            not_worn=found.not_worn,
            silent=found.silent,
        )
        for found in connection.execute(statement)
    ]


def _seen(connection: Connection, box: Box, scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a band is in *box* and in *scope*; the canary is nobody's.

    Bands that nobody registered are seen by those who may see everybody.
    """
    latest, elder = schema.latest, schema.elder
    if scope.everywhere:
        virtual = select(elder.c.id).where(elder.c.is_virtual)
        theirs = or_(latest.c.elder_id.is_(None), latest.c.elder_id.not_in(virtual))
    else:
        theirs = latest.c.elder_id.in_(elder_ids(scope))
    return and_(point_meets(connection.dialect.name, box, latest.c.lon, latest.c.lat), theirs)


def _whole(number: ColumnElement[Any], connection: Connection) -> ColumnElement[int]:
    """Return the whole part of a number that is not negative; SQLite's cast cuts it off."""
    if connection.dialect.name == "postgresql":
        number = func.floor(number)
    return cast(number, Integer)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _unheard(
    connection: Connection, seconds: ColumnElement[int], now: datetime
) -> ColumnElement[bool]:
    """Return the condition that a band was last heard more than *seconds* before *now*."""
    heard_at = schema.latest.c.heard_at
    until = literal(now, Instant)
    if connection.dialect.name == "postgresql":
        return heard_at < until - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    return func.julianday(heard_at) < func.julianday(until) - seconds / 86_400.0
