"""Incidents as lists: open or closed ones, of one elder or organisation, in pages, in a scope."""

from datetime import datetime

from sqlalchemy import Connection, select

from core.accounts import Scope
from core.incidents import IncidentState
from store import schema
from store.scoping import within


def page(
    connection: Connection,
    *,
    scope: Scope,
    is_open: bool | None = None,
    organisation_id: str | None = None,
    elder_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int,
) -> list[int]:
    """Return ids of serious incidents, the newest first, from before the id *before*.

    *since* and *until* (not included) speak of when they opened. Drills are not among them.
    """
    table, elder = schema.incident, schema.elder
    statement = (
        select(table.c.id)
        .join(elder, elder.c.id == table.c.elder_id)
        .where(
            ~elder.c.is_virtual,
            table.c.is_drill.is_(False),
            within(scope, elder.c.organisation_id),
        )
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if is_open is not None:
        closed = IncidentState.CLOSED.value
        statement = statement.where(table.c.state != closed if is_open else table.c.state == closed)
    if organisation_id is not None:
        statement = statement.where(elder.c.organisation_id == organisation_id)
    if elder_id is not None:
        statement = statement.where(table.c.elder_id == elder_id)
    if since is not None:
        statement = statement.where(table.c.opened_at >= since)
    if until is not None:
        statement = statement.where(table.c.opened_at < until)
    if before is not None:
        statement = statement.where(table.c.id < before)
    return list(connection.scalars(statement))
