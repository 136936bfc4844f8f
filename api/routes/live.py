"""The live feed: a stream that can be resumed, and the same by asking for those who cannot."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from prometheus_client import Gauge
from starlette.concurrency import run_in_threadpool

from api.access import Caller, Viewer, callers, is_still
from api.boxes import Bbox, box_in
from api.feed import Follower, entries_since, entry_json, stream, tick_json
from api.pages import gettext_of
from api.services import Held, Services
from api.wire_types import MOST_ID
from core.clock import monotonic
from store import looks, map_views
from store.database import reading

router = APIRouter()

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events without end: `incident` with an id, `bands`, `tick`, `resync`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

#: a map that stays open is a look each time this has passed, wall seconds
_LOOK_AGAIN_S = 900.0
#: so long a viewer is taken for who they were: a session may end, or rights, wall seconds
_KNOWN_FOR_S = 2.0
_WATCHING = Gauge("aihuijia_live_viewers", "Open live feeds.")


@router.get("/live", response_class=StreamingResponse, responses=EVENT_STREAM)
def live(
    request: Request,
    services: Held,
    viewer: Annotated[Viewer, callers(Caller.COORDINATOR)],
    after: Annotated[int | None, Query(ge=0, le=MOST_ID)] = None,
    bbox: Bbox | None = None,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> StreamingResponse:
    """Stream what happens after `Last-Event-ID`, else after `after`, else from now on.

    `bbox` narrows the bands to those in the box; one that leaves it is told once more.
    """
    box = None if bbox is None else box_in(bbox, gettext_of(request))
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdecimal():
        after = min(int(last_event_id), MOST_ID)
    if after is None:
        with reading(services.engine) as connection:
            after = map_views.last_cursor(connection)
    _record(services, viewer)
    follower = Follower(
        services=services,
        gettext=gettext_of(request),
        scope=viewer.scope,
        cursor=after,
        box=box,
    )

    async def events() -> Any:
        recorded = known = monotonic()
        with _WATCHING.track_inprogress():
            async for text in stream(follower, request.app.state.closing.is_set):
                if monotonic() - known > _KNOWN_FOR_S:
                    if not await run_in_threadpool(is_still, request, viewer):
                        return
                    known = monotonic()
                yield text
                if monotonic() - recorded > _LOOK_AGAIN_S:
                    recorded = monotonic()
                    await run_in_threadpool(_record, services, viewer)

    return StreamingResponse(
        events(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/live/since")
def since(
    request: Request,
    services: Held,
    viewer: Annotated[Viewer, callers(Caller.COORDINATOR)],
    cursor: Annotated[int, Query(ge=0, le=MOST_ID)],
) -> dict[str, Any]:
    """Return what happened after *cursor*, once."""
    entries, resync = entries_since(services, cursor, viewer.scope)
    if entries:
        _record(services, viewer)
    newest = entries[-1].cursor if entries else cursor
    return {
        "entries": [entry_json(entry, gettext_of(request)) for entry in entries],
        "cursor": newest if resync is None else resync,
        "resync": resync is not None,
        **tick_json(services),
    }


def _record(services: Services, viewer: Viewer) -> None:
    with services.engine.begin() as connection:
        looks.record(
            connection, viewer.name, None, "live map", services.clock.now(), scope=viewer.scope
        )
