"""What a volunteer sees of themselves: their elders, what they were asked, how they sign in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from core.canary import ORGANISATION_ID as CANARY
from core.incidents import Answer, IncidentState, Outcome
from core.notifications import Purpose
from core.people import PHONE, Channel, Role
from store import schema

#: nobody was asked yet, or it is over
_NOT_KNOWN = (IncidentState.SUSPECT.value, IncidentState.CLOSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MyElder:
    """An elder that somebody guards, and what goes on about them."""

    id: int
    name: str
    organisation_id: str
    #: open and no drill; None: all is quiet
    incident_id: int | None
    state: IncidentState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MyIncident:
    """An incident about which somebody was asked, and what they said last."""

    id: int
    elder_id: int
    opened_at: datetime
    closed_at: datetime | None
    state: IncidentState
    outcome: Outcome | None
    is_drill: bool
    answer: Answer | None


def elders_of(connection: Connection, person_id: int) -> list[MyElder]:
    """Return whom somebody guards, in order of their numbers."""
    pairing, elder, incident = schema.guardianship, schema.elder, schema.incident
    rows = connection.execute(
        select(
            elder.c.id,
            elder.c.name,
            elder.c.organisation_id,
            incident.c.id.label("incident_id"),
            incident.c.state,
        )
        .join(pairing, pairing.c.elder_id == elder.c.id)
        .outerjoin(
            incident,
            (incident.c.elder_id == elder.c.id)
            & incident.c.state.not_in(_NOT_KNOWN)
            & incident.c.is_drill.is_(False),
        )
        .where(pairing.c.person_id == person_id, ~elder.c.is_virtual, elder.c.archived_at.is_(None))
        .order_by(elder.c.id)
    )
    return [
        MyElder(
            id=row.id,
            name=row.name,
            organisation_id=row.organisation_id,
            incident_id=row.incident_id,
            state=None if row.state is None else IncidentState(row.state),
        )
        for row in rows
    ]


def incidents_of(
    connection: Connection, person_id: int, *, before_id: int | None = None, limit: int = 100
) -> list[MyIncident]:
    """Return what somebody was asked about, the newest first."""
    table, elder = schema.incident, schema.elder
    sent, answer = schema.notification, schema.answer
    asked = (
        select(sent.c.id)
        .where(
            sent.c.incident_id == table.c.id,
            sent.c.person_id == person_id,
            sent.c.purpose.in_((Purpose.ASK.value, Purpose.ALARM.value)),
        )
        .exists()
    )
    said = (
        select(answer.c.answer)
        .where(answer.c.incident_id == table.c.id, answer.c.person_id == person_id)
        .order_by(answer.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(table, said.label("said"))
        .join(elder, elder.c.id == table.c.elder_id)
        .where(asked, ~elder.c.is_virtual)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    return [
        MyIncident(
            id=row.id,
            elder_id=row.elder_id,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            state=IncidentState(row.state),
            outcome=None if row.outcome is None else Outcome(row.outcome),
            is_drill=row.is_drill,
            answer=None if row.said is None else Answer(row.said),
        )
        for row in connection.execute(statement)
    ]


def going_in(connection: Connection, person_id: int) -> list[int]:
    """Return the open incidents, no drills, in which somebody's last word was that they go."""
    return [
        one.id
        for one in incidents_of(connection, person_id, limit=20)
        if one.state is not IncidentState.CLOSED
        and not one.is_drill
        and one.answer is not None
        and one.answer is not Answer.CANNOT
    ]


def was_asked(connection: Connection, incident_id: int, person_id: int) -> bool:
    """Say whether somebody was asked about an incident."""
    sent = schema.notification
    found = connection.scalar(
        select(func.count())
        .select_from(sent)
        .where(
            sent.c.incident_id == incident_id,
            sent.c.person_id == person_id,
            sent.c.purpose.in_((Purpose.ASK.value, Purpose.ALARM.value)),
        )
    )
    return bool(found)


def point_to_sign_in(connection: Connection, number: str) -> tuple[int, int] | None:
    """Return (contact point, person) of the volunteer at phone *number*; None: nobody's.

    SMS before calls; of several volunteers with one phone, who was registered first.
    """
    point, person = schema.contact_point, schema.person
    row = connection.execute(
        select(point.c.id, point.c.person_id)
        .join(person, person.c.id == point.c.person_id)
        .where(
            point.c.value == number,
            point.c.channel.in_([channel.value for channel in PHONE]),
            point.c.disabled_reason.is_(None),
            person.c.role.in_((Role.GUARDIAN.value, Role.RESCUER.value)),
            person.c.archived_at.is_(None),
            person.c.organisation_id.is_distinct_from(CANARY),
        )
        .order_by(case((point.c.channel == Channel.SMS.value, 0), else_=1), point.c.id)
        .limit(1)
    ).first()
    return None if row is None else (row.id, row.person_id)
