"""What the geofence believes of each elder, between batches. Plain JSON: this room cannot judge."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select

from store import schema
from store.upsert import insert


def load(connection: Connection, elder_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the saved beliefs of these elders; on PostgreSQL they stay locked until the commit.

    Two workers that hold pings of one elder take turns, so that neither forgets the other's.
    """
    statement = _LOAD
    if connection.dialect.name == "postgresql":
        statement = statement.with_for_update()
    rows = connection.execute(statement, {"elder_ids": sorted(elder_ids)})
    return {row.elder_id: row.state for row in rows}


def save(connection: Connection, states: dict[int, dict[str, Any]], now: datetime) -> None:
    """Save beliefs by elder id."""
    if states:
        rows = [
            {"elder_id": elder_id, "state": state, "updated_at": now}
            for elder_id, state in states.items()
        ]
        connection.execute(_save_statement(connection.dialect.name), rows)


_LOAD = (
    select(schema.belief)
    .where(schema.belief.c.elder_id.in_(bindparam("elder_ids", expanding=True)))
    .order_by(schema.belief.c.elder_id)
)


@cache  # building a statement takes longer than running it
def _save_statement(dialect: str) -> Any:
    statement = insert(dialect, schema.belief)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["elder_id"], set_={"state": new.state, "updated_at": new.updated_at}
    )
