"""The demo's one screen: the console, and beside it the phones of the stand-in network."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access import Caller, Viewer, callers
from api.routes.console import console_page
from api.services import Held

router = APIRouter()


@router.get("/demo")
def demo(
    request: Request,
    services: Held,
    viewer: Annotated[Viewer, callers(Caller.DEMO)],
    incident: Annotated[int | None, Query()] = None,
) -> Response:
    """Show the console and the phones; nobody needs a password here."""
    return console_page(request, services, viewer, "console/demo.html", incident)
