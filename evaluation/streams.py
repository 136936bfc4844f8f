"""What a band sends: the fixes of a recording in order of arrival, sampled as a band would."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.clock import from_unix
from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position
from core.zones import Circle, Zone
from evaluation.recordings import Floats, Recording, beyond_m, safe_zones

_NO_DOUBT: frozenset[Doubt] = frozenset()
_STALE = frozenset({Doubt.STALE_FIX})
_SOURCES = (
    ("cell", FixSource.CELL),
    ("wifi", FixSource.WIFI),
    ("gps", FixSource.GNSS),
    ("gnss", FixSource.GNSS),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reports:
    """Reports of one band, one array a column, in order of arrival."""

    #: measured, and arrived: unix seconds
    at_s: Floats
    arrived_s: Floats
    lon: Floats
    lat: Floats
    #: not a number: not claimed
    accuracy_m: Floats
    #: metres beyond the edge of the safe zone, negative inside
    beyond_m: Floats
    #: the same number is the same report, sent again
    number: NDArray[np.int64]
    #: stored in the band before it was sent
    is_backlog: NDArray[np.bool_]
    #: known to be an old position sent again
    is_stale: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.at_s)

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "Reports":
        """Return the chosen ones, in the order chosen."""
        return Reports(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    def by_arrival(self) -> "Reports":
        """Return them in order of arrival."""
        return self.take(np.argsort(self.arrived_s, kind="stable"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """One band's reports with the safe zone they are judged against."""

    recording: Recording
    circles: tuple[Circle, ...]
    zones: tuple[Zone, ...]
    #: how each fix of the recording was found, by report number
    sources: tuple[FixSource, ...]
    reports: Reports

    def with_reports(self, reports: Reports) -> "Stream":
        """Return the same band with other reports."""
        return replace(self, reports=reports)

    def pings(self) -> "Pings":
        """Return the reports as the engine takes them."""
        return Pings(self)


class Pings:
    """The reports of a stream as pings, made one at a time: a long track never stands in memory."""

    def __init__(self, stream: Stream) -> None:
        """Unpack the arrays once."""
        reports = stream.reports
        self._device_id = stream.recording.track_id
        self._sources = stream.sources
        self.at_s: list[float] = reports.at_s.tolist()
        self.arrived_s: list[float] = reports.arrived_s.tolist()
        self._lon = reports.lon.tolist()
        self._lat = reports.lat.tolist()
        self._accuracy_m = [None if a != a else a for a in reports.accuracy_m.tolist()]
        self._number = reports.number.tolist()
        self._is_backlog = reports.is_backlog.tolist()
        self._is_stale = reports.is_stale.tolist()

    def __getitem__(self, i: int) -> Ping:
        """Return one."""
        at_s, arrived_s, number = self.at_s[i], self.arrived_s[i], self._number[i]
        at: datetime = from_unix(at_s)
        return Ping(
            device_id=self._device_id,
            report_id=str(number),
            measured_at=at,
            received_at=at if arrived_s == at_s else from_unix(arrived_s),
            fix=Fix(
                position=Position(self._lon[i], self._lat[i]),
                accuracy_m=self._accuracy_m[i],
                source=self._sources[number],
            ),
            is_backlog=self._is_backlog[i],
            doubts=_STALE if self._is_stale[i] else _NO_DOUBT,
        )


def stream_of(recording: Recording) -> Stream:
    """Return every fix of a recording, arriving at once."""
    fixes, n = recording.fixes, len(recording.fixes.at_s)
    reports = Reports(
        at_s=fixes.at_s,
        arrived_s=fixes.at_s,
        lon=fixes.lon,
        lat=fixes.lat,
        accuracy_m=fixes.accuracy_m,
        beyond_m=beyond_m(recording.circles, fixes.lon, fixes.lat),
        number=np.arange(n),
        is_backlog=np.zeros(n, dtype=bool),
        is_stale=np.zeros(n, dtype=bool),
    )
    sources = {name: source_of(name) for name in set(fixes.provider)}
    return Stream(
        recording=recording,
        circles=recording.circles,
        zones=safe_zones(recording.circles),
        sources=tuple(sources[name] for name in fixes.provider),
        reports=reports,
    )


def source_of(provider: str) -> FixSource:
    """Return what a provider's name says about how it finds a position."""
    return next((source for part, source in _SOURCES if part in provider), FixSource.UNKNOWN)


def last_of_each(reports: Reports, step_s: float) -> Reports:
    """Return the last report of every bin of *step_s* seconds, as a slower band would send."""
    bins = np.floor(reports.at_s / step_s)
    is_last = np.append(bins[1:] != bins[:-1], True) if len(bins) else np.zeros(0, dtype=bool)
    return reports.take(is_last)


def sampled(streams: Sequence[Stream], step_s: float | None) -> list[Stream]:
    """Return the streams with the last report of every bin; as they are without a step."""
    if step_s is None:
        return list(streams)
    return [stream.with_reports(last_of_each(stream.reports, step_s)) for stream in streams]
