"""Where the timeline is kept: append only, numbered without gaps, one growing cursor for all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select, text

from core.incidents import IncidentState, TimelineEntry
from store import schema

#: any number, but always the same: PostgreSQL's name for "writes the timeline"
_WRITER_LOCK = 121_001
#: what a transaction keeps for its end
_KEPT = "timeline"

_Written = tuple[int, list[TimelineEntry], IncidentState]


def append(
    connection: Connection,
    incident_id: int,
    entries: Iterable[TimelineEntry],
    *,
    state: IncidentState,
) -> None:
    """Add *entries*; *state* is the incident's state after them.

    Do this last in a transaction, or within `written_last`: what is appended is locked for all.
    """
    kept: list[_Written] | None = connection.info.get(_KEPT)
    if kept is None:
        _write(connection, [(incident_id, list(entries), state)])
    else:
        kept.append((incident_id, list(entries), state))


@contextmanager
def written_last(connection: Connection) -> Iterator[None]:
    """Keep what is appended within, and write it at the end.

    For a transaction that touches several incidents: it takes their rows first and the timeline
    last, as everyone does, so no two transactions ever wait for each other.
    """
    if _KEPT in connection.info:
        yield
        return
    kept: list[_Written] = []
    connection.info[_KEPT] = kept
    try:
        yield
    finally:
        del connection.info[_KEPT]
    if kept:
        _write(connection, kept)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Do one of several things so that its failure undoes only itself, kept entries included."""
    kept: list[_Written] | None = connection.info.get(_KEPT)
    known = len(kept or ())
    try:
        with connection.begin_nested():
            yield
    except BaseException:
        if kept is not None:
            del kept[known:]
        raise


def _write(connection: Connection, written: Iterable[_Written]) -> None:
    if connection.dialect.name == "postgresql":
        # Cursors must become visible in their order, or a live feed would skip one.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
    table = schema.timeline
    for incident_id, entries, state in written:
        last = connection.scalar(
            select(func.max(table.c.number)).where(table.c.incident_id == incident_id)
        )
        rows = [
            {
                "incident_id": incident_id,
                "number": number,
                "at": entry.at,
                "kind": entry.kind.value,
                "state": state.value,
                "person_id": entry.person_id,
                "detail": entry.detail,
            }
            for number, entry in enumerate(entries, start=(last or 0) + 1)
        ]
        if rows:
            connection.execute(table.insert(), rows)
