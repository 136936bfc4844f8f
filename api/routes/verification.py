"""Numbers: a code goes there and comes back; a number that changed starts anew."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from alerts import pairing_desk, verification
from alerts.verification import Verdict
from api.access import Caller, Viewer, callers, place_of
from api.services import Held, Services
from api.throttle import Throttle
from store import contact_points, person_lists, scoping

router = APIRouter()

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
#: E.164
_NUMBER = r"^\+[1-9]\d{6,14}$"
Code = Annotated[str, Body(embed=True, max_length=40)]


@router.post("/contact-points/{point_id}/code")
def send_code(services: Held, viewer: Operator, point_id: int) -> Response:
    """Send a code to a number, from a page."""
    sent = _start(services, viewer, point_id)
    done = "code_sent" if sent else "code_too_soon"
    return RedirectResponse(f"/console/readiness?show=all&done={done}#point-{point_id}", 303)


@router.post("/contact-points/{point_id}/verify")
def type_code(
    request: Request,
    services: Held,
    viewer: Operator,
    point_id: int,
    code: Annotated[str, Form(max_length=40)],
) -> Response:
    """Take the code that somebody read out, from a page."""
    verdict = _confirm(request, services, viewer, point_id, code)
    return RedirectResponse(
        f"/console/readiness?show=all&done=code_{verdict.value}#point-{point_id}", 303
    )


@router.post("/contact-points/{point_id}/number")
def new_number(
    services: Held,
    viewer: Operator,
    point_id: int,
    number: Annotated[str, Form(max_length=20, pattern=_NUMBER)],
) -> Response:
    """Give a contact point another number: it is unverified again.

    Only the office that its owner belongs to may: others, whose elders they guard, ask there.
    """
    with services.engine.begin() as connection:
        scoping.check_contact_point(connection, point_id, viewer.scope)
        owner_id = contact_points.point(connection, point_id).person_id
        person_lists.check_edited(connection, owner_id, viewer.scope)
        pairing_desk.change_number(
            connection, point_id, number, by=viewer.name, now=services.clock.now()
        )
    return RedirectResponse(
        f"/console/readiness?show=all&done=number_changed#point-{point_id}", 303
    )


@router.post("/api/contact-points/{point_id}/code")
def start_code(services: Held, viewer: Operator, point_id: int) -> dict[str, Any]:
    """Send a code to a number; 429 when one went there too short a while ago."""
    if not _start(services, viewer, point_id):
        raise HTTPException(429, "a code went there a moment ago; wait a minute")
    return {"sent": True, "valid_s": 600}


@router.post("/api/contact-points/{point_id}/verify")
def confirm_code(
    request: Request, services: Held, viewer: Operator, point_id: int, code: Code
) -> dict[str, Any]:
    """Take the code that somebody read out; the verdict says what it did."""
    verdict = _confirm(request, services, viewer, point_id, code)
    return {"verdict": verdict.value, "verified": verdict is Verdict.VERIFIED}


def _start(services: Services, viewer: Viewer, point_id: int) -> bool:
    secret = services.settings.require_secret_key()
    with services.engine.begin() as connection:
        scoping.check_contact_point(connection, point_id, viewer.scope)
        return verification.start(
            connection, point_id, secret=secret, by=viewer.name, now=services.clock.now()
        )


def _confirm(
    request: Request, services: Services, viewer: Viewer, point_id: int, code: str
) -> Verdict:
    throttle: Throttle = request.app.state.code_throttle
    place = place_of(request)
    if throttle.tries_left(place) == 0:
        raise HTTPException(429)
    with services.engine.begin() as connection:
        scoping.check_contact_point(connection, point_id, viewer.scope)
        verdict = verification.confirm(connection, point_id, code, now=services.clock.now())
    if verdict is not Verdict.VERIFIED:
        throttle.count_wrong(place)
    return verdict
