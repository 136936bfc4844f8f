"""The rota for programs: who is on duty, gaps, shifts, absences, quiet hours, whose team goes."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from alerts import pairing_desk
from api.access import Caller, Viewer, callers
from api.band_shapes import iso
from api.pages import gettext_of
from api.problems import problem
from api.services import Held
from core.clock import check_aware
from core.hours_text import MOST_LETTERS, hours_text, parse_hours
from core.rota import next_change
from core.working_days import DayRule
from store import absences, quiet, rota, scoping
from store.database import reading

router = APIRouter(prefix="/api")

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR, Caller.ADMINISTRATOR)]
Editor = Annotated[Viewer, callers(Caller.OPERATOR, Caller.ADMINISTRATOR)]
Id = Annotated[int, Field(ge=1, le=2**53)]
PathId = Annotated[int, Path(ge=1, le=2**53)]
Hours = Annotated[str, Field(max_length=MOST_LETTERS)]
IfMatch = Annotated[str, Header(max_length=40)]
#: instants further away than this from now are a slip
_FARTHEST = timedelta(days=3 * 366)


class ShiftSent(BaseModel):
    """One shift as a program sends it."""

    person: Id
    hours: Hours
    days: DayRule = DayRule.EVERY


class AbsenceSent(BaseModel):
    """One absence as a program sends it; without *away* the stand-in is there in addition."""

    away: Id | None = None
    stand_in: Id | None = None
    from_at: datetime
    until_at: datetime


class QuietSent(BaseModel):
    """Quiet hours as a program sends them; None: none."""

    hours: Hours | None


class TeamSent(BaseModel):
    """The team that goes out for a street's elders; None: every rescuer is asked."""

    team: Annotated[str, Field(min_length=1, max_length=40)] | None


@router.get("/rota", response_model=None)
def show_rota(
    request: Request,
    services: Held,
    viewer: Reader,
    at: Annotated[datetime | None, Query()] = None,
) -> dict[str, Any] | Response:
    """Return each team: its members, shifts and absences, and whom a rescue would ask at *at*."""
    now = services.clock.now()
    instant = now if at is None else at
    if not _is_near(instant, now):
        return problem(request, 422, "at: an instant with its offset, like 2026-11-23T22:00+08:00")
    instant = check_aware(instant)
    with reading(services.engine) as connection:
        seen = rota.teams_for(connection, viewer.scope)
        found = [team for team in rota.teams(connection) if team.id in seen]
        members = {team.id: [person.id for person in team.members] for team in found}
        coming = absences.absences_between(connection, instant, instant + timedelta(days=62))
        rotas = rota.rotas_of(connection, members, coming)
        turnouts = {team.id: rota.asked_at(connection, team, instant) for team in found}
        kept = {team.id: rota.kept_shifts(connection, members[team.id]) for team in found}
        gone = absences.only_of(
            connection,
            absences.kept_between(connection, min(now, instant), now + _FARTHEST),
            members=[person_id for people in members.values() for person_id in people],
            scope=viewer.scope,
        )
        areas = rota.areas(connection)
    return {
        "at": iso(instant),
        "teams": [
            {
                "team": team.id,
                "goes_out_for": sorted(name for name, own in areas.items() if own == team.id),
                "members": [
                    {"id": p.id, "name": p.name, "reachable": p.id in team.able}
                    for p in team.members
                ],
                "has_rota": rotas[team.id].is_kept,
                "asked": list(turnouts[team.id].people),
                "is_gap": turnouts[team.id].is_gap,
                "next_change": iso(next_change(rotas[team.id], instant)),
                "shifts": [
                    {
                        "id": k.shift.id,
                        "person": k.shift.person_id,
                        "hours": hours_text(k.shift.hours),
                        "days": k.shift.days.value,
                        "made_by": k.made_by,
                        "made_at": iso(k.made_at),
                    }
                    for k in kept[team.id]
                ],
            }
            for team in found
        ],
        "absences": [
            {
                "id": k.absence.id,
                "away": k.absence.away_id,
                "stand_in": k.absence.stand_in_id,
                "from_at": iso(k.absence.from_at),
                "until_at": iso(k.absence.until_at),
                "made_by": k.made_by,
                "made_at": iso(k.made_at),
            }
            for k in gone
        ],
    }


@router.get("/rota/gaps")
def show_gaps(
    services: Held, viewer: Reader, days: Annotated[int, Query(ge=1, le=62)] = 7
) -> dict[str, Any]:
    """Return when nobody on duty could be reached, from now on; the whole team is asked then."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        seen = rota.teams_for(connection, viewer.scope)
        found = [one for one in rota.gaps_ahead(connection, now, days) if one.team_id in seen]
    return {
        "from_at": iso(now),
        "days": days,
        "gaps": [
            {
                "team": one.team_id,
                "from_at": iso(one.gap.from_at),
                "until_at": iso(one.gap.until_at),
            }
            for one in found
        ],
    }


@router.post("/rota/shifts", response_model=None)
def add_shift(
    request: Request, services: Held, viewer: Editor, sent: ShiftSent
) -> dict[str, Any] | Response:
    """Put a rescuer on the rota."""
    try:
        with services.engine.begin() as connection:
            scoping.check_person(connection, sent.person, viewer.scope)
            shift_id = rota.add_shift(
                connection,
                sent.person,
                parse_hours(sent.hours),
                days=sent.days,
                by=viewer.name,
                now=services.clock.now(),
            )
    except ValueError as error:
        return problem(request, 422, gettext_of(request)(str(error)))
    return {"shift": shift_id}


@router.delete("/rota/shifts/{shift_id}")
def end_shift(services: Held, viewer: Editor, shift_id: PathId) -> dict[str, Any]:
    """Take a shift off the rota."""
    with services.engine.begin() as connection:
        scoping.check_shift(connection, shift_id, viewer.scope)
        rota.end_shift(connection, shift_id, by=viewer.name, now=services.clock.now())
    return {"ended": shift_id}


@router.post("/absences", response_model=None)
def add_absence(
    request: Request, services: Held, viewer: Editor, sent: AbsenceSent
) -> dict[str, Any] | Response:
    """Write down who is away and who stands in."""
    now = services.clock.now()
    if not (_is_near(sent.from_at, now) and _is_near(sent.until_at, now)):
        return problem(request, 422, "from_at, until_at: with offset, like 2026-11-23T22:00+08:00")
    try:
        with services.engine.begin() as connection:
            for person_id in (sent.away, sent.stand_in):
                if person_id is not None:
                    scoping.check_person(connection, person_id, viewer.scope)
            absence_id = pairing_desk.add_absence(
                connection,
                away_id=sent.away,
                stand_in_id=sent.stand_in,
                from_at=check_aware(sent.from_at),
                until_at=check_aware(sent.until_at),
                by=viewer.name,
                now=now,
            )
    except ValueError as error:
        return problem(request, 422, gettext_of(request)(str(error)))
    return {"absence": absence_id}


@router.delete("/absences/{absence_id}")
def end_absence(services: Held, viewer: Editor, absence_id: PathId) -> dict[str, Any]:
    """Take an absence back."""
    with services.engine.begin() as connection:
        scoping.check_absence(connection, absence_id, viewer.scope)
        absences.end_absence(connection, absence_id, by=viewer.name, now=services.clock.now())
    return {"ended": absence_id}


@router.get("/people/{person_id}/quiet-hours")
def show_quiet_hours(services: Held, viewer: Reader, person_id: PathId) -> Response:
    """Return when somebody would rather not be woken, and who wrote that down."""
    return _quiet(services, viewer, person_id)


@router.put("/people/{person_id}/quiet-hours")
def put_quiet_hours(
    request: Request,
    services: Held,
    viewer: Editor,
    person_id: PathId,
    sent: QuietSent,
    if_match: IfMatch = "",
) -> Response:
    """Edit somebody's quiet hours; the ETag of the reading goes into If-Match."""
    seen = if_match.strip().removeprefix("W/").strip('"')
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 16):
        return problem(request, 428)
    try:
        hours = None if sent.hours is None else parse_hours(sent.hours)
    except ValueError as error:
        return problem(request, 422, str(error))
    with services.engine.begin() as connection:
        scoping.check_person(connection, person_id, viewer.scope)
        quiet.set_quiet_hours(
            connection,
            person_id,
            hours,
            by=viewer.name,
            now=services.clock.now(),
            seen=int(seen),
        )
    return _quiet(services, viewer, person_id)


@router.put("/organisations/{organisation_id}/rescue-team", response_model=None)
def put_team(
    request: Request,
    services: Held,
    viewer: Editor,
    organisation_id: Annotated[str, Path(max_length=40)],
    sent: TeamSent,
) -> dict[str, Any] | Response:
    """Say which team goes out for the elders of a street or township."""
    by, now = viewer.name, services.clock.now()
    try:
        with services.engine.begin() as connection:
            scoping.check_organisation(organisation_id, viewer.scope)
            rota.set_area(connection, organisation_id, sent.team, by=by, now=now)
    except ValueError as error:
        return problem(request, 422, gettext_of(request)(str(error)))
    return {"organisation": organisation_id, "team": sent.team}


def _is_near(instant: datetime, now: datetime) -> bool:
    """Say whether *instant* has an offset and lies within a few years."""
    return instant.tzinfo is not None and abs(instant - now) <= _FARTHEST


def _quiet(services: Held, viewer: Viewer, person_id: int) -> Response:
    with reading(services.engine) as connection:
        scoping.check_person(connection, person_id, viewer.scope)
        version = quiet.known_quiet_hours(connection, person_id)
    number = 0 if version is None else version.version
    hours = None if version is None else version.hours
    return JSONResponse(
        {
            "person": person_id,
            "hours": None if hours is None else hours_text(hours),
            "version": number,
            "edited_by": None if version is None else version.edited_by,
            "edited_at": None if version is None else iso(version.edited_at),
        },
        headers={"ETag": f'"{number}"'},
    )
