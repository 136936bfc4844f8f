"""One incident for programs, with everything that is known of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Request

from api.access import Caller, Viewer, callers
from api.case_json import case_json
from api.case_reasons import decisions_of
from api.cases import contacts_of, load_case
from api.pages import language_of
from api.services import Held
from store import looks, map_views
from store.database import reading

router = APIRouter(prefix="/api")

Coordinator = Annotated[Viewer, callers(Caller.COORDINATOR)]


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
        looks.record(
            connection, viewer.name, case.elder.id, "incident", now, incident_id=incident_id
        )
    return case_json(
        case,
        contacts=contacts,
        entries=entries,
        evidence=evidence,
        decided=decided,
        now=now,
        language=language_of(request),
    )
