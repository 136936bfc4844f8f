"""Zones made ready to be measured: circles as true discs, polygons projected to metres.

Each polygon is projected around its own middle (equirectangular), so that a zone in another
province is as exact as the one at home.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from core.places import EARTH_RADIUS_M, Position
from core.zones import Circle, Zone, ZoneKind

#: metres in one degree of latitude
M_PER_DEG = EARTH_RADIUS_M * math.pi / 180
#: corners in a quarter of a circle where it must be joined with other zones: its edge is then
#: 0.3 mm off for a metre of radius, at most
_QUAD_SEGMENTS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A shape in metres around *origin*, ready to be measured."""

    origin: Position
    shape: BaseGeometry
    edge: BaseGeometry
    #: no corner is farther from the origin, metres
    reach_m: float

    @property
    def east_scale(self) -> float:
        """Return the metres in one degree of longitude."""
        return M_PER_DEG * math.cos(math.radians(self.origin.lat))

    def to_metres(self, position: Position) -> tuple[float, float]:
        """Return metres east and north of the origin, in the projection of the shape."""
        return (
            (position.lon - self.origin.lon) * self.east_scale,
            (position.lat - self.origin.lat) * M_PER_DEG,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dangers:
    """One set of danger zones, projected. Those for everyone are shared by all grounds."""

    shapes: tuple[Circle | Patch, ...]
    ids: tuple[int, ...]
    #: west, south, east, north of each, degrees
    boxes: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One set of zones, projected."""

    safe: tuple[Circle | Patch, ...]
    #: unions of those safe zones that overlap: only they know how deep inside a fix lies
    joined: tuple[Patch, ...]
    #: None: there are none
    danger: Dangers | None
    #: names this set of safe zones; evidence gathered over another one does not count here
    digest: str

    @property
    def number(self) -> int:
        """Return the digest as a number; 0: there are no safe zones."""
        return int(self.digest, 16) if self.digest else 0


def project(zones: tuple[Zone, ...]) -> Ground:
    """Return the ground of *zones*, remembered: an elder's zones rarely change."""
    key = tuple(map(id, zones))
    held = _grounds.get(key)
    if held is None:
        if len(_grounds) >= _GROUNDS_KEPT:
            _grounds.clear()
        held = _grounds[key] = (zones, _project(zones))  # holding the zones keeps their ids true
    return held[1]


_GROUNDS_KEPT = 8192
#: found by identity first, because hashing every corner of every zone costs more than judging
_grounds: dict[tuple[int, ...], tuple[tuple[Zone, ...], Ground]] = {}


@lru_cache(maxsize=_GROUNDS_KEPT)
def _project(zones: tuple[Zone, ...]) -> Ground:
    safe = [zone.shape for zone in zones if zone.kind is ZoneKind.SAFE]
    danger = tuple(zone for zone in zones if zone.kind is ZoneKind.DANGER)
    return Ground(
        safe=tuple(_projected(shape) for shape in safe),
        joined=_joined(safe),
        danger=_project_dangers(danger) if danger else None,
        digest=_digest(safe),
    )


@lru_cache(maxsize=1024)
def _project_dangers(zones: tuple[Zone, ...]) -> Dangers:
    return Dangers(
        shapes=tuple(_projected(zone.shape) for zone in zones),
        ids=tuple(zone.id for zone in zones),
        boxes=np.array([_box(zone.shape) for zone in zones]),
    )


def _box(shape: Circle | Polygon) -> tuple[float, float, float, float]:
    if isinstance(shape, Polygon):
        return shape.bounds
    centre, radius_m = shape.centre, shape.radius_m
    south_west = centre.moved(east_m=-radius_m, north_m=-radius_m)
    north_east = centre.moved(east_m=radius_m, north_m=radius_m)
    return south_west.lon, south_west.lat, north_east.lon, north_east.lat


def _middle(shape: Circle | Polygon) -> Position:
    if isinstance(shape, Circle):
        return shape.centre
    west, south, east, north = shape.bounds
    return Position((west + east) / 2, (south + north) / 2)


def _flat(shape: Circle | Polygon, origin: Position) -> BaseGeometry:
    """Return *shape* in metres around *origin*."""
    east_scale = M_PER_DEG * math.cos(math.radians(origin.lat))

    def to_metres(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        return (corners - (origin.lon, origin.lat)) * (east_scale, M_PER_DEG)

    if isinstance(shape, Circle):
        centre = to_metres(np.array([(shape.centre.lon, shape.centre.lat)]))[0]
        return shapely.Point(centre).buffer(shape.radius_m, quad_segs=_QUAD_SEGMENTS)
    return shapely.make_valid(shapely.transform(shape, to_metres))


def _patch(shape: BaseGeometry, origin: Position) -> Patch:
    shapely.prepare(shape)
    west, south, east, north = shape.bounds
    reach_m = math.hypot(max(-west, east), max(-south, north))
    return Patch(origin=origin, shape=shape, edge=shape.boundary, reach_m=reach_m)


def _projected(shape: Circle | Polygon) -> Circle | Patch:
    if isinstance(shape, Circle):
        return shape
    origin = _middle(shape)
    return _patch(_flat(shape, origin), origin)


def _joined(shapes: list[Circle | Polygon]) -> tuple[Patch, ...]:
    """Return the union of each group of overlapping *shapes*; a lone shape needs none."""
    groups: list[list[Circle | Polygon]] = []
    for shape in shapes:
        touching = [group for group in groups if any(_touch(shape, other) for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([shape, *(other for group in touching for other in group)])
    patches = []
    for group in groups:
        if len(group) > 1:
            origin = _middle(group[0])
            patches.append(
                _patch(shapely.union_all([_flat(shape, origin) for shape in group]), origin)
            )
    return tuple(patches)


def _touch(one: Circle | Polygon, other: Circle | Polygon) -> bool:
    mine, its = _box(one), _box(other)
    if mine[2] < its[0] or its[2] < mine[0] or mine[3] < its[1] or its[3] < mine[1]:
        return False  # their boxes are apart: most zones of most elders
    origin = _middle(one)
    return bool(_flat(other, origin).intersects(_flat(one, origin)))


def _digest(shapes: list[Circle | Polygon]) -> str:
    texts = sorted(
        shape.wkb_hex
        if isinstance(shape, Polygon)
        else f"{shape.centre.lon!r} {shape.centre.lat!r} {shape.radius_m!r}"
        for shape in shapes
    )
    return hashlib.blake2b("|".join(texts).encode(), digest_size=6).hexdigest() if texts else ""
