"""The coordinator's console: incidents, map, one incident in full. And the orders given there.

The page holds the list and the chosen incident as HTML; when something happens the page asks for
these two pieces again, so that words and layout exist once, here on the server.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from api.access import Caller, Viewer, callers, form_token_of
from api.case_reasons import decisions_of, reasons_by_entry
from api.cases import Case, contacts_of, load_case, load_cases
from api.console_words import console_words
from api.inbox_door import hand_in, new_key, usable_key
from api.landing import first_page
from api.pages import gettext_of, language_of, page
from api.services import Held, Services
from core.incidents import IncidentState, Outcome
from core.people import Language
from store import looks, map_views, scoping
from store.database import reading

router = APIRouter()

Coordinator = Annotated[Viewer, callers(Caller.COORDINATOR)]
Chosen = Annotated[int | None, Query()]
#: inside again for this long, an incident may be closed together with others
_LONG_BACK = timedelta(minutes=30)


@router.get("/")
def front(services: Held, viewer: Annotated[Viewer, callers(Caller.PUBLIC)]) -> Response:
    """Lead to where the work of whoever is signed in is."""
    return RedirectResponse("/demo" if services.is_demo else first_page(viewer.roles), 303)


@router.get("/console")
def console(
    request: Request, services: Held, viewer: Coordinator, incident: Chosen = None
) -> Response:
    """Show the console with one incident chosen."""
    return console_page(request, services, viewer, "console/console.html", incident)


@router.get("/console/list")
def incident_list(
    request: Request, services: Held, viewer: Coordinator, incident: Chosen = None
) -> Response:
    """Return the list as a piece of the page."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        cases = load_cases(connection, now, viewer.scope)
    return page(
        request,
        "console/list.html",
        cases=cases,
        chosen_id=incident,
        returned=_long_back(cases, now),
        form_token=form_token_of(request, viewer),
    )


@router.get("/console/incidents/{incident_id}")
def incident_piece(
    request: Request, services: Held, viewer: Coordinator, incident_id: int
) -> Response:
    """Return one incident in full as a piece of the page."""
    with reading(services.engine) as connection:
        detail = _detail(connection, services, viewer, incident_id, language_of(request))
    _record(services, viewer, detail["case"])
    return page(request, "console/incident.html", **detail)


@router.get("/console/incidents/{incident_id}/orders")
def order_forms(
    request: Request, services: Held, viewer: Coordinator, incident_id: int
) -> Response:
    """Return the forms for one incident, with a fresh key."""
    with reading(services.engine) as connection:
        case = load_case(connection, incident_id, services.clock.now(), viewer.scope)
    return page(
        request,
        "console/orders.html",
        case=case,
        key=new_key(),
        form_token=form_token_of(request, viewer),
        back=_back(services, incident_id),
    )


@router.post("/incidents/{incident_id}/orders")
def give_order(
    request: Request,
    services: Held,
    viewer: Coordinator,
    incident_id: int,
    do: Annotated[str, Form(pattern="^(close|rescue|note|pause|resume)$")],
    key: Annotated[str, Form(max_length=64)] = "",
    outcome: Annotated[str, Form(pattern="^(found|false_alarm)?$")] = "",
    text: Annotated[str, Form(max_length=1000)] = "",
    minutes: Annotated[int, Form(ge=1, le=30)] = 15,
) -> Response:
    """Take one order; closing needs its outcome, a note its text."""
    text = text.strip()
    if (do == "close" and not outcome) or (do == "note" and not text):
        return page(
            request,
            "problem.html",
            status=422,
            sentence=gettext_of(request)(
                "Nothing was saved: a note needs its text, closing needs its reason."
            ),
        )
    with reading(services.engine) as connection:
        scoping.check_incident(connection, incident_id, viewer.scope)
    body = {
        "incident_id": incident_id,
        "do": do,
        "outcome": Outcome(outcome).value if outcome else None,
        "text": text,
        "by": viewer.name,
        "seconds": minutes * 60,
    }
    key = f"{incident_id}:{usable_key(key)}"
    if do == "close" and text:  # the words beside a reason belong in the timeline
        said = {**body, "do": "note"}
        hand_in(services, source="console", key=f"{key}:note", kind="order", body=said)
    hand_in(services, source="console", key=f"{key}:{do}", kind="order", body=body)
    return RedirectResponse(_back(services, incident_id), 303)


@router.post("/incidents/close-returned")
def close_returned(
    services: Held,
    viewer: Coordinator,
    chosen: Annotated[str, Form(pattern="^[0-9,]+$", max_length=4000)],
) -> Response:
    """Close all of *chosen* (ids with commas) whose elders have seemed back for half an hour.

    A human looked at the list and says so; what is not, or no longer, back stays open.
    """
    now = services.clock.now()
    wanted = {int(number) for number in chosen.split(",") if number}
    with reading(services.engine) as connection:
        back = _long_back(load_cases(connection, now, viewer.scope), now)
    for case in back:
        if case.incident.id in wanted:
            body = {
                "incident_id": case.incident.id,
                "do": "close",
                "outcome": Outcome.FOUND.value,
                "by": viewer.name,
            }
            key = f"{case.incident.id}:returned:{case.incident.seemed_back_at}"
            hand_in(services, source="console", key=key, kind="order", body=body)
    return RedirectResponse("/demo" if services.is_demo else "/console", 303)


def console_page(
    request: Request, services: Services, viewer: Viewer, template: str, chosen_id: int | None
) -> Response:
    """Render a page around the console."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        cursor = map_views.last_cursor(connection)
        cases = load_cases(connection, now, viewer.scope)
        if chosen_id is None and cases and cases[0].incident.is_open:
            chosen_id = cases[0].incident.id
        detail = None
        if chosen_id is not None:
            detail = _detail(connection, services, viewer, chosen_id, language_of(request))
    _record(services, viewer, None if detail is None else detail["case"])
    return page(
        request,
        template,
        cases=cases,
        chosen_id=chosen_id,
        detail=detail,
        counts=_counts(cases),
        returned=_long_back(cases, now),
        signed_in=bool(viewer.digest),
        key=new_key(),
        form_token=form_token_of(request, viewer),
        back=_back(services, chosen_id),
        settings={
            "cursor": cursor,
            "now": now.isoformat(),
            "speed": services.clock.speed,
            "chosen": chosen_id,
            "is_demo": services.is_demo,
            "words": console_words(gettext_of(request)),
        },
    )


def _detail(
    connection: Connection,
    services: Services,
    viewer: Viewer,
    incident_id: int,
    language: Language,
) -> dict[str, Any]:
    now = services.clock.now()
    case = load_case(connection, incident_id, now, viewer.scope)
    entries = map_views.entries_of(connection, incident_id)[::-1]
    decided = decisions_of(connection, case.incident, now)
    return {
        "case": case,
        "contacts": contacts_of(connection, case),
        "entries": entries,
        "reasons": reasons_by_entry(entries, decided, language),
        "evidence": map_views.trigger_fix(connection, incident_id),
    }


def _long_back(cases: Iterable[Case], now: datetime) -> list[Case]:
    """Return the open cases whose elders have seemed to be back for half an hour."""
    return [
        case
        for case in cases
        if case.incident.is_open
        and case.incident.seemed_back_at is not None
        and case.incident.seemed_back_at <= now - _LONG_BACK
    ]


def _counts(cases: list[Case]) -> dict[str, int]:
    return {
        "open": sum(case.incident.is_open for case in cases),
        "unanswered": sum(case.incident.state is IncidentState.UNANSWERED for case in cases),
    }


def _back(services: Services, incident_id: int | None) -> str:
    base = "/demo" if services.is_demo else "/console"
    return base if incident_id is None else f"{base}?incident={incident_id}"


def _record(services: Services, viewer: Viewer, case: Case | None) -> None:
    with services.engine.begin() as connection:
        looks.record(
            connection,
            viewer.name,
            None if case is None else case.elder.id,
            "console",
            services.clock.now(),
            scope=viewer.scope,
            incident_id=None if case is None else case.incident.id,
        )
