"""Where an elder was: stored positions in the order of time, in pages or the newest of them."""

from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from store import schema
from store.map_views import TrailPoint, trail_point


def trail_of_elder(
    connection: Connection,
    elder_id: int,
    *,
    since: datetime,
    until: datetime,
    after: tuple[datetime, int] | None = None,
    limit: int,
) -> list[TrailPoint]:
    """Return where the elder's bands were from *since* to before *until*, the oldest first.

    From beyond *after*: instant and id of the last one of the page before.
    """
    table = schema.ping
    statement = (
        select(table)
        .where(
            table.c.elder_id == elder_id,
            table.c.at >= (since if after is None else max(since, after[0])),
            table.c.at < until,
            table.c.lon.is_not(None),
        )
        .order_by(table.c.at, table.c.id)
        .limit(limit)
    )
    if after is not None:
        at, ping_id = after
        statement = statement.where(
            or_(table.c.at > at, and_(table.c.at == at, table.c.id > ping_id))
        )
    return [trail_point(row) for row in connection.execute(statement)]


def newest_of_elder(
    connection: Connection, elder_id: int, *, since: datetime, until: datetime, limit: int
) -> list[TrailPoint]:
    """Return the newest positions from *since* to *until* (both included), the oldest first."""
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
