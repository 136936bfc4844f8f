"""How far positions lie from the edge of the safe zones, and of the danger zones around them.

Distances are metres on the ground, signed: positive outside, negative inside.
"""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from msgspec import Struct
from numpy.typing import NDArray

from core.places import Position
from core.zones import Circle
from geofence.grounds import M_PER_DEG, Dangers, Ground, Patch

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Shapes = NDArray[np.object_]

#: places times danger zones that are compared at once: bounds the memory of a batch
_MOST_COMPARED = 500_000


class Reading(Struct, frozen=True, kw_only=True, gc=False):
    """Where one position lies."""

    #: metres beyond the edge of the union of the safe zones; None when there are none
    beyond_m: float | None
    #: (zone id, metres beyond its edge) of the danger zones nearby
    dangers: tuple[tuple[int, float], ...]


def measure(places: Sequence[tuple[Ground, Position]], *, danger_within_m: float) -> list[Reading]:
    """Return the reading of every position over its ground, the whole batch at once."""
    near = _near(places, danger_within_m)
    safe_m = iter(
        _beyond_m([(shape, position) for ground, position in places for shape in ground.safe])
    )
    danger_m = iter(_beyond_m([pair for pairs in near.values() for _, pair in pairs]))
    dangers = {
        row: tuple([(zone_id, next(danger_m)) for zone_id, _ in pairs])
        for row, pairs in near.items()
    }
    readings = []
    for row, (ground, position) in enumerate(places):
        beyond_m = min([next(safe_m) for _ in ground.safe], default=None)
        if beyond_m is not None and beyond_m < 0 and ground.joined:
            joined_m = _beyond_m([(patch, position) for patch in ground.joined])
            beyond_m = min(beyond_m, *joined_m)
        readings.append(Reading(beyond_m=beyond_m, dangers=dangers.get(row, ())))
    return readings


def beyond_circles_m(
    lon: Floats, lat: Floats, radius_m: Floats, at_lon: Floats, at_lat: Floats
) -> Floats:
    """Return the signed metres of positions beyond circles with these centres, pair by pair."""
    east_m = (at_lon - lon) * M_PER_DEG * np.cos(np.radians((lat + at_lat) / 2))
    north_m = (at_lat - lat) * M_PER_DEG
    beyond_m: Floats = np.sqrt(east_m**2 + north_m**2) - radius_m
    return beyond_m


def beyond_shapes_m(shapes: Shapes, edges: Shapes, metres: Floats) -> Floats:
    """Return the signed metres of points beyond flat shapes with these edges, pair by pair.

    *metres* has a row (east, north) for each, around the origin of its shape.
    """
    edge_m = shapely.distance(edges, shapely.points(metres))
    within = shapely.intersects_xy(shapes, metres[:, 0], metres[:, 1])
    return np.where(within, -edge_m, edge_m)


def _beyond_m(pairs: list[tuple[Circle | Patch, Position]]) -> list[float]:
    """Return the signed metres of each pair, to the centimetre.

    Rounding keeps a batch of one and a batch of many equal to the last digit.
    """
    result = np.empty(len(pairs))
    discs, patches = [], []
    for i, (shape, at) in enumerate(pairs):
        if isinstance(shape, Circle):
            discs.append((i, shape.centre.lon, shape.centre.lat, at.lon, at.lat, shape.radius_m))
        else:
            patches.append((i, shape, at))
    if discs:
        row, lon, lat, at_lon, at_lat, radius_m = np.array(discs).T
        result[row.astype(int)] = beyond_circles_m(lon, lat, radius_m, at_lon, at_lat)
    if patches:
        metres = np.array([shape.to_metres(at) for _, shape, at in patches])
        shapes = np.array([shape.shape for _, shape, _ in patches])
        edges = np.array([shape.edge for _, shape, _ in patches])
        result[[i for i, _, _ in patches]] = beyond_shapes_m(shapes, edges, metres)
    return [float(value) for value in np.round(result, 2)]


def _near(
    places: Sequence[tuple[Ground, Position]], within_m: float
) -> dict[int, list[tuple[int, tuple[Circle | Patch, Position]]]]:
    """Return (zone id, (shape, position)) of the danger zones around each place, by its number.

    Places that share a set of danger zones are compared with it together.
    """
    sharing: dict[int, tuple[Dangers, list[int]]] = {}
    for row, (ground, _) in enumerate(places):
        if ground.danger is not None:
            sharing.setdefault(id(ground.danger), (ground.danger, []))[1].append(row)
    near: dict[int, list[tuple[int, tuple[Circle | Patch, Position]]]] = {}
    for dangers, rows in sharing.values():
        at_once = max(1, _MOST_COMPARED // len(dangers.ids))
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            positions = [places[row][1] for row in some]
            for place, zone in np.argwhere(_boxes_near(dangers, positions, within_m)).tolist():
                pair = (dangers.shapes[zone], positions[place])
                near.setdefault(some[place], []).append((dangers.ids[zone], pair))
    return near


def _boxes_near(
    dangers: Dangers, positions: Sequence[Position], within_m: float
) -> NDArray[np.bool_]:
    """Say for each position (row) which of the danger zones' boxes (column) is near."""
    north = within_m / M_PER_DEG
    lon, lat, east = np.array(
        [(at.lon, at.lat, north / max(0.01, math.cos(math.radians(at.lat)))) for at in positions]
    ).T[:, :, np.newaxis]
    west_of, south_of, east_of, north_of = dangers.boxes.T
    hit: NDArray[np.bool_] = (
        (west_of - east <= lon)
        & (lon <= east_of + east)
        & (south_of - north <= lat)
        & (lat <= north_of + north)
    )
    return hit
