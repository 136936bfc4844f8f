"""The timeline without its texts: what was said and where stays for a time, what happened stays."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from core.incidents import IncidentState
from store import schema
from store.database import reading

#: of an entry these stay: words of ours, counts, ids of people
KEPT = frozenset(
    {
        "answer",
        "asked",
        "by",
        "channel",
        "despite_quiet",
        "outcome",
        "purpose",
        "role",
        "rota_gap",
        "round",
        "seconds",
        "severity",
        "stage",
        "step",
        "trigger",
    }
)


def without_texts(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail of an entry with only what says nothing of anybody."""
    return {key: value for key, value in detail.items() if key in KEPT}


def empty(connection: Connection, incident_ids: list[int]) -> int:
    """Take texts and places out of the timelines of these incidents; return of how many entries."""
    table = schema.timeline
    rows = connection.execute(
        select(table.c.cursor, table.c.detail).where(table.c.incident_id.in_(incident_ids))
    ).all()
    changed = [
        (row.cursor, kept) for row in rows if (kept := without_texts(row.detail)) != row.detail
    ]
    for cursor, kept in changed:
        connection.execute(update(table).where(table.c.cursor == cursor).values(detail=kept))
    return len(changed)


def empty_old(
    engine: Engine, cutoff: datetime, *, since: datetime | None, dry_run: bool, batch: int
) -> Iterator[int]:
    """Do it for incidents closed before *cutoff*, and not before *since*, where that was done."""
    table, last = schema.incident, 0
    while True:
        statement = (
            select(table.c.id)
            .where(
                table.c.id > last,
                table.c.state == IncidentState.CLOSED.value,
                table.c.closed_at < cutoff,
            )
            .order_by(table.c.id)
            .limit(max(1, batch // 20))
        )
        if since is not None:
            statement = statement.where(table.c.closed_at >= since)
        with reading(engine) as connection:
            found = list(connection.scalars(statement))
        if not found:
            return
        if dry_run:
            yield len(found)
        else:
            with engine.begin() as connection:
                changed = empty(connection, found)
            yield changed  # with nothing held: whoever counts writes, too
        last = found[-1]
