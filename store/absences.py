"""Who is away, and who stands in: kept for ever, taken back rather than changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.absences import Absence, check_absence
from core.accounts import Scope
from core.errors import Conflict, NotFound
from core.worded import worded
from store import registry, schema
from store.columns import Instant
from store.scoping import person_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAbsence:
    """An absence with who wrote it down, and when."""

    absence: Absence
    made_by: str
    made_at: datetime


def absences_between(
    connection: Connection, from_at: datetime, until_at: datetime
) -> tuple[Absence, ...]:
    """Return the absences that touch the time between the two, oldest id first."""
    return tuple(kept.absence for kept in kept_between(connection, from_at, until_at))


def kept_between(
    connection: Connection, from_at: datetime, until_at: datetime
) -> list[KeptAbsence]:
    """Return the same with who wrote each down."""
    rows = connection.execute(_TOUCHING, {"begin": from_at, "end": until_at})
    return [
        KeptAbsence(absence=_absence(row), made_by=row.made_by, made_at=row.made_at) for row in rows
    ]


def only_of(
    connection: Connection, kept: Sequence[KeptAbsence], *, members: Collection[int], scope: Scope
) -> list[KeptAbsence]:
    """Return those of *kept* that concern somebody in *scope*, or one of *members*."""
    if scope.everywhere:
        return list(kept)
    theirs = {*members, *connection.scalars(person_ids(scope))}
    return [one for one in kept if {one.absence.away_id, one.absence.stand_in_id} & theirs]


def kept(connection: Connection, absence_id: int) -> KeptAbsence:
    """Return one absence with who wrote it down; NotFound if there is none."""
    table = schema.absence
    row = connection.execute(select(table).where(table.c.id == absence_id)).first()
    if row is None:
        raise NotFound(
            worded("There is no absence %(id)s among those that you look after.", id=absence_id)
        )
    return KeptAbsence(absence=_absence(row), made_by=row.made_by, made_at=row.made_at)


def add_absence(
    connection: Connection,
    *,
    away_id: int | None,
    stand_in_id: int | None,
    from_at: datetime,
    until_at: datetime,
    by: str,
    now: datetime,
) -> int:
    """Write an absence down; return its id.

    ValueError says what to mend: a stand-in does the same work as whoever is away, and only a
    rescuer can be on duty in addition. NotFound when somebody is not registered.
    """
    absence = Absence(
        id=0, away_id=away_id, stand_in_id=stand_in_id, from_at=from_at, until_at=until_at
    )
    people = [p for p in (away_id, stand_in_id) if p is not None]
    check_absence(absence, {p: registry.person(connection, p).role for p in people}, now)
    table = schema.absence
    return int(
        connection.execute(
            table.insert()
            .values(
                away_id=away_id,
                stand_in_id=stand_in_id,
                from_at=from_at,
                until_at=until_at,
                made_by=by,
                made_at=now,
            )
            .returning(table.c.id)
        ).scalar_one()
    )


def end_absence(connection: Connection, absence_id: int, *, by: str, now: datetime) -> None:
    """Take an absence back from *now* on; Conflict when that was done already."""
    table = schema.absence
    if connection.scalar(select(table.c.id).where(table.c.id == absence_id)) is None:
        raise NotFound(
            worded("There is no absence %(id)s among those that you look after.", id=absence_id)
        )
    done = connection.execute(
        table.update()
        .where(table.c.id == absence_id, table.c.ended_at.is_(None))
        .values(ended_by=by, ended_at=now)
    )
    if done.rowcount != 1:
        raise Conflict(worded("The absence %(id)s was taken back already.", id=absence_id))


def stand_ins(absences: Sequence[Absence]) -> list[int]:
    """Return everybody who stands in for somebody in *absences*."""
    return [a.stand_in_id for a in absences if a.stand_in_id is not None]


# Asked with every step of an incident; building such a statement takes longer than running it.
_TOUCHING = (
    select(schema.absence)
    .where(
        schema.absence.c.ended_at.is_(None),
        schema.absence.c.until_at > bindparam("begin", type_=Instant),
        schema.absence.c.from_at <= bindparam("end", type_=Instant),
    )
    .order_by(schema.absence.c.id)
)


def _absence(row: Any) -> Absence:
    return Absence(
        id=row.id,
        away_id=row.away_id,
        stand_in_id=row.stand_in_id,
        from_at=row.from_at,
        until_at=row.until_at,
    )
