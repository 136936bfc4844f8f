"""The safe zones of many elders, laid out so that many positions are measured at once.

For zones that count around the clock: one that depends on the time is measured by
`geofence.engine`, which asks each zone.
"""

from collections.abc import Sequence

import numpy as np

from core.zones import Circle, Zone
from geofence.geometry import Floats, Numbers, beyond_circles_m, beyond_shapes_m
from geofence.grounds import M_PER_DEG, Ground, Patch, project


class Terrain:
    """The safe zones of elders who are numbered from 0."""

    def __init__(self, zones: Sequence[tuple[Zone, ...]]) -> None:
        """Lay out *zones*, one set for each elder. ValueError: one depends on the time."""
        if any(zone.is_timed for each in zones for zone in each):
            raise ValueError("a zone that depends on the time is judged by geofence.engine.judge")
        grounds = [project(each) for each in zones]
        #: names each elder's set of safe zones
        self.grounds: Numbers = np.array([ground.number for ground in grounds], np.int64)
        self._circles = _Circles(grounds)
        self._patches = _Patches([[s for s in g.safe if isinstance(s, Patch)] for g in grounds])
        self._joined = _Patches([list(ground.joined) for ground in grounds])

    def beyond_m(self, elders: Numbers, lon: Floats, lat: Floats) -> Floats:
        """Return metres beyond the edge of the union of each elder's zones, to the centimetre.

        As `geofence.geometry.measure`. NaN: the elder has none.
        """
        beyond_m = np.full(len(elders), np.inf)
        self._circles.lower(beyond_m, elders, lon, lat)
        self._patches.lower(beyond_m, elders, lon, lat)
        inside = np.flatnonzero(beyond_m < 0)
        if len(inside) and len(self._joined):
            deeper = beyond_m[inside]
            self._joined.lower(deeper, elders[inside], lon[inside], lat[inside])
            beyond_m[inside] = deeper
        beyond_m[np.isinf(beyond_m)] = np.nan
        return np.round(beyond_m, 2)


class _Circles:
    def __init__(self, grounds: Sequence[Ground]) -> None:
        each = [[s for s in ground.safe if isinstance(s, Circle)] for ground in grounds]
        self._counts = np.array([len(circles) for circles in each], np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._counts)[:-1]]).astype(np.int64)
        flat = [(c.centre.lon, c.centre.lat, c.radius_m) for circles in each for c in circles]
        self._lon, self._lat, self._radius_m = np.ascontiguousarray(
            np.array(flat, np.float64).reshape(-1, 3).T
        )

    def lower(self, beyond_m: Floats, elders: Numbers, lon: Floats, lat: Floats) -> None:
        """Lower each of *beyond_m* to the nearest circle's."""
        counts, starts = self._counts[elders], self._starts[elders]
        for number in range(int(counts.max(initial=0))):  # the first circle of each, the second …
            rows = np.flatnonzero(counts > number)
            zones = starts[rows] + number
            found = beyond_circles_m(
                self._lon[zones], self._lat[zones], self._radius_m[zones], lon[rows], lat[rows]
            )
            beyond_m[rows] = np.minimum(beyond_m[rows], found)


class _Patches:
    def __init__(self, each: Sequence[Sequence[Patch]]) -> None:
        flat = [patch for patches in each for patch in patches]
        self._counts = np.array([len(patches) for patches in each], np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._counts)[:-1]]).astype(np.int64)
        self._shapes = np.array([patch.shape for patch in flat], object)
        self._edges = np.array([patch.edge for patch in flat], object)
        self._lon = np.array([patch.origin.lon for patch in flat])
        self._lat = np.array([patch.origin.lat for patch in flat])
        self._east_scale = np.array([patch.east_scale for patch in flat])
        self._reach_m = np.array([patch.reach_m for patch in flat])

    def __len__(self) -> int:
        return len(self._shapes)

    def lower(self, beyond_m: Floats, elders: Numbers, lon: Floats, lat: Floats) -> None:
        """Lower each of *beyond_m* to the nearest shape's."""
        if not len(self):
            return
        counts, starts = self._counts[elders], self._starts[elders]
        for number in range(int(counts.max(initial=0))):
            rows = np.flatnonzero(counts > number)
            zones = starts[rows] + number
            east_m = (lon[rows] - self._lon[zones]) * self._east_scale[zones]
            north_m = (lat[rows] - self._lat[zones]) * M_PER_DEG
            # a shape whose corners are all farther than what was found need not be measured
            near = np.hypot(east_m, north_m) - self._reach_m[zones] < beyond_m[rows]
            rows, zones = rows[near], zones[near]
            metres = np.column_stack((east_m[near], north_m[near]))
            found = beyond_shapes_m(self._shapes[zones], self._edges[zones], metres)
            beyond_m[rows] = np.minimum(beyond_m[rows], found)
