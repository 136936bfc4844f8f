"""Trails and search plans as files: GPX for receivers, KML for map programs."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.access import Caller, Viewer, callers
from api.gpx import GPX_TYPE, plan_gpx, trail_gpx
from api.kml import KML_TYPE, plan_kml, trail_kml
from api.map_files import SearchPlan, Trail, plan_of, trail_of
from api.pages import gettext_of
from api.services import Held, Services
from api.wire_types import PathId, When
from core.errors import BadInput
from store import looks, registry, scoping
from store.database import reading
from store.trails import newest_of_elder
from store.zones import zones_for

router = APIRouter(prefix="/api", tags=["files for maps"])

#: who sees where people are; operators see it to draw zones
Seeing = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Coordinator = Annotated[Viewer, callers(Caller.COORDINATOR)]

#: the usual and the longest time of a trail
_USUAL, _LONGEST = timedelta(days=1), timedelta(days=31)
#: positions in one file
_MOST = 20_000
#: a plan begins at a position that is no older
_BEGUN = timedelta(days=7)
_BEGUN_MOST = 500


class Format(StrEnum):
    """Kinds of files."""

    GPX = "gpx"
    KML = "kml"


_TYPES = {Format.GPX: GPX_TYPE, Format.KML: KML_TYPE}


def _file(kind: Format) -> dict[int | str, dict[str, Any]]:
    schema = {"schema": {"type": "string", "description": f"A document of {kind.value.upper()}."}}
    return {200: {"content": {_TYPES[kind]: schema}, "description": "The file."}}


Since = Annotated[When | None, Query(description="A day before `until`, if nothing is said.")]
Until = Annotated[When | None, Query(description="Now, if nothing is said.")]


@router.get("/elders/{elder_id}/trail.gpx", response_class=Response, responses=_file(Format.GPX))
def trail_as_gpx(
    request: Request,
    services: Held,
    viewer: Seeing,
    elder_id: PathId,
    since: Since = None,
    until: Until = None,
) -> Response:
    """Return where an elder was as GPX 1.1: the newest 20 000 positions of 31 days at most."""
    trail = _trail(services, viewer, elder_id, since, until)
    return _answer(trail_gpx(trail, gettext_of(request)), Format.GPX, f"trail-elder-{elder_id}")


@router.get("/elders/{elder_id}/trail.kml", response_class=Response, responses=_file(Format.KML))
def trail_as_kml(
    request: Request,
    services: Held,
    viewer: Seeing,
    elder_id: PathId,
    since: Since = None,
    until: Until = None,
) -> Response:
    """Return where an elder was as KML 2.2: the newest 20 000 positions of 31 days at most."""
    trail = _trail(services, viewer, elder_id, since, until)
    return _answer(trail_kml(trail, gettext_of(request)), Format.KML, f"trail-elder-{elder_id}")


@router.get(
    "/incidents/{incident_id}/search-plan.gpx",
    response_class=Response,
    responses=_file(Format.GPX),
)
def plan_as_gpx(
    request: Request, services: Held, viewer: Coordinator, incident_id: PathId
) -> Response:
    """Return where to look as GPX 1.1: the last good position, rings around it, zones."""
    plan = _plan(services, viewer, incident_id)
    return _answer(plan_gpx(plan, gettext_of(request)), Format.GPX, f"search-{incident_id}")


@router.get(
    "/incidents/{incident_id}/search-plan.kml",
    response_class=Response,
    responses=_file(Format.KML),
)
def plan_as_kml(
    request: Request, services: Held, viewer: Coordinator, incident_id: PathId
) -> Response:
    """Return where to look as KML 2.2: the last good position, rings around it, zones."""
    plan = _plan(services, viewer, incident_id)
    return _answer(plan_kml(plan, gettext_of(request)), Format.KML, f"search-{incident_id}")


def _trail(
    services: Services,
    viewer: Viewer,
    elder_id: int,
    since: datetime | None,
    until: datetime | None,
) -> Trail:
    now = services.clock.now()
    end = now if until is None else until
    begin = end - _USUAL if since is None else since
    if begin > end:
        raise BadInput("The time ends before it begins.", {"until": "Not before `since`."})
    if end - begin > _LONGEST:
        raise BadInput("A file holds 31 days at most.", {"since": "31 days before `until`."})
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        elder = registry.elder(connection, elder_id)
        points = newest_of_elder(connection, elder_id, since=begin, until=end, limit=_MOST + 1)
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, elder_id, "trail file", now, scope=viewer.scope)
    return trail_of(points, elder_id=elder_id, name=elder.name, since=begin, until=end, most=_MOST)


def _plan(services: Services, viewer: Viewer, incident_id: int) -> SearchPlan:
    now = services.clock.now()
    with reading(services.engine) as connection:
        elder_id = scoping.check_incident(connection, incident_id, viewer.scope)
        elder = registry.elder(connection, elder_id)
        zones = zones_for(connection, [elder_id])[elder_id]
        points = newest_of_elder(
            connection, elder_id, since=now - _BEGUN, until=now, limit=_BEGUN_MOST
        )
    with services.engine.begin() as connection:
        looks.record(
            connection,
            viewer.name,
            elder_id,
            "search plan file",
            now,
            scope=viewer.scope,
            incident_id=incident_id,
        )
    return plan_of(
        points, zones, incident_id=incident_id, elder_id=elder_id, name=elder.name, now=now
    )


def _answer(content: bytes, kind: Format, name: str) -> Response:
    """Return a file that is saved under *name*: ids only, for names of files are seen by many."""
    return Response(
        content,
        media_type=_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind.value}"'},
    )
