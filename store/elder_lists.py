"""Elders to read: one in full, or a page of many by number. Narrowed by scope, without the canary.

Counts and flags come with the rows, so that a page of a thousand is one query.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from core.accounts import Scope
from core.elders import DETAILS, ArchiveReason, ElderDetails, Risk
from core.errors import NotFound
from core.worded import worded
from store import schema
from store.elder_secrets import SecretKind
from store.scoping import within


@dataclass(frozen=True, slots=True, kw_only=True)
class ElderRecord(ElderDetails):
    """An elder in full; of what is sealed, only whether it is there."""

    id: int
    version: int
    archived_at: datetime | None
    archived_why: ArchiveReason | None
    #: the band they wear
    device_id: str | None
    #: how many guardians are paired: two is right
    guardians: int
    has_photo: bool
    has_identity_number: bool
    has_medical_notes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ElderLine:
    """An elder as a list names them; programs read these fields as they are here."""

    id: int
    version: int
    organisation_id: str
    name: str
    birth_year: int
    sex: str
    device_id: str | None
    guardians: int
    has_photo: bool
    archived_at: datetime | None


_LINE = tuple(field.name for field in fields(ElderLine))
#: columns of the elder's own row, then what is counted beside; in the order of the query
_OWN = (*DETAILS, "id", "version", "archived_at", "archived_why")
_BESIDE = ("device_id", "guardians", "has_photo", "has_identity_number", "has_medical_notes")
_NAMES = (*_OWN, *_BESIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElderFilter:
    """Which elders of a list are wanted."""

    organisation_id: str | None = None
    #: how the name begins
    name: str = ""
    #: True: wear none, False: wear one
    without_band: bool | None = None
    #: True: fewer than two guardians, False: two
    without_guardians: bool | None = None
    archived: bool = False


def record(connection: Connection, elder_id: int, scope: Scope) -> ElderRecord:
    """Return one elder; NotFound without one in *scope*."""
    table = schema.elder
    row = connection.execute(_records(scope).where(table.c.id == elder_id)).first()
    if row is None:
        raise NotFound(
            worded("There is no elder %(id)s among those that you look after.", id=elder_id)
        )
    return _record(row)


def page(
    connection: Connection,
    scope: Scope,
    wanted: ElderFilter,
    *,
    after_id: int = 0,
    limit: int = 100,
) -> list[ElderRecord]:
    """Return the next *limit* elders after *after_id*, by number, in full."""
    statement = _narrowed(_records(scope), wanted, after_id).limit(limit)
    return [_record(row) for row in connection.execute(statement)]


def lines(
    connection: Connection,
    scope: Scope,
    wanted: ElderFilter,
    *,
    after_id: int = 0,
    limit: int = 100,
) -> list[ElderLine]:
    """Return the same elders as `page`, each in a line: half the price."""
    records = _records(scope)
    shown = (records.selected_columns[name] for name in _LINE)
    statement = _narrowed(records.with_only_columns(*shown), wanted, after_id).limit(limit)
    return [
        ElderLine(**dict(zip(_LINE, row, strict=True))) for row in connection.execute(statement)
    ]


def _narrowed(statement: Select[Any], wanted: ElderFilter, after_id: int) -> Select[Any]:
    table = schema.elder
    statement = statement.where(
        table.c.id > after_id,
        table.c.archived_at.is_not(None) if wanted.archived else table.c.archived_at.is_(None),
    )
    if wanted.organisation_id is not None:
        statement = statement.where(table.c.organisation_id == wanted.organisation_id)
    if wanted.name:
        statement = statement.where(table.c.name.startswith(wanted.name, autoescape=True))
    if wanted.without_band is not None:
        wears = exists().where(schema.band.c.elder_id == table.c.id)
        statement = statement.where(~wears if wanted.without_band else wears)
    if wanted.without_guardians is not None:
        has_two = _guardians() >= 2
        statement = statement.where(~has_two if wanted.without_guardians else has_two)
    return statement.order_by(table.c.id)


def _records(scope: Scope) -> Select[Any]:
    table, secret = schema.elder, schema.elder_secret

    def keeps(kind: SecretKind) -> ColumnElement[bool]:
        return exists().where(secret.c.elder_id == table.c.id, secret.c.kind == kind.value)

    return select(
        *(table.c[name] for name in _OWN),
        select(schema.band.c.device_id)
        .where(schema.band.c.elder_id == table.c.id)
        .scalar_subquery()
        .label("device_id"),
        _guardians().label("guardians"),
        exists().where(schema.elder_photo.c.elder_id == table.c.id).label("has_photo"),
        keeps(SecretKind.IDENTITY_NUMBER).label("has_identity_number"),
        keeps(SecretKind.MEDICAL_NOTES).label("has_medical_notes"),
    ).where(
        ~table.c.is_virtual, table.c.erased_at.is_(None), within(scope, table.c.organisation_id)
    )


def _guardians() -> Any:
    return (
        select(func.count())
        .select_from(schema.guardianship)
        .where(schema.guardianship.c.elder_id == schema.elder.c.id)
        .correlate(schema.elder)
        .scalar_subquery()
    )


def _record(row: Any) -> ElderRecord:
    values = dict(zip(_NAMES, row, strict=True))  # by name each would cost as much as the query
    values["risks"] = tuple(Risk(one) for one in values["risks"])
    why = values["archived_why"]
    values["archived_why"] = None if why is None else ArchiveReason(why)
    return ElderRecord(**values)
