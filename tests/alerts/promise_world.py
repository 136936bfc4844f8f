"""The real desk, outbox, inbox and ticker on a database, to be thrown about by a machine.

Providers keep their own record of what they were asked and what they took. A worker can die at any
commit: from then on nothing of it reaches the database, until another one begins.
"""

import shutil
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, select

from alerts import inbox
from alerts.auditor import audit
from alerts.budget import Limits
from alerts.channels.sender import Outgoing
from core.clock import ManualClock
from core.incidents import Answer, Incident
from core.notifications import AttemptResult, Finding, Found, SendResult
from core.people import Channel
from store import incidents, schema
from store.database import open_database, reading
from tests.conftest import NOON
from tests.crashes.boundaries import Boundary, Moment, watch
from tests.scenes import (
    AlertsRole,
    RecordingSender,
    Town,
    accepted,
    ambiguous,
    message,
    phone_of,
    report,
    rows,
    take,
    temporary,
)

#: no number's budget
UNBOUNDED = Limits(sms_per_day=0, calls_per_hour=0, calls_per_day=0, call_gap_s=0)
_MOST_LOOKS = 40


class Died(BaseException):
    """The process is gone: nothing catches this."""


class Mode(StrEnum):
    """How a provider does just now."""

    FINE = "fine"
    DOWN = "down"  #: refuses for now
    NOT_HERE = "not_here"  #: refuses, another one may
    TAKES_AND_HANGS = "takes_and_hangs"  #: took it; we cannot know
    HANGS = "hangs"  #: did not take it; we cannot know
    KILLS = "kills"  #: took it, and the sender died before it heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One message that a provider took, so that a phone was reached."""

    at: datetime
    channel: Channel
    to: str
    token: str
    provider_id: str

    @property
    def message_id(self) -> int:
        """Return the logical message that it was a send of."""
        return int(self.token.partition("-")[0])


class Provider(RecordingSender):
    """A provider that writes down itself what it took; its answers follow its mode alone."""

    def __init__(self, clock: ManualClock, channel: Channel) -> None:
        """Be fine."""
        super().__init__(clock, channel)
        self.mode = Mode.FINE
        #: can it be asked what it took?
        self.tells = True
        self.taken: list[Taken] = []
        #: called for each attempt that may have reached a phone
        self.possible: Counter[int] = Counter()
        self._guard = threading.Lock()

    def send(self, message: Outgoing) -> SendResult:
        """Take it, or not."""
        message_id = int(message.token.partition("-")[0])
        with self._guard:
            self.sent_one(message)
            if self.mode in (Mode.DOWN, Mode.NOT_HERE):
                result = AttemptResult.ELSEWHERE
                return (
                    temporary()
                    if self.mode is Mode.DOWN
                    else SendResult(result=result, reason="400/21612")
                )
            self.possible[message_id] += 1
            if self.mode is Mode.HANGS:
                return ambiguous()
            answer = accepted()
            assert answer.provider_id is not None
            self.taken.append(
                Taken(
                    at=self._clock.now(),
                    channel=self._channel,
                    to=message.to,
                    token=message.token,
                    provider_id=answer.provider_id,
                )
            )
        if self.mode is Mode.TAKES_AND_HANGS:
            return ambiguous()
        if self.mode is Mode.KILLS:
            raise Died
        return answer

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Say truly whether it was taken, if it can be asked at all."""
        del requested_at
        if not self.tells:
            return Finding(found=Found.CANNOT_ASK)
        with self._guard:
            mine = [one for one in self.taken if one.token == message.token]
        if not mine:
            return Finding(found=Found.NO)
        return Finding(found=Found.YES, provider_id=mine[0].provider_id)

    def sent_one(self, message: Outgoing) -> None:
        """Write down that it was asked."""
        super().send(message)


class Deaths:
    """Kills whatever works on *engine* at the boundary that is armed."""

    def __init__(self, engine: Engine) -> None:
        """Kill nobody yet."""
        self._armed: tuple[Boundary, Moment] | None = None
        self._is_dead = False
        watch(engine, self._reached)
        event.listen(engine, "begin", self._begins)

    def arm(self, boundary: Boundary, moment: Moment) -> None:
        """Let the next one die that comes there."""
        self._armed = boundary, moment

    def begin_anew(self) -> bool:
        """Let a new process begin; say whether one had died."""
        died, self._is_dead = self._is_dead, False
        self._armed = None
        return died

    def _reached(self, boundary: Boundary, moment: Moment) -> None:
        if self._armed != (boundary, moment):
            return
        self._is_dead = True
        if moment is Moment.BEFORE:
            raise Died

    def _begins(self, _connection: Connection) -> None:
        if self._is_dead:
            raise Died


class Ground:
    """One engine and a file with a household, copied for each example."""

    def __init__(self, template: Path, model: Town) -> None:
        """Copy *template*, in which *model* lives."""
        self._template = template
        self._model = model
        self._path = template.with_name("promise.db")
        self.engine = open_database(f"sqlite:///{self._path}")
        self.deaths = Deaths(self.engine)

    def fresh(self) -> Town:
        """Return the household on a fresh database, at noon."""
        self.throw_away()
        shutil.copyfile(self._template, self._path)
        return Town(self.engine, ManualClock(NOON), like=self._model)

    def throw_away(self) -> None:
        """Remove the database."""
        self.engine.dispose()
        for leftover in self._path.parent.glob(f"{self._path.name}*"):
            leftover.unlink()


class World:
    """A household, its service, two providers on each channel, and everything that may happen."""

    def __init__(self, ground: Ground, *, has_budgets: bool, tells: bool) -> None:
        """Begin on fresh *ground*."""
        self._deaths = ground.deaths
        self._deaths.begin_anew()
        self.town = ground.fresh()
        self.engine, self.clock = self.town.engine, self.town.clock
        self.role = AlertsRole(self.engine, self.clock)
        self.role.hears_receipts = False
        self.limits = Limits() if has_budgets else UNBOUNDED
        self.role.limits = self.limits
        self.providers = {
            channel: Provider(self.clock, channel) for channel in (Channel.SMS, Channel.VOICE)
        }
        for provider in self.providers.values():
            provider.tells = tells
        self.role.sms = self.providers[Channel.SMS]
        self.role.voice = self.providers[Channel.VOICE]
        self.people = (*self.town.household.guardians, *self.town.team.rescuers)
        self.people += self.town.team.operators
        self._keys = 0
        #: what people said by a page, that we thanked for
        self.said: Counter[tuple[int, Answer]] = Counter()

    # -- what happens ------------------------------------------------------------------------------

    def kills(self, boundary: Boundary, moment: Moment) -> None:
        """Let the next process that comes there die."""
        self._deaths.arm(boundary, moment)

    def hears(self, **fields: Any) -> None:
        """Take a band's report; one that was not thanked for is said again."""
        self._keys += 1
        at = self.clock.now()
        said = message("band-1", report(f"r-{self._keys}", at=at, **fields), at=at)
        self._until_thanked(lambda: take(self.engine, said))

    def arrives(self, kind: str, body: dict[str, Any], *, key: str | None = None) -> None:
        """Keep what came; what was not thanked for comes again."""
        self._keys += 1
        event_key = key or f"e-{self._keys}"
        self._until_thanked(lambda: self.town.arrives(kind, body, key=event_key))

    def handles(self) -> None:
        """Let the door that took something handle it at once."""
        self._as_process(lambda: inbox.process_pending(self.engine, self.clock))

    def ticks(self) -> None:
        """Do all that is due; a process that dies is started again."""
        for _ in range(_MOST_LOOKS):
            self._as_process(self._looks_once)
            due_at = self.due_at()
            if due_at is None or due_at > self.clock.now():
                return
        raise AssertionError(f"something stays due for ever at {self.clock.now()}")

    def passes(self, seconds: float) -> None:
        """Let time pass, doing everything when it is due."""
        end = self.clock.now() + timedelta(seconds=seconds)
        self.ticks()
        while (due_at := self.due_at()) is not None and due_at <= end:
            self.clock.advance(max(0.0, (due_at - self.clock.now()).total_seconds()))
            self.ticks()
        self.clock.advance((end - self.clock.now()).total_seconds())

    def _looks_once(self) -> None:
        ticker = self.role.ticker()
        try:
            ticker.tick()
        finally:
            ticker.stop()

    def _until_thanked(self, act: Callable[[], object]) -> None:
        while self._as_process(act):
            pass

    def _as_process(self, act: Callable[[], object]) -> bool:
        """Do it as a process that may die; say whether it did."""
        is_dead = False
        try:
            act()
        except Died:
            is_dead = True
        return self._deaths.begin_anew() or is_dead

    def due_at(self) -> datetime | None:
        """Return when something is due next."""
        return self.role._next_due_at()

    # -- what is true ------------------------------------------------------------------------------

    def incidents(self) -> list[Incident]:
        """Return all incidents."""
        with reading(self.engine) as connection:
            ids = connection.scalars(select(schema.incident.c.id).order_by(schema.incident.c.id))
            return [incidents.load(connection, one) for one in ids.all()]

    def open_one(self) -> Incident | None:
        """Return the incident that is open."""
        found = [one for one in self.incidents() if one.is_open]
        assert len(found) <= 1
        return found[0] if found else None

    def taken(self) -> list[Taken]:
        """Return what providers took, in order."""
        found = [one for provider in self.providers.values() for one in provider.taken]
        return sorted(found, key=lambda one: (one.at, one.token))

    def possible(self) -> Counter[int]:
        """Return how often each logical message may have reached a phone."""
        return sum((provider.possible for provider in self.providers.values()), Counter())

    def purposes(self) -> dict[int, tuple[str, int]]:
        """Return purpose and incident of each logical message."""
        found = rows(self.engine, schema.notification, "id", "purpose", "incident_id")
        return {one: (purpose, incident_id) for one, purpose, incident_id in found}

    def by_number(self) -> dict[tuple[str, Channel], list[datetime]]:
        """Return when each number was reached, by channel."""
        found = defaultdict(list)
        for one in self.taken():
            found[one.to, one.channel].append(one.at)
        return found

    def audit(self) -> list[Any]:
        """Return what the auditor finds."""
        with reading(self.engine) as connection:
            return list(audit(connection, self.clock.now(), patience_s=60, limits=self.role.limits))

    def number_of(self, person: int) -> str:
        """Return a person's number."""
        return phone_of(person)
