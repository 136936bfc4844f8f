"""The one place that reads the time. Everything else is handed a `Clock` or a `now`.

Instants are aware `datetime`s in UTC. A test owns a `ManualClock`; a demo runs on a `ScaledClock`,
which is a pure function of the wall clock, so that several processes (and a process that was
killed and started again) agree on what time it is.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

#: People in the service area read and plan in this zone; it has no summer time.
LOCAL_ZONE = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the service's time and how fast it runs beside the wall clock."""

    @property
    def speed(self) -> float:
        """Seconds of service time that pass in one second of wall time."""
        ...

    def now(self) -> datetime:
        """Return the service's instant, aware, in UTC."""
        ...


class SystemClock:
    """The real time, at its real speed."""

    speed = 1.0

    def now(self) -> datetime:
        """Return the wall clock's instant."""
        return datetime.now(UTC)


class ScaledClock:
    """A clock that runs *speed* times faster than the wall, for demos and simulations.

    At wall instant *anchor_wall* it shows *anchor*. Changing the speed re-anchors it, so service
    time never jumps and never runs backwards.
    """

    def __init__(
        self, *, speed: float, anchor: datetime, anchor_wall: datetime | None = None
    ) -> None:
        """Start at *anchor*; ValueError when *speed* is not positive."""
        if not speed > 0:
            raise ValueError(f"a clock's speed must be positive, not {speed!r}")
        #: (speed, service instant, wall instant): one value, so that no thread sees half a change
        self._pace = (speed, anchor, anchor_wall or datetime.now(UTC))

    @property
    def speed(self) -> float:
        """Return how fast it runs beside the wall."""
        return self._pace[0]

    def now(self) -> datetime:
        """Return the scaled instant."""
        speed, anchor, anchor_wall = self._pace
        return anchor + (datetime.now(UTC) - anchor_wall) * speed

    def set_speed(self, speed: float) -> None:
        """Run at *speed* from this moment on."""
        if not speed > 0:
            raise ValueError(f"a clock's speed must be positive, not {speed!r}")
        old_speed, anchor, anchor_wall = self._pace
        wall = datetime.now(UTC)
        self._pace = (speed, anchor + (wall - anchor_wall) * old_speed, wall)


class ManualClock:
    """A clock that stands still until its owner moves it. Tests own one."""

    speed = 1.0

    def __init__(self, start: datetime) -> None:
        """Stand at *start*, which must be aware."""
        self._now = check_aware(start)

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move on by *seconds* (not negative) and return the new instant."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._now += timedelta(seconds=seconds)
        return self._now


def check_aware(instant: datetime) -> datetime:
    """Return *instant* in UTC; ValueError when it carries no time zone."""
    if instant.tzinfo is None:
        raise ValueError(f"instant without a time zone: {instant!r}")
    return instant.astimezone(UTC)


def from_unix(seconds: float) -> datetime:
    """Return the UTC instant *seconds* after 1970; ValueError or OverflowError if out of range."""
    return datetime.fromtimestamp(seconds, UTC)


def monotonic() -> float:
    """Return seconds of a clock that only measures spans: leases, time-outs, benchmarks."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Let *seconds* of wall time pass; for loops at the edges, never for decisions."""
    time.sleep(seconds)
