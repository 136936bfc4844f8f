"""Where a list goes on: the sort keys of the last item of a page, unreadable on purpose. Pure."""

import base64
import binascii
import json
from datetime import datetime

from api.wire_types import MOST_ID
from core.errors import BadInput

_NO_CURSOR = "This cursor was not given by us: begin without one, then use `next` of each page."


def written(*keys: str | int) -> str:
    """Return the cursor of an item with these sort keys."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode()


def number_in(cursor: str | None) -> int | None:
    """Return the id in a cursor, None without one; BadInput when it is none of ours."""
    if cursor is None:
        return None
    match _keys(cursor):
        case [int() as number] if 0 <= number <= MOST_ID:
            return number
    raise _bad()


def name_in(cursor: str | None) -> str | None:
    """Return the name in a cursor, None without one; BadInput when it is none of ours."""
    if cursor is None:
        return None
    match _keys(cursor):
        case [str() as name] if name.isprintable() and len(name) <= 80:
            return name
    raise _bad()


def moment_in(cursor: str | None) -> tuple[datetime, int] | None:
    """Return instant and id in a cursor, None without one; BadInput when it is none of ours."""
    if cursor is None:
        return None
    match _keys(cursor):
        case [str() as said, int() as number] if 0 <= number <= MOST_ID:
            try:
                at = datetime.fromisoformat(said)
            except ValueError:
                raise _bad() from None
            if at.tzinfo is not None and 1900 <= at.year < 2200:
                return at, number
    raise _bad()


def _keys(cursor: str) -> object:
    try:
        return json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _bad() from None


def _bad() -> BadInput:
    return BadInput(_NO_CURSOR, {"cursor": _NO_CURSOR})
