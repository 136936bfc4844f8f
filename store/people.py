"""Who is meant, when somebody writes a person's number or name."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from core.accounts import Scope
from core.errors import NotFound, Refused
from core.people import Person
from store import schema
from store.registry import person_of
from store.scoping import person_ids

_MOST_LISTED = 10
_MOST_DIGITS = 15


def find_person(connection: Connection, written: str, *, scope: Scope) -> int:
    """Return the id of the person with this number or exactly this name.

    NotFound when there is none; Refused, with their numbers, when several have the name.
    """
    table = schema.person
    text = written.strip()
    by_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    wanted = table.c.id == int(text) if by_number else table.c.name == text
    found = list(
        connection.scalars(
            select(table.c.id)
            .where(wanted, table.c.id.in_(person_ids(scope)))
            .order_by(table.c.id)
            .limit(_MOST_LISTED + 1)
        )
    )
    if not found:
        raise NotFound("There is no such person: give the number, or the whole name.")
    if len(found) > 1:
        ids = ", ".join(str(one) for one in found[:_MOST_LISTED])
        raise Refused(f"Several people have this name; say which by number: {ids}")
    return int(found[0])


def people(connection: Connection, person_ids: Iterable[int]) -> dict[int, Person]:
    """Return these people by id."""
    table = schema.person
    rows = connection.execute(select(table).where(table.c.id.in_(list(person_ids))))
    return {row.id: person_of(row) for row in rows}


def with_quiet_hours(connection: Connection, *, scope: Scope, limit: int) -> list[int]:
    """Return who in *scope* has quiet hours, by id."""
    table = schema.quiet_hours
    return list(
        connection.scalars(
            select(table.c.person_id)
            .where(
                table.c.retired_at.is_(None),
                table.c.hours.is_not(None),
                table.c.person_id.in_(person_ids(scope)),
            )
            .order_by(table.c.person_id)
            .limit(limit)
        )
    )
