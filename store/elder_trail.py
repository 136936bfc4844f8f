"""Where one elder was: the stored positions of whichever bands they wore."""

from datetime import datetime

from sqlalchemy import Connection, select

from store import schema
from store.map_views import TrailPoint, trail_point


def trail(
    connection: Connection, elder_id: int, *, since: datetime, until: datetime, limit: int
) -> list[TrailPoint]:
    """Return the newest positions from *since* to *until* (both included), oldest first."""
    table = schema.ping
    rows = connection.execute(
        select(table)
        .where(
            table.c.elder_id == elder_id,
            table.c.at >= since,
            table.c.at <= until,
            table.c.lon.is_not(None),
        )
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return [trail_point(row) for row in rows][::-1]
