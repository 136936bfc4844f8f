"""Whether a band may sign in to the broker, and whether the broker knows that yet.

Registering a band grants, retiring it revokes; both only say what is wanted. `aihuijia
broker-access` tells the broker and records here what it told. No password is kept: it is computed
from the service's key, the device id and the generation, so a new generation is a new password.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from core.band_access import Access, AccessState
from store import schema
from store.upsert import insert

_PROBLEM_LENGTH = 200


def grant(
    connection: Connection, device_id: str, *, now: datetime, key_mark: str | None = None
) -> int:
    """Let a registered band in with a new password; return the password's generation."""
    table = schema.band_access
    statement = insert(connection.dialect.name, table).values(
        device_id=device_id,
        generation=1,
        wanted=AccessState.GRANTED.value,
        key_mark=key_mark,
        next_try_at=now,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["device_id"],
        set_={
            "generation": table.c.generation + 1,
            "wanted": AccessState.GRANTED.value,
            "key_mark": key_mark,
            "next_try_at": now,
            "problem": None,
        },
    )
    return int(connection.execute(statement.returning(table.c.generation)).scalar_one())


def revoke(connection: Connection, device_id: str, *, now: datetime) -> None:
    """Let a band in no longer."""
    table = schema.band_access
    connection.execute(
        table.update()
        .where(table.c.device_id == device_id)
        .values(wanted=AccessState.REVOKED.value, next_try_at=now, problem=None)
    )


def all_wanted(connection: Connection) -> list[Access]:
    """Return what is wanted for every band that was ever registered."""
    return [_access(row) for row in connection.execute(select(schema.band_access))]


def due(connection: Connection, now: datetime, limit: int) -> list[Access]:
    """Return what the broker must be told now, who may no longer come in first."""
    table = schema.band_access
    rows = connection.execute(
        select(table)
        .where(table.c.next_try_at <= now)
        .order_by(table.c.wanted.desc(), table.c.next_try_at, table.c.device_id)
        .limit(limit)
    )
    return [_access(row) for row in rows]


def mark_applied(
    connection: Connection, told: Iterable[Access], *, key_mark: str, now: datetime
) -> None:
    """Record that the broker knows; what changed since it was read stays due."""
    rows = [
        {
            "told_device": access.device_id,
            "told_wanted": access.wanted.value,
            "told_generation": access.generation,
            "told_key": key_mark if access.wanted is AccessState.GRANTED else access.key_mark,
            "told_at": now,
        }
        for access in told
    ]
    if rows:
        connection.execute(_MARK_APPLIED, rows)


def mark_problems(
    connection: Connection, problems: Mapping[Access, str], *, next_try_at: datetime
) -> None:
    """Record why the broker could not be told, and when it is tried again."""
    rows = [
        {
            "told_device": access.device_id,
            "told_wanted": access.wanted.value,
            "told_generation": access.generation,
            "said": text[:_PROBLEM_LENGTH],
            "again_at": next_try_at,
        }
        for access, text in problems.items()
    ]
    if rows:
        connection.execute(_MARK_PROBLEM, rows)


_table = schema.band_access
#: the row, unless something else was wanted since it was read
_STILL_WANTED = update(_table).where(
    _table.c.device_id == bindparam("told_device"),
    _table.c.generation == bindparam("told_generation"),
    _table.c.wanted == bindparam("told_wanted"),
)
_MARK_APPLIED = _STILL_WANTED.values(
    applied=bindparam("told_wanted"),
    applied_generation=bindparam("told_generation"),
    applied_at=bindparam("told_at"),
    key_mark=bindparam("told_key"),
    next_try_at=None,
    problem=None,
)
_MARK_PROBLEM = _STILL_WANTED.values(problem=bindparam("said"), next_try_at=bindparam("again_at"))


def _access(row: Any) -> Access:
    return Access(
        device_id=row.device_id,
        wanted=AccessState(row.wanted),
        generation=row.generation,
        key_mark=row.key_mark,
        is_recorded=row.next_try_at is None,
    )
