"""A volunteer on a phone, or in a program: who they are, their elders, their service."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from api import cursors, phone_sign_in
from api.access import Caller, Viewer, callers
from api.cases import load_case
from api.credit_documents import EntryPage, entry_document
from api.services import Held
from api.volunteer_documents import (
    Asked,
    Asking,
    ElderOfMine,
    EldersOfMine,
    IncidentOfMine,
    IncidentsOfMine,
    LastDigits,
    LastPlace,
    Myself,
    Shown,
    SignedIn,
    SigningIn,
)
from api.wire_types import Cursor, Limit
from core.accounts import EVERYWHERE
from core.errors import BadInput
from core.people import PHONE
from store import credit_ledger, credit_ranking, looks, registry, volunteers
from store.contact_points import points_of
from store.credit_ledger import Wanted
from store.database import reading
from store.volunteers import MyElder

router = APIRouter(prefix="/api/me", tags=["volunteers"])

Volunteer = Annotated[Viewer, callers(Caller.GUARDIAN)]
AnyPhone = Annotated[Viewer, callers(Caller.PHONE)]


@router.post("/code", status_code=202)
def send_code(request: Request, services: Held, _viewer: AnyPhone, body: Asking) -> Asked:
    """Send a code to a volunteer's number; the answer is the same for every number.

    A code a minute and five an hour go to one number.
    """
    try:
        phone_sign_in.send_code(request, services, body.phone)
    except ValueError as error:
        raise BadInput(str(error), {"body.phone": str(error)}) from error
    return Asked(valid_s=600)


@router.post("/sign-in")
def sign_in(
    request: Request, response: Response, services: Held, _viewer: AnyPhone, body: SigningIn
) -> SignedIn:
    """Make this device the volunteer's own for 180 days; the code is good once."""
    try:
        person_id, device = phone_sign_in.sign_in(
            request, services, response, body.phone, body.code
        )
    except ValueError as error:
        raise BadInput(str(error), {"body.phone": str(error)}) from error
    return SignedIn(person_id=person_id, device=device)


@router.post("/sign-out", status_code=204)
def sign_out(request: Request, services: Held, viewer: Volunteer) -> Response:
    """Forget this device."""
    response = Response(status_code=204)
    phone_sign_in.sign_out(request, services, viewer, response)
    return response


@router.get("")
def myself(services: Held, viewer: Volunteer) -> Myself:
    """Return whose device this is."""
    person_id = own_id(viewer)
    with reading(services.engine) as connection:
        person = registry.person(connection, person_id)
        points = points_of(connection, [person_id]).get(person_id, [])
        minutes = credit_ledger.total_min(connection, person_id)
        is_ranked = credit_ranking.is_shown(connection, person_id)
    return Myself(
        person_id=person_id,
        name=person.name,
        role=person.role,
        language=person.language.value,
        organisation_id=person.organisation_id or None,
        numbers=[
            LastDigits(
                channel=point.channel.value,
                ends_with=point.value[-4:],
                verified=point.verified_at is not None,
            )
            for point in points
            if point.channel in PHONE and point.disabled_reason is None
        ],
        minutes=minutes,
        is_ranked=is_ranked,
    )


@router.get("/elders")
def my_elders(services: Held, viewer: Volunteer) -> EldersOfMine:
    """Return the elders this volunteer guards.

    Where they are is told only while an incident is open about which this volunteer was asked.
    Each time it is, that is a look on record.
    """
    person_id, now = own_id(viewer), services.clock.now()
    with reading(services.engine) as connection:
        found = [
            (elder, _last_place(connection, elder, person_id, now))
            for elder in volunteers.elders_of(connection, person_id)
        ]
    seen = [elder.id for elder, place in found if place is not None]
    if seen:
        with services.engine.begin() as connection:
            for elder_id in seen:
                looks.record(connection, f"person:{person_id}", elder_id, "my elders", now)
    return EldersOfMine(
        items=[
            ElderOfMine(
                id=elder.id,
                name=elder.name,
                organisation_id=elder.organisation_id,
                incident_id=elder.incident_id,
                state=elder.state,
                last_place=place,
            )
            for elder, place in found
        ]
    )


@router.get("/incidents")
def my_incidents(
    services: Held, viewer: Volunteer, limit: Limit = 100, cursor: Cursor = None
) -> IncidentsOfMine:
    """Return the incidents about which this volunteer was asked, the newest first."""
    with reading(services.engine) as connection:
        found = volunteers.incidents_of(
            connection, own_id(viewer), before_id=cursors.number_in(cursor), limit=limit + 1
        )
    page = found[:limit]
    return IncidentsOfMine(
        items=[
            IncidentOfMine(
                id=one.id,
                elder_id=one.elder_id,
                opened_at=one.opened_at,
                closed_at=one.closed_at,
                state=one.state,
                outcome=one.outcome,
                is_drill=one.is_drill,
                my_answer=one.answer,
            )
            for one in page
        ],
        next=cursors.written(page[-1].id) if len(found) > limit else None,
    )


@router.get("/credits")
def my_credits(
    services: Held, viewer: Volunteer, limit: Limit = 100, cursor: Cursor = None
) -> EntryPage:
    """Return this volunteer's service, entry by entry, the oldest first."""
    with reading(services.engine) as connection:
        found = credit_ledger.entries(
            connection,
            Wanted(person_id=own_id(viewer)),
            after_id=cursors.number_in(cursor) or 0,
            limit=limit + 1,
        )
    page = found[:limit]
    return EntryPage(
        items=[entry_document(one) for one in page],
        next=cursors.written(page[-1].id) if len(found) > limit else None,
    )


@router.put("/ranking")
def show_me(services: Held, viewer: Volunteer, body: Shown) -> Shown:
    """Be listed in the ranking of one's organisation, or not any more."""
    with services.engine.begin() as connection:
        credit_ranking.show(connection, own_id(viewer), shown=body.shown, now=services.clock.now())
    return body


def own_id(viewer: Viewer) -> int:
    """Return whose device it is; the route has admitted nobody without one."""
    assert viewer.person_id is not None
    return viewer.person_id


def _last_place(
    connection: Connection, elder: MyElder, person_id: int, now: datetime
) -> LastPlace | None:
    if elder.incident_id is None:
        return None
    if not volunteers.was_asked(connection, elder.incident_id, person_id):
        return None
    where = load_case(connection, elder.incident_id, now, EVERYWHERE).where
    if where is None:
        return None
    return LastPlace(
        lon=where.position.lon,
        lat=where.position.lat,
        accuracy_m=where.accuracy_m,
        at=where.at,
    )
