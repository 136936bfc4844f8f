"""Somebody's data is erased: one person asks for it, another one confirms, then it is done.

The record holds who asked and confirmed, when, and how many rows went; no name.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, select

from core.accounts import Scope
from core.errors import Conflict, NotFound, Refused
from core.history import Subject
from store import erasing, erasing_elder, erasing_person, history, schema
from store.scoping import within


class Erased(StrEnum):
    """Whose data."""

    ELDER = "elder"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One request, and what became of it."""

    id: int
    subject: Erased
    subject_id: int
    organisation_id: str | None
    requested_by: str
    requested_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    #: table -> rows deleted or emptied; None: not done
    counts: dict[str, int] | None

    @property
    def is_waiting(self) -> bool:
        """Say whether somebody has to confirm it."""
        return self.withdrawn_at is None and self.confirmed_at is None


def request(
    connection: Connection,
    subject: Erased,
    subject_id: int,
    *,
    scope: Scope,
    by: str,
    now: datetime,
) -> int:
    """Ask for an erasure; return its number. NotFound beyond *scope* or where nobody is left."""
    row = _locked(connection, subject, subject_id, scope)
    _refuse_open(connection, subject, subject_id)
    table = schema.erasure
    waiting = connection.scalar(
        select(table.c.id).where(
            table.c.subject == subject.value,
            table.c.subject_id == subject_id,
            table.c.withdrawn_at.is_(None),
            table.c.confirmed_at.is_(None),
        )
    )
    if waiting is not None:
        raise Conflict(f"Erasure {waiting} waits for somebody to confirm it already.")
    result = connection.execute(
        table.insert()
        .values(
            subject=subject.value,
            subject_id=subject_id,
            organisation_id=row.organisation_id,
            requested_by=by,
            requested_at=now,
        )
        .returning(table.c.id)
    )
    return int(result.scalar_one())


def withdraw(
    connection: Connection, erasure_id: int, *, scope: Scope, by: str, now: datetime
) -> None:
    """Take a request back; Conflict when it is over."""
    found = _waiting(connection, erasure_id, scope)
    table = schema.erasure
    connection.execute(
        table.update().where(table.c.id == found.id).values(withdrawn_by=by, withdrawn_at=now)
    )


def confirm(
    engine: Engine, erasure_id: int, *, scope: Scope, by: str, now: datetime
) -> dict[str, int]:
    """Erase for good; return how many rows of each table went.

    Refused to whoever asked for it; Conflict while an incident is open.
    """
    with engine.begin() as connection:
        found = _waiting(connection, erasure_id, scope)
        if found.requested_by == by:
            raise Refused("Somebody else has to confirm this: four eyes erase, not two.")
        row = _locked(connection, found.subject, found.subject_id, scope)
        _refuse_open(connection, found.subject, found.subject_id)
        counts = _erase(connection, found.subject, found.subject_id, now)
        history.record(
            connection,
            subject=Subject(found.subject.value),
            subject_id=found.subject_id,
            version=row.version + 1,
            changes={erasing_elder.ERASURE: (None, now.isoformat())},
            by=by,
            now=now,
            elder_id=found.subject_id if found.subject is Erased.ELDER else None,
        )
        table = schema.erasure
        connection.execute(
            table.update()
            .where(table.c.id == erasure_id)
            .values(confirmed_by=by, confirmed_at=now, counts=counts)
        )
    erasing.wipe(engine, counts)
    return counts


def erasures(
    connection: Connection, scope: Scope, *, before_id: int | None = None, limit: int = 100
) -> Sequence[Erasure]:
    """Return requests within *scope*, the newest first."""
    table = schema.erasure
    statement = (
        select(table)
        .where(within(scope, table.c.organisation_id))
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    return [_erasure(row) for row in connection.execute(statement)]


def erasure(connection: Connection, erasure_id: int, scope: Scope) -> Erasure:
    """Return one; NotFound beyond *scope*."""
    table = schema.erasure
    row = connection.execute(
        select(table).where(table.c.id == erasure_id, within(scope, table.c.organisation_id))
    ).first()
    if row is None:
        raise NotFound(f"There is no erasure {erasure_id} among those that you look after.")
    return _erasure(row)


def _waiting(connection: Connection, erasure_id: int, scope: Scope) -> Erasure:
    table = schema.erasure
    connection.execute(select(table.c.id).where(table.c.id == erasure_id).with_for_update())
    found = erasure(connection, erasure_id, scope)
    if not found.is_waiting:
        raise Conflict(f"Erasure {erasure_id} is over: it was confirmed or withdrawn.")
    return found


def _locked(connection: Connection, subject: Erased, subject_id: int, scope: Scope) -> Any:
    """Return the row of whom it is about, held until the commit."""
    table = schema.elder if subject is Erased.ELDER else schema.person
    statement = (
        select(table.c.organisation_id, table.c.version)
        .where(
            table.c.id == subject_id,
            table.c.erased_at.is_(None),
            within(scope, table.c.organisation_id),
        )
        .with_for_update()
    )
    if subject is Erased.ELDER:
        statement = statement.where(~schema.elder.c.is_virtual)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(f"There is no {subject} {subject_id} among those that you look after.")
    return row


def _refuse_open(connection: Connection, subject: Erased, subject_id: int) -> None:
    of = erasing_elder if subject is Erased.ELDER else erasing_person
    incident_id = of.open_incident(connection, subject_id)
    if incident_id is not None:
        raise Conflict(f"Incident {incident_id} is open: let it end first, then erase.")


def _erase(
    connection: Connection, subject: Erased, subject_id: int, now: datetime
) -> dict[str, int]:
    gone: Counter[str]
    if subject is Erased.ELDER:
        searched = erasing_elder.searched_for(connection, subject_id)
        gone = erasing_elder.delete_rows(connection, subject_id, now)
        erasing_elder.empty_row(connection, subject_id, now)
    else:
        searched = erasing_person.searched_for(connection, subject_id)
        gone = erasing_person.delete_rows(connection, subject_id)
        erasing_person.empty_row(connection, subject_id, now)
    searched = erasing.without_others(connection, searched)
    gone["inbox"] += erasing_elder.delete_arrivals(connection, searched)
    gone += erasing.delete_strays(connection, searched)
    gone += erasing.take_out_mentions(connection, searched)
    gone[subject.value] += 1
    return {table: count for table, count in sorted(gone.items()) if count}


def _erasure(row: Any) -> Erasure:
    return Erasure(
        id=row.id,
        subject=Erased(row.subject),
        subject_id=row.subject_id,
        organisation_id=row.organisation_id,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
        counts=None if row.counts is None else dict(row.counts),
    )
