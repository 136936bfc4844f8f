"""Play stories: let the bands of a town speak, begin stories, know when they are over.

The stage only knocks on the doors bands and phones have. It reads the database to see how a story
stands, and never writes to it once the town is registered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from core.clock import Clock, monotonic, pause
from core.incidents import IncidentState, Outcome
from core.notifications import NotificationStatus
from simulators.fleet import Broker, Counts, Fleet
from simulators.pacing import Pace, PacedClock, behind_s
from simulators.phones import Phones
from simulators.plots import Story
from simulators.programme import Programme
from simulators.registration import RegisteredTown, register
from store import schema
from store.database import reading

#: how often the database is asked how the stories stand, wall seconds
_LOOK_S = 0.3
#: … and how often within that the pace is looked after
_PACES_A_LOOK = 3
#: so many messages the broker has not taken mean that it cannot follow
_CROWD = 60
#: after the end of its incident a story stays quiet this long, service seconds
_QUIET_S = 45.0
#: the first story begins this long after the bands, each further one a little later; seconds
FIRST_AFTER_S = 5.0
NEXT_AFTER_S = 6.0
#: at the end, wait this long for the last reports to be stored, wall seconds
_DRAIN_S = 5.0


class Standing(StrEnum):
    """How far a performance is."""

    WAITING = "waiting"
    PLAYING = "playing"
    OVER = "over"
    OUT_OF_TIME = "out_of_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """One story being played once."""

    story: Story
    elder_id: int
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How one performance stands: its state, its incident's state, and how far along it is."""

    name: str
    standing: Standing
    incident: IncidentState | None
    #: 0 to 1 of the story's time
    share: float


class Stage:
    """One town, its bands and its phones."""

    def __init__(
        self,
        programme: Programme,
        *,
        engine: Engine,
        clock: Clock,
        phones: Phones,
        broker: Broker,
        topic_prefix: str = "121/v1",
        pace: PacedClock | None = None,
    ) -> None:
        """Nothing is written or connected yet.

        *pace*: the same clock again, where it may wait for a machine that cannot follow. Only for
        a service that lives in this process and reads this very clock.
        """
        self.programme = programme
        self.performances: list[Performance] = []
        self._engine = engine
        self._clock = clock
        self._phones = phones
        self._registered: RegisteredTown | None = None
        self._began_at = clock.now()
        #: every band that speaks
        self.devices = frozenset(elder.device_id for elder in programme.town.elders)
        self._fleet = Fleet((), clock, broker=broker, topic_prefix=topic_prefix)
        self._pace = None if pace is None else Pace(pace)

    @property
    def sent(self) -> Counts:
        """What the bands sent so far."""
        return self._fleet.counts

    def register(self) -> RegisteredTown:
        """Register the town. Do it before the service that is to see it starts."""
        with self._engine.begin() as connection:
            self._registered = register(connection, self.programme.town, self._clock.now())
        return self._registered

    def start(self) -> None:
        """Connect the bands and let them speak."""
        self._began_at = self._clock.now()
        self._phones.name(self.programme.labels())
        self._fleet.start()
        self._fleet.add(self.programme.bands(self._clock.now()))

    def perform(self, story: Story, *, after_s: float = 0.0) -> Performance:
        """Begin *story* after *after_s* seconds of service time."""
        assert self._registered is not None, "register the town first"
        starts_at = self._clock.now() + timedelta(seconds=after_s)
        device_id = story.elder.device_id
        self._phones.learn(story.habits)
        self._fleet.direct(device_id, story.life(starts_at), story.events(starts_at))
        performance = Performance(
            story=story, elder_id=self._registered.elder_ids[device_id], starts_at=starts_at
        )
        self.performances.append(performance)
        return performance

    def perform_all(self) -> None:
        """Begin every story of the programme, a few seconds apart."""
        for n, story in enumerate(self.programme.stories):
            self.perform(story, after_s=FIRST_AFTER_S + NEXT_AFTER_S * n)

    def progress(self, performances: Sequence[Performance] | None = None) -> list[Progress]:
        """Return how the performances stand, all of them unless told which."""
        now = self._clock.now()
        with reading(self._engine) as connection:
            return [
                stand(connection, performance, now)
                for performance in (self.performances if performances is None else performances)
            ]

    def wait(self, on_progress: Callable[[list[Progress]], None] = lambda _: None) -> None:
        """Return when every performance is over or out of time and no suspicion is open."""
        while True:
            progress = self.progress()
            on_progress(progress)
            if all(p.standing in (Standing.OVER, Standing.OUT_OF_TIME) for p in progress):
                break
            self._pause()
        # With the bands silent an open suspicion would soon count as confirmed by silence.
        latest = self._clock.now() + timedelta(seconds=600)
        while self._clock.now() < latest and self._suspicions():
            self._pause()

    def stop(self) -> None:
        """Silence the bands and wait until what they said is stored."""
        self._fleet.stop()
        deadline_s = monotonic() + _DRAIN_S
        while monotonic() < deadline_s and self._stored() < self._fleet.counts.reports:
            pause(0.02)

    def _pause(self) -> None:
        """Let a moment pass; meanwhile see to it that time does not outrun the machine."""
        for _ in range(_PACES_A_LOOK):
            pause(_LOOK_S / _PACES_A_LOOK)
            if self._pace is not None:
                with reading(self._engine) as connection:
                    late_s = behind_s(connection, self._clock.now())
                crowded = self._fleet.waiting > _CROWD
                self._pace.adjust(max(late_s, self._fleet.late_s, 60.0 if crowded else 0.0))

    def is_heard(self) -> bool:
        """Say whether everything the bands sent so far is stored."""
        return self._stored() >= self.sent.reports

    def _stored(self) -> int:
        """Return how many reports of these bands arrived, usable or not."""
        ping, reject = schema.ping, schema.reject
        ours = (ping.c.received_at >= self._began_at) & ping.c.device_id.in_(self.devices)
        with reading(self._engine) as connection:
            stored = connection.scalar(select(func.count()).select_from(ping).where(ours)) or 0
            rejected = connection.scalar(
                select(func.count())
                .select_from(reject)
                .where(reject.c.received_at >= self._began_at)
            )
        return stored + (rejected or 0)

    def _suspicions(self) -> int:
        table = schema.incident
        with reading(self._engine) as connection:
            return (
                connection.scalar(
                    select(func.count())
                    .select_from(table)
                    .where(table.c.state == IncidentState.SUSPECT.value)
                )
                or 0
            )


def stand(connection: Connection, performance: Performance, now: datetime) -> Progress:
    """Return how one performance stands at *now*, from what the database says."""
    story = performance.story
    played_s = (now - performance.starts_at).total_seconds()
    table = schema.incident
    rows = connection.execute(
        select(table.c.id, table.c.state, table.c.outcome, table.c.closed_at)
        .where(table.c.elder_id == performance.elder_id, table.c.opened_at >= performance.starts_at)
        .order_by(table.c.id)
    ).all()
    woke = [
        row
        for row in rows
        if row.state != IncidentState.SUSPECT.value and row.outcome != Outcome.NOT_CONFIRMED.value
    ]
    main = woke[0] if woke else (rows[-1] if rows else None)
    standing = Standing.PLAYING
    if played_s < 0:
        standing = Standing.WAITING
    elif _has_ended(connection, performance, rows, woke, now):
        standing = Standing.OVER
    elif played_s >= story.limit_s:
        standing = Standing.OUT_OF_TIME
    is_done = standing in (Standing.OVER, Standing.OUT_OF_TIME)
    return Progress(
        name=story.name,
        standing=standing,
        incident=None if main is None else IncidentState(main.state),
        share=1.0 if is_done else max(0.0, min(0.99, played_s / story.limit_s)),
    )


def _has_ended(
    connection: Connection,
    performance: Performance,
    rows: Sequence[Any],
    woke: Sequence[Any],
    now: datetime,
) -> bool:
    """Say whether a story is told: played to its end, its incidents closed, all messages out."""
    story = performance.story
    if (now - performance.starts_at).total_seconds() < story.plays_s:
        return False
    if any(row.state != IncidentState.CLOSED.value for row in rows):
        return False
    if story.expected.trigger is None:
        return True
    if not woke or _unsent(connection, woke[0].id):
        return False
    last_closed_at = max(row.closed_at for row in rows)
    return bool((now - last_closed_at).total_seconds() >= _QUIET_S)


def _unsent(connection: Connection, incident_id: int) -> int:
    table = schema.notification
    waiting = (NotificationStatus.READY.value, NotificationStatus.SENDING.value)
    return (
        connection.scalar(
            select(func.count())
            .select_from(table)
            .where(table.c.incident_id == incident_id, table.c.status.in_(waiting))
        )
        or 0
    )
