"""How often a number was used: what is left of its budget is counted from here."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from core.people import Channel
from store import schema


def note(connection: Connection, address: str, channel: Channel, now: datetime) -> int:
    """Write that a send to *address* begins; return the row's id, for `take_back`."""
    table = schema.phone_use
    result = connection.execute(
        table.insert()
        .values(address=address, channel=channel.value, used_at=now)
        .returning(table.c.id)
    )
    return int(result.scalar_one())


def take_back(connection: Connection, use_id: int) -> None:
    """The send was refused, or never begun: it cost the number nothing."""
    table = schema.phone_use
    connection.execute(table.delete().where(table.c.id == use_id))


def since(
    connection: Connection, address: str, channel: Channel, earliest: datetime
) -> list[datetime]:
    """Return when *address* was used on *channel* since *earliest*, in order."""
    table = schema.phone_use
    return list(
        connection.scalars(
            select(table.c.used_at)
            .where(
                table.c.address == address,
                table.c.channel == channel.value,
                table.c.used_at >= earliest,
            )
            .order_by(table.c.used_at)
        )
    )


def busiest(connection: Connection, channel: Channel, earliest: datetime) -> list[int]:
    """Return how often each number was used on *channel* since *earliest*, the most first."""
    table = schema.phone_use
    counts = func.count()
    return list(
        connection.scalars(
            select(counts)
            .where(table.c.channel == channel.value, table.c.used_at >= earliest)
            .group_by(table.c.address)
            .order_by(counts.desc())
        )
    )


def used_up(connection: Connection, channel: Channel, most: int, earliest: datetime) -> int:
    """Return how many numbers were used *most* times or more since *earliest*; 0: no limit."""
    table = schema.phone_use
    if not most:
        return 0
    numbers = (
        select(table.c.address)
        .where(table.c.channel == channel.value, table.c.used_at > earliest)
        .group_by(table.c.address)
        .having(func.count() >= most)
    )
    return int(connection.scalar(select(func.count()).select_from(numbers.subquery())) or 0)


def forget_before(connection: Connection, earliest: datetime) -> None:
    """Remove what no budget asks for any more."""
    table = schema.phone_use
    connection.execute(table.delete().where(table.c.used_at < earliest))
