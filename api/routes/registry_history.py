"""Who changed what in the register, and when: of one elder, or of everything in scope."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from api import cursors
from api.access import Caller, Viewer, callers
from api.services import Held
from api.wire_types import Cursor, Id, Limit, Line, PathId, Wire, example
from core.history import Change, Subject
from store import history, scoping
from store.database import reading

router = APIRouter(prefix="/api", tags=["history"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.AUDITOR)]
Auditor = Annotated[Viewer, callers(Caller.AUDITOR)]


class FieldChanged(Wire):
    """One field before and after; `…` stands for what a history does not repeat."""

    field: str
    before: Any
    after: Any


class ChangeAnswer(Wire):
    """One change."""

    model_config = example(
        id=121,
        at="2026-11-23T04:00:00Z",
        by="anna",
        by_name="演示 值班员",
        subject="elder",
        subject_id="17",
        version=3,
        changes=[{"field": "height_cm", "before": 155, "after": 157}],
    )

    id: Id
    at: datetime
    by: str
    by_name: str
    subject: Subject
    subject_id: str
    version: int
    changes: list[FieldChanged]


class ChangePage(Wire):
    """Some changes, the newest first, and where the list goes on."""

    items: list[ChangeAnswer]
    next: str | None


@router.get("/elders/{elder_id}/history")
def history_of_elder(
    services: Held, viewer: Reader, elder_id: PathId, limit: Limit = 100, cursor: Cursor = None
) -> ChangePage:
    """Return who changed what about an elder, their family, consents, guardians and band."""
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        found = history.changes_of(
            connection,
            elder_id=elder_id,
            before_id=cursors.number_in(cursor),
            limit=limit + 1,
        )
        return _page(connection, found, limit)


@router.get("/history")
def whole_history(
    services: Held,
    viewer: Auditor,
    limit: Limit = 100,
    cursor: Cursor = None,
    subject: Annotated[Subject | None, Query(description="Of this kind only.")] = None,
    subject_id: Annotated[Line | None, Query(description="Of this one only.")] = None,
    by: Annotated[Line | None, Query(description="By this account only.")] = None,
) -> ChangePage:
    """Return who changed what, the newest first.

    An auditor of a part of the town sees what concerns elders there.
    """
    with reading(services.engine) as connection:
        found = history.changes_of(
            connection,
            subject=subject,
            subject_id=subject_id,
            by=by,
            scope=viewer.scope,
            before_id=cursors.number_in(cursor),
            limit=limit + 1,
        )
        return _page(connection, found, limit)


def _page(connection: Connection, found: list[Change], limit: int) -> ChangePage:
    shown = found[:limit]
    names = history.shown_names(connection, {one.by for one in shown})
    return ChangePage(
        items=[
            ChangeAnswer(
                id=one.id,
                at=one.at,
                by=one.by,
                by_name=names.get(one.by, one.by),
                subject=one.subject,
                subject_id=one.subject_id,
                version=one.version,
                changes=[
                    FieldChanged(field=field, before=before, after=after)
                    for field, (before, after) in sorted(one.changes.items())
                ],
            )
            for one in shown
        ],
        next=cursors.written(shown[-1].id) if len(found) > limit else None,
    )
