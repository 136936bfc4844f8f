"""Every look at a person's position is on record: who looked, at whom, what for, when."""

from datetime import datetime

from sqlalchemy import Connection

from store import schema


def record(
    connection: Connection, viewer: str, elder_id: int | None, purpose: str, now: datetime
) -> None:
    """Write down one look; *elder_id* None means everyone the viewer may see."""
    connection.execute(
        schema.look.insert().values(at=now, viewer=viewer, elder_id=elder_id, purpose=purpose)
    )
