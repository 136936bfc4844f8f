"""What the geofence believes of each elder, between batches. Bytes: this room cannot judge.

Each belief has a version. Who remembers one from an earlier batch saves it only if nobody else has
changed it meanwhile, and learns so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select

from core.errors import Outdated
from store import schema
from store.bulk import BulkInsert


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBelief:
    """One belief as it lies here, in two parts (`geofence.saving`)."""

    elder_id: int
    #: 0: nothing is stored yet
    version: int
    short: bytes
    #: None when saving: the long part that is there still holds
    long: bytes | None


def load(connection: Connection, elder_ids: Iterable[int]) -> dict[int, StoredBelief]:
    """Return the saved beliefs of these elders; on PostgreSQL they stay locked until the commit.

    Two workers that hold pings of one elder take turns, so that neither forgets the other's.
    """
    statement = _LOAD
    if connection.dialect.name == "postgresql":
        statement = statement.with_for_update(of=schema.belief)
    rows = connection.execute(statement, {"elder_ids": sorted(elder_ids)})
    return {
        row.elder_id: StoredBelief(
            elder_id=row.elder_id, version=row.version, short=row.state, long=row.fixes
        )
        for row in rows
    }


def save(connection: Connection, beliefs: Sequence[StoredBelief], now: datetime) -> None:
    """Save beliefs, each as the next version; Outdated when one of them is not the newest."""
    if not beliefs:
        return
    ordered = sorted(beliefs, key=lambda belief: belief.elder_id)
    rows = [(one.elder_id, one.short, one.version + 1, now) for one in ordered]
    saved = _SAVE.execute(connection, rows)
    if saved.rowcount != len(rows):
        raise Outdated(f"{len(rows) - saved.rowcount} elders were judged by somebody else")
    windows = [(one.elder_id, one.long) for one in ordered if one.long is not None]
    if windows:
        _SAVE_WINDOWS.execute(connection, windows)


_LOAD = (
    select(schema.belief, schema.belief_window.c.fixes)
    .outerjoin(schema.belief_window, schema.belief_window.c.elder_id == schema.belief.c.elder_id)
    .where(schema.belief.c.elder_id.in_(bindparam("elder_ids", expanding=True)))
    .order_by(schema.belief.c.elder_id)
)


def _where_version_fits(statement: Any) -> Any:
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["elder_id"],
        set_={"state": new.state, "version": new.version, "updated_at": new.updated_at},
        where=new.version == schema.belief.c.version + literal_column("1"),
    )


def _replacing(statement: Any) -> Any:
    return statement.on_conflict_do_update(
        index_elements=["elder_id"], set_={"fixes": statement.excluded.fixes}
    )


_SAVE = BulkInsert(
    schema.belief, ["elder_id", "state", "version", "updated_at"], _where_version_fits
)
_SAVE_WINDOWS = BulkInsert(schema.belief_window, ["elder_id", "fixes"], _replacing)
