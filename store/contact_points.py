"""Contact points themselves: what is known of a number, and what proves that it works."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from core.contact_points import ContactPoint
from core.errors import NotFound
from core.people import Channel
from store import contacts, schema


def point(connection: Connection, contact_point_id: int) -> ContactPoint:
    """Return one contact point; NotFound if there is none."""
    table = schema.contact_point
    row = connection.execute(select(table).where(table.c.id == contact_point_id)).first()
    if row is None:
        raise NotFound(f"there is no contact point {contact_point_id}")
    return _point(row)


def points_of(
    connection: Connection, people: Collection[int] | None = None
) -> dict[int, list[ContactPoint]]:
    """Return the contact points of *people* (None: of everyone) by person id."""
    table = schema.contact_point
    wanted = select(table).order_by(table.c.person_id, table.c.id)
    if people is not None:
        wanted = wanted.where(table.c.person_id.in_(list(people)))
    found: dict[int, list[ContactPoint]] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.person_id, []).append(_point(row))
    return found


def worked(
    connection: Connection,
    person_id: int,
    channel: Channel,
    *,
    now: datetime,
    address: str | None = None,
) -> None:
    """Remember that *channel* reached a person, at *address* if it was not the usual one.

    A message was delivered, a call was taken, a key was pressed.
    """
    value = address or contacts.reachable_at(connection, person_id, channel)
    table = schema.contact_point
    connection.execute(
        table.update()
        .where(
            table.c.person_id == person_id,
            table.c.channel == channel.value,
            table.c.value == value,
            or_(table.c.last_ok_at.is_(None), table.c.last_ok_at < now),
        )
        .values(last_ok_at=now)
    )


def replied(connection: Connection, address: str, channel: Channel, *, now: datetime) -> None:
    """Remember that something came from *address*: it works for everyone who has it."""
    table = schema.contact_point
    connection.execute(
        table.update()
        .where(
            table.c.value == address,
            table.c.channel == channel.value,
            or_(table.c.last_ok_at.is_(None), table.c.last_ok_at < now),
        )
        .values(last_ok_at=now)
    )


def change_number(connection: Connection, contact_point_id: int, value: str) -> None:
    """Give a contact point another number (E.164): nothing is known of it yet."""
    if point(connection, contact_point_id).value == value:
        return
    table = schema.contact_point
    connection.execute(
        table.update()
        .where(table.c.id == contact_point_id)
        .values(value=value, verified_at=None, last_ok_at=None, disabled_reason=None)
    )


def _point(row: Any) -> ContactPoint:
    return ContactPoint(
        id=row.id,
        person_id=row.person_id,
        channel=Channel(row.channel),
        value=row.value,
        verified_at=row.verified_at,
        last_ok_at=row.last_ok_at,
        disabled_reason=row.disabled_reason,
    )
