"""What we answered at once to texts that we could not use: counted, so that it ends.

Kept among the uses of numbers, under a channel of its own.
"""

from datetime import datetime

from sqlalchemy import Connection, func, select

from store import schema

_CHANNEL = "answer"


def note(connection: Connection, address: str, now: datetime) -> None:
    """Write that *address* is being answered."""
    table = schema.phone_use
    connection.execute(table.insert().values(address=address, channel=_CHANNEL, used_at=now))


def count_since(connection: Connection, address: str, earliest: datetime) -> int:
    """Return how often *address* was answered since *earliest*."""
    table = schema.phone_use
    counted = connection.scalar(
        select(func.count()).where(
            table.c.address == address,
            table.c.channel == _CHANNEL,
            table.c.used_at > earliest,
        )
    )
    return counted or 0
