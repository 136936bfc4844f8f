"""What was learned of the radio around each elder. Bytes: this room cannot hear.

Each has a version, like a belief (`store.beliefs`): who remembers one saves it only if nobody else
has changed it, so what was erased does not come back from somebody's memory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, update

from core.errors import Outdated
from store import schema
from store.bulk import BulkInsert


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSurroundings:
    """What was learned, as it lies here."""

    elder_id: int
    #: 0: nothing is stored yet
    version: int
    #: empty: it was erased
    learned: bytes
    updated_at: datetime


def load(connection: Connection, elder_ids: Iterable[int]) -> dict[int, StoredSurroundings]:
    """Return what was learned about these elders, as far as anything was."""
    rows = connection.execute(_LOAD, {"elder_ids": sorted(elder_ids)})
    return {row.elder_id: StoredSurroundings(**row._mapping) for row in rows}


def save(connection: Connection, learned: Sequence[StoredSurroundings]) -> None:
    """Save each as the next version; Outdated when one of them is not the newest."""
    if not learned:
        return
    rows = [
        (one.elder_id, one.learned, one.version + 1, one.updated_at)
        for one in sorted(learned, key=lambda one: one.elder_id)
    ]
    saved = _SAVE.execute(connection, rows)
    if saved.rowcount != len(rows):
        raise Outdated(f"{len(rows) - saved.rowcount} elders were learned about by somebody else")


def erase(connection: Connection, elder_id: int, now: datetime) -> None:
    """Forget what was learned about one elder, in the memory of the ingest role, too."""
    table = schema.surroundings
    connection.execute(
        update(table)
        .where(table.c.elder_id == elder_id)
        .values(learned=b"", version=table.c.version + 1, updated_at=now)
    )


_LOAD = select(
    *(schema.surroundings.c[name] for name in ("elder_id", "version", "learned", "updated_at"))
).where(schema.surroundings.c.elder_id.in_(bindparam("elder_ids", expanding=True)))


def _where_version_fits(statement: Any) -> Any:
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["elder_id"],
        set_={"learned": new.learned, "version": new.version, "updated_at": new.updated_at},
        where=new.version == schema.surroundings.c.version + literal_column("1"),
    )


_SAVE = BulkInsert(
    schema.surroundings, ["elder_id", "learned", "version", "updated_at"], _where_version_fits
)
