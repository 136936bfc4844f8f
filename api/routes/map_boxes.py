"""The live map for programs: bands in a box or counted in a grid, and the trail of one elder."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection

from api import cursors
from api.access import Caller, Viewer, callers
from api.band_shapes import (
    MISSED,
    UNKNOWN_INTERVAL_S,
    Json,
    band_feature,
    collection,
    iso,
    trail_collection,
)
from api.boxes import Bbox, box_in
from api.map_documents import MapBands, TrailPage, cell_feature
from api.pages import gettext_of
from api.plain_json import PlainJson
from api.services import Held, Services
from api.wire_types import Cursor, Limit, PathId, When
from core.accounts import Scope
from core.errors import BadInput
from core.feature_queries import Box
from store import looks, map_boxes
from store.database import reading
from store.scoping import check_elder
from store.trails import trail_of_elder

router = APIRouter(prefix="/api", tags=["live map"])

#: who sees where people are; operators see it to draw zones
Seeing = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
#: more bands than this in view are counted in cells
MOST_DOTS = 5000
#: so much of a trail without `since`
_TRAIL = timedelta(hours=2)


class GridWish(StrEnum):
    """When bands are counted in cells instead of listed."""

    AUTO = "auto"  #: when there are more than 5,000 in the box
    NEVER = "never"
    ALWAYS = "always"


@router.get("/map/bands", response_model=MapBands)
def map_bands(
    request: Request,
    services: Held,
    viewer: Seeing,
    bbox: Bbox,
    limit: Annotated[int, Query(ge=1, le=MOST_DOTS, description="At most so many bands.")] = 1000,
    cursor: Cursor = None,
    grid: GridWish = GridWish.AUTO,
    cells: Annotated[
        int, Query(ge=2, le=64, description="At most about so many cells across the box.")
    ] = 24,
) -> PlainJson:
    """Return the newest positions in a box, page by page; above 5,000 counts in a grid.

    A grid has no pages. Its cells keep their places when the box moves a little.
    """
    box = box_in(bbox, gettext_of(request))
    after = cursors.name_in(cursor)
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, None, "map", services.clock.now(), scope=viewer.scope)
    with reading(services.engine) as connection:
        count = None
        if cursor is None and grid is not GridWish.ALWAYS:
            count = map_boxes.count_in(connection, box, scope=viewer.scope, most=MOST_DOTS + 1)
        too_many = count is not None and count > MOST_DOTS
        if cursor is None and (grid is GridWish.ALWAYS or (too_many and grid is GridWish.AUTO)):
            members = _grid(connection, services, box, viewer.scope, cells)
        else:
            members = _dots(connection, box, viewer.scope, after, limit)
            members["bands"] = None if too_many else count
    return PlainJson(
        collection(
            members.pop("features"),
            **members,
            now=iso(services.clock.now()),
            speed=services.clock.speed,
        )
    )


@router.get("/elders/{elder_id}/trail", response_model=TrailPage)
def trail(
    request: Request,
    services: Held,
    viewer: Seeing,
    elder_id: PathId,
    since: Annotated[When | None, Query(description="Left out: two hours before `until`.")] = None,
    until: Annotated[When | None, Query(description="Not included. Left out: now.")] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> PlainJson:
    """Return where the elder's bands were, oldest first, with accuracy, doubts and arrival."""
    now = services.clock.now()
    end = until or now + timedelta(seconds=1)
    begin = since or end - _TRAIL
    if begin >= end:
        said = gettext_of(request)("A trail begins before it ends: `since` earlier than `until`.")
        raise BadInput(said, {"since": said})
    after = cursors.moment_in(cursor)
    with services.engine.begin() as connection:
        check_elder(connection, elder_id, viewer.scope)
        looks.record(connection, viewer.name, elder_id, "trail", now)
    with reading(services.engine) as connection:
        points = trail_of_elder(
            connection, elder_id, since=begin, until=end, after=after, limit=limit + 1
        )
    shown = points[:limit]
    following = None
    if len(points) > limit:
        following = cursors.written(shown[-1].at.isoformat(), shown[-1].ping_id)
    return PlainJson(trail_collection(shown, next=following))


def _dots(connection: Connection, box: Box, scope: Scope, after: str | None, limit: int) -> Json:
    bands = map_boxes.bands_in(connection, box, scope=scope, after=after, limit=limit + 1)
    following = cursors.written(bands[limit - 1].device_id) if len(bands) > limit else None
    return {
        "features": [band_feature(band) for band in bands[:limit]],
        "grid": False,
        "next": following,
    }


def _grid(connection: Connection, services: Services, box: Box, scope: Scope, across: int) -> Json:
    cells = map_boxes.cells_in(
        connection,
        box,
        scope=scope,
        size_deg=map_boxes.cell_size_deg(box, across),
        now=services.clock.now(),
        missed=MISSED,
        unknown_interval_s=UNKNOWN_INTERVAL_S,
    )
    return {
        "features": [cell_feature(cell) for cell in cells],
        "grid": True,
        "bands": sum(cell.bands for cell in cells),
        "next": None,
    }
