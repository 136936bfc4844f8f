"""Which shapes meet a box, and the box around all of them, on both databases.

A circle is a point with a radius: it meets a box that comes as near as that to its centre, measured
as `core.places` does. PostgreSQL computes that itself; to SQLite Shapely lends a hand.
"""

import math
import struct
from functools import lru_cache
from typing import Any

import shapely
from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Text,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from core.feature_queries import Box
from core.places import EARTH_RADIUS_M, Position, distance_m

_M_PER_DEG = EARTH_RADIUS_M * math.pi / 180
#: the longest radius of a circle, 50 km, in degrees, with room for the shrinking of longitudes
_WIDEST_DEG = 50_000 / _M_PER_DEG * 2
#: how a point in WGS-84 begins as EWKB, and how long it is
_POINT_HEAD = bytes.fromhex("0101000020E6100000")
_POINT_BYTES = len(_POINT_HEAD) + 16


def point_meets(dialect: str, box: Box, lon: Column[Any], lat: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a place lies in *box*; not met where it has no place."""
    if dialect != "postgresql":
        # The index tells which rows, then they are read in the order of the file, each page once.
        # In the order of the index a large box took three times as long.
        there = lon.table.alias("there")
        inside = or_(*_in_parts(box, there.c[lon.name], there.c[lat.name]))
        found = select(literal_column("there.rowid", Integer)).select_from(there).where(inside)
        return literal_column(f"{lon.table}.rowid", Integer).in_(found)
    # the same, and there is an index for it
    geom: ColumnElement[Any] = literal_column(f"{lon.table}.geom")
    return or_(
        *(
            and_(geom.op("&&")(_envelope(part)), condition)
            for part, condition in zip(box.parts(), _in_parts(box, lon, lat), strict=True)
        )
    )


def _in_parts(
    box: Box, lon: ColumnElement[Any], lat: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    return [
        and_(lon.between(part.west, part.east), lat.between(part.south, part.north))
        for part in box.parts()
    ]


def shape_meets(
    dialect: str, box: Box, shape: Column[Any], radius_m: Column[Any]
) -> ColumnElement[bool]:
    """Return the condition that a polygon, or a point with a radius, meets *box*."""
    if dialect != "postgresql":
        return or_(
            *(
                func.meets_box(shape, radius_m, part.west, part.south, part.east, part.north) == 1
                for part in box.parts()
            )
        )
    centre = func.ST_Centroid(shape)  # which a polygon has, too: nobody says what is asked first
    lon, lat = func.ST_X(centre), func.ST_Y(centre)
    met = []
    for part in box.parts():
        nearest_lon = func.greatest(part.west, func.least(part.east, lon))
        nearest_lat = func.greatest(part.south, func.least(part.north, lat))
        north_m = (nearest_lat - lat) * _M_PER_DEG
        east_m = (nearest_lon - lon) * _M_PER_DEG * func.cos(func.radians((nearest_lat + lat) / 2))
        is_near = east_m * east_m + north_m * north_m <= radius_m * radius_m
        wide = func.ST_Expand(_envelope(part), _WIDEST_DEG)
        met += [
            and_(radius_m.is_(None), func.ST_Intersects(shape, _envelope(part))),
            and_(radius_m.is_not(None), shape.op("&&")(wide), is_near),
        ]
    return or_(*met)


def box_around(shape: Column[Any]) -> ColumnElement[str]:
    """Return an aggregate: `BOX(west south,east north)` of all shapes, radii left out."""
    return cast(func.ST_Extent(shape), Text)


def read_box(text: str | None, margin_m: float = 0.0) -> Box | None:
    """Return the box that `box_around` found, *margin_m* wider on each side; None: no shapes."""
    if text is None:
        return None
    west, south, east, north = (
        float(number)
        for corner in text.removeprefix("BOX(").removesuffix(")").split(",")
        for number in corner.split()
    )
    margin_lat = margin_m / _M_PER_DEG
    farthest = min(89.0, max(abs(south), abs(north)) + margin_lat)
    margin_lon = margin_lat / math.cos(math.radians(farthest))
    return Box(
        west=max(-180.0, west - margin_lon),
        south=max(-90.0, south - margin_lat),
        east=min(180.0, east + margin_lon),
        north=min(90.0, north + margin_lat),
    )


# -- what SQLite cannot do by itself: store/database.py gives it these ---------------------------


def meets_box(
    shape: Any, radius_m: float | None, west: float, south: float, east: float, north: float
) -> bool:
    """Say whether a shape (hexadecimal EWKB) meets a box."""
    if radius_m is None:
        ground = _polygon(shape)
        return bool(shapely.intersects(ground, shapely.box(west, south, east, north)))
    centre = place_of(shape)
    if centre is None:
        return False
    nearest = Position(max(west, min(east, centre.lon)), max(south, min(north, centre.lat)))
    return distance_m(centre, nearest) <= radius_m


class Extent:
    """An aggregate of SQLite that answers as PostGIS does."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._west = self._south = math.inf
        self._east = self._north = -math.inf

    def step(self, shape: Any) -> None:
        """Take one more shape."""
        if shape is None:
            return
        centre = place_of(shape)
        if centre is not None:
            west = east = centre.lon
            south = north = centre.lat
        else:
            west, south, east, north = _polygon(shape).bounds
        self._west, self._south = min(self._west, west), min(self._south, south)
        self._east, self._north = max(self._east, east), max(self._north, north)

    def finalize(self) -> str | None:
        """Return the box around all, None without any."""
        if self._west == math.inf:
            return None
        return f"BOX({self._west!r} {self._south!r},{self._east!r} {self._north!r})"


def place_of(shape: bytes | str) -> Position | None:
    """Return the place of a point as either database gives it, at a tenth of Shapely's price.

    EWKB, as bytes or hexadecimal. None when it is no point in WGS-84.
    """
    data = bytes.fromhex(shape) if isinstance(shape, str) else shape
    if len(data) != _POINT_BYTES or not data.startswith(_POINT_HEAD):
        return None
    return Position(*struct.unpack_from("<dd", data, len(_POINT_HEAD)))


@lru_cache(maxsize=20_000)
def _polygon(shape: str) -> Any:
    return shapely.from_wkb(shape)


def _envelope(box: Box) -> ColumnElement[Any]:
    return func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
