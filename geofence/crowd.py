"""Many elders judged in columns: no object for a ping, however many there are.

For what comes in bulk and in order: what another model would have decided about everybody's last
weeks, a recording, a benchmark. The filter is the one of `geofence.engine`, and so is what comes
out (a test compares them); danger zones and fixes that come late are judged there only.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.zones import Zone
from geofence import compiled
from geofence.figures import figures_of
from geofence.geometry import Floats, Numbers
from geofence.model import MODEL, FixClass, Model
from geofence.rows import CLASSES, FIX, FOUND, STATE, Rows, blanks
from geofence.terrain import Terrain

_GPS, _WIFI, _COARSE, _UNKNOWN = (
    CLASSES.index(one) for one in (FixClass.GPS, FixClass.WIFI, FixClass.COARSE, FixClass.UNKNOWN)
)


class Fixes(Struct, frozen=True, kw_only=True):
    """One fix in each row. WGS-84 degrees, Unix seconds, metres."""

    #: number of the elder, from 0
    elder: Numbers
    t: Floats
    lon: Floats
    lat: Floats
    #: NaN, or zero: the band did not say
    accuracy_m: Floats
    by_wifi: NDArray[np.bool_]
    by_cell: NDArray[np.bool_]


class Judged(Struct, frozen=True, kw_only=True):
    """What came of each fix, in the rows of `Fixes`."""

    #: metres beyond the edge of the safe zones; NaN without zones
    beyond_m: Floats
    #: of being outside after the fix; NaN without zones, or when it was late
    probability: Floats
    #: what changed: a place in `geofence.tracks.KINDS`
    kind: NDArray[np.int8]
    #: by which rule: a place in `geofence.tracks.RULES`
    rule: NDArray[np.int8]
    #: older than what was judged of the elder before, and so not judged
    late: NDArray[np.bool_]


class Crowd:
    """What is believed of many elders, who are numbered from 0."""

    def __init__(self, zones: Sequence[tuple[Zone, ...]], *, model: Model = MODEL) -> None:
        """Know nothing yet of these elders. ValueError: one of *zones* depends on the time."""
        self._terrain = Terrain(zones)
        self._model = model
        self.forget()

    def forget(self) -> None:
        """Know nothing again of the same elders."""
        self._states = blanks(len(self._terrain.grounds))

    def judge(self, fixes: Fixes) -> Judged:
        """Judge a batch: any number of fixes of each elder, in any order within the batch."""
        beyond_m = self._terrain.beyond_m(fixes.elder, fixes.lon, fixes.lat)
        late = fixes.t < self._states["last_t"][fixes.elder]
        rows = self._rows(fixes, beyond_m)
        order, counts, elders = _by_elder(fixes, rows, late)
        if len(order) < len(rows) or (order[:-1] > order[1:]).any():
            outcome = np.zeros(len(rows), FOUND)
            outcome["probability"] = np.nan
            outcome[order] = self._run(rows[order], counts, elders)
        else:
            outcome = self._run(rows, counts, elders)
        return Judged(
            beyond_m=beyond_m,
            probability=outcome["probability"],
            kind=outcome["kind"],
            rule=outcome["rule"],
            late=late,
        )

    def _run(self, rows: Rows, counts: Numbers, elders: Numbers) -> Rows:
        found = np.zeros(len(rows), FOUND)
        marks = np.full(len(elders), -1, np.int64)  # nobody asks for a state on the way
        marked = np.empty(0, STATE)
        figures = figures_of(self._model)
        everybody = len(elders) == len(self._states)  # they are moved on where they lie
        states = self._states if everybody else self._states[elders]
        compiled.run(states, rows, counts, marks, figures, marked, found)
        if not everybody:
            self._states[elders] = states
        return found

    def _rows(self, fixes: Fixes, beyond_m: Floats) -> Rows:
        rows = np.zeros(len(beyond_m), FIX)
        rows["t"], rows["lon"], rows["lat"] = fixes.t, fixes.lon, fixes.lat
        rows["beyond_m"] = beyond_m
        rows["ground"] = self._terrain.grounds[fixes.elder]
        rows["by_wifi"] = fixes.by_wifi
        rows["fix_class"], rows["accuracy_m"] = _grades(fixes, self._model)
        return rows


def _grades(fixes: Fixes, model: Model) -> tuple[NDArray[np.int8], Floats]:
    """Return class and accuracy to use, as `geofence.observations.grade`."""
    claimed_m = fixes.accuracy_m
    known = (claimed_m > 0) & (claimed_m < np.inf)
    assumed_m = np.where(fixes.by_wifi, model.unknown_wifi_accuracy_m, model.unknown_accuracy_m)
    assumed_m = np.where(fixes.by_cell, model.unknown_cell_accuracy_m, assumed_m)
    accuracy_m = np.where(known, claimed_m, assumed_m)
    floor_m = np.where(fixes.by_cell & known, model.wifi_within_m, 0.0)
    fix_class = np.where(accuracy_m <= model.wifi_within_m, _WIFI, _COARSE)
    fix_class = np.where(accuracy_m <= model.gps_within_m, _GPS, fix_class)
    fix_class = np.where(known, fix_class, _UNKNOWN)
    fix_class = np.where(fixes.by_cell, _COARSE, fix_class)
    return fix_class.astype(np.int8), np.maximum(accuracy_m, floor_m)


def _by_elder(
    fixes: Fixes, rows: Rows, late: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], Numbers, Numbers]:
    """Return the rows to judge, elder by elder and in time, how many of each, and the elders."""
    order = np.flatnonzero(~late)
    elder, t = fixes.elder[order], fixes.t[order]
    ahead = elder[:-1] < elder[1:]
    if not (ahead | ((elder[:-1] == elder[1:]) & (t[:-1] < t[1:]))).all():
        order = order[np.lexsort((rows["accuracy_m"][order], t, elder))]
        elder = fixes.elder[order]
    first = np.flatnonzero(np.concatenate([[True], elder[1:] != elder[:-1]])[: len(elder)])
    counts = np.diff(np.append(first, len(elder)))
    return order, counts.astype(np.int64), elder[first]
