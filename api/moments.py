"""Instants as people read them: how long ago, and the time on the wall in Haining."""

from collections.abc import Callable
from datetime import datetime

from core.clock import LOCAL_ZONE

Gettext = Callable[[str], str]


def clock_time(instant: datetime) -> str:
    """Return the local time of day, 24 hours."""
    return instant.astimezone(LOCAL_ZONE).strftime("%H:%M")


def clock_time_s(instant: datetime) -> str:
    """Return the local time of day with seconds."""
    return instant.astimezone(LOCAL_ZONE).strftime("%H:%M:%S")


def day_and_time(instant: datetime) -> str:
    """Return local date and time of day."""
    return instant.astimezone(LOCAL_ZONE).strftime("%Y-%m-%d %H:%M")


def span(seconds: float, _: Gettext) -> str:
    """Return a length of time in its largest unit."""
    if seconds < 60:
        return _("%(n)d s") % {"n": max(0, int(seconds))}
    if seconds < 3600:
        return _("%(n)d min") % {"n": int(seconds // 60)}
    if seconds < 86_400:
        return _("%(n)d h") % {"n": int(seconds // 3600)}
    return _("%(n)d d") % {"n": int(seconds // 86_400)}


def ago(instant: datetime, now: datetime, _: Gettext) -> str:
    """Return how long before *now* an instant lies."""
    seconds = (now - instant).total_seconds()
    if seconds < 10:
        return _("just now")
    return _("%(span)s ago") % {"span": span(seconds, _)}


def when(instant: datetime, now: datetime, _: Gettext) -> str:
    """Return both: "2 min ago (14:32)"; with the date when it was not today."""
    same_day = instant.astimezone(LOCAL_ZONE).date() == now.astimezone(LOCAL_ZONE).date()
    told = clock_time(instant) if same_day else day_and_time(instant)
    return _("%(ago)s (%(time)s)") % {"ago": ago(instant, now, _), "time": told}


def metres(distance_m: float, _: Gettext) -> str:
    """Return a distance as people say it: 860 m, 3.2 km."""
    if distance_m < 1000:
        rounded = max(10, round(distance_m / 10) * 10) if distance_m >= 1 else 0
        return _("%(n)d m") % {"n": rounded}
    return _("%(n).1f km") % {"n": distance_m / 1000}
