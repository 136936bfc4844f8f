"""Guardians, rescuers and operators on duty: registered, edited, away, gone."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from alerts import pairing_desk
from api import cursors
from api.access import Caller, Viewer, callers
from api.pages import gettext_of
from api.person_documents import (
    AbsenceAnswer,
    AbsenceBody,
    AbsenceList,
    NewPersonBody,
    PersonAnswer,
    PersonBody,
    PersonPage,
    absence_answer,
    person_answer,
)
from api.services import Held
from api.versions import WantedVersion, tag
from api.wire_types import Cursor, Limit, OrganisationId, PathId, Printable
from core.errors import BadInput, NotFound
from core.people import Role
from store import absences, person_lists, person_register
from store.database import reading
from store.scoping import check_organisation

router = APIRouter(prefix="/api", tags=["people"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
#: no absence lies further ahead
_FARTHEST = timedelta(days=3 * 366)


@router.get("/people")
def list_people(
    services: Held,
    viewer: Reader,
    role: Role | None = None,
    organisation_id: Annotated[OrganisationId | None, Query()] = None,
    name: Annotated[str, Query(max_length=80, description="Part of the name."), Printable] = "",
    with_archived: bool = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PersonPage:
    """Return the people of your organisations, guardians of your elders, and all rescuers."""
    with reading(services.engine) as connection:
        found = person_lists.people(
            connection,
            viewer.scope,
            role=role,
            organisation_id=organisation_id,
            name=name,
            with_archived=with_archived,
            after_id=cursors.number_in(cursor) or 0,
            limit=limit + 1,
        )
    page = found[:limit]
    more = len(found) > limit
    return PersonPage(
        items=[person_answer(one) for one in page],
        next=cursors.written(page[-1].id) if more else None,
    )


@router.post("/people", status_code=201)
def add_person(
    response: Response, services: Held, viewer: Operator, body: NewPersonBody
) -> PersonAnswer:
    """Register somebody who can be asked. Their numbers are unverified."""
    with services.engine.begin() as connection:
        check_organisation(body.organisation_id, viewer.scope)
        person_id = person_register.add(
            connection,
            role=body.role,
            name=body.name,
            numbers=body.reaches,
            language=body.language,
            organisation_id=body.organisation_id,
            on_duty=body.on_duty,
            by=viewer.name,
            now=services.clock.now(),
        )
        person = person_lists.person(connection, person_id)
    response.headers["Location"] = f"/api/people/{person_id}"
    tag(response, person.version)
    return person_answer(person)


@router.get("/people/{person_id}")
def show_person(
    response: Response, services: Held, viewer: Reader, person_id: PathId
) -> PersonAnswer:
    """Return one person with their numbers; `ETag` is what a change names."""
    with reading(services.engine) as connection:
        person_lists.check_seen(connection, person_id, viewer.scope)
        person = person_lists.person(connection, person_id)
    tag(response, person.version)
    return person_answer(person)


@router.put("/people/{person_id}")
def put_person(
    response: Response,
    services: Held,
    viewer: Operator,
    seen: WantedVersion,
    person_id: PathId,
    body: PersonBody,
) -> PersonAnswer:
    """Edit somebody. A number that changes is unverified, and their devices have to sign in anew.

    The numbers that are left away are removed.
    """
    with services.engine.begin() as connection:
        person_lists.check_edited(connection, person_id, viewer.scope)
        check_organisation(body.organisation_id, viewer.scope)
        pairing_desk.update_person(
            connection,
            person_id,
            name=body.name,
            numbers=body.reaches,
            language=body.language,
            organisation_id=body.organisation_id,
            on_duty=body.on_duty,
            seen=seen,
            by=viewer.name,
            now=services.clock.now(),
        )
        person = person_lists.person(connection, person_id)
    tag(response, person.version)
    return person_answer(person)


@router.post("/people/{person_id}/archive")
def archive(
    response: Response, services: Held, viewer: Operator, seen: WantedVersion, person_id: PathId
) -> PersonAnswer:
    """Let somebody leave the service: nothing is sent to them, and they guard nobody any more.

    409 while they are the only guardian of somebody who can be reached, with the elders' names.
    """
    with services.engine.begin() as connection:
        person_lists.check_edited(connection, person_id, viewer.scope)
        pairing_desk.archive_person(
            connection,
            person_id,
            scope=viewer.scope,
            seen=seen,
            by=viewer.name,
            now=services.clock.now(),
        )
        person = person_lists.person(connection, person_id)
    tag(response, person.version)
    return person_answer(person)


@router.post("/people/{person_id}/restore")
def restore(
    response: Response, services: Held, viewer: Operator, seen: WantedVersion, person_id: PathId
) -> PersonAnswer:
    """Take somebody back who had left; their numbers are unverified, and they guard nobody."""
    with services.engine.begin() as connection:
        person_lists.check_edited(connection, person_id, viewer.scope)
        person_register.restore(
            connection, person_id, seen=seen, by=viewer.name, now=services.clock.now()
        )
        person = person_lists.person(connection, person_id)
    tag(response, person.version)
    return person_answer(person)


@router.get("/people/{person_id}/absences")
def list_absences(services: Held, viewer: Reader, person_id: PathId) -> AbsenceList:
    """Return when somebody is away, from now on, and who stands in."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        person_lists.check_seen(connection, person_id, viewer.scope)
        kept = absences.kept_between(connection, now, now + _FARTHEST)
    theirs = [one for one in kept if one.absence.away_id == person_id]
    return AbsenceList(items=[absence_answer(one) for one in theirs])


@router.post("/people/{person_id}/absences", status_code=201)
def add_absence(
    request: Request,
    services: Held,
    viewer: Operator,
    person_id: PathId,
    body: AbsenceBody,
) -> AbsenceAnswer:
    """Write down that somebody is away, and who stands in: a guardian for a guardian."""
    now = services.clock.now()
    if body.until_at - now > _FARTHEST or now - body.from_at > _FARTHEST:
        text = gettext_of(request)("An absence lies within three years: correct the days.")
        raise BadInput(text, {"until_at": text})
    with services.engine.begin() as connection:
        person_lists.check_edited(connection, person_id, viewer.scope)
        if body.stand_in_id is not None:
            person_lists.check_seen(connection, body.stand_in_id, viewer.scope)
            if person_lists.person(connection, body.stand_in_id).archived_at is not None:
                text = gettext_of(request)(
                    "Whoever stands in has left the service: choose another."
                )
                raise BadInput(text, {"stand_in_id": text})
        try:
            absence_id = pairing_desk.add_absence(
                connection,
                away_id=person_id,
                stand_in_id=body.stand_in_id,
                from_at=body.from_at,
                until_at=body.until_at,
                by=viewer.name,
                now=now,
            )
        except ValueError as error:
            raise BadInput(gettext_of(request)(str(error))) from None
        kept = absences.kept(connection, absence_id)
    return absence_answer(kept)


@router.delete("/people/{person_id}/absences/{absence_id}", status_code=204)
def end_absence(services: Held, viewer: Operator, person_id: PathId, absence_id: PathId) -> None:
    """Take an absence back."""
    with services.engine.begin() as connection:
        person_lists.check_edited(connection, person_id, viewer.scope)
        if absences.kept(connection, absence_id).absence.away_id != person_id:
            raise NotFound(f"Person {person_id} has no absence {absence_id}.")
        absences.end_absence(connection, absence_id, by=viewer.name, now=services.clock.now())
