"""Doubt has a name: compare a ping with our clock and with what the band said before. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.pings import Doubt, Ping
from core.places import Position, distance_m

#: a clock ahead of ours by less is a clock that is a little fast; its "now" is our now
MOST_AHEAD = timedelta(minutes=2)
#: older than this on arrival: it was stored on the way, by the band or by the broker
LATE_AFTER = timedelta(minutes=10)
#: a measuring time older than this is a clock that was never set (1970, 2000, 2020-01-01)
OLDEST = timedelta(days=30)
#: the same for a report the band itself calls stored; also 1970 and 2000 are no memories
OLDEST_STORED = timedelta(days=20 * 365)
#: faster than any train here, metres per second; slack for two honest discs is added
IMPOSSIBLE_SPEED_M_S = 70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position the band reported."""

    position: Position
    at: datetime
    accuracy_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """What the band said before: its newest believed place, and a jump we did not believe."""

    believed: Place | None = None
    doubted: Place | None = None


def screen(ping: Ping, *, previous: Mapping[str, Previous]) -> Ping:
    """Return *ping* with its doubts named and its times put right."""
    doubts = set(ping.doubts)
    measured_at, is_backlog = ping.measured_at, ping.is_backlog
    if measured_at is not None:
        lag = ping.received_at - measured_at
        if lag < -MOST_AHEAD:
            doubts.add(Doubt.FUTURE_CLOCK)
            measured_at = None
        elif lag < timedelta(0):
            measured_at = ping.received_at
        elif lag > (OLDEST_STORED if is_backlog else OLDEST):
            doubts.add(Doubt.BAD_CLOCK)
            measured_at = None
        elif lag > LATE_AFTER:
            is_backlog = True
    if is_backlog:
        doubts.add(Doubt.LATE)
    here = _place(ping, measured_at or ping.received_at)
    before = previous.get(ping.device_id, Previous())
    if (
        here is not None
        and before.believed is not None
        and here.at >= before.believed.at
        and _is_impossible(before.believed, here)
        # Two that agree outvote one: then the earlier place was the wrong one.
        and (before.doubted is None or _is_impossible(before.doubted, here))
    ):
        doubts.add(Doubt.IMPOSSIBLE_SPEED)
    return replace(ping, measured_at=measured_at, is_backlog=is_backlog, doubts=frozenset(doubts))


def remember(ping: Ping, before: Previous) -> Previous:
    """Return what to compare the next ping with, after the screened *ping*."""
    here = _place(ping, ping.at)
    if here is None:
        return before
    if Doubt.IMPOSSIBLE_SPEED in ping.doubts:
        return replace(before, doubted=here)
    if is_news(ping) and (before.believed is None or here.at >= before.believed.at):
        return Previous(believed=here)
    return before


def _place(ping: Ping, at: datetime) -> Place | None:
    if ping.fix is None:
        return None
    return Place(position=ping.fix.position, at=at, accuracy_m=ping.fix.accuracy_m or 0.0)


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
