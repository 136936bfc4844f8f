"""Codes that show "I am here": on the screen of whoever is there, and used on a volunteer's phone.

Looking at a code changes nothing; using it is a POST of a device that is known. No position is
asked for and none is kept.
"""

from datetime import datetime
from typing import Annotated

import segno
from fastapi import APIRouter, HTTPException, Request, Response
from markupsafe import Markup
from pydantic import Field
from sqlalchemy import Connection

from alerts import check_in_codes
from alerts.check_in_codes import CheckInCode, Purpose
from alerts.checking_in import CheckedIn, check_in
from api.access import Caller, Viewer, callers, form_token_of
from api.pages import page
from api.services import Held, Services
from api.wire_types import PathId, Wire, example
from core.errors import NotFound
from store import incidents
from store.database import reading
from store.scoping import check_elder, check_incident

router = APIRouter(tags=["volunteers"])

AtDoor = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
AtHandover = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR, Caller.GUARDIAN)]
AnyHolder = Annotated[Viewer, callers(Caller.LINK)]
Volunteer = Annotated[Viewer, callers(Caller.GUARDIAN)]


class CodeDocument(Wire):
    """A code to show on a screen, for some minutes."""

    address: str = Field(description="What the QR code holds.")
    svg: str = Field(description="The QR code itself.")
    next_at: datetime = Field(description="Then another code takes its place.")
    expires_at: datetime = Field(description="From then on this one is good no more.")

    model_config = example(
        address="https://121.example.org/c/d.7.14952380.AbCdEfGh.MNopQRstUVwxYZ01234567",
        svg="<svg …>…</svg>",
        next_at="2026-11-23T04:02:00Z",
        expires_at="2026-11-23T04:04:00Z",
    )


class UsedCode(Wire):
    """The end of the address that the QR code holds."""

    code: Annotated[str, Field(min_length=1, max_length=120)]

    model_config = example(code="d.7.14952380.AbCdEfGh.MNopQRstUVwxYZ01234567")


class CheckInDocument(Wire):
    """What came of it."""

    result: CheckedIn

    model_config = example(result="arrived")


@router.get("/api/elders/{elder_id}/check-in-code")
def door_code(services: Held, viewer: AtDoor, elder_id: PathId) -> CodeDocument:
    """Return the code for an elder's door: good for two to four minutes."""
    return _document(services, _at_door(services, viewer, elder_id))


@router.get("/api/incidents/{incident_id}/check-in-code")
def handover_code(services: Held, viewer: AtHandover, incident_id: PathId) -> CodeDocument:
    """Return the code for a handover: good for five to ten minutes.

    A volunteer shows it while they are on the way or there; they cannot use it themselves.
    """
    return _document(services, _at_handover(services, viewer, incident_id))


@router.get("/elders/{elder_id}/check-in-code", include_in_schema=False)
def door_page(request: Request, services: Held, viewer: AtDoor, elder_id: PathId) -> Response:
    """Show the code for an elder's door; the page renews itself."""
    return _screen(request, services, _at_door(services, viewer, elder_id))


@router.get("/incidents/{incident_id}/check-in-code", include_in_schema=False)
def handover_page(
    request: Request, services: Held, viewer: AtHandover, incident_id: PathId
) -> Response:
    """Show the code for a handover; the page renews itself."""
    return _screen(request, services, _at_handover(services, viewer, incident_id))


@router.get("/c/{token}", include_in_schema=False)
def ask(request: Request, services: Held, viewer: AnyHolder, token: str) -> Response:
    """Show one button: I am here."""
    code = _read(services, token)
    if code is None:
        return _said(request, "unknown", 404)
    if not check_in_codes.is_good(code, services.clock.now()):
        return _said(request, "over", 410)
    if viewer.person_id is None:
        return _said(request, "stranger", 200)
    return page(
        request,
        "volunteer/check_in.html",
        said="ask",
        token=token,
        form_token=form_token_of(request, viewer),
    )


@router.post("/c/{token}", include_in_schema=False)
def use(request: Request, services: Held, viewer: Volunteer, token: str) -> Response:
    """Take the code from a known device, once, and say what came of it."""
    code = _read(services, token)
    if code is None:
        return _said(request, "unknown", 404)
    if not check_in_codes.is_good(code, services.clock.now()):
        return _said(request, "over", 410)
    if _is_own(services, code, viewer):
        return _said(request, "own", 403)
    return _said(request, _use(services, code, viewer).value, 200)


@router.post("/api/check-ins")
def use_by_program(services: Held, viewer: Volunteer, body: UsedCode) -> CheckInDocument:
    """Take a code from a program of a volunteer; 404: it is none of ours, or over."""
    code = _read(services, body.code)
    if code is None or not check_in_codes.is_good(code, services.clock.now()):
        raise NotFound("This code is not good, or not any more: have the next one shown.")
    if _is_own(services, code, viewer):
        raise HTTPException(403, "Somebody else must show the code.")
    return CheckInDocument(result=_use(services, code, viewer))


def _at_door(services: Services, viewer: Viewer, elder_id: int) -> tuple[str, CheckInCode]:
    with reading(services.engine) as connection:
        check_elder(connection, elder_id, viewer.scope)
    return _shown(services, viewer, Purpose.DOOR, elder_id)


def _at_handover(services: Services, viewer: Viewer, incident_id: int) -> tuple[str, CheckInCode]:
    with reading(services.engine) as connection:
        if not _goes(connection, viewer, incident_id):
            check_incident(connection, incident_id, viewer.scope)
    return _shown(services, viewer, Purpose.HANDOVER, incident_id)


def _goes(connection: Connection, viewer: Viewer, incident_id: int) -> bool:
    """Say whether the viewer's device is that of somebody who is on the way in this incident."""
    if viewer.person_id is None:
        return False
    try:
        incident = incidents.load(connection, incident_id)
    except NotFound:
        return False
    return incident.is_open and not incident.is_drill and viewer.person_id in incident.going()


def _shown(
    services: Services, viewer: Viewer, purpose: Purpose, subject_id: int
) -> tuple[str, CheckInCode]:
    # a volunteer is known by the device, whatever account the browser is signed in with, too
    by = viewer.name if viewer.person_id is None else f"person:{viewer.person_id}"
    secret = services.settings.require_secret_key()
    return check_in_codes.show(secret, purpose, subject_id, shown_by=by, now=services.clock.now())


def _read(services: Services, token: str) -> CheckInCode | None:
    try:
        return check_in_codes.read(services.settings.require_secret_key(), token)
    except NotFound:
        return None


def _is_own(services: Services, code: CheckInCode, viewer: Viewer) -> bool:
    secret = services.settings.require_secret_key()
    return check_in_codes.was_shown_by(secret, code, f"person:{viewer.person_id}")


def _use(services: Services, code: CheckInCode, viewer: Viewer) -> CheckedIn:
    assert viewer.person_id is not None
    with services.engine.begin() as connection:
        return check_in(connection, code, viewer.person_id, now=services.clock.now())


def _document(services: Services, shown: tuple[str, CheckInCode]) -> CodeDocument:
    text, code = shown
    address = f"{services.settings.public_url}/c/{text}"
    return CodeDocument(
        address=address, svg=_picture(address), next_at=code.next_at, expires_at=code.expires_at
    )


def _screen(request: Request, services: Services, shown: tuple[str, CheckInCode]) -> Response:
    text, code = shown
    now = services.clock.now()
    return page(
        request,
        "volunteer/code.html",
        picture=Markup(_picture(f"{services.settings.public_url}/c/{text}")),  # noqa: S704  no reader's words
        renew_after_s=max(5, round((code.next_at - now).total_seconds()) + 1),
        is_door=code.purpose is Purpose.DOOR,
    )


def _picture(address: str) -> str:
    return segno.make(address, error="m", micro=False).svg_inline(
        scale=8, border=4, dark="#000", light="#fff", omitsize=True
    )


def _said(request: Request, said: str, status: int) -> Response:
    return page(
        request, "volunteer/check_in.html", status=status, said=said, token="", form_token=""
    )
