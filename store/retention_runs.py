"""Whose turn it is to delete what is old, and what every run came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from core.retention import Kind
from store import schema
from store.upsert import insert

_ROW = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Since when somebody looks after it, and when it was done last."""

    since_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run did to one kind."""

    id: int
    kind: Kind
    started_at: datetime
    #: None: under way, or its process is gone
    ended_at: datetime | None
    #: what is older went, but for what had to stay
    until_at: datetime
    #: rows deleted, or their personal part emptied
    deleted: int


def look_after(connection: Connection, now: datetime) -> Turn:
    """Return whose turn it is; from the first call on somebody looks after it."""
    table = schema.retention_turn
    connection.execute(
        insert(connection.dialect.name, table)
        .values(id=_ROW, since_at=now)
        .on_conflict_do_nothing()
    )
    found = turn(connection)
    assert found is not None
    return found


def turn(connection: Connection) -> Turn | None:
    """Return when it was done last; None: nobody looks after it yet."""
    table = schema.retention_turn
    row = connection.execute(select(table).where(table.c.id == _ROW)).first()
    return None if row is None else Turn(since_at=row.since_at, done_at=row.done_at)


def take_turn(connection: Connection, holder: str, *, lease: timedelta, now: datetime) -> bool:
    """Take the turn, or keep it for longer; False while somebody else has it."""
    table = schema.retention_turn
    taken = connection.execute(
        table.update()
        .where(
            table.c.id == _ROW,
            or_(
                table.c.holder.is_(None),
                table.c.holder == holder,
                table.c.held_until.is_(None),
                table.c.held_until <= now,
            ),
        )
        .values(holder=holder, held_until=now + lease)
    )
    return taken.rowcount == 1


def give_turn_back(connection: Connection, holder: str, *, done_at: datetime | None) -> None:
    """Let others have it; *done_at*: the run was a whole one."""
    table = schema.retention_turn
    values: dict[str, datetime | None] = {"held_until": None}
    if done_at is not None:
        values["done_at"] = done_at
    connection.execute(
        table.update()
        .where(table.c.id == _ROW, table.c.holder == holder)
        .values(**values, holder=None)
    )


def begin(connection: Connection, kind: Kind, *, until_at: datetime, now: datetime) -> int:
    """Write down that one kind is looked at; return the number of that."""
    table = schema.retention_run
    result = connection.execute(
        table.insert()
        .values(kind=kind.value, started_at=now, until_at=until_at, deleted=0)
        .returning(table.c.id)
    )
    return int(result.scalar_one())


def progress(
    connection: Connection, run_id: int, deleted: int, *, ended_at: datetime | None = None
) -> None:
    """Write down how many rows went so far, and that it ended."""
    table = schema.retention_run
    connection.execute(
        table.update().where(table.c.id == run_id).values(deleted=deleted, ended_at=ended_at)
    )


def last_until(connection: Connection, kind: Kind) -> datetime | None:
    """Return until when the last whole run of one kind came."""
    table = schema.retention_run
    found: datetime | None = connection.scalar(
        select(func.max(table.c.until_at)).where(
            table.c.kind == kind.value, table.c.ended_at.is_not(None)
        )
    )
    return found


def runs(
    connection: Connection,
    *,
    kind: Kind | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> Sequence[Run]:
    """Return what runs did, the newest first."""
    table = schema.retention_run
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if kind is not None:
        statement = statement.where(table.c.kind == kind.value)
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    return [
        Run(
            id=row.id,
            kind=Kind(row.kind),
            started_at=row.started_at,
            ended_at=row.ended_at,
            until_at=row.until_at,
            deleted=row.deleted,
        )
        for row in connection.execute(statement)
    ]
