"""Who changed what in the registry, and when; written in the change's own transaction."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from core.accounts import EVERYWHERE, Scope
from core.history import Change, Subject
from store import schema
from store.scoping import elder_ids


def record(
    connection: Connection,
    *,
    subject: Subject,
    subject_id: str | int,
    version: int,
    changes: Mapping[str, tuple[Any, Any]],
    by: str,
    now: datetime,
    elder_id: int | None = None,
) -> None:
    """Write down one change; nothing where nothing changed. Values must fit into JSON."""
    if not changes:
        return
    connection.execute(
        schema.registry_change.insert().values(
            at=now,
            by=by,
            subject=subject.value,
            subject_id=str(subject_id),
            version=version,
            elder_id=elder_id,
            changes={field: list(pair) for field, pair in changes.items()},
        )
    )


def changes_of(
    connection: Connection,
    *,
    subject: Subject | None = None,
    subject_id: str | int | None = None,
    elder_id: int | None = None,
    by: str | None = None,
    scope: Scope = EVERYWHERE,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Change]:
    """Return changes of one subject or of all about one elder, the newest first.

    In a *scope* that is not everywhere only what concerns elders within it.
    """
    table = schema.registry_change
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if subject is not None:
        statement = statement.where(table.c.subject == subject.value)
    if subject_id is not None:
        statement = statement.where(table.c.subject_id == str(subject_id))
    if elder_id is not None:
        statement = statement.where(table.c.elder_id == elder_id)
    if by is not None:
        statement = statement.where(table.c.by == by)
    if not scope.everywhere:
        statement = statement.where(table.c.elder_id.in_(elder_ids(scope)))
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    return [
        Change(
            id=row.id,
            at=row.at,
            by=row.by,
            subject=Subject(row.subject),
            subject_id=row.subject_id,
            version=row.version,
            changes={field: (pair[0], pair[1]) for field, pair in row.changes.items()},
        )
        for row in connection.execute(statement)
    ]


def former_names(connection: Connection, about: ColumnElement[bool]) -> list[str]:
    """Return names and whole numbers that the changes *about* somebody hold."""
    found = connection.scalars(select(schema.registry_change.c.changes).where(about))
    return [
        value
        for changes in found
        for field in ("name", "phone")
        for value in changes.get(field, ())
        if isinstance(value, str)
    ]


def shown_names(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """Return how the accounts with these names are shown; others are not in the answer."""
    table = schema.account
    rows = connection.execute(
        select(table.c.name, table.c.shown_name).where(table.c.name.in_(sorted(names)))
    )
    return {row.name: row.shown_name for row in rows}
