"""Guardians, rescuers and operators on duty as operators see them, each in their scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from core.accounts import Scope
from core.contact_points import ContactPoint
from core.errors import NotFound
from core.people import Language, Role
from core.worded import worded
from store import contact_points, schema
from store.canary_cast import ORGANISATION_ID as CANARY
from store.scoping import within


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPerson:
    """Somebody who can be asked, as operators see them."""

    id: int
    role: Role
    name: str
    language: Language
    organisation_id: str | None
    on_duty: bool
    archived_at: datetime | None
    version: int
    points: tuple[ContactPoint, ...]


def person(connection: Connection, person_id: int) -> RegisteredPerson:
    """Return one person; NotFound if there is none."""
    table = schema.person
    row = connection.execute(
        select(table).where(
            table.c.id == person_id,
            table.c.erased_at.is_(None),
            table.c.organisation_id.is_distinct_from(CANARY),
        )
    ).first()
    if row is None:
        raise NotFound(
            worded("There is no person %(id)s among those that you look after.", id=person_id)
        )
    return _people(connection, [row])[0]


def find_by_phone(connection: Connection, phone: str) -> list[RegisteredPerson]:
    """Return who is reached at *phone* (E.164) and has not left, the oldest first."""
    table, point = schema.person, schema.contact_point
    rows = connection.execute(
        select(table)
        .where(
            table.c.id.in_(select(point.c.person_id).where(point.c.value == phone)),
            table.c.archived_at.is_(None),
            table.c.organisation_id.is_distinct_from(CANARY),
        )
        .order_by(table.c.id)
    ).all()
    return _people(connection, rows)


def people(
    connection: Connection,
    scope: Scope,
    *,
    role: Role | None = None,
    organisation_id: str | None = None,
    name: str = "",
    with_archived: bool = False,
    after_id: int = 0,
    limit: int = 100,
) -> list[RegisteredPerson]:
    """Return whom *scope* may see, by id.

    That is who belongs to its organisations, guards one of its elders, or is of a rescue team:
    those go out for everyone.
    """
    table = schema.person
    statement = select(table).where(_visible(scope), table.c.id > after_id)
    if role is not None:
        statement = statement.where(table.c.role == role.value)
    if organisation_id is not None:
        statement = statement.where(table.c.organisation_id == organisation_id)
    if name:
        statement = statement.where(table.c.name.contains(name, autoescape=True))
    if not with_archived:
        statement = statement.where(table.c.archived_at.is_(None))
    rows = connection.execute(statement.order_by(table.c.id).limit(limit)).all()
    return _people(connection, rows)


def check_seen(connection: Connection, person_id: int, scope: Scope) -> None:
    """Raise NotFound unless *scope* may see this person."""
    table = schema.person
    found = connection.scalar(select(table.c.id).where(table.c.id == person_id, _visible(scope)))
    if found is None:
        raise NotFound(
            worded("There is no person %(id)s among those that you look after.", id=person_id)
        )


def check_edited(connection: Connection, person_id: int, scope: Scope) -> None:
    """Raise NotFound unless this person belongs to an organisation in *scope*."""
    table = schema.person
    found = connection.scalar(
        select(table.c.id).where(
            table.c.id == person_id,
            table.c.erased_at.is_(None),
            table.c.organisation_id.is_distinct_from(CANARY),
            within(scope, table.c.organisation_id),
        )
    )
    if found is None:
        raise NotFound(worded("There is no person %(id)s whom you may change.", id=person_id))


def _visible(scope: Scope) -> ColumnElement[bool]:
    table, guardianship = schema.person, schema.guardianship
    ours = [within(scope, table.c.organisation_id)]
    if scope.organisations and not scope.everywhere:
        elder = schema.elder
        # one inside the other, not joined: SQLite would begin with all elders, for every person
        is_ours = select(elder.c.id).where(
            elder.c.id == guardianship.c.elder_id,
            ~elder.c.is_virtual,
            within(scope, elder.c.organisation_id),
        )
        guards = select(guardianship.c.person_id).where(
            guardianship.c.person_id == table.c.id, is_ours.exists()
        )
        ours += [table.c.role == Role.RESCUER.value, guards.exists()]
    return and_(
        table.c.erased_at.is_(None), table.c.organisation_id.is_distinct_from(CANARY), or_(*ours)
    )


def _people(connection: Connection, rows: Sequence[Any]) -> list[RegisteredPerson]:
    points = contact_points.points_of(connection, [row.id for row in rows]) if rows else {}
    return [
        RegisteredPerson(
            id=row.id,
            role=Role(row.role),
            name=row.name,
            language=Language(row.language),
            organisation_id=row.organisation_id,
            on_duty=row.on_duty,
            archived_at=row.archived_at,
            version=row.version,
            points=tuple(points.get(row.id, ())),
        )
        for row in rows
    ]
