"""Which elder is meant, when somebody writes an id or a name."""

from sqlalchemy import Connection

from core.accounts import Scope
from core.errors import NotFound, Refused
from store import schema
from store.scoping import elder_ids

#: so many ids are listed when a name fits several
_MOST_LISTED = 10
_MOST_DIGITS = 18


def find(connection: Connection, written: str, *, scope: Scope) -> int:
    """Return the id of the elder with this id or exactly this name.

    NotFound when there is none; Refused, with their ids, when several have the name.
    """
    table = schema.elder
    by_number = written.isascii() and written.isdecimal() and len(written) <= _MOST_DIGITS
    wanted = table.c.id == int(written) if by_number else table.c.name == written.strip()
    found: list[int] = list(
        connection.scalars(
            elder_ids(scope).where(wanted).order_by(table.c.id).limit(_MOST_LISTED + 1)
        )
    )
    if not found:
        raise NotFound(
            "There is no such elder: give the id, or the whole name as it was registered."
        )
    if len(found) > 1:
        ids = ", ".join(str(one) for one in found[:_MOST_LISTED])
        raise Refused(f"Several elders have this name; say which by id: {ids}")
    return found[0]
