"""Why something was believed of an elder at some instant."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from alerts.explaining import explain
from api.access import Caller, Viewer, callers
from api.explanation_json import explanation_json
from api.pages import language_of
from api.problems import problem
from api.services import Held
from core.instants import read_instant
from store import looks, scoping
from store.database import reading

router = APIRouter(prefix="/api")

Coordinator = Annotated[Viewer, callers(Caller.COORDINATOR)]


@router.get("/elders/{elder_id}/explanation", response_model=None)
def explanation(
    request: Request,
    services: Held,
    viewer: Coordinator,
    elder_id: int,
    at: Annotated[str, Query(max_length=40)] = "now",
) -> dict[str, Any] | Response:
    """Return what was believed at an instant, the fixes around it, and each decision's reason.

    What is stored is judged again; each decision says whether that gave the same, bit for bit.
    """
    now = services.clock.now()
    try:
        instant = read_instant(at, now)
    except ValueError as error:
        return problem(request, 422, str(error))
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, elder_id, "explanation", now)
    with reading(services.engine) as connection:
        told = explain(connection, elder_id, instant)
    return explanation_json(told, language_of(request))
