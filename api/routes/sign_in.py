"""The way in and out for everybody with an account."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.access import SESSION_COOKIE, STAFF, Caller, Viewer, callers, place_of
from api.landing import first_page
from api.pages import page
from api.passwords import MOST_LETTERS, closed_until, is_password
from api.services import Held, Services
from store import accounts, credentials
from store.database import reading

router = APIRouter(include_in_schema=False)

#: one long shift
LIFETIME = timedelta(hours=12)


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
    name: Annotated[str, Form(max_length=40)],
    password: Annotated[str, Form(max_length=MOST_LETTERS)],
    to: Annotated[str, Form(alias="next", max_length=500)] = "",
) -> Response:
    """Open a session for whoever knows an account's password; 429 after too many guesses."""
    name = name.strip().lower()
    tries, places = request.app.state.name_throttle, request.app.state.place_throttle
    place, pair = place_of(request), f"{place_of(request)} {name}"
    if tries.tries_left(pair) == 0 or places.tries_left(place) == 0:
        return _form(request, services, to, name=name, status=429)
    account_id = _believed(services, name, password)
    if account_id is None:
        tries.count_wrong(pair)
        places.count_wrong(place)
        return _form(request, services, to, name=name, status=401)
    now = services.clock.now()
    with services.engine.begin() as connection:
        cookie = credentials.open_session(connection, account_id, lifetime=LIFETIME, now=now)
        account = accounts.account(connection, account_id)
    begin = _local(to) or first_page([grant.role for grant in account.grants])
    response = RedirectResponse("/account" if account.must_change else begin, 303)
    response.set_cookie(
        SESSION_COOKIE,
        cookie,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=services.settings.public_url.startswith("https://"),
    )
    return response


@router.post("/logout")
def sign_out(services: Held, viewer: Annotated[Viewer, callers(*STAFF)]) -> Response:
    """End the session and forget it in this browser."""
    if viewer.credential_id is not None and viewer.by_session:
        with services.engine.begin() as connection:
            credentials.end_session(connection, viewer.credential_id, services.clock.now())
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _believed(services: Services, name: str, password: str) -> int | None:
    """Return the account of this name and password; None, and count it, when it is not so."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        lock = accounts.lock_of(connection, name)
    is_right = is_password(None if lock is None else lock.password_hash, password)
    if lock is None or lock.is_disabled:
        return None
    if lock.locked_until is not None and lock.locked_until > now:
        return None
    if is_right and lock.wrong_tries == 0:
        return lock.account_id
    wrong = 0 if is_right else lock.wrong_tries + 1
    with services.engine.begin() as connection:
        accounts.note_tries(
            connection, lock.account_id, wrong_tries=wrong, locked_until=closed_until(wrong, now)
        )
    return lock.account_id if is_right else None


def _form(
    request: Request, services: Services, to: str, *, name: str = "", status: int = 200
) -> Response:
    with reading(services.engine) as connection:
        is_closed = not accounts.has_any(connection)
    tries = request.app.state.name_throttle
    return page(
        request,
        "login.html",
        status=status,
        to=_local(to),
        name=name,
        failed=status == 401,
        tries_left=0 if status == 429 else tries.tries_left(f"{place_of(request)} {name}"),
        is_closed=is_closed,
    )


def _local(to: str) -> str:
    """Return *to* when it is an address of ours, else nothing."""
    parts = urlsplit(to)
    ours = to.startswith("/") and not to.startswith("//") and "\\" not in to
    return to if ours and not parts.netloc and not parts.scheme else ""
