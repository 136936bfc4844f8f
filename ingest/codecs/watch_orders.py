"""Put orders into a Watch band's words, and know its echoes again. Pure.

Words come from a fixed list; a model's own are in its profile. Of what a person wrote only digits
reach a frame: a comma, bracket or star in it would be another command.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.errors import BadOrder
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Order

#: an order's `do` to its words; {s} seconds, {n1} to {n3} numbers, {on} 1 or 0
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "locate": "CR",
        "interval": "UPLOAD,{s}",
        "find": "FIND",
        "contacts": "SOS,{n1},{n2},{n3}",
        "removal_alarm": "REMOVE,{on}",
        "reboot": "RESET",
    }
)
#: what a band says that has taken over one of three SOS numbers
_ONE_CONTACT = {"SOS1", "SOS2", "SOS3"}

#: commands that bands echo, beside those we send
_ECHOES = {
    *("CALL", "CENTER", "CR", "FACTORY", "FIND", "FLOWER", "HRTSTART", "IP", "LOWBAT", "LZ"),
    *("MESSAGE", "MONITOR", "PEDO", "POWEROFF", "PP", "PW", "RCAPTURE", "REMIND", "REMOVE"),
    *("REMOVESMS", "RESET", "SILENCETIME", "SILENCETIME2", "SLAVE", "UPGRADE", "UPLOAD", "VERNO"),
    *("WALKTIME", "WORK", "ZONE"),
}
#: phone books and SOS numbers come under several words that begin like this
_ECHOED_BEGINNINGS = ("PHB", "SOS")

_LEAST_INTERVAL_S, _MOST_INTERVAL_S = 10, 86_400
_MOST_CONTACTS = 3
_PHONE = re.compile(r"\+?[0-9]{1,15}")
_HOME_PREFIX = "+86"
_LEAST_DIGITS = 3


def content_of(order: Order, profile: Profile) -> str | None:
    """Return *order* as a frame's content; None where the model has no words for it.

    Raises BadOrder for arguments that cannot be sent.
    """
    words = profile.commands.get(order.do, _WORDS.get(order.do))
    if words is None:
        return None
    for name, value in _arguments(order).items():
        words = words.replace("{" + name + "}", value)
    return words


def order_echoed(word: str, profile: Profile) -> str | None:
    """Return the `do` that the echoed keyword *word* (upper case) belongs to; None: not ours."""
    if word in _ONE_CONTACT:
        return "contacts"
    for do, words in {**_WORDS, **profile.commands}.items():
        if words.split(",", 1)[0].upper() == word:
            return do
    return None


def is_echo(word: str) -> bool:
    """Say whether the keyword *word* (upper case) is that of a command."""
    return word in _ECHOES or word.startswith(_ECHOED_BEGINNINGS)


# -- arguments -------------------------------------------------------------------------------------


def _arguments(order: Order) -> dict[str, str]:
    if order.do == "interval":
        return {"s": _seconds(order.args.get("s"))}
    if order.do == "contacts":
        return _contacts(order.args.get("sos"))
    if order.do == "removal_alarm":
        on = order.args.get("on")
        if not isinstance(on, bool):
            raise BadOrder("removal_alarm: on is true or false")
        return {"on": "1" if on else "0"}
    return {}


def _seconds(value: Any) -> str:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not _LEAST_INTERVAL_S <= value <= _MOST_INTERVAL_S:
        raise BadOrder(
            f"interval: s is a whole number of seconds, {_LEAST_INTERVAL_S} to {_MOST_INTERVAL_S}"
        )
    return str(value)


def _contacts(numbers: Any) -> dict[str, str]:
    if not isinstance(numbers, list | tuple) or len(numbers) > _MOST_CONTACTS:
        raise BadOrder(f"contacts: sos is a list of at most {_MOST_CONTACTS} phone numbers")
    filled = [_dialled(number) for number in numbers]
    filled += [""] * (_MOST_CONTACTS - len(filled))  # an empty one deletes
    return {f"n{place}": number for place, number in enumerate(filled, start=1)}


def _dialled(number: Any) -> str:
    """Return the digits that a phone in mainland China dials to reach *number*."""
    digits = ""
    if isinstance(number, str) and _PHONE.fullmatch(number):
        digits = number.removeprefix(_HOME_PREFIX).replace("+", "00")
    if len(digits) < _LEAST_DIGITS:
        raise BadOrder("contacts: a phone number is 3 to 15 digits, with or without a + before")
    return digits
