"""Changes of guardians as they were asked for: read one, list them, note who heard of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from core.accounts import Scope
from core.errors import NotFound
from core.pairing_rules import ChangeKind, ChangeState, GuardianChange, Wish
from core.worded import worded
from store import schema
from store.scoping import elder_ids, within

#: so many ids stand in one question
_AT_ONCE = 500


def change(connection: Connection, change_id: int) -> GuardianChange:
    """Return one change; NotFound if there is none."""
    table = schema.guardian_change
    row = connection.execute(select(table).where(table.c.id == change_id)).first()
    if row is None:
        raise NotFound(
            worded("There is no change %(id)s among those that you look after.", id=change_id)
        )
    return _change(row)


def check_change(connection: Connection, change_id: int, scope: Scope) -> None:
    """Raise NotFound unless this change is about an elder in *scope*."""
    table = schema.guardian_change
    found = connection.scalar(
        select(table.c.id).where(table.c.id == change_id, table.c.elder_id.in_(elder_ids(scope)))
    )
    if found is None:
        raise NotFound(
            worded("There is no change %(id)s among those that you look after.", id=change_id)
        )


def check_batch(connection: Connection, batch: str, scope: Scope) -> None:
    """Raise NotFound unless all of this batch is about elders in *scope*, and there is some."""
    table = schema.guardian_change
    rows = connection.execute(
        select(table.c.elder_id, table.c.elder_id.in_(elder_ids(scope)).label("is_ours"))
        .where(table.c.batch == batch)
        .order_by("is_ours")
        .limit(1)
    ).first()
    if rows is None or not rows.is_ours:
        raise NotFound(
            worded("There is no batch %(id)s among those that you look after.", id=batch)
        )


def changes(
    connection: Connection,
    scope: Scope,
    now: datetime,
    *,
    state: ChangeState | None = ChangeState.WAITING,
    elder_id: int | None = None,
    batch: str | None = None,
    after_id: int = 0,
    limit: int = 100,
) -> list[GuardianChange]:
    """Return the changes about elders in *scope* that are in *state* at *now*, by id."""
    table = schema.guardian_change
    elder = schema.elder
    statement = (
        select(table)
        .join(elder, elder.c.id == table.c.elder_id)
        .where(~elder.c.is_virtual, within(scope, elder.c.organisation_id), table.c.id > after_id)
    )
    is_waiting = table.c.state == ChangeState.WAITING.value
    if state is ChangeState.WAITING:
        statement = statement.where(is_waiting, table.c.expires_at > now)
    elif state is ChangeState.LAPSED:
        has_lapsed = table.c.state == ChangeState.LAPSED.value
        statement = statement.where(or_(has_lapsed, is_waiting & (table.c.expires_at <= now)))
    elif state is not None:
        statement = statement.where(table.c.state == state.value)
    if elder_id is not None:
        statement = statement.where(table.c.elder_id == elder_id)
    if batch is not None:
        statement = statement.where(table.c.batch == batch)
    return [_change(row) for row in connection.execute(statement.order_by(table.c.id).limit(limit))]


def waiting_of_elders(connection: Connection, elders: Iterable[int]) -> list[GuardianChange]:
    """Return what is written down as waiting for these elders, lapsed or not."""
    table, wanted = schema.guardian_change, sorted(set(elders))
    return [
        _change(row)
        for start in range(0, len(wanted), _AT_ONCE)
        for row in connection.execute(
            select(table)
            .where(
                table.c.elder_id.in_(wanted[start : start + _AT_ONCE]),
                table.c.state == ChangeState.WAITING.value,
            )
            .order_by(table.c.id)
        )
    ]


def waiting_of_batch(connection: Connection, batch: str, now: datetime) -> list[int]:
    """Return the ids of what still waits of one file, in the order of asking."""
    table = schema.guardian_change
    return list(
        connection.scalars(
            select(table.c.id)
            .where(
                table.c.batch == batch,
                table.c.state == ChangeState.WAITING.value,
                table.c.expires_at > now,
            )
            .order_by(table.c.id)
        )
    )


def note_told(connection: Connection, change_id: int, told: int) -> None:
    """Write down how many of the family a message went to."""
    table = schema.guardian_change
    connection.execute(table.update().where(table.c.id == change_id).values(family_told=told))


def _change(row: Any) -> GuardianChange:
    return GuardianChange(
        id=row.id,
        elder_id=row.elder_id,
        wish=Wish(place=row.position, kind=ChangeKind(row.kind), person_id=row.person_id),
        replaces_id=row.replaces_id,
        reason=row.reason,
        batch=row.batch,
        state=ChangeState(row.state),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        answer=row.answer,
        family_told=row.family_told,
    )
