"""Drills as stored: who wanted them, what was sent, and what they gave way to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from core.accounts import Scope
from core.drills import DrillAsk
from core.incidents import IncidentState
from core.notifications import NotificationStatus, Purpose
from core.people import Channel, Role
from store import schema
from store.scoping import within


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillRow:
    """One drill, without what was sent."""

    incident_id: int
    elder_id: int
    elder_name: str
    started_by: str
    opened_at: datetime
    ends_at: datetime | None
    closed_at: datetime | None
    with_rescue: bool
    gave_way_to: int | None


def add(connection: Connection, incident_id: int, *, by: str) -> None:
    """Keep who wanted the drill."""
    connection.execute(schema.drill.insert().values(incident_id=incident_id, started_by=by[:80]))


def gave_way(connection: Connection, drill_id: int, *, to: int) -> None:
    """Keep which real incident ended the drill."""
    table = schema.drill
    connection.execute(table.update().where(table.c.incident_id == drill_id).values(gave_way_to=to))


def newest(
    connection: Connection, *, scope: Scope, elder_id: int | None = None, limit: int = 50
) -> list[DrillRow]:
    """Return the newest drills, of one elder or of all in *scope*."""
    return _rows(connection, scope=scope, elder_id=elder_id, incident_id=None, limit=limit)


def one(connection: Connection, incident_id: int, *, scope: Scope) -> DrillRow | None:
    """Return one drill, None if the incident is none in *scope*."""
    found = _rows(connection, scope=scope, elder_id=None, incident_id=incident_id, limit=1)
    return found[0] if found else None


def last_began_at(connection: Connection, elder_id: int) -> datetime | None:
    """Return when the elder's last drill began, None if there was none."""
    table = schema.incident
    found: datetime | None = connection.scalar(
        select(func.max(table.c.opened_at)).where(
            table.c.elder_id == elder_id, table.c.is_drill.is_(True)
        )
    )
    return found


def ended_near(connection: Connection, elder_id: int, *, before: datetime, near: timedelta) -> bool:
    """Say whether a drill about the elder ended in the time *near* before an instant."""
    table = schema.incident
    found = connection.scalar(
        select(table.c.id)
        .where(
            table.c.elder_id == elder_id,
            table.c.is_drill.is_(True),
            table.c.state == IncidentState.CLOSED.value,
            table.c.closed_at >= before - near,
            table.c.closed_at <= before,
        )
        .limit(1)
    )
    return found is not None


def asks_of(connection: Connection, incident_id: int) -> list[DrillAsk]:
    """Return every ask of a drill in the order in which they were made."""
    message, attempt = schema.notification, schema.attempt
    delivered = (
        select(func.min(attempt.c.receipt_at))
        .where(attempt.c.notification_id == message.c.id, attempt.c.receipt == "delivered")
        .scalar_subquery()
    )
    rows = connection.execute(
        select(message, delivered.label("delivered_at"))
        .where(message.c.incident_id == incident_id, message.c.purpose == Purpose.ASK.value)
        .order_by(message.c.id)
    )
    return [
        DrillAsk(
            person_id=row.person_id,
            role=Role(row.role),
            channel=Channel(row.channel),
            status=NotificationStatus(row.status),
            reason=row.reason or "",
            created_at=row.created_at,
            delivered_at=row.delivered_at,
        )
        for row in rows
    ]


def names_of(connection: Connection, people: Sequence[int]) -> dict[int, str]:
    """Return the names of *people* by id."""
    table = schema.person
    rows = connection.execute(select(table.c.id, table.c.name).where(table.c.id.in_(people)))
    return {row.id: row.name for row in rows}


def _rows(
    connection: Connection,
    *,
    scope: Scope,
    elder_id: int | None,
    incident_id: int | None,
    limit: int,
) -> list[DrillRow]:
    table, drill, elder = schema.incident, schema.drill, schema.elder
    wanted = (
        select(
            table.c.id,
            table.c.elder_id,
            elder.c.name,
            drill.c.started_by,
            table.c.opened_at,
            table.c.drill_ends_at,
            table.c.closed_at,
            table.c.drill_with_rescue,
            drill.c.gave_way_to,
        )
        .join(drill, drill.c.incident_id == table.c.id)
        .join(elder, elder.c.id == table.c.elder_id)
        .where(within(scope, elder.c.organisation_id))
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if elder_id is not None:
        wanted = wanted.where(table.c.elder_id == elder_id)
    if incident_id is not None:
        wanted = wanted.where(table.c.id == incident_id)
    return [
        DrillRow(
            incident_id=row.id,
            elder_id=row.elder_id,
            elder_name=row.name,
            started_by=row.started_by,
            opened_at=row.opened_at,
            ends_at=row.drill_ends_at,
            closed_at=row.closed_at,
            with_rescue=row.drill_with_rescue,
            gave_way_to=row.gave_way_to,
        )
        for row in connection.execute(wanted)
    ]
