"""Small builders: a household, the team on duty, what a band says, the alerts role.

Everything goes through the doors the service itself uses; nothing here knows more than they do.
"""

import itertools
import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, case, func, select

from alerts import inbox
from alerts.budget import Limits
from alerts.channels.sender import Outgoing
from alerts.outbox import Outbox
from alerts.ticker import Ticker
from core.clock import ManualClock
from core.incidents import EntryKind, Incident
from core.notifications import AttemptResult, Finding, Found, NotificationStatus, SendResult
from core.people import PHONE, Channel, Language, Role
from core.places import Position
from core.zones import Circle, ZoneKind
from ingest.messages import Message
from ingest.pipeline import Batch, process
from store import incidents, registry, schema
from store.database import reading
from store.zones import add_zone
from tests.servers import until

#: a lane in Haining
HOME = Position(120.68945, 30.52811)
#: around the home of an ordinary scene, metres
RADIUS_M = 200.0
PREFIX = "121/v1"
SECRET = b"a secret of tests, long enough to be one"


# -- who is there --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One elder with a band, a safe circle around home and two guardians."""

    elder_id: int
    device_id: str
    home: Position
    guardians: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who is on duty for everyone."""

    rescuers: tuple[int, ...]
    operators: tuple[int, ...]


def phone_of(person_id: int) -> str:
    """Return the number that people of these scenes have."""
    return f"+86138{person_id:08d}"


def register_person(
    connection: Connection,
    role: Role,
    name: str,
    *,
    channels: Iterable[Channel] = PHONE,
    language: Language = Language.CHINESE,
    on_duty: bool = True,
) -> int:
    """Register somebody whose number is `phone_of` their id, on each of *channels*."""
    person_id = registry.add_person(
        connection, role=role, name=name, contacts={}, language=language, on_duty=on_duty
    )
    points = [
        {"person_id": person_id, "channel": channel.value, "value": phone_of(person_id)}
        for channel in channels
    ]
    if points:
        connection.execute(schema.contact_point.insert(), points)
    return person_id


def register_household(
    connection: Connection,
    device_id: str = "band-1",
    *,
    now: datetime,
    home: Position = HOME,
    radius_m: float = RADIUS_M,
    interval_s: int = 300,
    removal_matters: bool = True,
    guardian_channels: Iterable[Channel] = PHONE,
) -> Household:
    """Register an elder, the band *device_id*, two guardians and a safe circle around *home*."""
    registry.add_organisation(
        connection, "maqiao", kind="street", name_zh="马桥街道", name_en="Maqiao"
    )
    elder_id = registry.add_elder(
        connection,
        organisation_id="maqiao",
        name="王秀英",
        birth_year=1944,
        sex="f",
        removal_matters=removal_matters,
    )
    registry.add_band(
        connection, device_id, elder_id=elder_id, now=now, expected_interval_s=interval_s
    )
    channels = tuple(guardian_channels)
    guardians = tuple(
        register_person(connection, Role.GUARDIAN, name, channels=channels)
        for name in ("陈志强", "沈丽华")
    )
    for position, person_id in enumerate(guardians, start=1):
        registry.pair_guardian(connection, elder_id, position, person_id)
    add_zone(
        connection,
        elder_id=elder_id,
        kind=ZoneKind.SAFE,
        name="家",
        shape=Circle(home, radius_m),
    )
    return Household(elder_id=elder_id, device_id=device_id, home=home, guardians=guardians)


def register_team(connection: Connection, *, rescuers: int = 2, operators: int = 1) -> Team:
    """Register the rescue team and the operators on duty."""
    return Team(
        rescuers=tuple(
            register_person(connection, Role.RESCUER, f"队员{n}") for n in range(1, rescuers + 1)
        ),
        operators=tuple(
            register_person(connection, Role.OPERATOR, f"管理员{n}")
            for n in range(1, operators + 1)
        ),
    )


# -- what a band says ----------------------------------------------------------------------------


def report(
    report_id: str | None,
    *,
    at: datetime,
    position: Position | None = None,
    accuracy_m: float = 8,
    **more: Any,
) -> dict[str, Any]:
    """Return a native report as a JSON-ready object; *more* adds or replaces fields."""
    said: dict[str, Any] = {"v": 1, "id": report_id, "t": at.timestamp(), "why": "timer"}
    if position is not None:
        said["fix"] = {
            "src": "gnss",
            "lon": position.lon,
            "lat": position.lat,
            "acc_m": accuracy_m,
        }
    return said | more


def message(
    device_id: str,
    said: object,
    *,
    at: datetime,
    kind: str = "report",
    prefix: str = PREFIX,
    retained: bool = False,
) -> Message:
    """Return *said* (bytes, or an object for JSON) as the broker would give it at *at*."""
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Message(
        topic=f"{prefix}/up/{device_id}/{kind}",
        payload=payload,
        received_at=at,
        retained=retained,
    )


def take(engine: Engine, *messages: Message, now: datetime | None = None) -> Batch:
    """Take *messages* through the pipeline as one batch and commit it."""
    with engine.begin() as connection:
        at = now or max(message.received_at for message in messages)
        return process(connection, messages, prefix=PREFIX, now=at)


# -- the alerts role -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One physical call that a `RecordingSender` was asked to make."""

    at: datetime
    channel: Channel
    message: Outgoing


class RecordingSender:
    """A sender that reaches nobody: it writes down what it was given and answers as scripted.

    Each call takes the next scripted result; an exception in the script is raised, which is how a
    sender dies. With the script used up, everything is accepted.
    """

    provider = "recording"

    def __init__(
        self,
        clock: ManualClock,
        channel: Channel,
        script: Iterable[SendResult | BaseException] = (),
    ) -> None:
        """Stand for *channel*, at the time of *clock*."""
        self._clock = clock
        self._channel = channel
        self._lock = threading.Lock()
        self.script = list(script)
        self.sent: list[Sent] = []
        self.findings: dict[str, Finding] = {}

    def send(self, message: Outgoing) -> SendResult:
        """Write the message down and return what the script says."""
        with self._lock:
            self.sent.append(Sent(at=self._clock.now(), channel=self._channel, message=message))
            answer = self.script.pop(0) if self.script else accepted()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Return what was set in `findings` for the message's token, or that it cannot be asked."""
        del requested_at
        return self.findings.get(message.token, Finding(found=Found.CANNOT_ASK))


_provider_ids = itertools.count(1)


def accepted() -> SendResult:
    """Return "the provider took it", with an id of its own."""
    return SendResult(result=AttemptResult.ACCEPTED, provider_id=f"SM{next(_provider_ids)}")


def temporary(reason: str = "429/20429", retry_after_s: float | None = None) -> SendResult:
    """Return a refusal that another try can mend."""
    return SendResult(result=AttemptResult.TEMPORARY, reason=reason, retry_after_s=retry_after_s)


def permanent(reason: str = "400/21211") -> SendResult:
    """Return a refusal for good: this number does not exist."""
    return SendResult(result=AttemptResult.PERMANENT, reason=reason)


def ambiguous(reason: str = "timeout") -> SendResult:
    """Return "it may or may not have gone out"."""
    return SendResult(result=AttemptResult.AMBIGUOUS, reason=reason)


class AlertsRole:
    """The alerts role on a clock that the test moves.

    Every tick is a worker that starts, does all that is due, and ends: whatever a story needs
    remembered must be in the database.
    """

    def __init__(
        self,
        engine: Engine,
        clock: ManualClock,
        *,
        sms: Iterable[SendResult | BaseException] = (),
        voice: Iterable[SendResult | BaseException] = (),
        answer_url: str = "",
    ) -> None:
        """Send through recording senders with these scripts."""
        self.engine = engine
        self.clock = clock
        self.began_at = clock.now()
        self.sms = RecordingSender(clock, Channel.SMS, sms)
        self.voice = RecordingSender(clock, Channel.VOICE, voice)
        self._answer_url = answer_url
        #: does the provider ever say what became of a message?
        self.hears_receipts = True
        #: providers that come after the first
        self.more: Mapping[Channel, Sequence[RecordingSender]] = {}
        #: no number's budget, unless a test says so
        self.limits = Limits(sms_per_day=0, calls_per_hour=0, calls_per_day=0, call_gap_s=0)

    @property
    def senders(self) -> Mapping[Channel, RecordingSender]:
        """Return the senders by channel."""
        return {Channel.SMS: self.sms, Channel.VOICE: self.voice}

    def outbox(self) -> Outbox:
        """Return an outbox of a worker that has just started."""
        return Outbox(
            self.engine,
            self.clock,
            {
                channel: [sender, *self.more.get(channel, ())]
                for channel, sender in self.senders.items()
            },
            secret=SECRET,
            answer_url=self._answer_url,
            limits=self.limits,
        )

    def deliver(self) -> int:
        """Send what is due, wait until every call is recorded; return how many were taken up."""
        outbox = self.outbox()
        taken = outbox.deliver_due()
        outbox.finish()
        return taken

    def ticker(self) -> Ticker:
        """Return the ticker of a worker that has just started."""
        return Ticker(self.engine, self.clock, self.outbox(), tick_s=0.01, worker="worker-of-tests")

    def tick(self) -> None:
        """Do everything that is due at this instant."""
        for _ in range(20):
            ticker = self.ticker()
            ticker.tick()
            ticker.stop()
            if self.hears_receipts:
                self._hear_receipts()
            if not self._is_due():
                return
        raise AssertionError(f"something stays due for ever at {self.clock.now()}")

    def pass_time(self, seconds: float) -> None:
        """Let *seconds* pass, doing everything at the instant at which it is due."""
        end = self.clock.now() + timedelta(seconds=seconds)
        self.tick()
        while (due_at := self._next_due_at()) is not None and due_at <= end:
            self.clock.advance((due_at - self.clock.now()).total_seconds())
            self.tick()
        self.clock.advance((end - self.clock.now()).total_seconds())

    @property
    def sent(self) -> list[Sent]:
        """Return every call made, in order of time."""
        return sorted([*self.sms.sent, *self.voice.sent], key=lambda sent: sent.at)

    def sent_at_least(self, number: int) -> None:
        """Wait until that many calls were made by a ticker that runs by itself."""
        until(lambda: len(self.sent) >= number, f"{number} calls are made")

    def told(self, since_s: float = 0.0) -> list[tuple[int, int, str]]:
        """Return (seconds since the beginning, person, channel) of every call, sorted."""
        return sorted(
            (round(seconds), int(sent.message.to.removeprefix("+86138")), sent.channel.value)
            for sent in self.sent
            if (seconds := (sent.at - self.began_at).total_seconds()) >= since_s
        )

    def _hear_receipts(self) -> None:
        """Have the provider say something of all it took; what it says changes nothing here."""
        table = schema.notification
        with self.engine.begin() as connection:
            connection.execute(table.update().values(receipt_due_at=None))

    def _is_due(self) -> bool:
        due_at = self._next_due_at()
        return due_at is not None and due_at <= self.clock.now()

    def _next_due_at(self) -> datetime | None:
        incident, waiting = schema.incident, schema.notification
        with reading(self.engine) as connection:
            instants = (
                connection.scalar(
                    select(
                        func.min(
                            case(
                                (
                                    incident.c.paused_until > incident.c.next_action_at,
                                    incident.c.paused_until,
                                ),
                                else_=incident.c.next_action_at,
                            )
                        )
                    )
                ),
                connection.scalar(select(func.min(waiting.c.receipt_due_at))),
                connection.scalar(
                    select(func.min(waiting.c.next_try_at)).where(
                        waiting.c.status == NotificationStatus.READY.value
                    )
                ),
                connection.scalar(
                    select(func.min(waiting.c.lease_until)).where(
                        waiting.c.status == NotificationStatus.SENDING.value
                    )
                ),
            )
        return min((instant for instant in instants if instant is not None), default=None)


#: for tests of what a database does: their town is tried on each kind of it
on_both_databases = pytest.mark.parametrize("town", ["sqlite", "postgresql"], indirect=True)


# -- all of it together --------------------------------------------------------------------------


class Town:
    """A database with one household and the team on duty, and a clock that the test moves."""

    household: Household
    team: Team

    def __init__(self, engine: Engine, clock: ManualClock, *, like: "Town | None" = None) -> None:
        """Register everyone at the clock's time; not if the database is a copy of *like*'s."""
        self.engine = engine
        self.clock = clock
        if like is not None:
            self.household, self.team = like.household, like.team
            return
        with engine.begin() as connection:
            self.household = register_household(connection, now=clock.now())
            self.team = register_team(connection)

    def hears(self, report_id: str, *, device_id: str = "band-1", **fields: Any) -> Batch:
        """Take one report of *device_id*, sent and measured now."""
        at = self.clock.now()
        return take(self.engine, message(device_id, report(report_id, at=at, **fields), at=at))

    def sos(self, report_id: str = "sos-1", *, device_id: str = "band-1") -> int:
        """Press the SOS key; return the incident that this is about."""
        batch = self.hears(report_id, device_id=device_id, alarms=["sos"], why="alarm")
        (incident_id,) = batch.incidents
        return incident_id

    def wanders_off(self) -> int:
        """Be at home, then twice far outside; return the incident, which asks since now."""
        self.hears("walk-0", position=self.household.home)
        for number in (1, 2):
            self.clock.advance(60)
            far = self.household.home.moved(east_m=500.0 + 100 * number)
            batch = self.hears(f"walk-{number}", position=far)
        (incident_id,) = batch.incidents
        return incident_id

    def arrives(self, kind: str, body: Mapping[str, Any], *, key: str | None = None) -> bool:
        """Keep what came back, unhandled; False when it was kept before."""
        with self.engine.begin() as connection:
            return inbox.keep(
                connection,
                source="tests",
                event_key=key or f"event-{next(_event_keys)}",
                kind=kind,
                body=dict(body),
                now=self.clock.now(),
            )

    def handles_arrivals(self) -> None:
        """Handle everything that was kept: people's answers, then receipts."""
        inbox.process_pending(self.engine, self.clock)
        inbox.process_receipts(self.engine, self.clock)

    def texts(self, person_id: int, text: str, *, key: str | None = None) -> None:
        """Have a person's SMS arrive and be handled."""
        self.arrives("reply", {"from": phone_of(person_id), "text": text}, key=key)
        self.handles_arrivals()

    def incident(self, incident_id: int) -> Incident:
        """Return an incident as stored."""
        with reading(self.engine) as connection:
            return incidents.load(connection, incident_id)

    def timeline(self, incident_id: int) -> list[EntryKind]:
        """Return what happened to an incident, in order."""
        kinds = rows(self.engine, schema.timeline, "kind", incident_id=incident_id)
        return [EntryKind(kind) for kind in kinds]


_event_keys = itertools.count(1)


# -- what the database holds ---------------------------------------------------------------------


def rows(engine: Engine, table: Any, *columns: str, **where: Any) -> list[Any]:
    """Return rows of *table* in order of their key, as tuples of *columns* (or one bare column)."""
    chosen = [table.c[name] for name in columns] or [table]
    statement = select(*chosen).order_by(*table.primary_key.columns)
    for name, value in where.items():
        statement = statement.where(table.c[name] == value)
    with reading(engine) as connection:
        found = connection.execute(statement).all()
    return [row[0] if len(columns) == 1 else tuple(row) for row in found]
