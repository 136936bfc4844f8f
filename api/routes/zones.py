"""Zones of one elder and danger zones for everyone: read, drawn, edited, given up, with history."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from api import cursors
from api.access import Caller, Viewer, callers
from api.pages import language_of
from api.services import Held, Services
from api.versions import WantedVersion, tag
from api.wire_types import Cursor, Limit, PathId
from api.zone_documents import (
    ZoneAnswer,
    ZoneBody,
    ZonePage,
    ZonePreview,
    zone_answer,
)
from api.zone_edits import (
    added,
    check_whole_town,
    created,
    edit_answer,
    edit_warnings,
    editable,
    meant,
)
from core.errors import Conflict, Stale
from core.people import Language
from core.zone_words import zone_sentence
from store import looks, zone_lists
from store.database import reading
from store.scoping import check_elder
from store.zones import ZoneVersion, edit_zone, retire_zone

router = APIRouter(prefix="/api", tags=["zones"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]


@router.get("/elders/{elder_id}/zones")
def zones_of_elder(
    request: Request,
    services: Held,
    viewer: Reader,
    elder_id: PathId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ZonePage:
    """Return the elder's own zones that were not given up, in the order of registering."""
    _look(services, viewer, elder_id)
    return _present(request, services, elder_id, limit, cursor)


@router.post("/elders/{elder_id}/zones", status_code=201)
def add_zone_of_elder(
    request: Request,
    response: Response,
    services: Held,
    viewer: Operator,
    elder_id: PathId,
    body: ZoneBody,
) -> ZoneAnswer:
    """Draw a zone for an elder. `warnings` says what is unwise about it; it counts all the same."""
    with services.engine.begin() as connection:
        check_elder(connection, elder_id, viewer.scope)
        version = added(connection, request, services, viewer, elder_id, body)
        answer = edit_answer(connection, request, services, version)
    return created(response, answer)


@router.post("/elders/{elder_id}/zones/preview")
def preview_zone(
    request: Request, services: Held, viewer: Operator, elder_id: PathId, body: ZoneBody
) -> ZonePreview:
    """Check a zone that is being drawn, and say it in words. Nothing is saved."""
    with reading(services.engine) as connection:
        check_elder(connection, elder_id, viewer.scope)
        zone = meant(request, services, body, elder_id=elder_id)
        warnings = edit_warnings(connection, request, zone)
    now = services.clock.now()
    return ZonePreview(
        sentence_zh=zone_sentence(zone, Language.CHINESE, now),
        sentence_en=zone_sentence(zone, Language.ENGLISH, now),
        warnings=warnings,
    )


@router.get("/elders/{elder_id}/zones/history")
def zone_history(
    request: Request,
    services: Held,
    viewer: Reader,
    elder_id: PathId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ZonePage:
    """Return every version of the elder's zones, given up ones too, with who and when."""
    _look(services, viewer, elder_id)
    return _history(request, services, elder_id, limit, cursor)


@router.get("/danger-zones")
def danger_zones(
    request: Request,
    services: Held,
    _viewer: Reader,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ZonePage:
    """Return the danger zones for everyone: water, railways, crowded places."""
    return _present(request, services, None, limit, cursor)


@router.post("/danger-zones", status_code=201)
def add_danger_zone(
    request: Request, response: Response, services: Held, viewer: Operator, body: ZoneBody
) -> ZoneAnswer:
    """Draw a danger zone for everyone; for operators of the whole town."""
    check_whole_town(viewer)
    with services.engine.begin() as connection:
        version = added(connection, request, services, viewer, None, body)
        answer = edit_answer(connection, request, services, version)
    return created(response, answer)


@router.get("/danger-zones/history")
def danger_zone_history(
    request: Request,
    services: Held,
    _viewer: Reader,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ZonePage:
    """Return every version of the danger zones for everyone, the newest first."""
    return _history(request, services, None, limit, cursor)


@router.get("/zones/{zone_id:int}")
def one_zone(
    request: Request, response: Response, services: Held, viewer: Reader, zone_id: PathId
) -> ZoneAnswer:
    """Return the newest version of a zone; its `ETag` is what an edit names."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        version = zone_lists.newest(connection, zone_id, viewer.scope)
    if version.zone.elder_id is not None:
        _look(services, viewer, version.zone.elder_id)
    tag(response, version.zone.id)
    return zone_answer(version, now, language_of(request))


@router.put("/zones/{zone_id:int}")
def edit_one_zone(
    request: Request,
    response: Response,
    services: Held,
    viewer: Operator,
    wanted: WantedVersion,
    zone_id: PathId,
    body: ZoneBody,
) -> ZoneAnswer:
    """Draw a zone anew: a new version takes the place of the one that `If-Match` names."""
    with services.engine.begin() as connection:
        old = editable(connection, viewer, zone_id, wanted)
        zone = meant(request, services, body, elder_id=old.zone.elder_id, zone_id=old.zone.id)
        try:
            edit_zone(connection, zone, by=viewer.name, now=services.clock.now())
        except Conflict as error:
            raise Stale(str(error)) from None
        version = zone_lists.newest(connection, zone_id, viewer.scope)
        answer = edit_answer(connection, request, services, version)
    tag(response, answer.version)
    return answer


@router.delete("/zones/{zone_id:int}")
def give_up_zone(
    request: Request,
    response: Response,
    services: Held,
    viewer: Operator,
    wanted: WantedVersion,
    zone_id: PathId,
) -> ZoneAnswer:
    """Give a zone up from now on; its versions stay in the history."""
    with services.engine.begin() as connection:
        old = editable(connection, viewer, zone_id, wanted)
        try:
            retire_zone(connection, old.zone.id, by=viewer.name, now=services.clock.now())
        except Conflict as error:
            raise Stale(str(error)) from None
        version = zone_lists.newest(connection, zone_id, viewer.scope)
        answer = edit_answer(connection, request, services, version)
    tag(response, answer.version)
    return answer


def _present(
    request: Request, services: Services, elder_id: int | None, limit: int, cursor: str | None
) -> ZonePage:
    after = cursors.number_in(cursor) or 0
    with reading(services.engine) as connection:
        found, last = zone_lists.present(connection, elder_id, after=after, limit=limit)
    return _page(request, services, found, last)


def _history(
    request: Request, services: Services, elder_id: int | None, limit: int, cursor: str | None
) -> ZonePage:
    before = cursors.number_in(cursor)
    with reading(services.engine) as connection:
        found, last = zone_lists.history(connection, elder_id, before=before, limit=limit)
    return _page(request, services, found, last)


def _page(
    request: Request, services: Services, found: list[ZoneVersion], last: int | None
) -> ZonePage:
    now, language = services.clock.now(), language_of(request)
    return ZonePage(
        items=[zone_answer(version, now, language) for version in found],
        next=None if last is None else cursors.written(last),
    )


def _look(services: Services, viewer: Viewer, elder_id: int) -> None:
    """Record a look at where the elder is at home; NotFound outside of the viewer's scope."""
    with services.engine.begin() as connection:
        check_elder(connection, elder_id, viewer.scope)
        looks.record(connection, viewer.name, elder_id, "zones", services.clock.now())
