"""What is on record of volunteers' service: ended incidents, codes that came back, check-ins."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.credits import SaidInIncident
from core.incidents import EntryKind, TimelineEntry
from core.people import Role
from store import schema
from store.upsert import insert

_VOLUNTEERS = (Role.GUARDIAN.value, Role.RESCUER.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """Somebody was there: in an incident, or just so."""

    person_id: int
    elder_id: int
    incident_id: int | None
    organisation_id: str | None
    at: datetime


def cursor_of(connection: Connection, reader: str) -> int:
    """Return how far *reader* has come, 0 when it has not begun."""
    table = schema.cursor
    found = connection.scalar(select(table.c.position).where(table.c.reader == reader))
    return int(found or 0)


def take_cursor(connection: Connection, reader: str) -> int:
    """Return how far *reader* has come; it is ours until the commit, others wait."""
    table = schema.cursor
    first = insert(connection.dialect.name, table).values(reader=reader, position=0)
    connection.execute(first.on_conflict_do_nothing())
    row = select(table.c.position).where(table.c.reader == reader).with_for_update()
    return int(connection.scalars(row).one())


def move_cursor(connection: Connection, reader: str, position: int) -> None:
    """Remember how far *reader* has come."""
    table = schema.cursor
    connection.execute(table.update().where(table.c.reader == reader).values(position=position))


def ended_after(connection: Connection, cursor: int, *, limit: int) -> list[tuple[int, int]]:
    """Return (cursor, incident id) of the next incidents that ended after *cursor*."""
    table = schema.timeline
    rows = connection.execute(
        select(table.c.cursor, table.c.incident_id)
        .where(table.c.cursor > cursor, table.c.kind == EntryKind.CLOSED.value)
        .order_by(table.c.cursor)
        .limit(limit)
    )
    return [(row.cursor, row.incident_id) for row in rows]


def said_in(connection: Connection, incident_ids: Collection[int]) -> list[SaidInIncident]:
    """Return what was answered in these incidents, and that they ended."""
    incident, elder, timeline = schema.incident, schema.elder, schema.timeline
    entries: defaultdict[int, list[TimelineEntry]] = defaultdict(list)
    rows = connection.execute(
        select(timeline)
        .where(
            timeline.c.incident_id.in_(list(incident_ids)),
            timeline.c.kind.in_((EntryKind.ANSWERED.value, EntryKind.CLOSED.value)),
        )
        .order_by(timeline.c.incident_id, timeline.c.number)
    )
    for row in rows:
        entries[row.incident_id].append(
            TimelineEntry(
                kind=EntryKind(row.kind), at=row.at, person_id=row.person_id, detail=row.detail
            )
        )
    found = connection.execute(
        select(incident.c.id, incident.c.is_drill, elder.c.is_virtual)
        .join(elder, elder.c.id == incident.c.elder_id)
        .where(incident.c.id.in_(list(incident_ids)))
        .order_by(incident.c.id)
    )
    return [
        SaidInIncident(
            incident_id=row.id,
            is_drill=row.is_drill,
            is_virtual=row.is_virtual,
            entries=tuple(entries[row.id]),
        )
        for row in found
    ]


def organisations_in(connection: Connection, said: SaidInIncident) -> dict[int, str | None]:
    """Return whose everybody is who spoke in an incident: their own organisation, else the elder's.

    Where an entry was written already, the organisation that it names.
    """
    people = {entry.person_id for entry in said.entries if entry.person_id is not None}
    person, incident, elder = schema.person, schema.incident, schema.elder
    elders_own = connection.scalar(
        select(elder.c.organisation_id)
        .join(incident, incident.c.elder_id == elder.c.id)
        .where(incident.c.id == said.incident_id)
    )
    rows = connection.execute(
        select(person.c.id, person.c.organisation_id).where(person.c.id.in_(people))
    )
    found = {row.id: row.organisation_id or elders_own for row in rows}
    entry = schema.credit_entry
    written = connection.execute(
        select(entry.c.person_id, entry.c.organisation_id).where(
            entry.c.incident_id == said.incident_id, entry.c.person_id.in_(people)
        )
    )
    return found | {row.person_id: row.organisation_id for row in written}


def proven_since(
    connection: Connection, since: datetime | None
) -> list[tuple[int, str | None, datetime]]:
    """Return (person, organisation, when) of the codes that came back since then, in order.

    A code also ends when the next one is sent to the same number; that proves nothing.
    """
    table, point, person = schema.verification, schema.contact_point, schema.person
    later = schema.verification.alias("later")
    was_replaced = (
        select(later.c.id)
        .where(
            later.c.contact_point_id == table.c.contact_point_id,
            later.c.id > table.c.id,
            later.c.started_at == table.c.ended_at,
        )
        .exists()
    )
    statement = (
        select(person.c.id, person.c.organisation_id, table.c.ended_at)
        .join(point, point.c.id == table.c.contact_point_id)
        .join(person, person.c.id == point.c.person_id)
        .where(table.c.ended_at.is_not(None), table.c.ended_at < table.c.expires_at, ~was_replaced)
        .where(person.c.role.in_(_VOLUNTEERS))
        .order_by(table.c.ended_at, table.c.id)
    )
    if since is not None:
        statement = statement.where(table.c.ended_at >= since)
    return [(row.id, row.organisation_id, row.ended_at) for row in connection.execute(statement)]


def check_ins(connection: Connection) -> list[CheckIn]:
    """Return every check-in, in order."""
    table, person, elder = schema.check_in, schema.person, schema.elder
    rows = connection.execute(
        select(
            table,
            person.c.organisation_id.label("own"),
            elder.c.organisation_id.label("elders"),
        )
        .join(person, person.c.id == table.c.person_id)
        .join(elder, elder.c.id == table.c.elder_id)
        .order_by(table.c.id)
    )
    return [
        CheckIn(
            person_id=row.person_id,
            elder_id=row.elder_id,
            incident_id=row.incident_id,
            organisation_id=row.own or row.elders,
            at=row.at,
        )
        for row in rows
    ]


def add_check_in(
    connection: Connection,
    *,
    person_id: int,
    elder_id: int,
    purpose: str,
    window_no: int,
    incident_id: int | None,
    at: datetime,
) -> bool:
    """Keep that somebody was there; False when this code was used by them before."""
    table = schema.check_in
    statement = insert(connection.dialect.name, table).values(
        person_id=person_id,
        elder_id=elder_id,
        purpose=purpose,
        window_no=window_no,
        incident_id=incident_id,
        at=at,
    )
    added: Any = connection.scalar(statement.on_conflict_do_nothing().returning(table.c.id))
    return added is not None


def gone_incidents(connection: Connection, incident_ids: Collection[int]) -> set[int]:
    """Return those of these incidents that were deleted since."""
    table = schema.incident
    there = connection.scalars(select(table.c.id).where(table.c.id.in_(list(incident_ids))))
    return set(incident_ids) - set(there)
