"""The numbers of people: in one form, kept with what is known of them, half shown in a history."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from core.contact_points import ContactPoint
from core.errors import BadInput
from core.history import HIDDEN
from core.people import PHONE, Channel
from core.phone_numbers import is_mobile, normalised
from store import contact_points, schema

_MOST_NUMBERS = 8

#: a way to reach somebody: the channel, and a number (E.164)
Reach = tuple[Channel, str]


def both_ways(number: str) -> tuple[Reach, ...]:
    """Return SMS and calls to one number, as written by people; only calls to a landline.

    BadInput says what to write when it is no number.
    """
    plain = _plain(number)
    channels = PHONE if is_mobile(plain) else (Channel.VOICE,)
    return tuple((channel, plain) for channel in channels)


def checked(numbers: Iterable[Reach]) -> list[Reach]:
    """Return *numbers*, as people write them, in E.164; BadInput says what to write."""
    found = list(dict.fromkeys((channel, _plain(number)) for channel, number in numbers))
    if len(found) > _MOST_NUMBERS:
        raise BadInput(
            f"A person has at most {_MOST_NUMBERS} numbers.", {"numbers": "are too many"}
        )
    if any(channel not in PHONE for channel, _number in found):
        raise BadInput("A number is for sms or voice.", {"numbers": "sms or voice"})
    return found


def _plain(number: str) -> str:
    try:
        return normalised(number)
    except ValueError as error:
        raise BadInput(str(error), {"numbers": str(error)}) from None


def replace_points(
    connection: Connection, person_id: int, held: Sequence[ContactPoint], wanted: Sequence[Reach]
) -> None:
    """Keep what stays, change what has a successor on its channel, remove and add the rest."""
    fresh = [reach for reach in wanted if reach not in {(p.channel, p.value) for p in held}]
    gone = [point for point in held if (point.channel, point.value) not in set(wanted)]
    for point in gone:
        follower = next((reach for reach in fresh if reach[0] is point.channel), None)
        if follower is None:
            _remove_point(connection, point.id)
            continue
        fresh.remove(follower)
        contact_points.change_number(connection, point.id, follower[1])
    for channel, value in fresh:
        insert_point(connection, person_id, channel, value)


def insert_point(connection: Connection, person_id: int, channel: Channel, value: str) -> None:
    """Give somebody one more number."""
    connection.execute(
        schema.contact_point.insert().values(
            person_id=person_id, channel=channel.value, value=value
        )
    )


def _remove_point(connection: Connection, point_id: int) -> None:
    code, point = schema.verification, schema.contact_point
    connection.execute(code.delete().where(code.c.contact_point_id == point_id))
    connection.execute(point.delete().where(point.c.id == point_id))


def numbers_changed(before: Sequence[Reach], after: Sequence[Reach]) -> dict[str, tuple[Any, Any]]:
    """Return what a history says of numbers that changed: their ends."""
    if sorted(before) == sorted(after):
        return {}
    old, new = _last_digits(before), _last_digits(after)
    return {"numbers": (old, new) if old != new else (HIDDEN, HIDDEN)}


def _last_digits(numbers: Sequence[Reach]) -> list[str]:
    return sorted(f"{channel.value} {HIDDEN}{number[-4:]}" for channel, number in numbers)
