"""How far positions lie from the edge of the safe zones, and of the danger zones around them.

Distances are metres on the ground, signed: positive outside, negative inside.
"""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from msgspec import Struct

from core.places import Position
from core.zones import Circle
from geofence.grounds import M_PER_DEG, Ground, Patch


class Reading(Struct, frozen=True, kw_only=True):
    """Where one position lies."""

    #: metres beyond the edge of the union of the safe zones; None when there are none
    beyond_m: float | None
    #: (zone id, metres beyond its edge) of the danger zones nearby
    dangers: tuple[tuple[int, float], ...]


def measure(places: Sequence[tuple[Ground, Position]], *, danger_within_m: float) -> list[Reading]:
    """Return the reading of every position over its ground, the whole batch at once."""
    safe: list[tuple[Circle | Patch, Position]] = []
    danger: list[tuple[Circle | Patch, Position]] = []
    near: list[list[int]] = []
    for ground, position in places:
        safe.extend((shape, position) for shape in ground.safe)
        near.append(_near(ground, position, danger_within_m))
        danger.extend((ground.danger[i], position) for i in near[-1])
    safe_m = iter(_beyond_m(safe))
    danger_m = iter(_beyond_m(danger))
    readings = []
    for (ground, position), zones in zip(places, near, strict=True):
        each_m = [next(safe_m) for _ in ground.safe]
        beyond_m = min(each_m, default=None)
        if beyond_m is not None and beyond_m < 0 and ground.joined:
            joined_m = _beyond_m([(patch, position) for patch in ground.joined])
            beyond_m = min(beyond_m, *joined_m)
        readings.append(
            Reading(
                beyond_m=beyond_m,
                dangers=tuple((ground.danger_ids[i], next(danger_m)) for i in zones),
            )
        )
    return readings


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
        east_m = (at_lon - lon) * M_PER_DEG * np.cos(np.radians((lat + at_lat) / 2))
        north_m = (at_lat - lat) * M_PER_DEG
        result[row.astype(int)] = np.sqrt(east_m**2 + north_m**2) - radius_m
    if patches:
        metres = np.array([shape.to_metres(at) for _, shape, at in patches])
        shapes = np.array([shape.shape for _, shape, _ in patches])
        edges = np.array([shape.edge for _, shape, _ in patches])
        edge_m = shapely.distance(edges, shapely.points(metres))
        within = shapely.intersects_xy(shapes, metres[:, 0], metres[:, 1])
        result[[i for i, _, _ in patches]] = np.where(within, -edge_m, edge_m)
    return [float(value) for value in np.round(result, 2)]


def _near(ground: Ground, position: Position, within_m: float) -> list[int]:
    if not ground.danger:
        return []
    north = within_m / M_PER_DEG
    east = north / max(0.01, math.cos(math.radians(position.lat)))
    west_of, south_of, east_of, north_of = ground.danger_boxes.T
    hit = (
        (west_of - east <= position.lon)
        & (position.lon <= east_of + east)
        & (south_of - north <= position.lat)
        & (position.lat <= north_of + north)
    )
    return [int(i) for i in np.flatnonzero(hit)]
