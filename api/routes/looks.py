"""Who looked at whose position, what for and when: for auditors, and of one elder for operators."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api import cursors
from api.access import Caller, Viewer, callers
from api.services import Held
from api.wire_types import Cursor, Id, Limit, Line, PathId, When, Wire, example
from store import looks, scoping
from store.database import reading
from store.looks import Look

router = APIRouter(prefix="/api", tags=["privacy"])

Auditor = Annotated[Viewer, callers(Caller.AUDITOR)]
Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.AUDITOR)]
Since = Annotated[When | None, Query(description="At or after.")]
Until = Annotated[When | None, Query(description="Before.")]


class LookAnswer(Wire):
    """One look. Of many at once where `elder_id` is null: everybody in `organisations`."""

    model_config = example(
        id=121,
        at="2026-11-24T06:32:00Z",
        viewer="li.na",
        roles=["coordinator"],
        organisations=["xiashi"],
        elder_id=17,
        purpose="incident",
        incident_id=5,
    )

    id: Id
    at: datetime
    #: an account's name, or `person:5` of a volunteer
    viewer: str
    #: what the viewer was then
    roles: list[str]
    #: "*" is everywhere
    organisations: list[str]
    elder_id: int | None
    purpose: str
    incident_id: int | None


class LookPage(Wire):
    """Some looks, the newest first, and where the list goes on."""

    items: list[LookAnswer]
    next: str | None


@router.get("/looks")
def list_looks(
    services: Held,
    viewer: Auditor,
    limit: Limit = 100,
    cursor: Cursor = None,
    elder: Annotated[Id | None, Query(description="At this elder, alone or among many.")] = None,
    by: Annotated[Line | None, Query(description="By this account, or `person:5`.")] = None,
    since: Since = None,
    until: Until = None,
) -> LookPage:
    """Return who looked at whose position, the newest first.

    An auditor of a part of the town sees looks at elders there, and looks at many.
    """
    before_id = cursors.number_in(cursor)
    with reading(services.engine) as connection:
        if elder is not None:
            scoping.check_elder(connection, elder, viewer.scope)
            found = looks.looks_at(
                connection,
                elder,
                viewer=by,
                since=since,
                until=until,
                before_id=before_id,
                limit=limit + 1,
            )
        else:
            found = looks.looks(
                connection,
                viewer=by,
                since=since,
                until=until,
                scope=viewer.scope,
                before_id=before_id,
                limit=limit + 1,
            )
    return _page(found, limit)


@router.get("/elders/{elder_id}/looks")
def looks_at_elder(
    services: Held,
    viewer: Reader,
    elder_id: PathId,
    limit: Limit = 100,
    cursor: Cursor = None,
    since: Since = None,
    until: Until = None,
) -> LookPage:
    """Return who looked at this elder's position, alone or among many, the newest first."""
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        found = looks.looks_at(
            connection,
            elder_id,
            since=since,
            until=until,
            before_id=cursors.number_in(cursor),
            limit=limit + 1,
        )
    return _page(found, limit)


def _page(found: list[Look], limit: int) -> LookPage:
    shown = found[:limit]
    return LookPage(
        items=[
            LookAnswer(
                id=one.id,
                at=one.at,
                viewer=one.viewer,
                roles=list(one.roles),
                organisations=list(one.organisations),
                elder_id=one.elder_id,
                purpose=one.purpose,
                incident_id=one.incident_id,
            )
            for one in shown
        ],
        next=cursors.written(shown[-1].id) if len(found) > limit else None,
    )
