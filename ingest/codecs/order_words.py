"""Fill an order into a model's words; of what a person wrote only digits reach a frame. Pure.

A comma, a bracket or a `#` in a number would be another command to the device.
"""

import re
from typing import Any

from core.errors import BadOrder
from ingest.codecs.readings import Order

_LEAST_INTERVAL_S, _MOST_INTERVAL_S = 10, 86_400
_MOST_CONTACTS = 3
_PHONE = re.compile(r"\+?[0-9]{3,15}")
_HOME_PREFIX = "+86"


def fill(words: str, order: Order, *, switch: tuple[str, str] = ("1", "0")) -> str:
    """Return *words* with the order's arguments in their places.

    Places are `{s}` seconds, `{n1}` to `{n3}` telephone numbers (an empty one deletes) and `{on}`,
    which becomes the first or the second of *switch*. Raises BadOrder for arguments that cannot be
    sent.
    """
    for name, value in _values(order, switch).items():
        words = words.replace("{" + name + "}", value)
    return words


def seconds_of(order: Order) -> int:
    """Return the interval that *order* asks for, seconds; BadOrder when it cannot be one."""
    value = order.args.get("s")
    if type(value) is int and _LEAST_INTERVAL_S <= value <= _MOST_INTERVAL_S:
        return value
    raise BadOrder(
        f"interval: s is a whole number of seconds, {_LEAST_INTERVAL_S} to {_MOST_INTERVAL_S}"
    )


def _values(order: Order, switch: tuple[str, str]) -> dict[str, str]:
    if order.do == "interval":
        return {"s": str(seconds_of(order))}
    if order.do == "contacts":
        return _contacts(order.args.get("sos"))
    if order.do == "removal_alarm":
        on = order.args.get("on")
        if not isinstance(on, bool):
            raise BadOrder("removal_alarm: on is true or false")
        return {"on": switch[0] if on else switch[1]}
    return {}


def _contacts(numbers: Any) -> dict[str, str]:
    if not isinstance(numbers, list | tuple) or len(numbers) > _MOST_CONTACTS:
        raise BadOrder(f"contacts: sos is a list of at most {_MOST_CONTACTS} phone numbers")
    filled = [_dialled(number) for number in numbers]
    filled += [""] * (_MOST_CONTACTS - len(filled))
    return {f"n{place}": number for place, number in enumerate(filled, start=1)}


def _dialled(number: Any) -> str:
    """Return the digits that a phone in mainland China dials to reach *number*."""
    if not isinstance(number, str) or not _PHONE.fullmatch(number):
        raise BadOrder("contacts: a phone number is 3 to 15 digits, with or without a + before")
    digits = number.removeprefix(_HOME_PREFIX).replace("+", "00")
    if len(digits) < 3:
        raise BadOrder("contacts: a phone number is 3 to 15 digits, with or without a + before")
    return digits
