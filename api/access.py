"""Who may call a route. Every route declares it with `callers(…)`; a test refuses one without.

A page's form is believed only when it comes from our own pages: the browser says so
(`Sec-Fetch-Site`, `Origin`), or it carries the token that only our form for this session has.
"""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from starlette.staticfiles import StaticFiles

from api.services import Services
from api.sessions import COOKIE, Session, form_token, read_session
from api.throttle import Throttle

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Caller(StrEnum):
    """Who can stand at the door."""

    PUBLIC = "public"  #: anybody
    LINK = "link"  #: holder of an answer link; the route reads the token in the address
    COORDINATOR = "coordinator"  #: signed in, or with the coordinator's token
    PROVIDER = "provider"  #: the SMS provider; the route checks its signature
    DEMO = "demo"  #: a visitor of the demo, who may do what a coordinator may


#: these prove themselves in the route, by what they send, never by a cookie
_PROVEN_BY_ROUTE = frozenset({Caller.LINK, Caller.PROVIDER})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is at the door, as far as cookie and headers tell."""

    caller: Caller
    #: for the record of looks
    name: str
    session: Session | None = None
    #: a program with the token in a header; no other site can make a browser send it
    by_header: bool = False


class Admission:
    """Lets the allowed callers in and turns the others away."""

    def __init__(self, allowed: frozenset[Caller]) -> None:
        """Allow these callers."""
        self.allowed = allowed

    async def __call__(self, request: Request) -> Viewer:
        """Return who is calling; HTTPException when they may not."""
        services: Services = request.app.state.services
        viewer = identify(request)
        if self.allowed <= {Caller.DEMO} and not services.is_demo:
            raise HTTPException(404)
        open_to_all = bool(self.allowed & {Caller.PUBLIC, *_PROVEN_BY_ROUTE})
        works_here = viewer.caller in (Caller.COORDINATOR, Caller.DEMO)
        if not open_to_all and not works_here:
            raise HTTPException(401)
        if request.method not in _SAFE_METHODS and not self.allowed & _PROVEN_BY_ROUTE:
            await _check_own_form(request, viewer)
        return viewer


def callers(*allowed: Caller) -> Any:
    """Declare who may call a route; use it as a dependency or as a parameter's marker."""
    return Depends(Admission(frozenset(allowed)))


class PublicFiles(StaticFiles):
    """Files anybody may read: styles, scripts, the vendored map."""

    allowed = frozenset({Caller.PUBLIC})


def identify(request: Request) -> Viewer:
    """Return who is calling by header, cookie, or the demo's open door."""
    services: Services = request.app.state.services
    secret = services.settings.require_secret_key()
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and is_coordinators_token(request, given):
        return Viewer(Caller.COORDINATOR, "coordinator:program", by_header=True)
    cookie = request.cookies.get(COOKIE, "")
    session = read_session(secret, cookie, services.clock.now()) if cookie else None
    if session is not None:
        return Viewer(Caller.COORDINATOR, f"coordinator:{session.name}", session)
    if services.is_demo:
        return Viewer(Caller.DEMO, "demo visitor")
    return Viewer(Caller.PUBLIC, "public")


def is_coordinators_token(request: Request, given: str) -> bool:
    """Say whether *given* is the coordinator's token; HTTPException 429 after too many guesses."""
    throttle: Throttle = request.app.state.throttle
    place = place_of(request)
    if throttle.tries_left(place) == 0:
        raise HTTPException(429)
    services: Services = request.app.state.services
    expected = services.settings.coordinator_token.get_secret_value()
    if len(expected) >= 16 and hmac.compare_digest(expected.encode(), given.encode()):
        return True
    throttle.count_wrong(place)
    return False


def place_of(request: Request) -> str:
    """Return where a caller comes from, to count wrong tries by."""
    return request.client.host if request.client else "unknown"


def form_token_of(request: Request, viewer: Viewer) -> str:
    """Return the token for this viewer's forms, empty without a session."""
    if viewer.session is None:
        return ""
    services: Services = request.app.state.services
    return form_token(services.settings.require_secret_key(), viewer.session)


async def _check_own_form(request: Request, viewer: Viewer) -> None:
    if viewer.by_header or _is_from_own_page(request):
        return
    expected = form_token_of(request, viewer)
    if expected:
        given = (await request.form()).get("form_token", "")
        if isinstance(given, str) and hmac.compare_digest(expected.encode(), given.encode()):
            return
    raise HTTPException(403)


def _is_from_own_page(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", "")).netloc
    services: Services = request.app.state.services
    own = {request.headers.get("host", ""), urlsplit(services.settings.public_url).netloc}
    return bool(origin) and origin in own
