"""Incidents in lists for programs, and the timeline of one, in pages."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api import cursors
from api.access import Caller, Viewer, callers
from api.band_shapes import iso
from api.case_json import card_json
from api.cases import load_cases, load_listed
from api.feed import entry_json
from api.incident_documents import IncidentList, Openness, TimelinePage
from api.pages import gettext_of
from api.plain_json import PlainJson
from api.services import Held
from api.wire_types import Cursor, Id, Limit, OrganisationId, PathId, When
from store import incident_lists, looks, map_views
from store.database import reading
from store.scoping import check_incident

router = APIRouter(prefix="/api", tags=["incidents"])

Coordinator = Annotated[Viewer, callers(Caller.COORDINATOR)]


@router.get("/incidents", response_model=IncidentList)
def incidents(
    request: Request,
    services: Held,
    viewer: Coordinator,
    state: Openness | None = None,
    organisation: Annotated[OrganisationId | None, Query()] = None,
    elder: Annotated[Id | None, Query()] = None,
    since: Annotated[When | None, Query(description="Opened then or later.")] = None,
    until: Annotated[When | None, Query(description="Opened before.")] = None,
    limit: Annotated[int | None, Query(ge=1, le=200, description="At most so many.")] = None,
    cursor: Cursor = None,
) -> PlainJson:
    """Return the open incidents and those closed in the last 24 h, the most urgent first.

    With any parameter: all that fit it, the newest first, in pages of 100.
    """
    now = services.clock.now()
    before = cursors.number_in(cursor)
    filters = (state, organisation, elder, since, until, limit, cursor)
    following = None
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, None, "incidents", now, scope=viewer.scope)
    with reading(services.engine) as connection:
        newest = map_views.last_cursor(connection)
        if all(one is None for one in filters):
            cases = load_cases(connection, now, viewer.scope)
        else:
            most = limit or 100
            ids = incident_lists.page(
                connection,
                scope=viewer.scope,
                is_open=None if state is None else state is Openness.OPEN,
                organisation_id=organisation,
                elder_id=elder,
                since=since,
                until=until,
                before=before,
                limit=most + 1,
            )
            cases = load_listed(connection, ids[:most], now)
            following = cursors.written(ids[most - 1]) if len(ids) > most else None
    return PlainJson(
        {
            "incidents": [card_json(case, now, gettext_of(request)) for case in cases],
            "cursor": newest,
            "next": following,
            "now": iso(now),
            "speed": services.clock.speed,
        }
    )


@router.get("/incidents/{incident_id}/timeline", response_model=TimelinePage)
def timeline(
    request: Request,
    services: Held,
    viewer: Coordinator,
    incident_id: PathId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PlainJson:
    """Return what happened in one incident, the oldest first."""
    after = cursors.number_in(cursor) or 0
    now = services.clock.now()
    with services.engine.begin() as connection:
        elder_id = check_incident(connection, incident_id, viewer.scope)
        looks.record(connection, viewer.name, elder_id, "incident", now, incident_id=incident_id)
    with reading(services.engine) as connection:
        entries = map_views.entries_of(connection, incident_id, after=after, limit=limit + 1)
    shown = entries[:limit]
    following = cursors.written(shown[-1].number) if len(entries) > limit else None
    gettext = gettext_of(request)
    return PlainJson({"items": [entry_json(entry, gettext) for entry in shown], "next": following})
