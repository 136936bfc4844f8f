"""Doubt has a name: compare a ping with our clock and with what the band said before. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position, distance_m
from geofence.model import MODEL
from geofence.observations import grade
from ingest.clocks import Lags, note, put_right
from ingest.frozen import Run, follow, is_frozen

#: faster than any train here, metres per second; slack for two honest discs is added
IMPOSSIBLE_SPEED_M_S = 70.0
#: what a "satellite fix" from no satellite is worth at best, metres
NO_SATELLITES_M = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position the band reported."""

    position: Position
    at: datetime
    accuracy_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """What the band said before, as far as the next ping is compared with it."""

    #: its newest believed place
    believed: Place | None = None
    #: a jump that is not believed
    doubted: Place | None = None
    #: its newest fix, and how often it came
    run: Run | None = None
    #: how late its reports come, if that is strange
    lags: Lags = ()

    def to_json(self) -> dict[str, Any]:
        """Return a compact JSON-ready copy of `run` and `lags`; places are kept elsewhere."""
        run = {} if self.run is None else {"run": self.run.to_json()}
        return run | ({"lags": [list(lag) for lag in self.lags]} if self.lags else {})

    def recalling(self, saved: Mapping[str, Any] | None) -> "Previous":
        """Return this with what `to_json` wrote; what cannot be read is forgotten."""
        if not saved:
            return self
        try:
            run = Run.from_json(saved["run"]) if "run" in saved else None
            lags = tuple((int(at), int(lag_s)) for at, lag_s in saved.get("lags", ()))
        except (TypeError, ValueError, AttributeError):
            return self
        return replace(self, run=run, lags=lags)


NOTHING = Previous()


def screen(ping: Ping, *, previous: Mapping[str, Previous]) -> Ping:
    """Return *ping* with its doubts named and its times put right."""
    before = previous.get(ping.device_id, NOTHING)
    return _doubt_place(put_right(ping, before.lags), before)


def screen_all(
    pings: Iterable[Ping], previous: Mapping[str, Previous]
) -> tuple[list[Ping], dict[str, Previous]]:
    """Return *pings* screened, in the order of the times they speak of, and what to remember.

    A clock that is wrong is put right first: only then it is known where its ping belongs.
    """
    memory = dict(previous)
    timed = []
    for ping in sorted(pings, key=lambda p: p.received_at):
        before = memory.get(ping.device_id, NOTHING)
        timed.append(put_right(ping, before.lags))
        memory[ping.device_id] = _noting(ping, before)
    screened = []
    for ping in sorted(timed, key=lambda p: p.at):
        before = memory[ping.device_id]
        ping = _doubt_place(ping, before)
        memory[ping.device_id] = remember(ping, before)
        screened.append(ping)
    return screened, memory


def remember(ping: Ping, before: Previous) -> Previous:
    """Return what to compare the next ping with, after the screened *ping*."""
    here = _place(ping)
    if here is None:
        return before
    run = follow(before.run, ping)
    if Doubt.IMPOSSIBLE_SPEED in ping.doubts:
        return replace(before, doubted=here, run=run)
    if is_news(ping) and (before.believed is None or here.at >= before.believed.at):
        return Previous(believed=here, run=run, lags=before.lags)
    return before if run is before.run else replace(before, run=run)


def place_of(
    position: Position, at: datetime, accuracy_m: float | None, source: str | None
) -> Place:
    """Return a stored position as a place to compare with."""
    known = FixSource.UNKNOWN if source is None else FixSource(source)
    fix = Fix(position=position, accuracy_m=accuracy_m, source=known)
    return Place(position=position, at=at, accuracy_m=grade(fix, MODEL)[1])


def _noting(ping: Ping, before: Previous) -> Previous:
    lags = note(ping, before.lags)
    return before if lags is before.lags else replace(before, lags=lags)


def _doubt_place(ping: Ping, before: Previous) -> Ping:
    if ping.fix is None:
        return ping
    doubts = set(ping.doubts)
    fix = _as_found(ping.fix, doubts)
    if fix is not ping.fix:
        ping = replace(ping, fix=fix)
    here = _place(ping)
    assert here is not None
    if before.believed is not None:
        if here.at < before.believed.at:
            doubts.add(Doubt.OUT_OF_ORDER)
        elif (
            fix.is_current
            and _is_impossible(before.believed, here)
            # Two that agree outvote one: then the earlier place was the wrong one.
            and (before.doubted is None or _is_impossible(before.doubted, here))
        ):
            doubts.add(Doubt.IMPOSSIBLE_SPEED)
    run = follow(before.run, ping)
    if run is not None and run is not before.run and is_frozen(run, ping):
        doubts.add(Doubt.FROZEN_FIX)
        fix = replace(fix, is_current=False)
    return ping if doubts == ping.doubts else replace(ping, fix=fix, doubts=frozenset(doubts))


def _as_found(fix: Fix, doubts: set[Doubt]) -> Fix:
    """Return *fix* with a source that can be true, and name what that source is worth."""
    if fix.source is FixSource.CELL:
        doubts.add(Doubt.CELL_ONLY)
    elif fix.source is FixSource.GNSS and fix.satellites == 0:
        doubts.add(Doubt.NO_SATELLITES)
        worth_m = max(fix.accuracy_m or 0.0, NO_SATELLITES_M)
        return replace(fix, source=FixSource.UNKNOWN, accuracy_m=worth_m)
    return fix


def _place(ping: Ping) -> Place | None:
    if ping.fix is None:
        return None
    accuracy_m = grade(ping.fix, MODEL)[1]
    return Place(position=ping.fix.position, at=ping.at, accuracy_m=accuracy_m)


def _is_impossible(there: Place, here: Place) -> bool:
    seconds = max(abs((here.at - there.at).total_seconds()), 1.0)
    slack_m = 2 * (here.accuracy_m + there.accuracy_m)
    moved_m = distance_m(there.position, here.position)
    return moved_m - slack_m > IMPOSSIBLE_SPEED_M_S * seconds


#: with one of these a position is not what the map shows as the newest
_NOT_FOR_THE_MAP = {
    Doubt.NULL_ISLAND,
    Doubt.STALE_FIX,
    Doubt.IMPOSSIBLE_SPEED,
    Doubt.RETAINED,
    Doubt.FROZEN_FIX,
}


def is_news(ping: Ping) -> bool:
    """Say whether the ping's position may become the band's newest on the map."""
    return ping.fix is not None and ping.fix.is_current and not ping.doubts & _NOT_FOR_THE_MAP
