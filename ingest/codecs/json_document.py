"""Read a JSON document that nobody vouches for. Pure; bounded in size and depth."""

import json
import math
from typing import Any, NoReturn

from core.errors import BadMessage
from core.pings import RejectReason

MOST_DEPTH = 12


def read_json(payload: bytes, *, most_bytes: int) -> Any:
    """Return the document in *payload*; BadMessage that names what is wrong with it."""
    if not payload:
        raise BadMessage(RejectReason.EMPTY, "the message has no bytes")
    if len(payload) > most_bytes:
        raise BadMessage(
            RejectReason.TOO_LARGE, f"{len(payload)} bytes; at most {most_bytes} are read"
        )
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise BadMessage(RejectReason.NOT_TEXT, f"byte {error.start} is not UTF-8") from None
    try:
        document = _decoder.decode(text)
    except RecursionError:
        raise BadMessage(RejectReason.TOO_DEEP, "nested too deep to read") from None
    except json.JSONDecodeError as error:
        raise BadMessage(RejectReason.NOT_JSON, f"{error.msg} at character {error.pos}") from None
    except ValueError as error:  # NaN, Infinity, a number of thousands of digits
        raise BadMessage(RejectReason.NOT_JSON, str(error)[:80]) from None
    # Each level begins with a bracket: few of them need no closer look.
    if text.count("{") + text.count("[") > MOST_DEPTH and _deeper_than(document, MOST_DEPTH):
        raise BadMessage(RejectReason.TOO_DEEP, f"nested deeper than {MOST_DEPTH} levels")
    return document


def number(value: object, least: float, most: float) -> float | None:
    """Return *value* if it is a finite number from *least* to *most*, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        as_float = float(value)
    except OverflowError:
        return None
    return as_float if math.isfinite(as_float) and least <= as_float <= most else None


def short_text(value: object, most: int) -> str | None:
    """Return *value* if it is a printable text of 1 to *most* characters, else None."""
    if isinstance(value, str) and 1 <= len(value) <= most and value.isprintable():
        return value
    return None


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def _deeper_than(document: Any, levels: int) -> bool:
    layer = [document]
    for _ in range(levels):
        layer = [
            child
            for node in layer
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not layer:
            return False
    return any(isinstance(node, dict | list) for node in layer)
