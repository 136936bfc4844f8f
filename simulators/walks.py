"""Paths on the ground, and where a walker is along one. Pure; metres and WGS-84 (lon/lat).

Distances use the flat-earth approximation of `core.places`.
"""

import bisect
import itertools
import math
import random
from dataclasses import dataclass, field

from shapely.geometry import LineString, Polygon

from core.places import Position, distance_m, offset_m

#: how fast an elder walks to the market, metres per second
WALKING_MPS = 0.8


@dataclass(frozen=True, slots=True)
class Path:
    """A line from point to point, at least two of them."""

    points: tuple[Position, ...]
    #: metres from the start to each point
    _marks_m: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise ValueError("a path has at least two points")
        marks_m = [0.0]
        for a, b in itertools.pairwise(self.points):
            marks_m.append(marks_m[-1] + distance_m(a, b))
        object.__setattr__(self, "_marks_m", tuple(marks_m))

    @property
    def length_m(self) -> float:
        """Metres from the first point to the last."""
        return self._marks_m[-1]

    def at(self, walked_m: float) -> Position:
        """Return where one is after *walked_m* metres; the ends hold beyond the ends."""
        if walked_m <= 0:
            return self.points[0]
        if walked_m >= self.length_m:
            return self.points[-1]
        leg = bisect.bisect_right(self._marks_m, walked_m) - 1
        a, b = self.points[leg], self.points[leg + 1]
        share = (walked_m - self._marks_m[leg]) / (self._marks_m[leg + 1] - self._marks_m[leg])
        return Position(a.lon + (b.lon - a.lon) * share, a.lat + (b.lat - a.lat) * share)

    def back(self) -> "Path":
        """Return the same way in the other direction."""
        return Path(self.points[::-1])


def away(origin: Position, *, bearing_deg: float, distance_m: float) -> Position:
    """Return the position *distance_m* metres from *origin* towards *bearing_deg* (from north)."""
    angle = math.radians(bearing_deg)
    return origin.moved(east_m=distance_m * math.sin(angle), north_m=distance_m * math.cos(angle))


def straight(origin: Position, *, bearing_deg: float, length_m: float) -> Path:
    """Return a straight path."""
    return Path((origin, away(origin, bearing_deg=bearing_deg, distance_m=length_m)))


def bent(start: Position, end: Position, rng: random.Random, *, bend: float = 0.2) -> Path:
    """Return a way with two corners, at most *bend* of its length off the straight line."""
    east_m, north_m = offset_m(start, end)
    corners = []
    for share in (0.33, 0.67):
        aside = rng.uniform(-bend, bend)
        corners.append(
            start.moved(
                east_m=east_m * share - north_m * aside, north_m=north_m * share + east_m * aside
            )
        )
    return Path((start, *corners, end))


def astray(
    start: Position, *, bearing_deg: float, length_m: float, rng: random.Random, leg_m: float = 150
) -> Path:
    """Return the path of someone who keeps walking: mostly onward, a little to each side."""
    points, walked_m = [start], 0.0
    while walked_m < length_m:
        step_m = min(leg_m, length_m - walked_m)
        turned_deg = bearing_deg + rng.uniform(-25, 25)
        points.append(away(points[-1], bearing_deg=turned_deg, distance_m=step_m))
        walked_m += step_m
    return Path(tuple(points))


def loop(centre: Position, *, radius_m: float, corners: int = 8) -> Path:
    """Return a round that begins and ends at *centre* and stays within *radius_m* of it."""
    ring = [
        away(centre, bearing_deg=360 * n / corners, distance_m=radius_m) for n in range(corners + 1)
    ]
    return Path((centre, *ring, centre))


def corridor(path: Path, *, half_width_m: float) -> Polygon:
    """Return the ground within *half_width_m* metres of *path*, in degrees, lon/lat order."""
    origin = path.points[0]
    line = LineString([offset_m(origin, point) for point in path.points])
    ring = line.buffer(half_width_m, quad_segs=4).exterior.coords
    moved = [origin.moved(east_m=east_m, north_m=north_m) for east_m, north_m in ring]
    return Polygon([(point.lon, point.lat) for point in moved])
