"""A fast clock that waits for a slow machine.

A play at forty times the wall's speed asks much of one process: on a busy machine messages would
be late by minutes of service time, and a story would tell of the machine instead of the service.
So the play looks how far the service is behind its own due times, and lets time run slower until it
has caught up. All figures stay true: the clock knows which wall instant belongs to each of its own.
"""

import bisect
import threading
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.clock import SystemClock
from core.incidents import IncidentState
from core.notifications import NotificationStatus
from store import schema

#: being behind by more than this slows time down, by less than half of it lets it recover;
#: seconds of service time
TOLERATED_S = 6.0
_SLOWER, _FASTER = 0.6, 1.15
#: never slower than this share of the wanted speed
_LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """At wall instant *wall* the clock showed *at* and went on at *speed*."""

    wall: datetime
    at: datetime
    speed: float


class PacedClock:
    """A scaled clock that remembers every change of its speed. Safe to use from many threads."""

    def __init__(self, *, speed: float, anchor: datetime) -> None:
        """Show *anchor* now; ValueError when *speed* is not positive."""
        self._wall = SystemClock()
        self._changing = threading.Lock()
        self._anchors = [_Anchor(wall=self._wall.now(), at=anchor, speed=_checked(speed))]

    @property
    def speed(self) -> float:
        """Seconds of service time in one second of wall time, at present."""
        return self._anchors[-1].speed

    def now(self) -> datetime:
        """Return the service's instant."""
        with self._changing:  # or a thread held up in between would see time run backwards
            last = self._anchors[-1]
            return last.at + (self._wall.now() - last.wall) * last.speed

    def set_speed(self, speed: float) -> None:
        """Run at *speed* from this moment on; time neither jumps nor runs backwards."""
        with self._changing:
            last, wall = self._anchors[-1], self._wall.now()
            at = last.at + (wall - last.wall) * last.speed
            self._anchors.append(_Anchor(wall=wall, at=at, speed=_checked(speed)))

    def wall_s(self, begin: datetime, end: datetime) -> float:
        """Return how many wall seconds passed between two instants this clock showed."""
        return (self._wall_at(end) - self._wall_at(begin)).total_seconds()

    def _wall_at(self, at: datetime) -> datetime:
        number = bisect.bisect_right(self._anchors, at, key=lambda anchor: anchor.at) - 1
        anchor = self._anchors[max(0, number)]
        return anchor.wall + (at - anchor.at) / anchor.speed


class Pace:
    """Keeps a play no faster than the machine can follow."""

    def __init__(self, clock: PacedClock) -> None:
        """The present speed of *clock* is the one wanted."""
        self._clock = clock
        self._wanted = clock.speed

    def adjust(self, behind_s: float) -> None:
        """Slow down when the service is *behind_s* seconds late, speed up when it is not."""
        speed = self._clock.speed
        if behind_s > TOLERATED_S:
            speed = max(self._wanted * _LEAST_SHARE, speed * _SLOWER)
        elif behind_s < TOLERATED_S / 2:
            speed = min(self._wanted, speed * _FASTER)
        if speed != self._clock.speed:
            self._clock.set_speed(speed)


def behind_s(connection: Connection, now: datetime) -> float:
    """Return how late the service is with what is longest due, seconds of service time."""
    incident, message = schema.incident, schema.notification
    attempt, inbox, command = schema.attempt, schema.inbox, schema.command
    row = connection.execute(
        select(
            select(func.min(incident.c.next_action_at))
            .where(incident.c.state != IncidentState.CLOSED.value)
            .scalar_subquery()
            .label("step"),
            select(func.min(message.c.next_try_at))
            .where(message.c.status == NotificationStatus.READY.value)
            .scalar_subquery()
            .label("message"),
            select(func.min(attempt.c.requested_at))
            .where(attempt.c.result.is_(None))
            .scalar_subquery()
            .label("call"),
            select(func.min(inbox.c.received_at))
            .where(inbox.c.processed_at.is_(None))
            .scalar_subquery()
            .label("arrival"),
            select(func.min(func.coalesce(command.c.not_before, command.c.created_at)))
            .where(command.c.state == "queued")
            .scalar_subquery()
            .label("order"),
        )
    ).one()
    late_s = [(now - due).total_seconds() for due in row if due is not None]
    return max(0.0, *late_s) if late_s else 0.0


def _checked(speed: float) -> float:
    if not speed > 0:
        raise ValueError(f"a clock's speed must be positive, not {speed!r}")
    return speed
