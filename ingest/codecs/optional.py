"""Optional members of a JSON object: one that makes no sense is left out, and doubted. Pure.

Absent and null both mean "the band did not say" and are no doubt.
"""

from typing import Any

from core.pings import Doubt
from ingest.codecs.json_document import number, short_text

Json = dict[str, Any]


def decimal(said: Json, key: str, least: float, most: float, doubts: set[Doubt]) -> float | None:
    """Return a number from *least* to *most*."""
    value = said.get(key)
    if value is None:
        return None
    found = number(value, least, most)
    if found is None:
        doubts.add(Doubt.BAD_FIELD)
    return found


def whole(said: Json, key: str, least: int, most: int, doubts: set[Doubt]) -> int | None:
    """Return a whole number from *least* to *most*; decimals are cut off."""
    value = said.get(key)
    if type(value) is int and least <= value <= most:
        return value  # as almost always
    found = decimal(said, key, least, most, doubts)
    return None if found is None else int(found)


def yes_no(said: Json, key: str, doubts: set[Doubt]) -> bool | None:
    """Return true or false."""
    value = said.get(key)
    if value is None or isinstance(value, bool):
        return value
    doubts.add(Doubt.BAD_FIELD)
    return None


def text(said: Json, key: str, most: int, doubts: set[Doubt]) -> str | None:
    """Return a printable text of 1 to *most* characters."""
    value = said.get(key)
    if value is None:
        return None
    found = short_text(value, most)
    if found is None:
        doubts.add(Doubt.BAD_FIELD)
    return found


def record(said: Json, key: str, doubts: set[Doubt]) -> Json:
    """Return an object; an empty one when there is none."""
    value = said.get(key)
    if isinstance(value, dict):
        return value
    if value is not None:
        doubts.add(Doubt.BAD_FIELD)
    return {}


def entries(said: Json, key: str, most: int, doubts: set[Doubt]) -> list[Any]:
    """Return the first *most* entries of a list; none when there is no list."""
    value = said.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most:
        doubts.add(Doubt.BAD_FIELD)
    return value[:most] if isinstance(value, list) else []
