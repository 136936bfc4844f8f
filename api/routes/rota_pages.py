"""The page of the rota: who is on duty, gaps, shifts, who stands in, who sleeps. No scripts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from alerts import pairing_desk
from api.access import Viewer, form_token_of
from api.pages import gettext_of, language_of, page
from api.rota_picture import DAYS, WeekPicture, week_begin, week_picture
from api.routes.rota import Editor, Reader
from api.services import Held, Services
from core.accounts import Scope
from core.clock import LOCAL_ZONE, check_aware
from core.errors import NotFound, Refused
from core.hours_text import MOST_LETTERS, hours_text, parse_hours
from core.people import Person
from core.rota import Turnout, next_change
from core.weekly_hours import WeeklyHours
from core.working_days import DayRule
from store import absences, organisations, people, quiet, rota, scoping
from store.absences import KeptAbsence
from store.database import reading
from store.quiet import QuietVersion
from store.rota import KeptShift

router = APIRouter()

RowId = Annotated[int, Path(ge=1, le=2**53)]
Name = Annotated[str, Form(max_length=80)]
Hours = Annotated[str, Form(max_length=MOST_LETTERS)]
Local = Annotated[str, Form(max_length=30)]
MOST_QUIET = 500
#: absences that end later than this are listed, too: a year at most
_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamView:
    """One team on the page."""

    id: str
    name: str
    members: tuple[Person, ...]
    unreachable: tuple[str, ...]
    has_rota: bool
    turnout: Turnout
    changes_at: datetime | None
    picture: WeekPicture
    shifts: tuple[KeptShift, ...]


@router.get("/console/rota")
def rota_page(request: Request, services: Held, viewer: Reader, done: str = "") -> Response:
    """Show everything about who would be asked, and forms to change it."""
    _ = gettext_of(request)
    return _show(request, services, viewer, notice=_("Saved.") if done == "yes" else "")


@router.post("/rota/shifts")
def add_shift(
    request: Request,
    services: Held,
    viewer: Editor,
    person: Annotated[int, Form(ge=1, le=2**53)],
    hours: Hours,
    days: Annotated[DayRule, Form()] = DayRule.EVERY,
) -> Response:
    """Put a rescuer on the rota."""

    def change(connection: Connection, name: str, now: datetime) -> None:
        scoping.check_person(connection, person, viewer.scope)
        rota.add_shift(connection, person, _hours(hours), days=days, by=name, now=now)

    return _change(request, services, viewer, change)


@router.post("/rota/shifts/{shift_id}/end")
def end_shift(request: Request, services: Held, viewer: Editor, shift_id: RowId) -> Response:
    """Take a shift off the rota."""
    with reading(services.engine) as connection:
        scoping.check_shift(connection, shift_id, viewer.scope)

    def change(connection: Connection, name: str, now: datetime) -> None:
        rota.end_shift(connection, shift_id, by=name, now=now)

    return _change(request, services, viewer, change)


@router.post("/rota/absences")
def add_absence(
    request: Request,
    services: Held,
    viewer: Editor,
    from_at: Local,
    until_at: Local,
    away: Name = "",
    stand_in: Name = "",
) -> Response:
    """Write down who is away and who stands in, by number or name."""

    def someone(connection: Connection, written: str) -> int | None:
        if not written.strip():
            return None
        return people.find_person(connection, written, scope=viewer.scope)

    def change(connection: Connection, name: str, now: datetime) -> None:
        pairing_desk.add_absence(
            connection,
            away_id=someone(connection, away),
            stand_in_id=someone(connection, stand_in),
            from_at=_local(from_at),
            until_at=_local(until_at),
            by=name,
            now=now,
        )

    return _change(request, services, viewer, change)


@router.post("/rota/absences/{absence_id}/end")
def end_absence(request: Request, services: Held, viewer: Editor, absence_id: RowId) -> Response:
    """Take an absence back."""
    with reading(services.engine) as connection:
        scoping.check_absence(connection, absence_id, viewer.scope)

    def change(connection: Connection, name: str, now: datetime) -> None:
        absences.end_absence(connection, absence_id, by=name, now=now)

    return _change(request, services, viewer, change)


@router.post("/rota/quiet-hours")
def set_quiet_hours(
    request: Request,
    services: Held,
    viewer: Editor,
    person: Name,
    hours: Hours = "",
) -> Response:
    """Write down when somebody would rather not be woken; empty hours: never mind."""

    def change(connection: Connection, name: str, now: datetime) -> None:
        person_id = people.find_person(connection, person, scope=viewer.scope)
        chosen = _hours(hours) if hours.strip() else None
        quiet.set_quiet_hours(connection, person_id, chosen, by=name, now=now)

    return _change(request, services, viewer, change)


@router.post("/rota/areas")
def set_area(
    request: Request,
    services: Held,
    viewer: Editor,
    organisation: Annotated[str, Form(min_length=1, max_length=40)],
    team: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Say which team goes out for the elders of a street or township."""

    def change(connection: Connection, name: str, now: datetime) -> None:
        scoping.check_organisation(organisation, viewer.scope)
        rota.set_area(connection, organisation, team or None, by=name, now=now)

    return _change(request, services, viewer, change)


class _Unread(ValueError):
    """Hours or a time that nobody can read."""


def _hours(text: str) -> WeeklyHours:
    try:
        return parse_hours(text)
    except ValueError:
        raise _Unread("hours") from None


def _local(text: str) -> datetime:
    """Return the instant of a box with date and time, on the clock of Haining."""
    try:
        return check_aware(datetime.fromisoformat(text).replace(tzinfo=LOCAL_ZONE))
    except (ValueError, OverflowError):
        raise _Unread("time") from None


def _change(request: Request, services: Services, viewer: Viewer, change: Any) -> Response:
    _ = gettext_of(request)
    try:
        with services.engine.begin() as connection:
            change(connection, viewer.name, services.clock.now())
    except _Unread as error:
        sentence = (
            _("The hours were not understood; write them like Mon-Fri 08:00-17:00; Sat 22:00-06:00")
            if str(error) == "hours"
            else _("The time was not understood: choose day, hour and minute.")
        )
    except ValueError as error:
        sentence = _(str(error))
    except NotFound:
        sentence = _("Nobody was found by that: write the number, or the whole name.")
    except Refused:
        sentence = _("Several people have this name: write the number.")
    else:
        return RedirectResponse("/console/rota?done=yes", 303)
    return _show(request, services, viewer, mistake=sentence, status=422)


def _show(
    request: Request,
    services: Services,
    viewer: Viewer,
    *,
    notice: str = "",
    mistake: str = "",
    status: int = 200,
) -> Response:
    now, language = services.clock.now(), language_of(request)
    _ = gettext_of(request)
    with reading(services.engine) as connection:
        names = {one.id: one.name(language) for one in organisations.organisations(connection)}
        teams = _teams(connection, viewer.scope, names, now, _("Rescue team"))
        gone = absences.only_of(
            connection,
            absences.kept_between(connection, now, now + _AHEAD),
            members=[person.id for team in teams for person in team.members],
            scope=viewer.scope,
        )
        asleep = _asleep(connection, viewer.scope)
        known = people.people(connection, [*_named(gone), *(person for person, _v in asleep)])
        places = [
            place
            for place in organisations.with_elders(connection)
            if viewer.scope.covers(place.id)
        ]
        areas = rota.areas(connection)
    return page(
        request,
        "console/rota.html",
        status=status,
        notice=notice,
        mistake=mistake,
        teams=teams,
        has_gaps=any(team.picture.ahead for team in teams),
        gone=gone,
        asleep=asleep,
        known={**{p.id: p for team in teams for p in team.members}, **known},
        places=places,
        areas=areas,
        names=names,
        hours_of=lambda hours: hours_text(hours, language),
        day_rules=list(DayRule),
        local_now=now.astimezone(LOCAL_ZONE).strftime("%Y-%m-%dT%H:%M"),
        form_token=form_token_of(request, viewer),
    )


def _teams(
    connection: Connection, scope: Scope, names: dict[str, str], now: datetime, unnamed: str
) -> list[TeamView]:
    seen = rota.teams_for(connection, scope)
    found = [team for team in rota.teams(connection) if team.id in seen]
    members = {team.id: [person.id for person in team.members] for team in found}
    begin = week_begin(now)
    coming = absences.absences_between(connection, begin, begin + timedelta(days=DAYS + 62))
    rotas = rota.rotas_of(connection, members, coming)
    everybody = {person.id: person for team in found for person in team.members}
    able = {person_id for team in found for person_id in team.able}
    return [
        TeamView(
            id=team.id or "",
            name=names.get(team.id or "", unnamed),
            members=team.members,
            unreachable=tuple(p.name for p in team.members if p.id not in team.able),
            has_rota=rotas[team.id].is_kept,
            turnout=rota.asked_at(connection, team, now),
            changes_at=next_change(rotas[team.id], now),
            picture=week_picture(rotas[team.id], everybody, now, able=able),
            shifts=tuple(rota.kept_shifts(connection, members[team.id])),
        )
        for team in found
    ]


def _asleep(connection: Connection, scope: Scope) -> list[tuple[int, QuietVersion]]:
    found = []
    for person_id in people.with_quiet_hours(connection, scope=scope, limit=MOST_QUIET):
        version = quiet.quiet_hours_of(connection, person_id)
        if version is not None and version.hours is not None:
            found.append((person_id, version))
    return found


def _named(gone: list[KeptAbsence]) -> list[int]:
    both = [(kept.absence.away_id, kept.absence.stand_in_id) for kept in gone]
    return [person_id for pair in both for person_id in pair if person_id is not None]
