"""How people are reached: numbers, and whose a number is."""

from sqlalchemy import Connection, select

from core.people import Channel, Person
from store import push_subscriptions, schema
from store.registry import person_of


def people_at_number(connection: Connection, number: str) -> list[Person]:
    """Return everyone who can be reached at phone *number* (E.164)."""
    point = schema.contact_point
    table = schema.person
    rows = connection.execute(
        select(table)
        .join(point, point.c.person_id == table.c.id)
        .where(point.c.value == number)
        .distinct()
        .order_by(table.c.id)
    )
    return [person_of(row) for row in rows]


def reachable_at(connection: Connection, person_id: int, channel: Channel) -> str | None:
    """Return the usable number of a person on *channel*, None when there is none."""
    point = schema.contact_point
    return connection.scalar(
        select(point.c.value)
        .where(
            point.c.person_id == person_id,
            point.c.channel == channel.value,
            point.c.disabled_reason.is_(None),
        )
        .order_by(point.c.id)
        .limit(1)
    )


def address_of(connection: Connection, person_id: int, channel: Channel) -> str | None:
    """Return where a person is reached on *channel*: a number, or a browser's subscription."""
    if channel is Channel.PUSH:
        return push_subscriptions.address_of(connection, person_id)
    return reachable_at(connection, person_id, channel)


def disable_contact(
    connection: Connection, person_id: int, channel: Channel, reason: str, *, address: str = ""
) -> None:
    """Stop using the number *address* ("": all of the channel), or forget the browser *address*."""
    if channel is Channel.PUSH:
        push_subscriptions.remove_address(connection, address)
        return
    point = schema.contact_point
    dead = [point.c.person_id == person_id, point.c.channel == channel.value]
    if address:
        dead.append(point.c.value == address)
    connection.execute(point.update().where(*dead).values(disabled_reason=reason[:80]))
