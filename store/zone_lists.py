"""Zones as lists and histories show them, in pages, within a scope.

A zone keeps its address however often it is edited: the id of its first version, its *origin*. The
ids of later versions lead to the same zone.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from core.accounts import Scope
from core.errors import NotFound
from core.incidents import IncidentState
from store import schema
from store.scoping import elder_ids
from store.zones import ZoneVersion, version_of


def newest(connection: Connection, zone_id: int, scope: Scope) -> ZoneVersion:
    """Return the newest version of the zone that bears this id or had it once.

    NotFound when there is none in *scope*; zones for everyone are in everybody's.
    """
    table = schema.zone
    seen = or_(table.c.elder_id.is_(None), table.c.elder_id.in_(elder_ids(scope)))
    origin = connection.scalar(
        select(func.coalesce(table.c.origin, table.c.id)).where(table.c.id == zone_id, seen)
    )
    if origin is None:
        raise NotFound(f"There is no zone {zone_id} among those that you look after.")
    row = connection.execute(
        select(table)
        .where(or_(table.c.id == origin, table.c.origin == origin))
        .order_by(table.c.id.desc())
        .limit(1)
    ).one()
    version = version_of(row)
    if version is None:
        raise NotFound(f"The hours of zone {zone_id} cannot be read: give it up or mend them.")
    return version


def present(
    connection: Connection, elder_id: int | None, *, after: int = 0, limit: int
) -> tuple[list[ZoneVersion], int | None]:
    """Return the zones of an elder (None: for everyone) that were not given up.

    In the order of registering, from beyond the origin *after*; and the origin to go on after.
    """
    table = schema.zone
    origin = func.coalesce(table.c.origin, table.c.id)
    statement = _of(elder_id).where(table.c.retired_at.is_(None), origin > after).order_by(origin)
    rows = connection.execute(statement.limit(limit + 1)).all()
    more = len(rows) > limit
    last = rows[limit - 1].origin or rows[limit - 1].id if more else None
    return _versions(rows[:limit]), last


def history(
    connection: Connection, elder_id: int | None, *, before: int | None = None, limit: int
) -> tuple[list[ZoneVersion], int | None]:
    """Return every version of the zones of an elder (None: for everyone), the newest first.

    From before the version *before*, those given up among them; and the version to go on before.
    """
    table = schema.zone
    statement = _of(elder_id).order_by(table.c.id.desc())
    if before is not None:
        statement = statement.where(table.c.id < before)
    rows = connection.execute(statement.limit(limit + 1)).all()
    return _versions(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


def count(connection: Connection, elder_id: int | None) -> int:
    """Return how many zones an elder has, or everyone, that were not given up."""
    table = schema.zone
    counted = select(func.count()).where(_is_theirs(elder_id), table.c.retired_at.is_(None))
    return int(connection.scalar(counted) or 0)


def has_open_incident(connection: Connection, elder_id: int) -> bool:
    """Say whether this elder is being looked for, or may soon be."""
    table = schema.incident
    found = connection.scalar(
        select(table.c.id).where(
            table.c.elder_id == elder_id, table.c.state != IncidentState.CLOSED.value
        )
    )
    return found is not None


def _of(elder_id: int | None) -> Select[Any]:
    return select(schema.zone).where(_is_theirs(elder_id))


def _is_theirs(elder_id: int | None) -> ColumnElement[bool]:
    column = schema.zone.c.elder_id
    return column.is_(None) if elder_id is None else column == elder_id


def _versions(rows: Sequence[Any]) -> list[ZoneVersion]:
    return [version for row in rows if (version := version_of(row)) is not None]
