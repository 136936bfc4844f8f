"""How long what is kept, and what was deleted when it was too old."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from api import cursors
from api.access import Caller, Viewer, callers
from api.services import Held
from api.wire_types import Cursor, Id, Limit, Wire, example
from core.retention import Kind, read_rules
from store import retention_runs
from store.database import reading

router = APIRouter(prefix="/api", tags=["privacy"])

Reader = Annotated[Viewer, callers(Caller.AUDITOR, Caller.ADMINISTRATOR)]


class RunAnswer(Wire):
    """What one run of the job did to one kind."""

    id: Id
    kind: Kind
    started_at: datetime
    #: null: under way, or cut off
    ended_at: datetime | None
    #: what is older went, but for what had to stay
    until: datetime
    #: rows deleted, or their personal part emptied
    deleted: int


class RetentionAnswer(Wire):
    """The rules, and some runs, the newest first."""

    model_config = example(
        days={"positions": 30, "looks": 1095},
        done_at="2026-11-23T18:00:12Z",
        runs=[
            {
                "id": 17,
                "kind": "positions",
                "started_at": "2026-11-23T18:00:00Z",
                "ended_at": "2026-11-23T18:00:09Z",
                "until": "2026-10-24T18:00:00Z",
                "deleted": 38211,
            }
        ],
        next=None,
    )

    #: days that each kind is kept
    days: dict[Kind, int]
    #: when a whole run ended last
    done_at: datetime | None
    runs: list[RunAnswer]
    next: str | None


@router.get("/retention")
def show_retention(
    services: Held, _viewer: Reader, limit: Limit = 100, cursor: Cursor = None
) -> RetentionAnswer:
    """Return how many days each kind is kept, and what the job deleted."""
    with reading(services.engine) as connection:
        turn = retention_runs.turn(connection)
        found = retention_runs.runs(
            connection, before_id=cursors.number_in(cursor), limit=limit + 1
        )
    shown = found[:limit]
    return RetentionAnswer(
        days=read_rules(services.settings.retention),
        done_at=None if turn is None else turn.done_at,
        runs=[
            RunAnswer(
                id=one.id,
                kind=one.kind,
                started_at=one.started_at,
                ended_at=one.ended_at,
                until=one.until_at,
                deleted=one.deleted,
            )
            for one in shown
        ],
        next=cursors.written(shown[-1].id) if len(found) > limit else None,
    )
