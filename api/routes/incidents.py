"""Incidents for programs: the list, and one with everything that is known of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Request

from api.access import Caller, Viewer, callers
from api.band_shapes import iso
from api.case_json import card_json, case_json
from api.case_reasons import decisions_of
from api.cases import contacts_of, load_case, load_cases
from api.pages import gettext_of, language_of
from api.services import Held
from store import looks, map_views
from store.database import reading

router = APIRouter(prefix="/api")

Coordinator = Annotated[Viewer, callers(Caller.COORDINATOR)]


@router.get("/incidents")
def incidents(request: Request, services: Held, viewer: Coordinator) -> dict[str, Any]:
    """Return the open incidents and those closed in the last 24 h, the most urgent first."""
    now = services.clock.now()
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, None, "incidents", now)
    with reading(services.engine) as connection:
        cursor = map_views.last_cursor(connection)
        cases = load_cases(connection, now, viewer.scope)
    return {
        "incidents": [card_json(case, now, gettext_of(request)) for case in cases],
        "cursor": cursor,
        "now": iso(now),
        "speed": services.clock.speed,
    }


@router.get("/incidents/{incident_id}")
def incident(
    request: Request, services: Held, viewer: Coordinator, incident_id: int
) -> dict[str, Any]:
    """Return one incident: elder, state, evidence, contacts, timeline."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        case = load_case(connection, incident_id, now, viewer.scope)
        contacts = contacts_of(connection, case)
        entries = map_views.entries_of(connection, incident_id)
        evidence = map_views.trigger_fix(connection, incident_id)
        decided = decisions_of(connection, case.incident, now)
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, case.elder.id, "incident", now)
    return case_json(
        case,
        contacts=contacts,
        entries=entries,
        evidence=evidence,
        decided=decided,
        now=now,
        language=language_of(request),
    )
