"""Where incidents are kept. A save names the version it read; who comes second is told so."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, or_, select
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict, NotFound
from core.incidents import (
    Answer,
    GivenAnswer,
    Incident,
    IncidentState,
    Outcome,
    Trigger,
    WatchedBand,
)
from core.notifications import AttemptResult, Purpose
from core.people import Role
from core.policies import Policies, Severity
from store import schema


def insert(connection: Connection, incident: Incident, *, trigger_ping_id: int | None) -> int:
    """Store a new incident and return its id; Conflict when the elder has an open one."""
    table = schema.incident
    try:
        with connection.begin_nested():
            result = connection.execute(
                table.insert()
                .values(**_columns(incident), trigger_ping_id=trigger_ping_id)
                .returning(table.c.id)
            )
            return int(result.scalar_one())
    except IntegrityError as error:
        raise Conflict(f"elder {incident.elder_id} has an open incident already") from error


def save(
    connection: Connection, before: Incident, after: Incident, *, trigger_ping_id: int | None = None
) -> None:
    """Store the next version of *before*; Conflict when somebody changed it since.

    *trigger_ping_id* names the ping that made people be asked, where this move is due to one.
    """
    table = schema.incident
    values = {**_columns(after), "fence": before.fence + 1}
    if trigger_ping_id is not None:
        values["trigger_ping_id"] = trigger_ping_id
    result = connection.execute(
        table.update()
        .where(
            table.c.id == before.id,
            table.c.fence == before.fence,
            table.c.state == before.state.value,
        )
        .values(**values)
    )
    if result.rowcount != 1:
        raise Conflict(f"incident {before.id} was changed by somebody else")


def add_answer(
    connection: Connection, incident_id: int, given: GivenAnswer, *, channel: str
) -> None:
    """Store what a person said; answers are never changed."""
    connection.execute(
        schema.answer.insert().values(
            incident_id=incident_id,
            round=given.round,
            person_id=given.person_id,
            role=given.role.value,
            answer=given.answer.value,
            channel=channel,
            at=given.at,
        )
    )


def load(connection: Connection, incident_id: int) -> Incident:
    """Return one incident with its answers and everyone who was woken; NotFound if none."""
    found = load_all(connection, [incident_id])
    if not found:
        raise NotFound(f"there is no incident {incident_id}")
    return found[incident_id]


def load_all(connection: Connection, incident_ids: Iterable[int]) -> dict[int, Incident]:
    """Return those of these incidents that there are, by id; three queries for all of them."""
    table = schema.incident
    rows = connection.execute(select(table).where(table.c.id.in_(list(incident_ids)))).all()
    return {one.id: one for one in _incidents(connection, rows)}


def take(connection: Connection, incident_id: int) -> bool:
    """Say whether no other worker has the incident in its hands; it is ours until the commit."""
    if connection.dialect.name != "postgresql":
        return True  # SQLite has one writer
    table = schema.incident
    row = select(table.c.id).where(table.c.id == incident_id).with_for_update(skip_locked=True)
    return connection.scalar(row) is not None


def fence_of(connection: Connection, incident_id: int) -> int | None:
    """Return the number of changes so far: cheaper than to load the incident again."""
    table = schema.incident
    return connection.scalar(select(table.c.fence).where(table.c.id == incident_id))


def state_of(connection: Connection, incident_id: int) -> IncidentState:
    """Return where people stand: cheaper than to load the incident."""
    table = schema.incident
    state = connection.scalars(select(table.c.state).where(table.c.id == incident_id)).one()
    return IncidentState(state)


def open_of(connection: Connection, elder_id: int) -> Incident | None:
    """Return the elder's open incident, None when all is quiet."""
    table = schema.incident
    row = connection.execute(
        select(table).where(
            table.c.elder_id == elder_id, table.c.state != IncidentState.CLOSED.value
        )
    ).first()
    return None if row is None else _incidents(connection, [row])[0]


def with_open_one(connection: Connection, elder_ids: Iterable[int]) -> set[int]:
    """Return those of these elders who have an open incident; a drill is none."""
    table = schema.incident
    return set(
        connection.scalars(
            select(table.c.elder_id).where(
                table.c.elder_id.in_(list(elder_ids)),
                table.c.state != IncidentState.CLOSED.value,
                table.c.is_drill.is_(False),
            )
        )
    )


def watched_bands(connection: Connection, *, elder_id: int | None = None) -> list[WatchedBand]:
    """Return the bands of elders with an open incident (no drill), optionally of one elder."""
    table, band, latest = schema.incident, schema.band, schema.latest
    statement = (
        select(
            band.c.device_id,
            band.c.elder_id,
            latest.c.battery_pct,
            latest.c.charging,
            latest.c.heard_at,
        )
        .select_from(table)
        .join(band, band.c.elder_id == table.c.elder_id)
        .outerjoin(latest, latest.c.device_id == band.c.device_id)
        .where(table.c.state != IncidentState.CLOSED.value, table.c.is_drill.is_(False))
        .order_by(band.c.device_id)
    )
    if elder_id is not None:
        statement = statement.where(table.c.elder_id == elder_id)
    return [WatchedBand(**row._mapping) for row in connection.execute(statement)]


def due(connection: Connection, now: datetime, limit: int = 100) -> list[int]:
    """Return the ids of incidents whose next look is due, the longest overdue first."""
    table = schema.incident
    return list(
        connection.scalars(
            select(table.c.id)
            .where(
                table.c.next_action_at <= now,
                or_(table.c.paused_until.is_(None), table.c.paused_until <= now),
            )
            .order_by(table.c.next_action_at)
            .limit(limit)
        )
    )


def asked_of(connection: Connection, person_ids: Iterable[int]) -> list[int]:
    """Return incidents these people were asked about: open ones first, newest ask first."""
    table, sent = schema.incident, schema.notification
    rows = connection.execute(
        select(table.c.id)
        .join(sent, sent.c.incident_id == table.c.id)
        .where(
            sent.c.person_id.in_(list(person_ids)),
            sent.c.purpose.in_((Purpose.ASK.value, Purpose.ALARM.value)),
        )
        .order_by(
            case((table.c.state == IncidentState.CLOSED.value, 1), else_=0),
            sent.c.created_at.desc(),
            sent.c.id.desc(),
        )
    )
    return list(dict.fromkeys(row.id for row in rows))


def _incidents(connection: Connection, rows: Sequence[Any]) -> list[Incident]:
    ids, table = [row.id for row in rows], schema.answer
    given: dict[int, list[Any]] = defaultdict(list)
    for answer in connection.execute(
        select(table).where(table.c.incident_id.in_(ids)).order_by(table.c.id)
    ):
        given[answer.incident_id].append(answer)
    results = _asks(connection, ids)
    return [_incident(row, given[row.id], results[row.id]) for row in rows]


def _incident(row: Any, answers: list[Any], asks: list[tuple[int, str | None]]) -> Incident:
    woken = frozenset(person_id for person_id, _result in asks)
    return Incident(
        id=row.id,
        elder_id=row.elder_id,
        trigger=Trigger(row.trigger),
        severity=Severity(row.severity),
        state=IncidentState(row.state),
        policies=Policies.from_json(row.policy),
        opened_at=row.opened_at,
        stage_at=row.stage_at,
        step=row.step,
        round=row.round,
        next_action_at=row.next_action_at,
        fence=row.fence,
        answers=tuple(
            GivenAnswer(
                person_id=a.person_id,
                role=Role(a.role),
                answer=Answer(a.answer),
                round=a.round,
                at=a.at,
            )
            for a in answers
        ),
        woken=woken,
        under_way=woken - {person_id for person_id, result in asks if result is not None},
        suspicions=frozenset(Trigger(name) for name in row.suspicions),
        rescue_round=row.rescue_round,
        reminded=row.reminded,
        seemed_back_at=row.seemed_back_at,
        closed_at=row.closed_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        is_drill=row.is_drill,
        drill_ends_at=row.drill_ends_at,
        drill_with_rescue=row.drill_with_rescue,
        paused_until=row.paused_until,
    )


def _asks(connection: Connection, ids: list[int]) -> dict[int, list[tuple[int, str | None]]]:
    """Return by incident to whom asks went out or may have, with the result; None: under way."""
    sent, attempt = schema.notification, schema.attempt
    rows = connection.execute(
        select(sent.c.incident_id, sent.c.person_id, attempt.c.result)
        .join(attempt, attempt.c.notification_id == sent.c.id)
        .where(
            sent.c.incident_id.in_(ids),
            sent.c.purpose.in_((Purpose.ASK.value, Purpose.ALARM.value)),
            or_(
                attempt.c.result.is_(None),
                attempt.c.result.in_((AttemptResult.ACCEPTED.value, AttemptResult.AMBIGUOUS.value)),
            ),
        )
        .distinct()
    )
    asks: dict[int, list[tuple[int, str | None]]] = defaultdict(list)
    for row in rows:
        asks[row.incident_id].append((row.person_id, row.result))
    return asks


def _columns(incident: Incident) -> dict[str, Any]:
    return {
        "elder_id": incident.elder_id,
        "trigger": incident.trigger.value,
        "severity": int(incident.severity),
        "state": incident.state.value,
        "policy": incident.policies.to_json(),
        "opened_at": incident.opened_at,
        "stage_at": incident.stage_at,
        "step": incident.step,
        "round": incident.round,
        "next_action_at": incident.next_action_at,
        "fence": incident.fence,
        "suspicions": sorted(incident.suspicions),
        "rescue_round": incident.rescue_round,
        "reminded": incident.reminded,
        "seemed_back_at": incident.seemed_back_at,
        "closed_at": incident.closed_at,
        "outcome": None if incident.outcome is None else incident.outcome.value,
        "is_drill": incident.is_drill,
        "drill_ends_at": incident.drill_ends_at,
        "drill_with_rescue": incident.drill_with_rescue,
        "paused_until": incident.paused_until,
    }
