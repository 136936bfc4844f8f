"""What somebody recorded, and what is known about it: fixes, zone, exits, times at home.

Times are unix seconds, coordinates WGS-84 degrees, distances metres.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.places import EARTH_RADIUS_M
from core.zones import Circle, Zone, ZoneKind

Floats = NDArray[np.float64]
#: from, to; both belong to it
Span = tuple[float, float]

_M_PER_DEG = EARTH_RADIUS_M * math.pi / 180
#: tracks sampled more seldom than this may take twice as long to notice an exit
_SELDOM_S = 600.0
_LIMIT_S, _SELDOM_LIMIT_S = 3600.0, 7200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """One certain departure; the two fixes around it bracket the true moment."""

    last_in_s: float
    first_out_s: float
    #: infinite when the track ends outside
    return_s: float
    #: more than two hours without data came before it
    after_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fixes:
    """The fixes of one track in time order, one array a column."""

    at_s: Floats
    lon: Floats
    lat: Floats
    #: not a number where the device gave none
    accuracy_m: Floats
    #: what the provider was called, in small letters; "" when unknown
    provider: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """One track with its safe zone and what is known to be true."""

    track_id: str
    dataset: str
    #: tells resting tracks from trips, in data sets that hold both
    label: str
    fixes: Fixes
    circles: tuple[Circle, ...]
    exits: tuple[Exit, ...]
    #: certainly inside: noted by the recorders, found by hindsight, and nights at home
    annotated: tuple[Span, ...]
    hindsight: tuple[Span, ...]
    nights: tuple[Span, ...]
    #: an exit that is not noticed within this is missed
    limit_s: float = _LIMIT_S

    @property
    def hours(self) -> float:
        """Return how long the track is."""
        at_s = self.fixes.at_s
        return float(at_s[-1] - at_s[0]) / 3600 if len(at_s) else 0.0


def safe_zones(circles: Sequence[Circle]) -> tuple[Zone, ...]:
    """Return the circles as safe zones of one elder."""
    return tuple(
        Zone(id=number, elder_id=1, kind=ZoneKind.SAFE, name="", shape=circle)
        for number, circle in enumerate(circles, start=1)
    )


def beyond_m(circles: Iterable[Circle], lon: Floats, lat: Floats) -> Floats:
    """Return the metres beyond the edge of the nearest circle, negative inside."""
    nearest: Floats = np.full(len(lon), np.inf)
    for circle in circles:
        middle = np.radians((lat + circle.centre.lat) / 2)
        east_m = (lon - circle.centre.lon) * _M_PER_DEG * np.cos(middle)
        north_m = (lat - circle.centre.lat) * _M_PER_DEG
        nearest = np.minimum(nearest, np.hypot(east_m, north_m) - circle.radius_m)
    return nearest


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in order, those that touch as one, so that no hour counts twice."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def hours_of(spans: Iterable[Span]) -> float:
    """Return how long the spans are together, hours."""
    return sum(end - start for start, end in spans) / 3600


def limit_s(median_intervals_s: Sequence[float]) -> float:
    """Return how late an exit may be noticed in a data set with these median intervals, seconds.

    An hour; two where the typical track has a fix less often than every ten minutes.
    """
    if not median_intervals_s:
        return _LIMIT_S
    return _SELDOM_LIMIT_S if float(np.median(median_intervals_s)) > _SELDOM_S else _LIMIT_S


def label(dataset: str, *, has_exits: bool, holds_both: bool) -> str:
    """Return the heading under which a track is counted.

    A data set with times noted by hand is split when it holds both tracks that never leave and
    tracks that do: false alarms at rest and missed exits are then told apart.
    """
    if not holds_both:
        return dataset
    return f"{dataset} trips" if has_exits else f"{dataset} at rest"
