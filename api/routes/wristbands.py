"""Wristbands from the box to the bin: registered, given out, lost, found, repaired, retired."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api import cursors
from api.access import Caller, Viewer, callers
from api.pages import gettext_of
from api.services import Held, Services
from api.versions import WantedVersion, tag
from api.wire_types import Cursor, DeviceId, Id, Limit, OrganisationId
from api.wristband_documents import (
    BandAnswer,
    BandBody,
    BandPage,
    BandWithLogin,
    Login,
    NewBandBody,
    PairBody,
    PlaceAnswer,
    ReasonBody,
    StepBody,
    band_answer,
    place_answer,
)
from core.band_life import BandState, BandStep
from core.band_passwords import key_mark, password
from core.errors import NotFound, SettingError
from store import band_life, looks, wristbands
from store.database import reading
from store.scoping import check_elder, check_organisation

router = APIRouter(prefix="/api", tags=["wristbands"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
Device = Annotated[DeviceId, Path()]

_PUT_IN_NOW = "Put it into the band now: it is kept nowhere. It is good once is_applied is true."
_NOT_ASKED = "The embedded broker asks nobody for a password."
_NO_KEY = (
    "This service has no band key here, so it cannot compute the password:"
    " aihuijia band rotate prints a new one where the key is."
)


@router.get("/wristbands")
def list_bands(
    services: Held,
    viewer: Reader,
    state: BandState | None = None,
    elder_id: Annotated[Id | None, Query()] = None,
    organisation_id: Annotated[OrganisationId | None, Query()] = None,
    begins: Annotated[
        str, Query(pattern=r"^[a-z0-9_-]{0,32}$", description="How the device id begins.")
    ] = "",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> BandPage:
    """Return the bands that your elders wear, and those on shelves of yours or of everybody."""
    with reading(services.engine) as connection:
        found = wristbands.wristbands(
            connection,
            viewer.scope,
            state=state,
            elder_id=elder_id,
            organisation_id=organisation_id,
            begins=begins,
            after=cursors.name_in(cursor) or "",
            limit=limit + 1,
        )
    page = found[:limit]
    more = len(found) > limit
    return BandPage(
        items=[band_answer(one) for one in page],
        next=cursors.written(page[-1].device_id) if more else None,
    )


@router.post("/wristbands", status_code=201)
def add_band(
    response: Response, services: Held, viewer: Operator, body: NewBandBody
) -> BandWithLogin:
    """Register a band, on an elder or on the shelf. Its password is shown this once."""
    key = _key(services)
    with services.engine.begin() as connection:
        if body.organisation_id is not None:
            check_organisation(body.organisation_id, viewer.scope)
        if body.elder_id is not None:
            check_elder(connection, body.elder_id, viewer.scope)
        generation = band_life.register(
            connection,
            body.device,
            body.details,
            elder_id=body.elder_id,
            by=viewer.name,
            now=services.clock.now(),
            key_mark=key_mark(key) if key else None,
        )
    response.headers["Location"] = f"/api/wristbands/{body.device}"
    return _answer(response, services, viewer, body.device, generation)


@router.get("/wristbands/{device}")
def show_band(response: Response, services: Held, viewer: Reader, device: Device) -> BandAnswer:
    """Return one band; `ETag` is what a change names."""
    with reading(services.engine) as connection:
        band = wristbands.wristband(connection, device, viewer.scope)
    tag(response, band.version)
    return band_answer(band)


@router.put("/wristbands/{device}")
def put_band(
    response: Response,
    services: Held,
    viewer: Operator,
    seen: WantedVersion,
    device: Device,
    body: BandBody,
) -> BandAnswer:
    """Edit what is written down of a band."""
    with services.engine.begin() as connection:
        wristbands.wristband(connection, device, viewer.scope)
        if body.organisation_id is not None:
            check_organisation(body.organisation_id, viewer.scope)
        band_life.update(
            connection,
            device,
            body.details,
            seen=seen,
            by=viewer.name,
            now=services.clock.now(),
        )
    return _answer(response, services, viewer, device)


@router.post("/wristbands/{device}/pair")
def pair(
    response: Response, services: Held, viewer: Operator, device: Device, body: PairBody
) -> BandWithLogin:
    """Put a band on an elder. 409 names whoever wears it, or the band that the elder wears."""
    key = _key(services)
    with services.engine.begin() as connection:
        wristbands.wristband(connection, device, viewer.scope)
        check_elder(connection, body.elder_id, viewer.scope)
        generation = band_life.pair(
            connection,
            device,
            body.elder_id,
            reason=body.reason,
            by=viewer.name,
            now=services.clock.now(),
            key_mark=key_mark(key) if key else None,
        )
    return _answer(response, services, viewer, device, generation)


@router.post("/wristbands/{device}/unpair")
def unpair(
    response: Response, services: Held, viewer: Operator, device: Device, body: StepBody
) -> BandAnswer:
    """Take a band off its elder; 409 while they are looked for, unless `while_searched`."""
    return _step(response, services, viewer, device, body, BandStep.UNPAIR)


@router.post("/wristbands/{device}/lost")
def lost(
    response: Response, services: Held, viewer: Operator, device: Device, body: StepBody
) -> BandAnswer:
    """Write down that a band is lost: it has no wearer, and nothing it reports alarms anybody.

    Its reports are kept, and operators see where it was last (`place`).
    """
    return _step(response, services, viewer, device, body, BandStep.LOST)


@router.post("/wristbands/{device}/found")
def found(
    response: Response, services: Held, viewer: Operator, device: Device, body: StepBody
) -> BandAnswer:
    """Put a lost band back on the shelf; pair it again with whoever is to wear it."""
    return _step(response, services, viewer, device, body, BandStep.FOUND)


@router.post("/wristbands/{device}/repair")
def repair(
    response: Response, services: Held, viewer: Operator, device: Device, body: StepBody
) -> BandAnswer:
    """Give a band away for repair; it has no wearer meanwhile."""
    return _step(response, services, viewer, device, body, BandStep.REPAIR)


@router.post("/wristbands/{device}/repaired")
def repaired(
    response: Response, services: Held, viewer: Operator, device: Device, body: StepBody
) -> BandAnswer:
    """Take a band back from repair, onto the shelf."""
    return _step(response, services, viewer, device, body, BandStep.REPAIRED)


@router.post("/wristbands/{device}/retire")
def retire(
    response: Response, services: Held, viewer: Operator, device: Device, body: StepBody
) -> BandAnswer:
    """Take a band out of use: it may not sign in to the broker any more. Its history stays."""
    return _step(response, services, viewer, device, body, BandStep.RETIRE)


@router.post("/wristbands/{device}/rotate")
def rotate(
    response: Response, services: Held, viewer: Operator, device: Device, body: ReasonBody
) -> BandWithLogin:
    """Give a band a new password, which is shown this once; the old one is good no longer."""
    key = _key(services)
    with services.engine.begin() as connection:
        wristbands.wristband(connection, device, viewer.scope)
        generation = band_life.rotate(
            connection,
            device,
            reason=body.reason,
            by=viewer.name,
            now=services.clock.now(),
            key_mark=key_mark(key) if key else None,
        )
    return _answer(response, services, viewer, device, generation)


@router.get("/wristbands/{device}/place")
def place(request: Request, services: Held, viewer: Operator, device: Device) -> PlaceAnswer:
    """Return where a lost band was last; only of a lost one. It is a look, and recorded as one."""
    _ = gettext_of(request)
    with services.engine.begin() as connection:
        band = wristbands.wristband(connection, device, viewer.scope)
        if band.state is not BandState.LOST:
            raise NotFound(_("This band is not lost: the live map shows who wears it."))
        known = wristbands.last_place(connection, device)
        if known is None:
            raise NotFound(_("This band never said where it is."))
        now = services.clock.now()
        looks.record(connection, viewer.name, band.last_elder_id, "lost_band", now)
    return place_answer(device, known)


def _step(
    response: Response,
    services: Services,
    viewer: Viewer,
    device: str,
    body: StepBody,
    which: BandStep,
) -> BandAnswer:
    with services.engine.begin() as connection:
        wristbands.wristband(connection, device, viewer.scope)
        band_life.step(
            connection,
            device,
            which,
            reason=body.reason,
            by=viewer.name,
            now=services.clock.now(),
            while_searched=body.while_searched,
        )
        band = wristbands.wristband(connection, device, viewer.scope)
    tag(response, band.version)
    return band_answer(band)


def _answer(
    response: Response,
    services: Services,
    viewer: Viewer,
    device: str,
    generation: int | None = None,
) -> BandWithLogin:
    with reading(services.engine) as connection:
        band = wristbands.wristband(connection, device, viewer.scope)
    tag(response, band.version)
    login = None if generation is None else _login(services, device, generation)
    return BandWithLogin(**band_answer(band).model_dump(), login=login)


def _login(services: Services, device: str, generation: int) -> Login:
    key = _key(services)
    if key is not None:
        return Login(user=device, password=password(key, device, generation), note=_PUT_IN_NOW)
    is_embedded = services.settings.broker_url == "embedded"
    return Login(user=device, password=None, note=_NOT_ASKED if is_embedded else _NO_KEY)


def _key(services: Services) -> bytes | None:
    """Return the key behind bands' passwords; None where nobody asks for one, or it is not here."""
    if services.settings.broker_url == "embedded":
        return None
    try:
        return services.settings.require_band_key()
    except SettingError:
        return None
