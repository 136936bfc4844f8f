"""Incidents that people called false alarms, counted; and whose past days should be studied.

The incidents themselves are the ledger: nothing is counted twice, nothing is counted elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from core.accounts import Scope
from core.false_alarms import PastIncident
from core.incidents import EntryKind, IncidentState, Outcome, Trigger
from store import schema
from store.scoping import within
from store.upsert import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarm:
    """One incident that a person called false."""

    incident_id: int
    elder_id: int
    trigger: Trigger
    opened_at: datetime
    closed_at: datetime
    #: who said so: a name, or "" for the console
    said_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """An elder whose past days should be looked at, and when they were last."""

    elder_id: int
    studied_at: datetime | None


def between(
    connection: Connection, begin: datetime, end: datetime, *, scope: Scope, limit: int
) -> list[FalseAlarm]:
    """Return the false alarms closed from *begin* to before *end*, the newest first."""
    incident, elder = schema.incident, schema.elder
    timeline, person = schema.timeline, schema.person
    closing = and_(
        timeline.c.incident_id == incident.c.id, timeline.c.kind == EntryKind.CLOSED.value
    )
    rows = connection.execute(
        select(
            incident.c.id,
            incident.c.elder_id,
            incident.c.trigger,
            incident.c.opened_at,
            incident.c.closed_at,
            person.c.name,
        )
        .join(elder, elder.c.id == incident.c.elder_id)
        .outerjoin(timeline, closing)
        .outerjoin(person, person.c.id == timeline.c.person_id)
        .where(
            incident.c.outcome == Outcome.FALSE_ALARM.value,
            incident.c.closed_at >= begin,
            incident.c.closed_at < end,
            ~elder.c.is_virtual,
            within(scope, elder.c.organisation_id),
        )
        .order_by(incident.c.closed_at.desc(), incident.c.id.desc())
        .limit(limit)
    )
    return [
        FalseAlarm(
            incident_id=row.id,
            elder_id=row.elder_id,
            trigger=Trigger(row.trigger),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            said_by=row.name or "",
        )
        for row in rows
    ]


def counts(
    connection: Connection, begin: datetime, end: datetime, *, scope: Scope
) -> dict[int, int]:
    """Return how many false alarms each elder had from *begin* to before *end*."""
    incident, elder = schema.incident, schema.elder
    rows = connection.execute(
        select(incident.c.elder_id, func.count().label("n"))
        .join(elder, elder.c.id == incident.c.elder_id)
        .where(
            incident.c.outcome == Outcome.FALSE_ALARM.value,
            incident.c.closed_at >= begin,
            incident.c.closed_at < end,
            ~elder.c.is_virtual,
            within(scope, elder.c.organisation_id),
        )
        .group_by(incident.c.elder_id)
    )
    return {row.elder_id: int(row.n) for row in rows}


def past_incidents(
    connection: Connection, elder_id: int, *, since: datetime
) -> tuple[PastIncident, ...]:
    """Return one elder's incidents (no drills) that were open at *since* or later, in order."""
    table = schema.incident
    rows = connection.execute(
        select(table.c.id, table.c.opened_at, table.c.closed_at, table.c.outcome)
        .where(
            table.c.elder_id == elder_id,
            table.c.is_drill.is_(False),
            or_(table.c.state != IncidentState.CLOSED.value, table.c.closed_at >= since),
        )
        .order_by(table.c.id)
    )
    return tuple(
        PastIncident(
            id=row.id,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            outcome=None if row.outcome is None else Outcome(row.outcome),
        )
        for row in rows
    )


def due_for_study(
    connection: Connection, *, since: datetime, month_began: datetime, night: datetime, most: int
) -> Study | None:
    """Return whose past days should be studied now, None when nobody's should.

    Those with a false alarm after *since* that came later than their last study; and those with
    more than *most* since *month_began* who were not studied since last *night*.
    """
    incident, study = schema.incident, schema.zone_study
    newest = func.max(incident.c.closed_at)
    this_month = func.count().filter(incident.c.closed_at >= month_began)
    row = connection.execute(
        select(incident.c.elder_id, study.c.studied_at)
        .join(schema.elder, schema.elder.c.id == incident.c.elder_id)
        .outerjoin(study, study.c.elder_id == incident.c.elder_id)
        .where(
            incident.c.outcome == Outcome.FALSE_ALARM.value,
            incident.c.closed_at >= min(since, month_began),
            ~schema.elder.c.is_virtual,
        )
        .group_by(incident.c.elder_id, study.c.studied_at)
        .having(
            or_(
                and_(
                    newest >= since, or_(study.c.studied_at.is_(None), newest > study.c.studied_at)
                ),
                and_(this_month > most, study.c.studied_at < night),
            )
        )
        .order_by(newest)
        .limit(1)
    ).first()
    return None if row is None else Study(elder_id=row.elder_id, studied_at=row.studied_at)


def begin_study(connection: Connection, study: Study, now: datetime) -> bool:
    """Claim a study at *now*; False when another worker was first."""
    table = schema.zone_study
    claimed: int | None
    if study.studied_at is None:
        statement = insert(connection.dialect.name, table)
        claimed = connection.scalar(
            statement.values(elder_id=study.elder_id, studied_at=now)
            .on_conflict_do_nothing()
            .returning(table.c.elder_id)
        )
    else:
        claimed = connection.scalar(
            table.update()
            .where(table.c.elder_id == study.elder_id, table.c.studied_at == study.studied_at)
            .values(studied_at=now)
            .returning(table.c.elder_id)
        )
    return claimed is not None
