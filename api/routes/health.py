"""Say whether the process is there, whether it can work, and what it has counted."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import DBAPIError

from api.access import Caller, callers
from api.canary_figures import canary_figures
from api.services import Held
from api.stage_figures import stage_figures
from store.database import check_reachable, reading

router = APIRouter()


@router.get("/healthz", response_class=PlainTextResponse, dependencies=[callers(Caller.PUBLIC)])
def alive() -> PlainTextResponse:
    """Say that the process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", response_class=PlainTextResponse, dependencies=[callers(Caller.PUBLIC)])
def ready(services: Held) -> PlainTextResponse:
    """Say that the database answers; ServerMissing (503) when it does not."""
    check_reachable(services.engine)
    return PlainTextResponse("ready\n")


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    dependencies=[callers(Caller.ADMINISTRATOR, Caller.OPERATOR, Caller.COORDINATOR)],
)
def metrics(services: Held) -> Response:
    """Return the counters for Prometheus, which signs in with a token of an account.

    Counters are this process's own. What waits at each stage, and the canary's figures, are in the
    database: they show all roles, and are left out while it is away.
    """
    now = services.clock.now()
    try:
        with reading(services.engine) as connection:
            shared = canary_figures(connection, now)
            shared += stage_figures(connection, now, speed=services.clock.speed)
    except DBAPIError:
        shared = b""
    return Response(generate_latest() + shared, media_type=CONTENT_TYPE_LATEST)
