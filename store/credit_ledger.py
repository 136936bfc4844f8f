"""The ledger of volunteers' service: append only, summed by the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from core.accounts import Scope
from core.credits import CreditKind, Deed, day_bounds, rule_for, worth
from core.errors import NotFound
from store import credit_rules, schema
from store.scoping import within
from store.upsert import insert

#: sources that are looked up with one query
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger, with the name of the person as it is now."""

    id: int
    person_id: int
    person_name: str
    organisation_id: str | None
    kind: CreditKind
    minutes: int
    at: datetime
    source: str
    incident_id: int | None
    rule_id: int | None
    corrects: int | None
    reason: str
    written_at: datetime
    #: "": the service
    written_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are asked for; *until* is not included."""

    person_id: int | None = None
    organisation_id: str | None = None
    kind: CreditKind | None = None
    since: datetime | None = None
    until: datetime | None = None


# -- writing ---------------------------------------------------------------------------------------


def unwritten(connection: Connection, deeds: Iterable[Deed]) -> list[Deed]:
    """Return those of *deeds* that are not on the ledger yet, in order, each once."""
    wanted = {deed.source: deed for deed in deeds}
    table = schema.credit_entry
    known: set[str] = set()
    sources = list(wanted)
    for begin in range(0, len(sources), _AT_ONCE):
        some = table.c.source.in_(sources[begin : begin + _AT_ONCE])
        known.update(connection.scalars(select(table.c.source).where(some)))
    new = [deed for source, deed in wanted.items() if source not in known]
    return sorted(new, key=lambda one: (one.at, one.source))


def write(connection: Connection, deeds: Iterable[Deed], *, now: datetime) -> int:
    """Write what these deeds earn; those on the ledger already add nothing. Return how many new.

    The caller has made sure that nobody else writes for the same people at the same time.
    """
    new = unwritten(connection, deeds)
    if not new:
        return 0
    held = credit_rules.rules(connection, {deed.organisation_id for deed in new})
    for deed in new:
        given = _given_that_day(connection, deed)
        rule = rule_for(held, deed.organisation_id, deed.kind, deed.day)
        earned = worth(deed, rule, given_that_day_min=given)
        statement = insert(connection.dialect.name, schema.credit_entry).values(
            person_id=deed.person_id,
            organisation_id=deed.organisation_id,
            kind=deed.kind.value,
            minutes=earned.minutes,
            at=deed.at,
            source=deed.source,
            incident_id=deed.incident_id,
            rule_id=earned.rule_id or None,
            written_at=now,
        )
        connection.execute(statement.on_conflict_do_nothing())
    return len(new)


def correct(
    connection: Connection,
    *,
    person_id: int,
    organisation_id: str | None,
    minutes: int,
    reason: str,
    key: str,
    corrects: int | None,
    by: str,
    now: datetime,
) -> int:
    """Put something right by an entry of its own; return its id. The same *key* is one entry."""
    table = schema.credit_entry
    source = f"{CreditKind.CORRECTION.value}:{key}"
    statement = insert(connection.dialect.name, table).values(
        person_id=person_id,
        organisation_id=organisation_id,
        kind=CreditKind.CORRECTION.value,
        minutes=minutes,
        at=now,
        source=source,
        corrects=corrects,
        reason=reason,
        written_at=now,
        written_by=by[:80],
    )
    connection.execute(statement.on_conflict_do_nothing())
    return int(connection.scalars(select(table.c.id).where(table.c.source == source)).one())


# -- reading ---------------------------------------------------------------------------------------


def entries(
    connection: Connection,
    wanted: Wanted,
    *,
    scope: Scope | None = None,
    after_id: int = 0,
    limit: int = 100,
) -> list[Entry]:
    """Return entries with ids above *after_id*, in order; with *scope* only those within it."""
    table, person = schema.credit_entry, schema.person
    statement = (
        select(table, person.c.name)
        .join(person, person.c.id == table.c.person_id)
        .where(table.c.id > after_id)
        .order_by(table.c.id)
        .limit(limit)
    )
    if scope is not None:
        statement = statement.where(within(scope, table.c.organisation_id))
    return [_entry(row) for row in connection.execute(_only(statement, wanted))]


def entry(connection: Connection, entry_id: int, *, scope: Scope) -> Entry:
    """Return one entry; NotFound unless it is in *scope*."""
    found = entries(connection, Wanted(), scope=scope, after_id=entry_id - 1, limit=1)
    if not found or found[0].id != entry_id:
        raise NotFound(f"There is no entry {entry_id} among those that you look after.")
    return found[0]


def sums(connection: Connection, wanted: Wanted) -> dict[tuple[int, CreditKind], int]:
    """Return the minutes by person and kind."""
    table = schema.credit_entry
    statement = _only(
        select(table.c.person_id, table.c.kind, func.sum(table.c.minutes).label("minutes")), wanted
    ).group_by(table.c.person_id, table.c.kind)
    return {
        (row.person_id, CreditKind(row.kind)): int(row.minutes)
        for row in connection.execute(statement)
    }


def total_min(connection: Connection, person_id: int) -> int:
    """Return all the minutes of one person."""
    return sum(sums(connection, Wanted(person_id=person_id)).values())


def _given_that_day(connection: Connection, deed: Deed) -> int:
    table = schema.credit_entry
    begin, end = day_bounds(deed.day)
    given = connection.scalar(
        select(func.sum(table.c.minutes)).where(
            table.c.person_id == deed.person_id,
            table.c.kind == deed.kind.value,
            table.c.organisation_id.is_(None)
            if deed.organisation_id is None
            else table.c.organisation_id == deed.organisation_id,
            table.c.at >= begin,
            table.c.at < end,
        )
    )
    return int(given or 0)


def _only(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    table = schema.credit_entry
    if wanted.person_id is not None:
        statement = statement.where(table.c.person_id == wanted.person_id)
    if wanted.organisation_id is not None:
        statement = statement.where(table.c.organisation_id == wanted.organisation_id)
    if wanted.kind is not None:
        statement = statement.where(table.c.kind == wanted.kind.value)
    if wanted.since is not None:
        statement = statement.where(table.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(table.c.at < wanted.until)
    return statement


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        person_id=row.person_id,
        person_name=row.name,
        organisation_id=row.organisation_id,
        kind=CreditKind(row.kind),
        minutes=row.minutes,
        at=row.at,
        source=row.source,
        incident_id=row.incident_id,
        rule_id=row.rule_id,
        corrects=row.corrects,
        reason=row.reason,
        written_at=row.written_at,
        written_by=row.written_by,
    )
