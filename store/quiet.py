"""When people would rather not be woken; a row each time it is edited, the newest holds."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, bindparam, select

from core.errors import Conflict
from core.hours_text import hours_text, parse_hours
from core.weekly_hours import WeeklyHours, counts
from core.working_days import DayRule
from store import registry, schema

log = logging.getLogger(__name__)

_parse = lru_cache(maxsize=1024)(parse_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietVersion:
    """One row of a person's quiet hours. *hours* None: none from then on."""

    version: int
    hours: WeeklyHours | None
    edited_by: str
    edited_at: datetime


def quiet_at(connection: Connection, people: Iterable[int], at: datetime) -> frozenset[int]:
    """Return who of *people* is in their quiet hours at *at*."""
    rows = connection.execute(_HOLDING, {"people": list(people)})
    return frozenset(
        row.person_id
        for row in rows
        if (hours := _hours(row.hours, row.person_id)) is not None
        and counts(hours, DayRule.EVERY, at)
    )


def quiet_hours_of(connection: Connection, person_id: int) -> QuietVersion | None:
    """Return what holds for one person; None when nobody ever said anything."""
    found = quiet_history(connection, person_id, limit=1)
    return found[0] if found else None


def known_quiet_hours(connection: Connection, person_id: int) -> QuietVersion | None:
    """Return the same; NotFound when nobody is registered by that number."""
    registry.person(connection, person_id)
    return quiet_hours_of(connection, person_id)


def quiet_history(
    connection: Connection, person_id: int, *, limit: int = 100
) -> list[QuietVersion]:
    """Return every version of a person's quiet hours, the newest first."""
    table = schema.quiet_hours
    rows = connection.execute(
        select(table).where(table.c.person_id == person_id).order_by(table.c.id.desc()).limit(limit)
    )
    return [
        QuietVersion(
            version=row.id,
            hours=_hours(row.hours, row.person_id),
            edited_by=row.edited_by,
            edited_at=row.edited_at,
        )
        for row in rows
    ]


def set_quiet_hours(
    connection: Connection,
    person_id: int,
    hours: WeeklyHours | None,
    *,
    by: str,
    now: datetime,
    seen: int | None = None,
) -> int:
    """Put *hours* (None: none) in the place of what held; return the version.

    *seen* is the version the editor saw; Conflict when another one holds by now.
    """
    registry.person(connection, person_id)
    table = schema.quiet_hours
    before = quiet_hours_of(connection, person_id)
    if seen is not None and seen != (before.version if before is not None else 0):
        raise Conflict("the quiet hours were edited meanwhile: read them again")
    connection.execute(
        table.update()
        .where(table.c.person_id == person_id, table.c.retired_at.is_(None))
        .values(retired_at=now)
    )
    return int(
        connection.execute(
            table.insert()
            .values(
                person_id=person_id,
                hours=None if hours is None else hours_text(hours),
                edited_by=by,
                edited_at=now,
            )
            .returning(table.c.id)
        ).scalar_one()
    )


# Asked with every step of an incident; building such a statement takes longer than running it.
_HOLDING = select(schema.quiet_hours.c.person_id, schema.quiet_hours.c.hours).where(
    schema.quiet_hours.c.person_id.in_(bindparam("people", expanding=True)),
    schema.quiet_hours.c.retired_at.is_(None),
    schema.quiet_hours.c.hours.is_not(None),
)


def _hours(text: str | None, person_id: int) -> WeeklyHours | None:
    """Return the hours; None, which spares nobody, for those that cannot be read."""
    if text is None:
        return None
    try:
        return _parse(text)
    except ValueError as error:
        log.error(
            "Quiet hours cannot be read: %s",
            error,
            extra={"action": "hours_unreadable", "table": "quiet_hours", "person": person_id},
        )
        return None
