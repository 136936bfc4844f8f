"""Every look at a person's position is on record: who looked, at whom, what for, when.

A page that refreshes itself is one look a minute, not one each time.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from store import schema

#: the same viewer, elder and purpose within this time is one look
SAME_LOOK = timedelta(seconds=60)


def record(
    connection: Connection, viewer: str, elder_id: int | None, purpose: str, now: datetime
) -> None:
    """Write down one look; *elder_id* None means everyone the viewer may see."""
    table = schema.look
    lately = connection.scalar(
        select(table.c.id)
        .where(
            table.c.at > now - SAME_LOOK,
            table.c.viewer == viewer,
            table.c.elder_id.is_(None) if elder_id is None else table.c.elder_id == elder_id,
            table.c.purpose == purpose,
        )
        .limit(1)
    )
    if lately is None:
        connection.execute(
            table.insert().values(at=now, viewer=viewer, elder_id=elder_id, purpose=purpose)
        )
