"""The bands themselves: what operators should look after, and bands that nobody registered."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from api.access import Caller, Viewer, callers, form_token_of
from api.band_shapes import iso
from api.labels import TROUBLES
from api.pages import gettext_of, page
from api.services import Held
from api.status import LEVEL_COLOURS
from core.false_alarms import STANDARD_FALSE_ALARMS, month_of
from store import band_lists, band_tasks, false_alarms, registry
from store.band_tasks import Task
from store.database import reading

router = APIRouter()

Staff = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
TaskId = Annotated[int, Path(ge=1, le=2**53)]
MOST_TASKS = 1000


@router.get("/console/bands")
def bands_page(request: Request, services: Held, viewer: Staff) -> Response:
    """Show the open tasks, worst first, and the bands to be claimed."""
    with reading(services.engine) as connection:
        tasks = band_tasks.open_tasks(connection, scope=viewer.scope, limit=MOST_TASKS)
        names = _names(connection, tasks)
        unknown = band_lists.unknown(connection)
        begin, end = month_of(services.clock.now())
        counts = false_alarms.counts(connection, begin, end, scope=viewer.scope)
    return page(
        request,
        "console/bands.html",
        tasks=tasks,
        level_colours=LEVEL_COLOURS,
        names=names,
        unknown=unknown,
        too_many=sum(n > STANDARD_FALSE_ALARMS.most_a_month for n in counts.values()),
        form_token=form_token_of(request, viewer),
    )


@router.get("/api/band-tasks")
def list_tasks(request: Request, services: Held, viewer: Staff) -> dict[str, Any]:
    """Return the open tasks, worst first; no position is in them."""
    with reading(services.engine) as connection:
        tasks = band_tasks.open_tasks(connection, scope=viewer.scope, limit=MOST_TASKS)
        counts = band_tasks.counts(connection, scope=viewer.scope)
    _ = gettext_of(request)
    return {
        "counts": counts,
        "tasks": [
            {
                "id": task.id,
                "trouble": task.trouble.value,
                "words": _(TROUBLES[task.trouble]),
                "level": int(task.level),
                "subject": task.subject,
                "elder": task.elder_id,
                "organisation": task.organisation_id,
                "since": iso(task.since),
                "opened_at": iso(task.opened_at),
                "handled_at": None if task.handled_at is None else iso(task.handled_at),
                "handled_by": task.handled_by,
                "detail": task.detail,
            }
            for task in tasks
        ],
    }


@router.post("/band-tasks/{task_id}/handled")
def handle_task(
    services: Held,
    viewer: Operator,
    task_id: TaskId,
) -> Response:
    """Record that somebody looks after a task."""
    with services.engine.begin() as connection:
        band_tasks.handle(
            connection, task_id, scope=viewer.scope, by=viewer.name, now=services.clock.now()
        )
    return RedirectResponse("/console/bands", 303)


def _names(connection: Connection, tasks: list[Task]) -> dict[int, str]:
    """Return the names of the elders concerned."""
    wanted = {task.elder_id for task in tasks if task.elder_id is not None}
    return {elder.id: elder.name for elder in registry.elders(connection, wanted).values()}
