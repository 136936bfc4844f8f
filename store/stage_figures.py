"""How much waits at each stage, and for how long: read where all roles leave their traces.

Each query is answered by an index or by the newest rows, so that it may be asked every few seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from core.incidents import IncidentState
from core.notifications import NotificationStatus, Priority
from core.relays import RelayStatus
from store import providers, schema, workers
from store.ask_history import IS_OPEN, newest_attempts

_WAITING = (NotificationStatus.READY.value, NotificationStatus.SENDING.value)
_RELAYS_WAITING = (RelayStatus.WAITING.value, RelayStatus.SENDING.value)
_ARRIVALS = ("receipt", "reply", "keypress", "answer", "order")
_ATTEMPTS_OF = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What should have been done already, by the instant since which the oldest waits."""

    name: str
    kind: str = ""
    status: str = ""
    waiting: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that one scrape tells."""

    stages: tuple[Stage, ...]
    open_incidents: dict[str, int] = field(default_factory=dict)
    #: of the last hour, by provider and result ("unknown": a crash came between)
    attempts: dict[tuple[str, str], int] = field(default_factory=dict)
    #: failures one after another, and whether it rests
    providers: dict[str, tuple[int, bool]] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    beats: dict[str, datetime] = field(default_factory=dict)
    idle_workers: int = 0
    audited_at: datetime | None = None
    heartbeat_at: datetime | None = None


def figures(connection: Connection, now: datetime, *, fresh: timedelta) -> Figures:
    """Return all of it; a worker whose beat is older than *fresh* is not asked what it found."""
    guards = workers.told_by(connection, "guard", now - fresh)
    return Figures(
        stages=tuple(_stages(connection, now, fresh=fresh)),
        open_incidents=_open_incidents(connection),
        attempts=_attempts(connection, now - _ATTEMPTS_OF),
        providers={
            key: (state.failures, state.rests(now))
            for key, state in sorted(providers.states(connection).items())
        },
        findings=_findings(guards),
        beats=workers.last_beats(connection),
        idle_workers=sum(
            "schema_found" in told for told in workers.told_by(connection, "alerts", now - fresh)
        ),
        audited_at=_latest(guards, "audited_at"),
        heartbeat_at=_latest(guards, "heartbeat_at"),
    )


def _stages(connection: Connection, now: datetime, *, fresh: timedelta) -> Iterator[Stage]:
    ingest = workers.told_by(connection, "ingest", now - fresh)
    yield Stage(
        name="ping",
        waiting=sum(int(told.get("waiting", 0)) for told in ingest),
        oldest_at=min((at for t in ingest if (at := _at(t, "oldest_waiting_at"))), default=None),
    )
    incident = schema.incident
    not_paused = or_(incident.c.paused_until.is_(None), incident.c.paused_until <= now)
    due = and_(IS_OPEN, incident.c.next_action_at <= now, not_paused)
    yield _one(connection, "incident", incident.c.next_action_at, due)
    yield from _notifications(connection, now)
    arrival = schema.inbox
    yield from _by(
        connection, "inbox", arrival.c.kind, arrival.c.received_at, arrival.c.processed_at.is_(None)
    )
    for name, table, waiting in (
        ("relay", schema.relay, _RELAYS_WAITING),
        ("notice", schema.notice, _WAITING),
    ):
        is_due = and_(table.c.status.in_(waiting), table.c.next_try_at <= now)
        yield _one(connection, name, table.c.next_try_at, is_due)
    message = schema.notification
    by = message.c.receipt_due_at
    yield _one(connection, "receipt", by, by.is_not(None))


def _one(connection: Connection, name: str, since: Any, waits: Any) -> Stage:
    row = connection.execute(
        select(func.count().label("waiting"), func.min(since).label("oldest_at")).where(waits)
    ).one()
    return Stage(name=name, waiting=row.waiting, oldest_at=row.oldest_at)


def _by(connection: Connection, name: str, kind: Any, since: Any, waits: Any) -> Iterator[Stage]:
    rows = connection.execute(
        select(
            kind.label("kind"), func.count().label("waiting"), func.min(since).label("oldest_at")
        )
        .where(waits)
        .group_by(kind)
    )
    found = {row.kind: row for row in rows}
    for one in sorted({*_ARRIVALS, *found}):
        row = found.get(one)
        if row is None:
            yield Stage(name=name, kind=one)
        else:
            yield Stage(name=name, kind=one, waiting=row.waiting, oldest_at=row.oldest_at)


def _notifications(connection: Connection, now: datetime) -> Iterator[Stage]:
    message = schema.notification
    rows = connection.execute(
        select(
            message.c.priority,
            message.c.status,
            func.count().label("waiting"),
            func.min(message.c.next_try_at).label("oldest_at"),
        )
        .where(message.c.status.in_(_WAITING), message.c.next_try_at <= now)
        .group_by(message.c.priority, message.c.status)
    )
    found = {(row.priority, row.status): row for row in rows}
    for priority in Priority:
        for status in _WAITING:
            row = found.get((int(priority), status))
            yield Stage(
                name="notification",
                kind=priority.name.lower(),
                status=status,
                waiting=0 if row is None else row.waiting,
                oldest_at=None if row is None else row.oldest_at,
            )


def _open_incidents(connection: Connection) -> dict[str, int]:
    """Return how many are open about real people, by state."""
    incident, elder = schema.incident, schema.elder
    rows = connection.execute(
        select(incident.c.state, func.count().label("n"))
        .join(elder, elder.c.id == incident.c.elder_id)
        .where(IS_OPEN, elder.c.is_virtual.is_(False))
        .group_by(incident.c.state)
    )
    found = {row.state: int(row.n) for row in rows}
    return {s.value: found.get(s.value, 0) for s in IncidentState if s is not IncidentState.CLOSED}


def _attempts(connection: Connection, since: datetime) -> dict[tuple[str, str], int]:
    attempt = newest_attempts()
    rows = connection.execute(
        select(attempt.c.provider, attempt.c.result, func.count().label("n"))
        .where(attempt.c.requested_at >= since)
        .group_by(attempt.c.provider, attempt.c.result)
    )
    return {(row.provider, row.result or "unknown"): int(row.n) for row in rows}


def _findings(guards: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for told in guards:
        for rule, rows in told.get("found", {}).items():
            found[rule] = max(found.get(rule, 0), int(rows))
    return found


def _latest(told: list[dict[str, Any]], name: str) -> datetime | None:
    return max((at for one in told if (at := _at(one, name))), default=None)


def _at(told: dict[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(told[name]) if told.get(name) else None
