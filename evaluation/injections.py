"""What goes wrong on the way from a band to us, put into real tracks. None may add a false alarm.

Each injection takes what a band sends and returns what arrives instead. Chance comes from the seed
and the track's name, so that a run can be repeated and the order of tracks plays no part.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.datums import from_gcj02, to_gcj02
from core.errors import Refused
from core.pings import FixSource
from core.places import Position, offset_m
from core.zones import Circle
from evaluation.recordings import beyond_m, safe_zones
from evaluation.streams import Reports, Stream

Rng = np.random.Generator
Change = Callable[[Stream, Rng], Stream]

_DAY_S, _WEEK_S = 86_400.0, 7 * 86_400.0
_DROPPED = 0.30
_DUPLICATED, _AGAIN_WITHIN_S = 0.10, 30.0
_SHUFFLED_WITHIN_S = 600.0
_BATCH_S = 7200.0
_SPIKE_BEYOND_M, _SPIKE_ACCURACY_M = 200.0, 2.0
#: worse than this, or by its provider, a fix comes from a map service rather than from satellites
_SATELLITES_WITHIN_M = 35.0
#: where coordinates are shifted; GCJ-02 leaves most places where the tracks come from alone
_HAINING = Position(120.6833, 30.5333)
_BEARINGS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One thing that goes wrong."""

    name: str
    change: Change
    #: does it depend on the seed?
    by_chance: bool = True

    def apply(self, stream: Stream, seed: int) -> Stream:
        """Return what arrives instead of *stream*."""
        of_track = zlib.crc32(stream.recording.track_id.encode())
        return self.change(stream, np.random.default_rng([seed, of_track]))


def drop(stream: Stream, rng: Rng) -> Stream:
    """Lose three of ten reports."""
    reports = stream.reports
    return stream.with_reports(reports.take(rng.random(len(reports)) >= _DROPPED))


def duplicate(stream: Stream, rng: Rng) -> Stream:
    """Deliver one of ten reports again, up to half a minute later."""
    reports = stream.reports
    again = reports.take(rng.random(len(reports)) < _DUPLICATED)
    later_s = rng.uniform(0, _AGAIN_WITHIN_S, len(again))
    return stream.with_reports(
        _together(reports, replace(again, arrived_s=again.arrived_s + later_s)).by_arrival()
    )


def shuffle(stream: Stream, rng: Rng) -> Stream:
    """Deliver every report up to ten minutes late, each by its own delay."""
    reports = stream.reports
    late_s = rng.uniform(0, _SHUFFLED_WITHIN_S, len(reports))
    return stream.with_reports(replace(reports, arrived_s=reports.at_s + late_s).by_arrival())


def late(stream: Stream, rng: Rng) -> Stream:
    """Hold back two hours of each day and deliver them, oldest first, after the next report.

    The band flags them as stored. A batch after which nothing comes is never delivered.
    """
    reports = stream.reports
    arrived_s, is_backlog = reports.arrived_s.copy(), reports.is_backlog.copy()
    if len(reports):
        first_s, last_s = reports.at_s[0], reports.at_s[-1]
        day_s = first_s
        while day_s < last_s:
            begin_s = day_s + rng.uniform(0, min(_DAY_S, last_s - day_s))
            held = (reports.at_s >= begin_s) & (reports.at_s < begin_s + _BATCH_S)
            following = reports.at_s >= begin_s + _BATCH_S
            arrived_s[held] = np.min(reports.at_s[following], initial=np.inf) + 1
            is_backlog[held] = True
            day_s += _DAY_S
    delayed = replace(reports, arrived_s=arrived_s, is_backlog=is_backlog)
    return stream.with_reports(delayed.take(np.isfinite(arrived_s)).by_arrival())


def cached(stream: Stream, rng: Rng, *, is_marked: bool) -> Stream:
    """Replay once a day a fix a week old, from a place 200 m outside, as phones do at start-up.

    Marked, it comes as our screening passes it on: as an old position sent again. Unmarked, with
    its old time alone.
    """
    reports = stream.reports
    days = max(1, int((reports.at_s[-1] - reports.at_s[0]) // _DAY_S)) if len(reports) else 0
    chosen = np.sort(rng.integers(0, max(1, len(reports)), days if len(reports) else 0))
    old = _outside(stream, reports.take(chosen), rng)
    numbers = len(stream.sources) + np.arange(len(old))
    old = replace(
        old, at_s=old.at_s - _WEEK_S, number=numbers, is_stale=np.full(len(old), is_marked)
    )
    return replace(
        stream,
        sources=(*stream.sources, *[FixSource.UNKNOWN] * len(old)),
        reports=_together(old, reports).by_arrival(),
    )


def spikes(stream: Stream, rng: Rng, *, share: float) -> Stream:
    """Put single fixes 200 m outside, claiming 2 m."""
    reports = stream.reports
    hit = rng.random(len(reports)) < share
    wrong = _outside(stream, reports.take(hit), rng)
    lon, lat = reports.lon.copy(), reports.lat.copy()
    accuracy_m, beyond = reports.accuracy_m.copy(), reports.beyond_m.copy()
    lon[hit], lat[hit] = wrong.lon, wrong.lat
    accuracy_m[hit], beyond[hit] = wrong.accuracy_m, wrong.beyond_m
    return stream.with_reports(
        replace(reports, lon=lon, lat=lat, accuracy_m=accuracy_m, beyond_m=beyond)
    )


def gcj02(stream: Stream, rng: Rng) -> Stream:  # noqa: ARG001 - nothing is left to chance
    """Send Wi-Fi and coarse fixes in GCJ-02, declared so, and convert them as the door does.

    The track is moved to Haining first, distances kept: elsewhere the system shifts nothing.
    """
    moved = _moved(stream, _HAINING)
    reports = moved.reports
    lon, lat = reports.lon.copy(), reports.lat.copy()
    for i, number in enumerate(reports.number.tolist()):
        source = moved.sources[number]
        is_shifted = source in (FixSource.WIFI, FixSource.CELL) or (
            reports.accuracy_m[i] > _SATELLITES_WITHIN_M
        )
        if is_shifted:
            found = from_gcj02(to_gcj02(Position(float(lon[i]), float(lat[i]))))
            lon[i], lat[i] = found.lon, found.lat
    beyond = beyond_m(moved.circles, lon, lat)
    return moved.with_reports(replace(reports, lon=lon, lat=lat, beyond_m=beyond))


_PLAIN: Mapping[str, Injection] = {
    one.name: one
    for one in (
        Injection(name="gcj02", change=gcj02, by_chance=False),
        Injection(name="drop", change=drop),
        Injection(name="shuffle", change=shuffle),
        Injection(name="duplicate", change=duplicate),
        Injection(name="late", change=late),
        Injection(name="cached", change=lambda s, rng: cached(s, rng, is_marked=True)),
        Injection(name="cached_unmarked", change=lambda s, rng: cached(s, rng, is_marked=False)),
    )
}
#: what `all` stands for
ALL = (*_PLAIN, "spikes:0.002", "spikes:0.01", "spikes:0.05")


def find(name: str) -> Injection:
    """Return the injection of that name; `spikes` takes its share after a colon."""
    if name in _PLAIN:
        return _PLAIN[name]
    kind, _, said = name.partition(":")
    if kind == "spikes":
        try:
            share = float(said or "0.01")
        except ValueError:
            share = -1.0
        if 0 < share <= 1:
            return Injection(name=name, change=lambda s, rng: spikes(s, rng, share=share))
    raise Refused(f"There is no injection {name!r}; there are {', '.join(ALL)} and all.")


def _together(*parts: Reports) -> Reports:
    names = Reports.__dataclass_fields__
    return Reports(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def _outside(stream: Stream, reports: Reports, rng: Rng) -> Reports:
    """Return the reports 200 m outside the zone, sure of it; of some directions the farthest."""
    anchor: Circle = stream.circles[0]
    reach_m = anchor.radius_m + _SPIKE_BEYOND_M
    n = len(reports)
    best = np.full(n, -np.inf)
    lon, lat = reports.lon.copy(), reports.lat.copy()
    origin = anchor.centre
    east, north = origin.moved(east_m=1, north_m=0), origin.moved(east_m=0, north_m=1)
    turn = rng.uniform(0, 2 * np.pi, n)
    for step in range(_BEARINGS):
        angle = turn + step * 2 * np.pi / _BEARINGS
        at_lon = origin.lon + reach_m * np.sin(angle) * (east.lon - origin.lon)
        at_lat = origin.lat + reach_m * np.cos(angle) * (north.lat - origin.lat)
        beyond = beyond_m(stream.circles, at_lon, at_lat)
        better = beyond > best + 1
        lon, lat = np.where(better, at_lon, lon), np.where(better, at_lat, lat)
        best = np.where(better, beyond, best)
    return replace(
        reports, lon=lon, lat=lat, beyond_m=best, accuracy_m=np.full(n, _SPIKE_ACCURACY_M)
    )


def _moved(stream: Stream, place: Position) -> Stream:
    """Return the stream with the middle of its first circle at *place*, distances kept."""
    origin = stream.circles[0].centre
    reports = stream.reports
    found = [
        _beside(place, origin, Position(lon, lat))
        for lon, lat in zip(reports.lon.tolist(), reports.lat.tolist(), strict=True)
    ]
    lon, lat = np.array([p.lon for p in found]), np.array([p.lat for p in found])
    circles = tuple(Circle(_beside(place, origin, c.centre), c.radius_m) for c in stream.circles)
    return replace(
        stream,
        circles=circles,
        zones=safe_zones(circles),
        reports=replace(reports, lon=lon, lat=lat, beyond_m=beyond_m(circles, lon, lat)),
    )


def _beside(place: Position, origin: Position, at: Position) -> Position:
    east_m, north_m = offset_m(origin, at)
    return place.moved(east_m=east_m, north_m=north_m)
