"""One elder, one version: whatever is changed of them grows it and is written into the history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from core.errors import NotFound, Stale
from core.history import Subject
from store import history, schema


def locked(connection: Connection, elder_id: int, version: int | None = None) -> Row[Any]:
    """Return the elder's row and hold it until the commit.

    Pings of them go on being stored meanwhile. NotFound without such a person; Stale when *version*
    is given and not the newest.
    """
    table = schema.elder
    row = connection.execute(
        select(table)
        .where(table.c.id == elder_id, ~table.c.is_virtual)
        .with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFound(f"There is no elder {elder_id}.")
    if version is not None and row.version != version:
        raise Stale(
            f"Elder {elder_id} was changed meanwhile: this is version {row.version}, the change is"
            f" meant for {version}. Read it again and repeat the change."
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
