"""Drills: begin one, see what comes of it person by person, end it."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from alerts import desk
from alerts.drill_desk import start_drill
from alerts.drills import PersonResult, results
from api.access import Caller, Viewer, callers, form_token_of
from api.band_shapes import iso
from api.pages import page
from api.services import Held, Services
from core.accounts import Scope
from core.errors import NotFound
from core.incidents import Outcome
from store import drills, incidents, scoping
from store.database import reading
from store.drills import DrillRow

router = APIRouter()

Staff = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Id = Annotated[int, Body(ge=1)]
Flag = Annotated[bool, Body()]


@router.get("/console/drills")
def drills_page(request: Request, services: Held, viewer: Staff) -> Response:
    """Show the newest drills."""
    with reading(services.engine) as connection:
        found = drills.newest(connection, scope=viewer.scope)
    return page(
        request, "console/drills.html", drills=found, form_token=form_token_of(request, viewer)
    )


@router.get("/console/drills/{incident_id}")
def drill_page(request: Request, services: Held, viewer: Staff, incident_id: int) -> Response:
    """Show what came of one drill, person by person."""
    with reading(services.engine) as connection:
        row, people, names = _load(connection, incident_id, viewer.scope)
    return page(
        request,
        "console/drill.html",
        drill=row,
        people=people,
        names=names,
        form_token=form_token_of(request, viewer),
    )


@router.post("/elders/{elder_id}/drill")
def begin(
    services: Held,
    viewer: Staff,
    elder_id: int,
    with_rescue: Annotated[bool, Form()] = False,
) -> Response:
    """Begin a drill from a page."""
    incident_id = _begin(services, viewer, elder_id, with_rescue=with_rescue)
    return RedirectResponse(f"/console/drills/{incident_id}", 303)


@router.post("/drills/{incident_id}/end")
def end(services: Held, viewer: Staff, incident_id: int) -> Response:
    """End a drill before its time."""
    with services.engine.begin() as connection:
        if drills.one(connection, incident_id, scope=viewer.scope) is None:
            raise _no_drill(incident_id)
        now = services.clock.now()
        desk.order_close(connection, incident_id, outcome=Outcome.DRILL, by=viewer.name, now=now)
    return RedirectResponse(f"/console/drills/{incident_id}", 303)


@router.post("/api/drills")
def begin_drill(
    services: Held, viewer: Staff, elder: Id, with_rescue: Flag = False
) -> dict[str, Any]:
    """Begin a drill; 409 when something real is open, or the last drill was a while ago only."""
    return {"drill": _begin(services, viewer, elder, with_rescue=with_rescue)}


@router.get("/api/drills/{incident_id}")
def drill_json(services: Held, viewer: Staff, incident_id: int) -> dict[str, Any]:
    """Return what came of one drill; no number and no position is in it."""
    with reading(services.engine) as connection:
        row, people, names = _load(connection, incident_id, viewer.scope)
    return to_json(row, people, names)


def to_json(
    row: DrillRow, people: tuple[PersonResult, ...], names: dict[int, str]
) -> dict[str, Any]:
    """Return a drill and its results for programs."""
    return {
        "drill": row.incident_id,
        "elder": row.elder_id,
        "by": row.started_by,
        "with_rescue": row.with_rescue,
        "began_at": iso(row.opened_at),
        "ends_at": None if row.ends_at is None else iso(row.ends_at),
        "ended_at": None if row.closed_at is None else iso(row.closed_at),
        "gave_way_to": row.gave_way_to,
        "people": [
            {
                "person": one.person_id,
                "name": names.get(one.person_id, ""),
                "role": one.role.value,
                "reached": one.was_reached,
                "answer": None if one.answer is None else one.answer.value,
                "answered_after_s": one.answered_after_s,
                "channels": [
                    {
                        "channel": reached.channel.value,
                        "status": reached.status.value,
                        "reason": reached.reason,
                        "delivered_after_s": reached.after_s,
                    }
                    for reached in one.channels
                ],
            }
            for one in people
        ],
    }


def _begin(services: Services, viewer: Viewer, elder_id: int, *, with_rescue: bool) -> int:
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        now, by = services.clock.now(), viewer.name
        incident_id = start_drill(connection, elder_id, with_rescue=with_rescue, by=by, now=now)
    services.inbox_arrived()
    return incident_id


def _no_drill(incident_id: int) -> NotFound:
    return NotFound(f"There is no drill {incident_id} among those that you look after.")


def _load(
    connection: Connection, incident_id: int, scope: Scope
) -> tuple[DrillRow, tuple[PersonResult, ...], dict[int, str]]:
    row = drills.one(connection, incident_id, scope=scope)
    if row is None:
        raise _no_drill(incident_id)
    people = results(
        incidents.load(connection, incident_id), drills.asks_of(connection, row.incident_id)
    )
    return row, people, drills.names_of(connection, [one.person_id for one in people])
