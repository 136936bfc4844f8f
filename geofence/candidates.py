"""Zones that could be proposed for what was seen: around a home, around a place, along the way.

A candidate is only a shape; geofence/proposals.py says what it would spare and hide.
"""

from collections.abc import Iterable, Sequence

import shapely
from shapely.geometry import LineString, MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

from core.places import Position, distance_m
from core.zones import Circle, Zone, ZoneKind
from geofence.planes import Plane, middle, reach_m
from geofence.stays import GoodFix, Place

#: added around what was seen: the noise measured at home, within these, metres
LEAST_MARGIN_M = 20.0
MOST_MARGIN_M = 60.0
#: no place is smaller than this, however exact its fixes, metres
LEAST_RADIUS_M = 60.0
#: to either side of the way that was walked, metres
WAY_M = 60.0
#: corners are left out where that moves the edge less than this, metres
_STRAIGHT_M = 12.0
#: a zone with more corners cannot be checked by eye
_MOST_CORNERS = 40
#: a way longer than this is no neighbourhood any more, metres
_LONGEST_WAY_M = 1_500.0

Shape = Circle | Polygon


def around_home(
    home: Shape,
    used: Sequence[GoodFix],
    edge: Sequence[Place],
    *,
    house: Position,
    margin_m: float,
    widest_m: float,
) -> list[Shape]:
    """Return shapes that hold the home's zone, or what is *used* of it, and the *edge* places.

    The simplest first: a circle moved, a circle widened, a few corners.
    *margin_m* is added around the fixes; a circle that moves keeps half its radius around the
    *house*. None reaches farther than *widest_m*.
    """
    plane = Plane(middle(home))
    discs = [_disc(plane, place, margin_m) for place in edge]
    present = plane.flat(home)
    wanted = shapely.union_all([present, *discs])
    found: list[Shape | None] = [_hull(plane, wanted)]
    if isinstance(home, Circle):
        # the hull first: to join a disc around each of thousands of fixes takes minutes
        seen = MultiPoint([plane.point(fix.position) for fix in used]).convex_hull
        room = plane.point(house).buffer(home.radius_m / 2)
        needed = shapely.union_all([seen.buffer(margin_m), room, *discs])
        found = [
            _circle(plane, needed, least_m=home.radius_m),
            _circle(plane, wanted, least_m=home.radius_m),
            *found,
        ]
    return [shape for shape in found if shape is not None and reach_m(shape) <= widest_m]


def around_place(
    place: Place,
    trips: Iterable[Sequence[GoodFix]],
    *,
    margin_m: float,
    widest_m: float,
) -> list[Shape]:
    """Return a circle around a place, and the place with the way there, as it was walked."""
    radius_m = max(LEAST_RADIUS_M, place.spread_m + margin_m)
    if radius_m > widest_m:
        return []
    found: list[Shape] = [Circle(place.middle, float(round(radius_m / 10 + 0.5) * 10))]
    plane = Plane(place.middle)
    ways = [
        LineString([plane.point(fix.position) for fix in trip]) for trip in trips if len(trip) > 1
    ]
    ways = [shapely.simplify(way, _STRAIGHT_M) for way in ways if way.length <= 3 * _LONGEST_WAY_M]
    if ways:
        strip = shapely.union_all([way.buffer(WAY_M, quad_segs=4) for way in ways])
        walked = _largest(shapely.union(strip, _disc(plane, place, margin_m)))
        shape = _outline(plane, walked)
        if shape is not None and reach_m(shape) <= _LONGEST_WAY_M:
            found.append(shape)
    return found


def touches_danger(shape: Shape, present: Iterable[Zone], dangers: Iterable[Zone]) -> bool:
    """Say whether the ground that *shape* adds to the *present* safe zones lies in a danger."""
    plane = Plane(middle(shape))
    safe = [plane.flat(zone.shape) for zone in present if zone.kind is ZoneKind.SAFE]
    added = shapely.difference(plane.flat(shape), shapely.union_all(safe))
    near_m = reach_m(shape)
    return any(
        added.intersects(plane.flat(zone.shape))
        for zone in dangers
        if zone.kind is ZoneKind.DANGER
        and distance_m(middle(zone.shape), plane.origin) <= near_m + reach_m(zone.shape)
    )


def _disc(plane: Plane, place: Place, margin_m: float) -> BaseGeometry:
    return plane.point(place.middle).buffer(max(LEAST_RADIUS_M, place.spread_m + margin_m))


def _circle(plane: Plane, wanted: BaseGeometry, *, least_m: float) -> Circle:
    """Return the smallest circle around *wanted*, its radius rounded up to 10 m."""
    ring = shapely.minimum_bounding_circle(wanted)
    radius_m = float(shapely.minimum_bounding_radius(wanted))
    rounded_m = max(least_m, float(-(-radius_m // 10) * 10))
    return Circle(plane.position(ring.centroid), rounded_m)


def _hull(plane: Plane, wanted: BaseGeometry) -> Polygon | None:
    return _outline(plane, shapely.convex_hull(wanted))


def _outline(plane: Plane, flat: BaseGeometry) -> Polygon | None:
    """Return *flat* with few corners, around the same ground and a little more."""
    wider = flat.buffer(_STRAIGHT_M, quad_segs=2, join_style="mitre", mitre_limit=2)
    simple = _largest(shapely.simplify(wider, _STRAIGHT_M))
    if not isinstance(simple, Polygon) or simple.is_empty:
        return None
    outer = Polygon(simple.exterior)
    if not outer.is_valid or len(outer.exterior.coords) > _MOST_CORNERS + 1:
        return None
    return plane.polygon(outer)


def _largest(flat: BaseGeometry) -> BaseGeometry:
    parts = getattr(flat, "geoms", None)
    return flat if parts is None else max(parts, key=lambda part: part.area)
