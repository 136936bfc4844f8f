"""Lists of the register for spreadsheets, page by page by their key, however long they are.

Each line is a mapping by the keys of `core.register_sheets`, so that what is written is read again
as the same. Nothing sealed is among them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from geoalchemy2.shape import to_shape
from shapely.geometry import Point
from sqlalchemy import Connection, Engine, or_, select

from core.accounts import Scope
from core.elders import DETAILS
from core.hours_text import hours_text, parse_hours
from core.people import PHONE, Language, Role
from core.register_sheets import ListName
from store import elder_lists, person_lists, schema
from store.database import reading
from store.elder_lists import ElderFilter
from store.scoping import elder_ids, within

#: lines in one query
_PAGE = 1_000
#: of degrees: a centimetre
_DIGITS = 7

Values = Mapping[str, Any]
#: the lines after a key, and the key of the last of them; no lines: the end
Page = tuple[Sequence[Values], Any]


def list_lines(
    engine: Engine, name: ListName, scope: Scope, *, language: Language, now: datetime
) -> Iterator[Values]:
    """Yield the lines of one list, narrowed to *scope*."""
    pages: dict[ListName, Callable[[Connection, Any], Page]] = {
        ListName.ELDERS: lambda connection, after: _elders(connection, scope, after),
        ListName.BANDS: lambda connection, after: _bands(connection, scope, after),
        ListName.GUARDIANS: lambda connection, after: _guardians(connection, scope, after),
        ListName.ZONES: lambda connection, after: _zones(connection, scope, language, now, after),
        ListName.CONTACTS: lambda connection, after: _contacts(connection, scope, after),
    }
    yield from paged(engine, pages[name])


def paged(engine: Engine, page: Callable[[Connection, Any], Page]) -> Iterator[Values]:
    """Yield the lines of one page after the other, each read by a transaction of its own."""
    after = None
    while True:
        with reading(engine) as connection:
            lines, after = page(connection, after)
        if not lines:
            return
        yield from lines


def _elders(connection: Connection, scope: Scope, after: int | None) -> Page:
    found = elder_lists.page(connection, scope, ElderFilter(), after_id=after or 0, limit=_PAGE)
    lines = [
        {
            **{name: getattr(one, name) for name in DETAILS},
            "risks": tuple(risk.value for risk in one.risks),
            "number": one.id,
        }
        for one in found
    ]
    return lines, found[-1].id if found else None


def _bands(connection: Connection, scope: Scope, after: str | None) -> Page:
    table = schema.band
    is_ours = table.c.elder_id.in_(elder_ids(scope)) | (
        table.c.elder_id.is_(None)
        & or_(table.c.organisation_id.is_(None), within(scope, table.c.organisation_id))
    )
    rows = connection.execute(
        select(table)
        .where(table.c.device_id > (after or ""), table.c.retired_at.is_(None), is_ours)
        .order_by(table.c.device_id)
        .limit(_PAGE)
    ).all()
    lines = [
        {
            "device_id": row.device_id,
            "elder": row.elder_id,
            "model": row.model,
            "interval_s": row.expected_interval_s,
            "organisation_id": _in_scope(row.organisation_id, scope),
            "serial": row.serial,
            "imei": row.imei,
            "sim_number": row.sim_number,
            "note": row.note,
        }
        for row in rows
    ]
    return lines, rows[-1].device_id if rows else None


def _guardians(connection: Connection, scope: Scope, after: int | None) -> Page:
    found = person_lists.people(
        connection, scope, role=Role.GUARDIAN, after_id=after or 0, limit=_PAGE
    )
    table = schema.guardianship
    theirs: dict[int, list[tuple[int, int]]] = {}
    rows = connection.execute(
        select(table)
        .where(
            table.c.person_id.in_([one.id for one in found]),
            table.c.elder_id.in_(elder_ids(scope)),
        )
        .order_by(table.c.elder_id)
    )
    for row in rows:
        theirs.setdefault(row.person_id, []).append((row.elder_id, row.position))
    lines = []
    for one in found:
        numbers = [point.value for point in one.points if point.channel in PHONE]
        pairs = theirs.get(one.id, [])
        lines.append(
            {
                "phone": numbers[0] if numbers else None,
                "name": one.name,
                "elders": tuple(elder_id for elder_id, _ in pairs) or None,
                "position": tuple(place for _, place in pairs) or None,
                "organisation_id": _in_scope(one.organisation_id, scope),
                "language": one.language.value,
            }
        )
    return lines, found[-1].id if found else None


def _zones(
    connection: Connection, scope: Scope, language: Language, now: datetime, after: int | None
) -> Page:
    """Return circles; what was drawn as a polygon does not fit into a line."""
    table = schema.zone
    rows = connection.execute(
        select(table)
        .where(
            table.c.id > (after or 0),
            table.c.elder_id.in_(elder_ids(scope)),
            table.c.retired_at.is_(None),
            or_(table.c.valid_until.is_(None), table.c.valid_until > now),
            table.c.radius_m.is_not(None),
        )
        .order_by(table.c.id)
        .limit(_PAGE)
    ).all()
    lines = []
    for row in rows:
        centre = to_shape(row.shape)
        assert isinstance(centre, Point)
        lines.append(
            {
                "elder": row.elder_id,
                "name": row.name,
                "lon": round(centre.x, _DIGITS),
                "lat": round(centre.y, _DIGITS),
                "datum": "wgs84",
                "radius_m": row.radius_m,
                "kind": row.kind,
                "hours": row.hours and hours_text(parse_hours(row.hours), language),
                "days": row.days,
            }
        )
    return lines, rows[-1].id if rows else None


def _contacts(connection: Connection, scope: Scope, after: int | None) -> Page:
    table = schema.family_contact
    rows = connection.execute(
        select(table)
        .where(
            table.c.id > (after or 0),
            table.c.removed_at.is_(None),
            table.c.elder_id.in_(elder_ids(scope)),
        )
        .order_by(table.c.id)
        .limit(_PAGE)
    ).all()
    lines = [
        {"elder": row.elder_id, "name": row.name, "relation": row.relation, "phone": row.phone}
        for row in rows
    ]
    return lines, rows[-1].id if rows else None


def _in_scope(organisation_id: str | None, scope: Scope) -> str | None:
    """Return the organisation, unless its reader could not name it when the list comes back."""
    return organisation_id if scope.covers(organisation_id) else None
