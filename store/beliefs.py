"""What the geofence believes of each elder, between batches. Plain JSON: this room cannot judge."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store import schema
from store.upsert import insert


def load(connection: Connection, elder_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the saved beliefs of these elders; on PostgreSQL they stay locked until the commit.

    Two workers that hold pings of one elder take turns, so that neither forgets the other's.
    """
    table = schema.belief
    statement = select(table).where(table.c.elder_id.in_(sorted(elder_ids)))
    if connection.dialect.name == "postgresql":
        statement = statement.order_by(table.c.elder_id).with_for_update()
    return {row.elder_id: row.state for row in connection.execute(statement)}


def save(connection: Connection, states: dict[int, dict[str, Any]], now: datetime) -> None:
    """Save beliefs by elder id."""
    if not states:
        return
    statement = insert(connection, schema.belief)
    rows = [
        {"elder_id": elder_id, "state": state, "updated_at": now}
        for elder_id, state in states.items()
    ]
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["elder_id"],
            set_={
                "state": statement.excluded.state,
                "updated_at": statement.excluded.updated_at,
            },
        ),
        rows,
    )
