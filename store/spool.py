"""What a gateway took from bands and nobody has committed yet: a SQLite file of its own.

Not the service's database: it must work while that one is away, and each gateway has its own. The
guarantees are those of store/database.py (write-ahead log, `synchronous=FULL`). The file cannot
grow beyond its bound; from there on a write fails like on a full disk.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    event,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from store.columns import BigId, Instant
from store.database import open_database

#: so many reports are named in one statement; SQLite has a bound on variables
_MOST_NAMED = 500
_PAGE_BYTES = 4096

metadata = MetaData()

entry = Table(
    "entry",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("device_id", String(40), nullable=False),
    # `device/report`, one column, so that many are found at once by the index.
    # Null: it is done with as soon as the broker has it.
    Column("report", String(80), unique=True),
    Column("topic", String(200), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("kept_at", Instant, nullable=False),
    Column("repeated_at", Instant),  # when it was last published once more
    Index("entry_kept_at", "kept_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message on its way to the broker."""

    id: int
    device_id: str
    report_id: str | None
    topic: str
    payload: bytes


def open_spool(path: Path, *, most_mib: int) -> Engine:
    """Return the spool in the file *path*, made if it is missing, at most *most_mib* MiB large.

    Raises OperationalError when it can be neither opened nor made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = open_database(f"sqlite:///{path}")
    most_pages = most_mib * 1024 * 1024 // _PAGE_BYTES
    event.listen(
        engine,
        "connect",
        lambda connection, _record: connection.execute(f"PRAGMA max_page_count={most_pages}"),
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
    return engine


def add(connection: Connection, entries: Iterable[Entry], now: datetime) -> None:
    """Keep *entries*; a report that is there already stays as it is."""
    rows = [
        {
            "id": one.id,
            "device_id": one.device_id,
            "report": None if one.report_id is None else _name(one.device_id, one.report_id),
            "topic": one.topic,
            "payload": one.payload,
            "kept_at": now,
        }
        for one in entries
    ]
    if rows:
        connection.execute(insert(entry).on_conflict_do_nothing(), rows)


def remove_seen(connection: Connection, seen: Sequence[tuple[str, str]]) -> datetime | None:
    """Forget reports (device, id) that are committed; return when the newest of them was kept."""
    names = [_name(device_id, report_id) for device_id, report_id in seen]
    kept: list[datetime] = []
    for start in range(0, len(names), _MOST_NAMED):
        gone = connection.scalars(
            delete(entry)
            .where(entry.c.report.in_(names[start : start + _MOST_NAMED]))
            .returning(entry.c.kept_at)
        )
        kept.extend(gone)
    return max(kept, default=None)


def remove(connection: Connection, ids: Iterable[int]) -> None:
    """Forget entries by number."""
    rows = [{"entry_id": one} for one in ids]
    if rows:
        connection.execute(delete(entry).where(entry.c.id == bindparam("entry_id")), rows)


def note_repeated(connection: Connection, ids: Iterable[int], now: datetime) -> None:
    """Record that entries were published once more."""
    rows = [{"entry_id": one} for one in ids]
    if rows:
        connection.execute(
            update(entry).where(entry.c.id == bindparam("entry_id")).values(repeated_at=now), rows
        )


def unseen(
    connection: Connection,
    *,
    after_id: int,
    up_to_id: int,
    limit: int,
    kept_since: datetime | None = None,
    kept_before: datetime | None = None,
    repeated_before: datetime | None = None,
) -> list[Entry]:
    """Return entries in the order in which they were kept, within the given bounds.

    One that was never repeated is within every *repeated_before*.
    """
    query = select(entry).where(entry.c.id > after_id, entry.c.id <= up_to_id)
    if kept_since is not None:
        query = query.where(entry.c.kept_at >= kept_since)
    if kept_before is not None:
        query = query.where(entry.c.kept_at < kept_before)
    if repeated_before is not None:
        query = query.where(entry.c.repeated_at.is_(None) | (entry.c.repeated_at < repeated_before))
    rows = connection.execute(query.order_by(entry.c.id).limit(limit))
    return [
        Entry(
            id=row.id,
            device_id=row.device_id,
            report_id=None if row.report is None else row.report.split("/", 1)[1],
            topic=row.topic,
            payload=row.payload,
        )
        for row in rows
    ]


def last_id(connection: Connection) -> int:
    """Return the highest number in use; 0 when there is none."""
    return int(connection.scalar(select(func.max(entry.c.id))) or 0)


def devices(connection: Connection) -> list[str]:
    """Return whose reports wait to be seen."""
    query = select(entry.c.device_id).where(entry.c.report.is_not(None)).distinct()
    return list(connection.scalars(query))


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many entries there are, and when the oldest was kept."""
    row = connection.execute(select(func.count(), func.min(entry.c.kept_at))).one()
    return int(row[0]), row[1]


def _name(device_id: str, report_id: str) -> str:
    return f"{device_id}/{report_id}"
