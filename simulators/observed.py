"""What the database says happened: plain values, read once after the play.

Nothing here knows what was meant to happen.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from core.incidents import EntryKind, IncidentState, Outcome, Trigger
from core.people import Channel
from store import schema

_UNASKED = (IncidentState.SUSPECT.value, IncidentState.CLOSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIncident:
    """One incident as the tables tell it."""

    id: int
    elder_id: int
    trigger: Trigger
    outcome: Outcome | None
    opened_at: datetime
    closed_at: datetime | None
    #: states in order, without repetition
    states: tuple[IncidentState, ...]
    #: when people had to be asked first, None when nobody had to
    asked_at: datetime | None
    #: asking began because nothing contradicted the suspicion, not because of a ping
    by_silence: bool
    #: when the ping that made us ask came in
    ping_received_at: datetime | None
    #: when the provider was first called
    requested_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAttempt:
    """One provider call, with the message it belongs to."""

    #: as it travels in the callback address: "<notification>-<number>"
    token: str
    incident_id: int
    elder_id: int
    number: str
    channel: Channel
    purpose: str
    topic: str
    result: str | None
    provider_id: str | None
    requested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything the report needs from the database."""

    incidents: tuple[SeenIncident, ...]
    attempts: tuple[SeenAttempt, ...]
    pings: int
    rejects: int
    bands: int
    #: notifications by channel, purpose and status; attempts by channel and result
    notifications: dict[str, int]
    attempt_results: dict[str, int]
    inbox: dict[str, int]
    #: the canary's rounds by result, and the numbers it writes to; it is in no other figure
    canary_rounds: dict[str, int]
    canary_numbers: frozenset[str]


def observe(connection: Connection, *, since: datetime, devices: Collection[str]) -> Observed:
    """Read from the tables what happened since *since*; pings of the bands *devices*, or of all."""
    ping, attempts = schema.ping, _attempts(connection, since)
    ours = (ping.c.received_at >= since) & _is_somebody(ping.c.elder_id)
    if devices:
        ours &= ping.c.device_id.in_(list(devices))
    return Observed(
        incidents=_incidents(connection, attempts, since),
        attempts=attempts,
        pings=connection.scalar(select(func.count()).where(ours).select_from(ping)) or 0,
        rejects=connection.scalar(
            select(func.count())
            .select_from(schema.reject)
            .where(schema.reject.c.received_at >= since)
        )
        or 0,
        bands=connection.scalar(select(func.count(ping.c.device_id.distinct())).where(ours)) or 0,
        notifications=_counts(
            connection,
            schema.notification,
            "channel",
            "purpose",
            "status",
            happened=(schema.notification.c.created_at >= since)
            & schema.notification.c.incident_id.in_(
                select(schema.incident.c.id).where(_is_somebody(schema.incident.c.elder_id))
            ),
        ),
        attempt_results=_attempt_results(attempts),
        inbox=_counts(
            connection,
            schema.inbox,
            "source",
            "kind",
            happened=schema.inbox.c.received_at >= since,
        ),
        canary_rounds=_counts(
            connection,
            schema.canary_round,
            "result",
            happened=schema.canary_round.c.ended_at >= since,
        ),
        canary_numbers=_canary_numbers(connection),
    )


def _is_somebody(elder_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say whether a row is not the canary's."""
    virtual = select(schema.elder.c.id).where(schema.elder.c.is_virtual)
    return elder_id.is_(None) | elder_id.not_in(virtual)


def _canary_numbers(connection: Connection) -> frozenset[str]:
    point, guards, elder = schema.contact_point, schema.guardianship, schema.elder
    rows = connection.scalars(
        select(point.c.value)
        .join(guards, guards.c.person_id == point.c.person_id)
        .join(elder, elder.c.id == guards.c.elder_id)
        .where(elder.c.is_virtual)
    )
    return frozenset(rows)


def _attempts(connection: Connection, since: datetime) -> tuple[SeenAttempt, ...]:
    attempt, message, point = schema.attempt, schema.notification, schema.contact_point
    incident = schema.incident
    rows = connection.execute(
        select(
            attempt.c.notification_id,
            attempt.c.number,
            attempt.c.result,
            attempt.c.provider_id,
            attempt.c.requested_at,
            message.c.incident_id,
            message.c.channel,
            message.c.purpose,
            message.c.topic,
            incident.c.elder_id,
            point.c.value,
        )
        .join(message, message.c.id == attempt.c.notification_id)
        .join(incident, incident.c.id == message.c.incident_id)
        .join(
            point,
            (point.c.person_id == message.c.person_id) & (point.c.channel == message.c.channel),
        )
        .where(attempt.c.requested_at >= since, _is_somebody(incident.c.elder_id))
        .order_by(attempt.c.id)
    )
    return tuple(
        SeenAttempt(
            token=f"{row.notification_id}-{row.number}",
            incident_id=row.incident_id,
            elder_id=row.elder_id,
            number=row.value,
            channel=Channel(row.channel),
            purpose=row.purpose,
            topic=row.topic,
            result=row.result,
            provider_id=row.provider_id,
            requested_at=row.requested_at,
        )
        for row in rows
    )


def _incidents(
    connection: Connection, attempts: tuple[SeenAttempt, ...], since: datetime
) -> tuple[SeenIncident, ...]:
    incident, ping = schema.incident, schema.ping
    entries = defaultdict(list)
    for entry in connection.execute(select(schema.timeline).order_by(schema.timeline.c.number)):
        entries[entry.incident_id].append(entry)
    first_requests: dict[int, datetime] = {}
    for attempt in attempts:
        known = first_requests.get(attempt.incident_id, attempt.requested_at)
        first_requests[attempt.incident_id] = min(known, attempt.requested_at)
    rows = connection.execute(
        select(incident, ping.c.received_at.label("ping_received_at"))
        .outerjoin(ping, ping.c.id == incident.c.trigger_ping_id)
        .where(incident.c.opened_at >= since, _is_somebody(incident.c.elder_id))
        .order_by(incident.c.id)
    )
    return tuple(_incident(row, entries[row.id], first_requests.get(row.id)) for row in rows)


def _incident(row: Any, entries: list[Any], requested_at: datetime | None) -> SeenIncident:
    states: list[IncidentState] = []
    asked_at = None
    for entry in entries:
        if not states or states[-1].value != entry.state:
            states.append(IncidentState(entry.state))
        if asked_at is None and entry.state not in _UNASKED:
            asked_at = entry.at
    kinds = {entry.kind for entry in entries}
    return SeenIncident(
        id=row.id,
        elder_id=row.elder_id,
        trigger=Trigger(row.trigger),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        states=tuple(states),
        asked_at=asked_at,
        by_silence=EntryKind.SILENCE_CONFIRMED.value in kinds,
        ping_received_at=row.ping_received_at,
        requested_at=requested_at,
    )


def _counts(
    connection: Connection, table: Table, *names: str, happened: ColumnElement[bool]
) -> dict[str, int]:
    """Return how many rows that *happened* there are of each combination, named `a.b.c`."""
    columns = [table.c[name] for name in names]
    rows = connection.execute(
        select(*columns, func.count()).where(happened).group_by(*columns).order_by(*columns)
    )
    return {".".join(row[:-1]): row[-1] for row in rows}


def _attempt_results(attempts: tuple[SeenAttempt, ...]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for attempt in attempts:
        counts[f"{attempt.channel.value}.{attempt.result or 'unknown'}"] += 1
    return dict(sorted(counts.items()))
