"""Say whether the process is there, whether it can work, and what it has counted."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.access import Caller, callers
from api.services import Held
from store.database import check_reachable

router = APIRouter()


@router.get("/healthz", dependencies=[callers(Caller.PUBLIC)])
def alive() -> PlainTextResponse:
    """Say that the process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", dependencies=[callers(Caller.PUBLIC)])
def ready(services: Held) -> PlainTextResponse:
    """Say that the database answers; ServerMissing (503) when it does not."""
    check_reachable(services.engine)
    return PlainTextResponse("ready\n")


@router.get("/metrics", dependencies=[callers(Caller.COORDINATOR)])
def metrics() -> Response:
    """Return the counters for Prometheus, which signs in with the coordinator's token."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
