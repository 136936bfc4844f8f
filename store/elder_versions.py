"""One elder, one version: whatever is changed of them grows it and is written into the history."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from core import elder_rules
from core.clock import LOCAL_ZONE
from core.elder_rules import Problem
from core.errors import BadInput, NotFound, Stale
from core.history import Subject
from core.worded import worded
from store import history, schema


def locked(connection: Connection, elder_id: int, version: int | None = None) -> Row[Any]:
    """Return the elder's row and hold it until the commit.

    Pings of them go on being stored meanwhile. NotFound without such a person; Stale when *version*
    is given and not the newest.
    """
    table = schema.elder
    row = connection.execute(
        select(table)
        .where(table.c.id == elder_id, ~table.c.is_virtual, table.c.erased_at.is_(None))
        .with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFound(worded("There is no elder %(elder)s.", elder=elder_id))
    if version is not None and row.version != version:
        raise Stale(
            worded(
                "Elder %(elder)s was changed meanwhile (version %(now)s, not %(seen)s): read it"
                " again, and repeat your change.",
                elder=elder_id,
                now=row.version,
                seen=version,
            )
        )
    return row


def grow(
    connection: Connection,
    row: Row[Any],
    *,
    changes: Mapping[str, tuple[Any, Any]],
    by: str,
    now: datetime,
    **values: Any,
) -> int:
    """Set *values* on a locked row, write *changes* down and return the new version.

    Without changes nothing happens and the version stays.
    """
    if not changes:
        return int(row.version)
    table = schema.elder
    version = int(row.version) + 1
    connection.execute(table.update().where(table.c.id == row.id).values(version=version, **values))
    history.record(
        connection,
        subject=Subject.ELDER,
        subject_id=row.id,
        version=version,
        changes=changes,
        by=by,
        now=now,
        elder_id=row.id,
    )
    return version


def refuse(problems: Iterable[Problem]) -> None:
    """Raise BadInput when anything must be mended; its sentences are English."""
    found = {one.field: one.sentence for one in elder_rules.errors(problems)}
    if found:
        raise BadInput(" ".join(found.values()), found)


def today_of(now: datetime) -> date:
    """Return Haining's date at this instant."""
    return now.astimezone(LOCAL_ZONE).date()
