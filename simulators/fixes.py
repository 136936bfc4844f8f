"""What a band's receiver makes of the truth: noise, drift, coarse fixes, none at all.

Figures after what trackers and phones were measured to do. The reported accuracy is honest: 68 %
of the true errors lie within it. Indoors a satellite position drifts (error p50 8 m, p95 30 m, the
drift remembers itself for minutes); Wi-Fi positions claim 30 to 100 m; rare cell positions 400 to
1500 m; now and then there is no fix.
"""

import math
import random
from dataclasses import dataclass
from datetime import datetime

from core.pings import FixSource
from core.places import Position
from simulators.days import Truth

#: 68 % of a round normal error lie within this many standard deviations
_HONEST = 1.51


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One position as the receiver reports it; metres, WGS-84."""

    position: Position
    accuracy_m: float
    source: FixSource
    satellites: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """How likely each kind of fix is; what is left of 1 is "no fix"."""

    gnss: float
    wifi: float
    cell: float


INDOORS = Reception(gnss=0.62, wifi=0.355, cell=0.01)
OUTDOORS = Reception(gnss=0.985, wifi=0.005, cell=0.0)
#: satellites only and always: for a story that must not hang on a stray fix
CLEAR = Reception(gnss=1.0, wifi=0.0, cell=0.0)
#: an evening in a back room: hardly a satellite, many cell positions, often nothing
BAD_EVENING = Reception(gnss=0.2, wifi=0.5, cell=0.2)


class Receiver:
    """The eyes of one band. Its errors remember themselves, so it is asked in order of time."""

    def __init__(
        self,
        rng: random.Random,
        *,
        indoors: Reception = INDOORS,
        outdoors: Reception = OUTDOORS,
    ) -> None:
        """Draw all errors from *rng*."""
        self._rng = rng
        self._indoors = indoors
        self._outdoors = outdoors
        self._drifts = {
            FixSource.GNSS: _Drift(rng, memory_s=400),
            FixSource.WIFI: _Drift(rng, memory_s=200),
            FixSource.CELL: _Drift(rng, memory_s=60),
        }

    def look(self, truth: Truth, at: datetime) -> Seen | None:
        """Return what the receiver sees at *at*, None when it finds nothing."""
        source = self._source(self._indoors if truth.indoors else self._outdoors)
        if source is None:
            return None
        accuracy_m, satellites = self._accuracy(source, indoors=truth.indoors)
        east, north = self._drifts[source].at(at)
        sigma_m = accuracy_m / _HONEST
        return Seen(
            position=truth.position.moved(east_m=east * sigma_m, north_m=north * sigma_m),
            accuracy_m=round(accuracy_m, 1),
            source=source,
            satellites=satellites,
        )

    def _source(self, reception: Reception) -> FixSource | None:
        draw = self._rng.random()
        for source, share in (
            (FixSource.GNSS, reception.gnss),
            (FixSource.WIFI, reception.wifi),
            (FixSource.CELL, reception.cell),
        ):
            if draw < share:
                return source
            draw -= share
        return None

    def _accuracy(self, source: FixSource, *, indoors: bool) -> tuple[float, int | None]:
        rng = self._rng
        match source:
            case FixSource.GNSS if indoors:
                # The spread of the accuracy makes the long tail of the error.
                accuracy_m = min(70.0, max(4.0, 10.0 * math.exp(rng.gauss(0, 0.65))))
                return accuracy_m, rng.randint(4, 8)
            case FixSource.GNSS:
                return min(18.0, max(4.0, 7.0 * math.exp(rng.gauss(0, 0.3)))), rng.randint(7, 14)
            case FixSource.WIFI:
                return min(100.0, max(30.0, 48.0 * math.exp(rng.gauss(0, 0.4)))), None
            case _:
                return rng.uniform(400, 1500), None


class _Drift:
    """A round normal error of standard deviation 1 that forgets itself over *memory_s* seconds."""

    def __init__(self, rng: random.Random, *, memory_s: float) -> None:
        self._rng = rng
        self._memory_s = memory_s
        self._at: datetime | None = None
        self._east = self._north = 0.0

    def at(self, at: datetime) -> tuple[float, float]:
        """Return the error at *at*, not before the last time asked."""
        if self._at is None:
            keep = 0.0
        else:
            keep = math.exp(-max(0.0, (at - self._at).total_seconds()) / self._memory_s)
        fresh = math.sqrt(1 - keep * keep)
        self._east = keep * self._east + fresh * self._rng.gauss(0, 1)
        self._north = keep * self._north + fresh * self._rng.gauss(0, 1)
        self._at = at
        return self._east, self._north
