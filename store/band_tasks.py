"""Tasks for operators: what is wrong with which band, until it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from core.accounts import Scope
from core.bands import Level, Trouble
from core.errors import NotFound
from store import schema
from store.scoping import elder_ids, within
from store.upsert import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task as it stands."""

    id: int
    trouble: Trouble
    subject: str
    elder_id: int | None
    organisation_id: str
    level: Level
    since: datetime
    opened_at: datetime
    ended_at: datetime | None
    handled_at: datetime | None
    handled_by: str | None
    detail: dict[str, Any]


def open_task(
    connection: Connection,
    *,
    trouble: Trouble,
    subject: str,
    elder_id: int | None,
    organisation_id: str,
    level: Level,
    since: datetime,
    now: datetime,
    detail: Mapping[str, Any],
) -> int | None:
    """Open a task and return its number; None when the same one is open already."""
    statement = (
        insert(connection.dialect.name, schema.band_task)
        .values(
            trouble=trouble.value,
            subject=subject,
            elder_id=elder_id,
            organisation_id=organisation_id,
            level=int(level),
            since=since,
            opened_at=now,
            detail=dict(detail),
        )
        .on_conflict_do_nothing()
        .returning(schema.band_task.c.id)
    )
    task_id: int | None = connection.scalar(statement)
    return task_id


def change(
    connection: Connection, task_id: int, *, level: Level, detail: Mapping[str, Any]
) -> None:
    """Set the level and detail of an open task; a worse level is not handled yet."""
    table = schema.band_task
    connection.execute(
        table.update()
        .where(table.c.id == task_id, table.c.level < int(level))
        .values(handled_at=None, handled_by=None)
    )
    connection.execute(
        table.update().where(table.c.id == task_id).values(level=int(level), detail=dict(detail))
    )


def end(connection: Connection, task_ids: Sequence[int], now: datetime) -> None:
    """End tasks whose trouble is over."""
    table = schema.band_task
    if task_ids:
        connection.execute(
            table.update()
            .where(table.c.id.in_(task_ids), table.c.ended_at.is_(None))
            .values(ended_at=now)
        )


def handle(connection: Connection, task_id: int, *, scope: Scope, by: str, now: datetime) -> None:
    """Record that somebody looks after a task; NotFound when there is no such open one."""
    table = schema.band_task
    result = connection.execute(
        table.update()
        .where(table.c.id == task_id, table.c.ended_at.is_(None), _in(scope))
        .values(handled_at=now, handled_by=by[:80])
    )
    if result.rowcount != 1:
        raise NotFound(f"There is no open task {task_id} among those that you look after.")


def open_tasks(connection: Connection, *, scope: Scope, limit: int | None = None) -> list[Task]:
    """Return the open tasks, worst first, then the oldest."""
    table = schema.band_task
    rows = connection.execute(
        select(table)
        .where(table.c.ended_at.is_(None), _in(scope))
        .order_by(table.c.level.desc(), table.c.id)
        .limit(limit)
    )
    return [_task(row) for row in rows]


def counts(connection: Connection, *, scope: Scope) -> dict[str, int]:
    """Return how many tasks are open, by trouble."""
    table = schema.band_task
    rows = connection.execute(
        select(table.c.trouble, func.count().label("n"))
        .where(table.c.ended_at.is_(None), _in(scope))
        .group_by(table.c.trouble)
        .order_by(table.c.trouble)
    )
    return {row.trouble: row.n for row in rows}


def _in(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a task is about somebody in *scope*, or about a place in it."""
    table = schema.band_task
    here = within(scope, table.c.organisation_id)
    if scope.everywhere:
        return here
    return or_(table.c.elder_id.in_(elder_ids(scope)), and_(table.c.elder_id.is_(None), here))


def _task(row: Any) -> Task:
    return Task(
        id=row.id,
        trouble=Trouble(row.trouble),
        subject=row.subject,
        elder_id=row.elder_id,
        organisation_id=row.organisation_id,
        level=Level(row.level),
        since=row.since,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        handled_at=row.handled_at,
        handled_by=row.handled_by,
        detail=row.detail,
    )
