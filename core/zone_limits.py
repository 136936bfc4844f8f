"""What a zone must be to be registered, and what is allowed but unwise.

A shape that cannot be meant is refused with a sentence; it is never mended silently, because
nobody would see what became of it.
"""

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.validation import explain_validity

from core.places import Position, haining_outline, offset_m
from core.zones import Circle, Zone

MOST_CORNERS = 5000
LONGEST_NAME = 80
#: less ground than a small room, m²
LEAST_AREA_M2 = 50.0
#: a zone that reaches further is a mistake of units or digits, metres
LONGEST_M = 100_000.0
#: indoors, fixes drift about this far; a zone less across is left by drift alone, metres
DRIFT_M = 100.0
#: a strip narrower than this holds hardly a fix of anybody who walks in it, metres
SLIVER_M = 40.0

Ring = Sequence[Sequence[float]]

#: what Shapely finds, in the words of whoever draws
_FAULTS = {
    "Self-intersection": "its edge crosses itself",
    "Ring Self-intersection": "its edge touches itself",
    "Hole lies outside shell": "a hole lies outside of it",
    "Holes are nested": "a hole lies in another hole",
    "Nested holes": "a hole lies in another hole",
    "Interior is disconnected": "its holes cut it into pieces",
    "Too few points in geometry component": "it has fewer than three corners",
}


class ZoneWarning(StrEnum):
    """Why a zone that is allowed may not work as meant."""

    SMALL = "small"  #: less than 100 m across: ordinary drift leaves it
    SLIVER = "sliver"  #: a strip narrower than 40 m
    BEYOND_HAINING = "beyond_haining"  #: reaches over the edge of the town
    NEVER_COUNTS = "never_counts"  #: its hours, days and dates never meet


def polygon_of(rings: Sequence[Ring]) -> Polygon:
    """Return the polygon of GeoJSON *rings*: outside first, then holes; lon, lat in degrees.

    ValueError when a ring is not closed or is not made of corners.
    """
    for ring in rings:
        if any(len(corner) != 2 for corner in ring):
            raise ValueError("each corner of a zone is two numbers: longitude, then latitude")
        if len(ring) < 4:
            raise ValueError("a ring of a zone has at least three corners, and ends at the first")
        if tuple(ring[0]) != tuple(ring[-1]):
            raise ValueError("a ring of a zone ends where it begins: repeat the first corner last")
    if not rings:
        raise ValueError("a zone has at least one ring")
    return Polygon(rings[0], rings[1:])


def check_zone(zone: Zone) -> None:
    """Raise ValueError, with what to mend, when *zone* cannot be meant."""
    if not 1 <= len(zone.name.strip()) <= LONGEST_NAME:
        raise ValueError(f"a zone's name has 1 to {LONGEST_NAME} letters, not {len(zone.name)}")
    begin, end = zone.valid_from, zone.valid_until
    if begin is not None and end is not None and begin >= end:
        raise ValueError("a zone ends after it begins: valid_until must be later than valid_from")
    if isinstance(zone.shape, Polygon):
        check_polygon(zone.shape)


def check_polygon(polygon: Polygon) -> None:
    """Raise ValueError, with what to mend, when *polygon* (WGS-84 degrees) cannot be meant."""
    if polygon.is_empty or polygon.has_z:
        raise ValueError("a zone's polygon has corners of two numbers: longitude, then latitude")
    corners = shapely.get_num_coordinates(polygon)
    if corners > MOST_CORNERS:
        raise ValueError(f"a zone has at most {MOST_CORNERS} corners, not {corners}: simplify it")
    west, south, east, north = polygon.bounds
    try:
        Position(west, south)
        Position(east, north)
    except ValueError:
        raise ValueError(
            "a corner of the zone is not on the globe: each is longitude, then latitude, in degrees"
        ) from None
    if not polygon.is_valid:
        found = explain_validity(polygon).split("[")[0]
        raise ValueError(
            f"the polygon cannot be a zone: {_FAULTS.get(found, found.lower())}; draw it anew"
        )
    flat = _in_metres(polygon)
    size_m = max(flat.bounds[2] - flat.bounds[0], flat.bounds[3] - flat.bounds[1])
    if size_m > LONGEST_M:
        raise ValueError(
            f"a zone reaches at most {LONGEST_M / 1000:g} km, not {size_m / 1000:.0f}:"
            " look for a corner with a wrong digit"
        )
    if flat.area < LEAST_AREA_M2:
        raise ValueError(f"a zone covers at least {LEAST_AREA_M2:g} m², not {flat.area:.1f}")


def zone_warnings(zone: Zone) -> tuple[ZoneWarning, ...]:
    """Return what is unwise about a *zone* that `check_zone` lets pass."""
    found = []
    across_m, length_m = _across_and_length_m(zone.shape)
    if across_m < DRIFT_M:
        found.append(ZoneWarning.SMALL)
    if across_m < SLIVER_M and length_m > 2 * across_m:
        found.append(ZoneWarning.SLIVER)
    if not haining_outline().contains(_drawn(zone.shape)):
        found.append(ZoneWarning.BEYOND_HAINING)
    if _never_counts(zone):
        found.append(ZoneWarning.NEVER_COUNTS)
    return tuple(found)


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
