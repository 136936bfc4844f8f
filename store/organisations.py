"""Streets, townships, teams and agencies, by name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.canary import ORGANISATION_ID as CANARY
from core.errors import BadInput, Conflict, NotFound, Stale
from core.history import Subject, differences
from core.organisations import OrganisationKind
from core.people import Language
from store import history, schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One of them."""

    id: str
    kind: str
    name_zh: str
    name_en: str
    version: int

    def name(self, language: Language) -> str:
        """Return its name in the reader's language."""
        return self.name_zh if language is Language.CHINESE else self.name_en


def organisations(connection: Connection) -> list[Organisation]:
    """Return all of them by id, without the canary's."""
    table = schema.organisation
    rows = connection.execute(select(table).where(table.c.id != CANARY).order_by(table.c.id))
    return [Organisation(**row) for row in rows.mappings()]


def organisation(connection: Connection, organisation_id: str) -> Organisation:
    """Return one of them; NotFound if there is none."""
    table = schema.organisation
    row = connection.execute(
        select(table).where(table.c.id == organisation_id, table.c.id != CANARY)
    ).first()
    if row is None:
        raise NotFound(f"There is no organisation {organisation_id}.")
    return Organisation(**row._mapping)


def add(
    connection: Connection,
    organisation_id: str,
    *,
    kind: OrganisationKind,
    name_zh: str,
    name_en: str,
    by: str,
    now: datetime,
) -> Organisation:
    """Register another one; Conflict when its id is taken."""
    table = schema.organisation
    if connection.scalar(select(table.c.id).where(table.c.id == organisation_id)) is not None:
        raise Conflict(f"There is an organisation {organisation_id} already.")
    connection.execute(
        table.insert().values(id=organisation_id, kind=kind.value, name_zh=name_zh, name_en=name_en)
    )
    made = organisation(connection, organisation_id)
    _record(connection, made, differences({}, _said(made)), by=by, now=now)
    return made


def edit(
    connection: Connection,
    organisation_id: str,
    *,
    seen: int,
    kind: OrganisationKind,
    name_zh: str,
    name_en: str,
    by: str,
    now: datetime,
) -> Organisation:
    """Change kind and names; Stale when *seen* is not the newest version."""
    before, table = organisation(connection, organisation_id), schema.organisation
    changed = connection.execute(
        table.update()
        .where(table.c.id == organisation_id, table.c.version == seen)
        .values(kind=kind.value, name_zh=name_zh, name_en=name_en, version=seen + 1)
    )
    if changed.rowcount != 1:
        raise Stale(f"Organisation {organisation_id} has version {before.version} by now.")
    after = organisation(connection, organisation_id)
    _record(connection, after, differences(_said(before), _said(after)), by=by, now=now)
    return after


def check_known(connection: Connection, organisation_id: str | None) -> None:
    """Raise BadInput when something is to belong to an organisation that is not registered."""
    table = schema.organisation
    if organisation_id is not None and organisation_id != CANARY:
        known = connection.scalar(select(table.c.id).where(table.c.id == organisation_id))
        if known is not None:
            return
    if organisation_id is not None:
        raise BadInput(
            f"There is no organisation {organisation_id}.", {"organisation_id": "is not registered"}
        )


def with_elders(connection: Connection) -> list[Organisation]:
    """Return those that elders belong to, by id, without the canary's."""
    table = schema.elder
    theirs = set(connection.scalars(select(table.c.organisation_id).distinct()))
    return [one for one in organisations(connection) if one.id in theirs]


def _said(one: Organisation) -> dict[str, Any]:
    return {"kind": one.kind, "name_zh": one.name_zh, "name_en": one.name_en}


def _record(
    connection: Connection,
    one: Organisation,
    changes: dict[str, tuple[Any, Any]],
    *,
    by: str,
    now: datetime,
) -> None:
    history.record(
        connection,
        subject=Subject.ORGANISATION,
        subject_id=one.id,
        version=one.version,
        changes=changes,
        by=by,
        now=now,
    )
