"""The coordinator's way in and out."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.access import Caller, callers, is_coordinators_token, place_of
from api.pages import page
from api.services import Held
from api.sessions import COOKIE, LIFETIME, open_session

router = APIRouter()


@router.get("/login", dependencies=[callers(Caller.PUBLIC)])
def sign_in_page(
    request: Request, services: Held, to: Annotated[str, Query(alias="next")] = ""
) -> Response:
    """Show the form."""
    return _form(request, services, to)


@router.post("/login", dependencies=[callers(Caller.PUBLIC)])
def sign_in(
    request: Request,
    services: Held,
    token: Annotated[str, Form(max_length=200)],
    to: Annotated[str, Form(alias="next", max_length=500)] = "",
) -> Response:
    """Open a session for whoever knows the token; 429 after too many guesses."""
    if not is_coordinators_token(request, token.strip()):
        return _form(request, services, to, failed=True)
    session = open_session(services.settings.require_secret_key(), services.clock.now())
    response = RedirectResponse(_local(to), 303)
    response.set_cookie(
        COOKIE,
        session.cookie,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=services.settings.public_url.startswith("https://"),
    )
    return response


@router.post("/logout", dependencies=[callers(Caller.COORDINATOR)])
def sign_out() -> Response:
    """Forget the session in this browser."""
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


def _form(request: Request, services: Held, to: str, *, failed: bool = False) -> Response:
    return page(
        request,
        "login.html",
        status=401 if failed else 200,
        to=_local(to),
        failed=failed,
        tries_left=request.app.state.throttle.tries_left(place_of(request)),
        is_closed=len(services.settings.coordinator_token.get_secret_value()) < 16,
    )


def _local(to: str) -> str:
    """Return *to* when it is an address of ours, else the console."""
    parts = urlsplit(to)
    ours = to.startswith("/") and not to.startswith("//") and "\\" not in to
    return to if ours and not parts.netloc and not parts.scheme else "/console"
