"""Where the timeline is kept: append only, numbered without gaps, one growing cursor for all."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select, text

from core.incidents import IncidentState, TimelineEntry
from store import schema

#: any number, but always the same: PostgreSQL's name for "writes the timeline"
_WRITER_LOCK = 121_001


def append(
    connection: Connection,
    incident_id: int,
    entries: Iterable[TimelineEntry],
    *,
    state: IncidentState,
) -> None:
    """Add *entries*; *state* is the incident's state after them."""
    if connection.dialect.name == "postgresql":
        # Cursors must become visible in their order, or a live feed would skip one.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
    table = schema.timeline
    last = connection.scalar(
        select(func.max(table.c.number)).where(table.c.incident_id == incident_id)
    )
    for number, entry in enumerate(entries, start=(last or 0) + 1):
        connection.execute(
            table.insert().values(
                incident_id=incident_id,
                number=number,
                at=entry.at,
                kind=entry.kind.value,
                state=state.value,
                person_id=entry.person_id,
                detail=entry.detail,
            )
        )
