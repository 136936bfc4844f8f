"""How often one number may be used, so that carriers do not shut it when it matters. Pure.

Default figures: what Chinese carriers and Aliyun let through to one number (about 10 SMS a day,
calls 1 a minute, 5 an hour, 20 a day); docs/providers.md names the sources.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.people import Channel

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often one number may be used in any 24 h (or hour); 0: as often as needed."""

    sms_per_day: int = 10
    #: of those, kept for the first ask of an incident
    sms_kept: int = 2
    calls_per_hour: int = 5
    calls_per_day: int = 20
    #: least time from one call to the next, seconds of service time
    call_gap_s: float = 55.0
    #: what a drill leaves for what is real
    sms_kept_from_drills: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The number cannot be used now: until *again_at* if it is only too soon, else not today."""

    reason: str
    again_at: datetime | None = None


def spent(
    channel: Channel,
    uses: Sequence[datetime],
    limits: Limits,
    now: datetime,
    *,
    is_first_ask: bool,
    is_drill: bool = False,
) -> Spent | None:
    """Return why a number with these *uses* (of 24 h, in order) must rest, None if it need not."""
    today = [at for at in uses if at > now - DAY]
    if channel is Channel.SMS:
        most = limits.sms_per_day
        if most and not is_first_ask:
            most = max(1, most - limits.sms_kept)
        if most and is_drill:
            most = max(1, most - limits.sms_kept_from_drills)
        return Spent(reason="sms_per_day") if most and len(today) >= most else None
    if channel is not Channel.VOICE or not (limits.calls_per_day or limits.calls_per_hour):
        return None
    if limits.calls_per_day and len(today) >= limits.calls_per_day:
        return Spent(reason="calls_per_day")
    this_hour = [at for at in today if at > now - HOUR]
    if limits.calls_per_hour and len(this_hour) >= limits.calls_per_hour:
        return Spent(reason="calls_per_hour")
    gap = timedelta(seconds=limits.call_gap_s)
    if today and now - today[-1] < gap:
        return Spent(reason="call_gap", again_at=today[-1] + gap)
    return None
