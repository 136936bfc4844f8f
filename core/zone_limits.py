"""What a zone must be to be registered, and what is allowed but unwise.

A shape that cannot be meant is refused with a sentence; it is never mended silently, because
nobody would see what became of it.
"""

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from shapely import Point, Polygon
from shapely.validation import explain_validity

from core.places import Position, distance_m, haining_outline, offset_m
from core.zone_faults import BadZone, ZoneFault
from core.zones import Circle, Zone

MOST_CORNERS = 5000
LONGEST_NAME = 80
#: of a circle, metres
LEAST_RADIUS_M, MOST_RADIUS_M = 10, 50_000
#: less ground than a small room, m²
LEAST_AREA_M2 = 50.0
#: a zone that reaches further is a mistake of units or digits, metres
LONGEST_M = 100_000.0
#: indoors, fixes drift about this far; a zone with less around its middle is left by drift, metres
DRIFT_M = 100.0
#: a strip narrower than this holds hardly a fix of anybody who walks in it, metres
SLIVER_M = 40.0

Ring = Sequence[Sequence[float]]

#: what Shapely finds
_FAULTS = {
    "Self-intersection": ZoneFault.CROSSES_ITSELF,
    "Ring Self-intersection": ZoneFault.TOUCHES_ITSELF,
    "Hole lies outside shell": ZoneFault.HOLE_OUTSIDE,
    "Holes are nested": ZoneFault.HOLE_IN_HOLE,
    "Nested holes": ZoneFault.HOLE_IN_HOLE,
    "Interior is disconnected": ZoneFault.IN_PIECES,
    "Too few points in geometry component": ZoneFault.TOO_FEW_CORNERS,
}


class ZoneWarning(StrEnum):
    """Why a zone that is allowed may not work as meant."""

    SMALL = "small"  #: no place in it is 100 m from its edge: ordinary drift leaves it
    SLIVER = "sliver"  #: a strip narrower than 40 m
    BEYOND_HAINING = "beyond_haining"  #: reaches over the edge of the town
    NEVER_COUNTS = "never_counts"  #: its hours, days and dates never meet


def circle_of(lon: float, lat: float, radius_m: float) -> Circle:
    """Return the circle around a place; BadZone when these cannot be meant."""
    if 0 < radius_m < 1:  # nobody means less than a step; a degree is 111 km
        raise BadZone(
            ZoneFault.RADIUS_IN_DEGREES, least=LEAST_RADIUS_M, most=MOST_RADIUS_M, found=radius_m
        )
    if not LEAST_RADIUS_M <= radius_m <= MOST_RADIUS_M:
        raise BadZone(
            ZoneFault.RADIUS_OUT_OF_RANGE,
            least=LEAST_RADIUS_M,
            most=MOST_RADIUS_M,
            found=f"{radius_m:g}",
        )
    _check_on_globe(lon, lat)
    return Circle(Position(lon, lat), radius_m)


def polygon_of(rings: Sequence[Ring]) -> Polygon:
    """Return the polygon of GeoJSON *rings*: outside first, then holes; lon, lat in degrees.

    BadZone when a ring is not closed or is not made of corners.
    """
    for ring in rings:
        if any(len(corner) != 2 for corner in ring):
            raise BadZone(ZoneFault.CORNER_NOT_TWO_NUMBERS)
        if len(ring) < 4:
            raise BadZone(ZoneFault.TOO_FEW_CORNERS)
        if tuple(ring[0]) != tuple(ring[-1]):
            raise BadZone(ZoneFault.NOT_CLOSED)
    if not rings:
        raise BadZone(ZoneFault.NO_RING)
    return Polygon(rings[0], rings[1:])


def check_zone(zone: Zone) -> None:
    """Raise BadZone, with what to mend, when *zone* cannot be meant."""
    if not 1 <= len(zone.name.strip()) <= LONGEST_NAME:
        raise BadZone(ZoneFault.NAME_LENGTH, most=LONGEST_NAME, found=len(zone.name))
    begin, end = zone.valid_from, zone.valid_until
    if begin is not None and end is not None and begin >= end:
        raise BadZone(ZoneFault.ENDS_BEFORE_IT_BEGINS)
    if isinstance(zone.shape, Polygon):
        check_polygon(zone.shape)


def check_polygon(polygon: Polygon) -> None:
    """Raise BadZone, with what to mend, when *polygon* (WGS-84 degrees) cannot be meant."""
    if polygon.is_empty or polygon.has_z:
        raise BadZone(ZoneFault.NOT_FLAT)
    corners = shapely.get_num_coordinates(polygon)
    if corners > MOST_CORNERS:
        raise BadZone(ZoneFault.TOO_MANY_CORNERS, most=MOST_CORNERS, found=corners)
    west, south, east, north = polygon.bounds
    for lon, lat in ((west, south), (east, north)):
        _check_on_globe(lon, lat)
    if not polygon.is_valid:
        found = explain_validity(polygon).split("[")[0]
        raise BadZone(_FAULTS.get(found, ZoneFault.NO_SHAPE))
    flat = _in_metres(polygon)
    size_m = max(flat.bounds[2] - flat.bounds[0], flat.bounds[3] - flat.bounds[1])
    if size_m > LONGEST_M:
        raise BadZone(
            ZoneFault.TOO_FAR_ACROSS, most=f"{LONGEST_M / 1000:g}", found=f"{size_m / 1000:.0f}"
        )
    if flat.area < LEAST_AREA_M2:
        raise BadZone(
            ZoneFault.TOO_LITTLE_GROUND, most=f"{LEAST_AREA_M2:g}", found=f"{flat.area:.1f}"
        )


def check_in_area(zone: Zone, *, margin_km: float) -> None:
    """Raise BadZone when *zone* lies more than *margin_km* beyond the edge of the town."""
    shape = zone.shape
    drawn = Point(shape.centre.lon, shape.centre.lat) if isinstance(shape, Circle) else shape
    near, there = shapely.ops.nearest_points(haining_outline(), drawn)
    away_m = distance_m(Position(near.x, near.y), Position(there.x, there.y))
    away_km = (away_m - (shape.radius_m if isinstance(shape, Circle) else 0)) / 1000
    if away_km > margin_km:
        raise BadZone(ZoneFault.OUTSIDE_SERVICE_AREA, most=f"{margin_km:g}", found=f"{away_km:.0f}")


def _check_on_globe(lon: float, lat: float) -> None:
    try:
        Position(lon, lat)
    except ValueError:
        swapped = _is_changed_round(lon, lat)
        fault = ZoneFault.CHANGED_ROUND if swapped else ZoneFault.OFF_THE_GLOBE
        raise BadZone(fault) from None


def _is_changed_round(lon: float, lat: float) -> bool:
    """Say whether a place is in China, near the town, when its two numbers change places."""
    west, south, east, north = haining_outline().bounds
    return west - 1 < lat < east + 1 and south - 1 < lon < north + 1


def zone_warnings(zone: Zone) -> tuple[ZoneWarning, ...]:
    """Return what is unwise about a *zone* that `check_zone` lets pass."""
    found = []
    across_m, length_m = _across_and_length_m(zone.shape)
    if across_m / 2 < DRIFT_M:
        found.append(ZoneWarning.SMALL)
    if across_m < SLIVER_M and length_m > 2 * across_m:
        found.append(ZoneWarning.SLIVER)
    if not haining_outline().contains(_drawn(zone.shape)):
        found.append(ZoneWarning.BEYOND_HAINING)
    if _never_counts(zone):
        found.append(ZoneWarning.NEVER_COUNTS)
    return tuple(found)


def ground_m2(polygon: Polygon) -> float:
    """Return how many square metres *polygon* covers, its holes left out."""
    return float(_in_metres(polygon).area)


def _across_and_length_m(shape: Circle | Polygon) -> tuple[float, float]:
    """Return the width of the largest disc inside, and the longer side of the box around it."""
    if isinstance(shape, Circle):
        return 2 * shape.radius_m, 2 * shape.radius_m
    flat = _in_metres(shape)
    radius = shapely.maximum_inscribed_circle(flat, tolerance=0.5)
    box = flat.minimum_rotated_rectangle
    half = box.length / 2  # its two sides added; their product is its area
    return 2 * radius.length, (half + math.sqrt(max(0.0, half**2 - 4 * box.area))) / 2


def _in_metres(polygon: Polygon) -> Polygon:
    """Return *polygon* in metres east and north of its middle."""
    west, south, east, north = polygon.bounds
    middle = Position((west + east) / 2, (south + north) / 2)
    a_degree = middle.lon + 1 if middle.lon < 179 else middle.lon - 1
    east_m = abs(offset_m(middle, Position(a_degree, middle.lat))[0])
    north_m = abs(offset_m(Position(middle.lon, 0), Position(middle.lon, 1))[1])

    def to_metres(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        return (corners - (middle.lon, middle.lat)) * (east_m, north_m)

    return shapely.transform(polygon, to_metres)


def _drawn(shape: Circle | Polygon) -> Polygon:
    if isinstance(shape, Polygon):
        return shape
    reach = [
        shape.centre.moved(east_m=east * shape.radius_m, north_m=north * shape.radius_m)
        for east, north in ((-1, 0), (0, -1), (1, 0), (0, 1))
    ]
    return Polygon([(place.lon, place.lat) for place in reach])


def _never_counts(zone: Zone) -> bool:
    """Say whether no moment is left between its dates that its hours and days allow."""
    if zone.valid_from is None or zone.valid_until is None:
        return False
    return not zone.counts_at(zone.valid_from) and zone.next_change(zone.valid_from) is None
