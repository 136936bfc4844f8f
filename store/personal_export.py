"""Everything that is held about one person, row by row, a page at a time."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from geoalchemy2.elements import WKBElement
from geoalchemy2.shape import to_shape
from sqlalchemy import ColumnElement, Engine, Select, Table, and_, or_, select

from core.people import Channel
from store import erasing_person, schema
from store.database import reading
from store.erasure_rules import OF_ELDER, OF_PERSON
from store.mentions import mentions
from store.personal_data import PERSONAL, What

#: so many rows are in memory at once
PAGE = 500
#: what others gave us, or what opens something, is no part of it
_LEFT_OUT = (What.SECRET, What.SEALED)
#: others' numbers and keys are in these
_NOT_THEIRS = frozenset({"relay", "link_guess"})

Row = Mapping[str, Any]


def of_elder(engine: Engine, elder_id: int) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield the name of each table with its rows about this elder, those without any, too."""
    incident, change = schema.incident, schema.registry_change
    own_incidents = select(incident.c.id).where(incident.c.elder_id == elder_id)
    yield "elder", _rows(engine, schema.elder, schema.elder.c.id == elder_id)
    for name in OF_ELDER:
        table = schema.metadata.tables[name]
        if name in _NOT_THEIRS or name == "registry_change":
            continue
        if "elder_id" in table.c:
            where: ColumnElement[bool] = table.c.elder_id == elder_id
        else:
            where = table.c.incident_id.in_(own_incidents)
        yield name, _rows(engine, table, where)
    about = or_(
        change.c.elder_id == elder_id,
        and_(change.c.subject.in_(("elder", "pairing")), change.c.subject_id == str(elder_id)),
    )
    yield "registry_change", _rows(engine, change, about)


def of_person(engine: Engine, person_id: int) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield the name of each table with its rows about this person, those without any, too."""
    with reading(engine) as connection:
        numbers = erasing_person.numbers_of(connection, person_id)
    yield "person", _rows(engine, schema.person, schema.person.c.id == person_id)
    for name in OF_PERSON:
        table = schema.metadata.tables[name]
        if name not in _NOT_THEIRS:
            keys = [
                column
                for column in table.columns
                if any(key.column.table is schema.person for key in column.foreign_keys)
            ]
            yield name, _rows(engine, table, or_(*(column == person_id for column in keys)))
    change, look, point = schema.registry_change, schema.look, schema.contact_point
    message, attempt, code = schema.notification, schema.attempt, schema.verification
    sent = select(message.c.id).where(message.c.person_id == person_id)
    points = select(point.c.id).where(point.c.person_id == person_id)
    used, arrived = schema.phone_use, schema.inbox
    said = or_(
        mentions(arrived.c.body, [number.lstrip("+") for number in numbers if number[:1] == "+"])
    )
    for table, where in (
        (attempt, attempt.c.notification_id.in_(sent)),
        (code, code.c.contact_point_id.in_(points)),
        (used, and_(used.c.address.in_(numbers), used.c.channel != Channel.PUSH.value)),
        (arrived, said),
        (look, look.c.viewer == f"person:{person_id}"),
        (
            change,
            and_(change.c.subject == "person", change.c.subject_id == str(person_id)),
        ),
    ):
        yield table.name, _rows(engine, table, where)


def _rows(engine: Engine, table: Table, where: ColumnElement[bool]) -> Iterator[Row]:
    left_out = {n for n, what in PERSONAL.get(table.name, {}).items() if what in _LEFT_OUT}
    columns = [column for column in table.columns if column.name not in left_out]
    keys = list(table.primary_key.columns)
    statement: Select[Any] = select(*columns).where(where).order_by(*keys).limit(PAGE)
    last: Any = None
    while True:
        page = statement if last is None else statement.where(keys[0] > last)
        with reading(engine) as connection:
            found = connection.execute(page).mappings().all()
        for row in found:
            yield {name: _plain(value) for name, value in row.items()}
        if len(found) < PAGE or len(keys) > 1:
            return
        last = found[-1][keys[0].name]


def _plain(value: Any) -> Any:
    """Return *value* as JSON knows it; shapes as WKT, WGS-84, lon before lat; bytes as text."""
    if isinstance(value, WKBElement):
        return to_shape(value).wkt
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.hex()
    return value
