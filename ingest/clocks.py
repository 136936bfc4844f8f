"""Is the band's clock right? Its times put right, and what was wrong with them named. Pure."""

from dataclasses import replace
from datetime import timedelta
from statistics import median

from core.pings import Doubt, Ping

#: a clock ahead of ours by less is a clock that is a little fast; its "now" is our now
MOST_AHEAD = timedelta(minutes=2)
#: older than this on arrival: it was stored on the way, by the band or by the broker
LATE_AFTER = timedelta(minutes=10)
#: a measuring time older than this is a clock that was never set (1970, 2000, 2020-01-01)
OLDEST = timedelta(days=30)
#: the same for a report the band itself calls stored; also 1970 and 2000 are no memories
OLDEST_STORED = timedelta(days=20 * 365)

#: Bands of China tell +08:00 as UTC, or have it taken off twice; +07 and +09 are the neighbours.
ZONES_OFF_H = (8, 7, 9)
#: of these hours a wrong zone's lag is that near, seconds
_NEAR_S = 900
#: the newest live reports that are looked at, and the fewest that prove something
_MOST_LAGS = 10
_FEWEST_LAGS = 3
#: … over at least that span of arrivals, seconds, and so many times what the lags differ by
_LEAST_SPAN_S = 120
_STEADY = 3
#: a lag beyond a day is a clock that was never set, not a zone, seconds
_LARGEST_LAG_S = 26 * 3600

#: how late live reports came, oldest first: (arrival, Unix seconds; lag, seconds). Empty while
#: all were as they should be.
Lags = tuple[tuple[int, int], ...]


def put_right(ping: Ping, lags: Lags) -> Ping:
    """Return *ping* with its time put right; *lags* are those of the reports before it."""
    if ping.measured_at is None:
        return ping if not ping.is_backlog else _with(ping, Doubt.LATE)
    lag = ping.received_at - ping.measured_at
    if _is_off_zone(ping, lag, lags):
        return replace(_with(ping, Doubt.WRONG_ZONE), measured_at=None, is_backlog=False)
    if lag < -MOST_AHEAD:
        ping = replace(_with(ping, Doubt.FUTURE_CLOCK), measured_at=None)
    elif lag < timedelta(0):
        ping = replace(ping, measured_at=ping.received_at)
    elif lag > (OLDEST_STORED if ping.is_backlog else OLDEST):
        ping = replace(_with(ping, Doubt.BAD_CLOCK), measured_at=None)
    elif lag > LATE_AFTER and not ping.is_backlog:
        ping = replace(ping, is_backlog=True)
    return _with(ping, Doubt.LATE) if ping.is_backlog else ping


def note(ping: Ping, lags: Lags) -> Lags:
    """Return the lags to remember after *ping*, as it was sent."""
    if ping.is_backlog or ping.measured_at is None or Doubt.RETAINED in ping.doubts:
        return lags
    lag_s = round((ping.received_at - ping.measured_at).total_seconds())
    if abs(lag_s) > _LARGEST_LAG_S or (not lags and _is_usual(lag_s)):
        return lags
    lags = (*lags, (int(ping.received_at.timestamp()), lag_s))[-_MOST_LAGS:]
    return () if all(_is_usual(lag_s) for _, lag_s in lags) else lags


def zone_off_h(lags: Lags) -> int | None:
    """Return how many hours a band's reports come late as a rule, negative for early; else None.

    A memory that is emptied is late as well, but it arrives faster than it was measured; a clock
    in another zone is late by the same span for as long as one cares to listen.
    """
    if len(lags) < _FEWEST_LAGS:
        return None
    usual_s = median(lag_s for _, lag_s in lags)
    for hours in ZONES_OFF_H:
        off_h = hours if usual_s > 0 else -hours
        near = [lag for lag in lags if abs(lag[1] - off_h * 3600) <= _NEAR_S]
        if abs(usual_s - off_h * 3600) <= _NEAR_S and len(near) >= _FEWEST_LAGS:
            arrivals, lags_s = zip(*near, strict=True)
            span_s = max(arrivals) - min(arrivals)
            differ_s = max(lags_s) - min(lags_s)
            return off_h if span_s >= max(_LEAST_SPAN_S, _STEADY * differ_s) else None
    return None


def _is_off_zone(ping: Ping, lag: timedelta, lags: Lags) -> bool:
    lag_s = lag.total_seconds()
    if ping.is_backlog or _is_usual(lag_s):
        return False
    off_h = zone_off_h(note(ping, lags))
    return off_h is not None and abs(lag_s - off_h * 3600) <= _NEAR_S


def _is_usual(lag_s: float) -> bool:
    return -MOST_AHEAD.total_seconds() <= lag_s <= LATE_AFTER.total_seconds()


def _with(ping: Ping, doubt: Doubt) -> Ping:
    return replace(ping, doubts=ping.doubts | {doubt})
