"""The rescue teams' rota: shifts, who goes out for whom, and when nobody would."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, bindparam, select

from core.absences import Absence
from core.accounts import Scope
from core.errors import Conflict, NotFound
from core.hours_text import hours_text, parse_hours
from core.people import PHONE, Person, Role
from core.rota import (
    MOST_SHIFTS,
    NO_TEAM,
    NOT_OF_THE_TEAM,
    TOO_MANY_SHIFTS,
    Gap,
    Rota,
    Shift,
    Turnout,
    asked_of_team,
    gaps,
)
from core.weekly_hours import WeeklyHours
from core.working_days import DayRule
from store import registry, schema
from store.absences import absences_between

log = logging.getLogger(__name__)

_parse = lru_cache(maxsize=1024)(parse_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """One rescue team: rescuers of one organisation; id None: of no organisation."""

    id: str | None
    members: tuple[Person, ...]
    #: those who have a phone number that works
    able: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamGap:
    """A time in which a team that keeps a rota has nobody on duty who can be reached."""

    team_id: str | None
    gap: Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptShift:
    """A shift with who wrote it down, and when."""

    shift: Shift
    made_by: str
    made_at: datetime


def gaps_ahead(connection: Connection, now: datetime, days: float) -> list[TeamGap]:
    """Return the gaps of every team's rota from *now* for *days* days, by team, then by time.

    A team that keeps no rota has none. In a gap the whole team is asked.
    """
    until = now + timedelta(days=days)
    found = teams(connection)
    rotas = rotas_of(
        connection,
        {team.id: [person.id for person in team.members] for team in found},
        absences_between(connection, now, until),
    )
    able = {person_id for team in found for person_id in team.able}
    return [
        TeamGap(team_id=team.id, gap=gap)
        for team in found
        for gap in gaps(rotas[team.id], now, until, able=able)
    ]


def asked_at(connection: Connection, team: Team, at: datetime) -> Turnout:
    """Return whom of *team* a rescue would ask at *at*."""
    people = [person.id for person in team.members]
    gone = absences_between(connection, at, at)
    rota = rotas_of(connection, {team.id: people}, gone)[team.id]
    able = {person_id for one in teams(connection) for person_id in one.able}
    return asked_of_team(rota, people, at, able=able)


def teams(connection: Connection) -> list[Team]:
    """Return the rescue teams: rescuers who are not taken off the list, by organisation."""
    table, point = schema.person, schema.contact_point
    people = connection.execute(
        select(table)
        .where(table.c.role == Role.RESCUER.value, table.c.on_duty.is_(True))
        .order_by(table.c.id)
    ).all()
    reached = set(
        connection.scalars(
            select(point.c.person_id).where(
                point.c.person_id.in_([person.id for person in people]),
                point.c.channel.in_([channel.value for channel in PHONE]),
                point.c.disabled_reason.is_(None),
            )
        )
    )
    grouped: dict[str | None, list[Person]] = {}
    for row in people:
        grouped.setdefault(row.organisation_id, []).append(registry.person_of(row))
    return [
        Team(
            id=team_id,
            members=tuple(members),
            able=frozenset(reached & {person.id for person in members}),
        )
        for team_id, members in sorted(grouped.items(), key=lambda item: item[0] or "")
    ]


def teams_for(connection: Connection, scope: Scope) -> frozenset[str | None]:
    """Return the teams in *scope*, and those that go out for its elders; None: of no organisation.

    Where a street has no team of its own every rescuer is asked, so all are among them.
    """
    every = frozenset(team.id for team in teams(connection))
    if scope.everywhere:
        return every
    own = areas(connection)
    if not scope.organisations or scope.organisations - own.keys() - every:
        return every if scope.organisations else frozenset()
    return every & (scope.organisations | {own[name] for name in scope.organisations & own.keys()})


def rotas_of(
    connection: Connection, members: dict[str | None, list[int]], gone: Sequence[Absence]
) -> dict[str | None, Rota]:
    """Return each team's rota, changed by those absences; *members* are person ids by team."""
    everyone = [person_id for people in members.values() for person_id in people]
    kept = kept_shifts(connection, everyone)
    rotas = {}
    for team_id, people in members.items():
        theirs = set(people)
        rotas[team_id] = Rota(
            shifts=tuple(k.shift for k in kept if k.shift.person_id in theirs),
            absences=tuple(a for a in gone if a.away_id is not None or a.stand_in_id in theirs),
        )
    return rotas


def kept_shifts(connection: Connection, people: Iterable[int]) -> list[KeptShift]:
    """Return the shifts of *people*, oldest first; those nobody can read are left out."""
    rows = connection.execute(_SHIFTS, {"people": list(people)})
    found = []
    for row in rows:
        try:
            shift = Shift(
                id=row.id,
                person_id=row.person_id,
                hours=_parse(row.hours),
                days=DayRule(row.days),
            )
        except ValueError as error:
            log.error(
                "A shift cannot be read: %s",
                error,
                extra={"action": "hours_unreadable", "table": "rota_shift", "row": row.id},
            )
            continue
        found.append(KeptShift(shift=shift, made_by=row.made_by, made_at=row.made_at))
    return found


# Asked with every step of an incident; building such a statement takes longer than running it.
_SHIFTS = (
    select(schema.rota_shift)
    .where(
        schema.rota_shift.c.person_id.in_(bindparam("people", expanding=True)),
        schema.rota_shift.c.ended_at.is_(None),
    )
    .order_by(schema.rota_shift.c.id)
)


def add_shift(
    connection: Connection,
    person_id: int,
    hours: WeeklyHours,
    *,
    days: DayRule = DayRule.EVERY,
    by: str,
    now: datetime,
) -> int:
    """Put a rescuer on the rota; return the shift's id. ValueError says what to mend."""
    if registry.person(connection, person_id).role is not Role.RESCUER:
        raise ValueError(NOT_OF_THE_TEAM)
    if len(kept_shifts(connection, [person_id])) >= MOST_SHIFTS:
        raise ValueError(TOO_MANY_SHIFTS)
    table = schema.rota_shift
    return int(
        connection.execute(
            table.insert()
            .values(
                person_id=person_id,
                hours=hours_text(hours),
                days=days.value,
                made_by=by,
                made_at=now,
            )
            .returning(table.c.id)
        ).scalar_one()
    )


def end_shift(connection: Connection, shift_id: int, *, by: str, now: datetime) -> None:
    """Take a shift off the rota from *now* on; Conflict when that was done already."""
    table = schema.rota_shift
    if connection.scalar(select(table.c.id).where(table.c.id == shift_id)) is None:
        raise NotFound(f"there is no shift {shift_id}")
    done = connection.execute(
        table.update()
        .where(table.c.id == shift_id, table.c.ended_at.is_(None))
        .values(ended_by=by, ended_at=now)
    )
    if done.rowcount != 1:
        raise Conflict(f"shift {shift_id} was taken off already")


def areas(connection: Connection) -> dict[str, str]:
    """Return the team's organisation by the street or township whose elders it goes out for."""
    table = schema.rescue_area
    return {row.organisation_id: row.team_id for row in connection.execute(select(table))}


def set_area(
    connection: Connection, organisation_id: str, team_id: str | None, *, by: str, now: datetime
) -> None:
    """Let *team_id* go out for the elders of a street or township; None: every rescuer is asked."""
    table, known = schema.rescue_area, schema.organisation
    wanted: Collection[str] = [organisation_id, *([team_id] if team_id is not None else [])]
    found = set(connection.scalars(select(known.c.id).where(known.c.id.in_(list(wanted)))))
    if missing := [name for name in wanted if name not in found]:
        raise NotFound(f"there is no organisation {missing[0]}")
    if team_id is not None and team_id not in {team.id for team in teams(connection)}:
        raise ValueError(NO_TEAM)
    connection.execute(table.delete().where(table.c.organisation_id == organisation_id))
    if team_id is not None:
        connection.execute(
            table.insert().values(
                organisation_id=organisation_id, team_id=team_id, edited_by=by, edited_at=now
            )
        )
