"""Who may call a route. Every route declares it with `callers(…)`; a test refuses one without.

A page's form is believed only when it comes from our own pages: the browser says so
(`Sec-Fetch-Site`, `Origin`), or it carries the token that only our form for this session has.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles

from api.services import Services
from core.accounts import EVERYWHERE, NOWHERE, AccountRole, Grant, Scope, scope_of
from store import credentials
from store.credentials import Prefix
from store.database import reading

N_: Callable[[str], str] = str  # marks a text for translation later

SESSION_COOKIE = "aihuijia_session"
DEVICE_COOKIE = "aihuijia_device"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_YOURS = N_("Your account may not do this. If it should, ask an administrator.")
CHOOSE_FIRST = N_("Please choose a password of your own first, on the page /account.")
WHOLE_TOWN = N_("This concerns the whole town; your account holds for a part of it only.")
#: where somebody may go who has to choose a password of their own first
_BEFORE_PASSWORD = frozenset({"/account", "/account/password", "/logout"})


class Caller(StrEnum):
    """Who can stand at the door."""

    PUBLIC = "public"  #: anybody
    LINK = "link"  #: holder of an answer link; the route reads the token in the address
    PHONE = "phone"  #: whoever holds a phone; the route checks the code that went to it
    PROVIDER = "provider"  #: the SMS provider; the route checks its signature
    DEMO = "demo"  #: a visitor of the demo, who may do what all staff may
    GUARDIAN = "guardian"  #: a volunteer on a device of theirs: sees what is theirs, no more
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"


#: everybody with an account
STAFF = (Caller.ADMINISTRATOR, Caller.OPERATOR, Caller.COORDINATOR, Caller.AUDITOR)

#: these prove themselves in the route, by what they send, never by a cookie
_PROVEN_BY_ROUTE = frozenset({Caller.LINK, Caller.PHONE, Caller.PROVIDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is at the door, as far as cookie and headers tell."""

    #: all that they may come as
    may_be: frozenset[Caller]
    #: for the record of looks and changes: an account's name, or `person:5`
    name: str
    #: whose elders they may see or change on this route
    scope: Scope = NOWHERE
    grants: tuple[Grant, ...] = ()
    account_id: int | None = None
    #: of a signed-in account or a known device
    shown_name: str = ""
    #: the volunteer whose device this is
    person_id: int | None = None
    #: id of the session, the token or the device
    credential_id: int | None = None
    #: what the tokens of forms are made from; empty: no session
    digest: str = ""
    must_change: bool = False
    #: a program with the token in a header; no other site can make a browser send it
    by_header: bool = False
    #: *credential_id* is a session's, which signing out ends
    by_session: bool = False

    @property
    def roles(self) -> frozenset[Caller]:
        """Return the roles of an account that they may come in."""
        return self.may_be & frozenset(STAFF)

    def scope_as(self, *roles: Caller) -> Scope:
        """Return whose elders they may see or change in these roles, whatever the route allows."""
        if Caller.DEMO in self.may_be:
            return EVERYWHERE
        return scope_of(self.grants, frozenset(AccountRole(one.value) for one in roles))


PUBLIC = Viewer(may_be=frozenset({Caller.PUBLIC}), name="public")


class Admission:
    """Lets the allowed callers in and turns the others away."""

    def __init__(self, allowed: frozenset[Caller], *, everywhere: bool = False) -> None:
        """Allow these callers; with *everywhere* not those who hold in a part of the town only."""
        self.allowed = allowed
        self.everywhere = everywhere

    async def __call__(self, request: Request) -> Viewer:
        """Return who is calling; HTTPException when they may not."""
        services: Services = request.app.state.services
        if self.allowed <= {Caller.DEMO} and not services.is_demo:
            raise HTTPException(404)
        viewer = await run_in_threadpool(identify, request)
        if not self.allowed & {Caller.PUBLIC, *_PROVEN_BY_ROUTE}:
            if not self.allowed & viewer.may_be:
                if viewer.may_be == {Caller.PUBLIC}:
                    raise HTTPException(401)
                raise HTTPException(403, NOT_YOURS)
            if viewer.must_change and request.url.path not in _BEFORE_PASSWORD:
                raise HTTPException(403, CHOOSE_FIRST)
        if request.method not in _SAFE_METHODS and not self.allowed & _PROVEN_BY_ROUTE:
            await _check_own_form(request, viewer)
        narrowed = self._narrowed(viewer)
        if self.everywhere:
            everywhere_only(narrowed)
        return narrowed

    def _narrowed(self, viewer: Viewer) -> Viewer:
        """Return *viewer* with the scope that they have in the roles this route allows."""
        return replace(viewer, scope=viewer.scope_as(*(self.allowed & frozenset(STAFF))))


def callers(*allowed: Caller, everywhere: bool = False) -> Any:
    """Declare who may call a route; use it as a dependency or as a parameter's marker.

    With *everywhere* their role must hold in the whole town.
    """
    return Depends(Admission(frozenset(allowed), everywhere=everywhere))


def everywhere_only(viewer: Viewer) -> None:
    """Raise 403 for somebody whose role holds for a part of the town only."""
    if not viewer.scope.everywhere:
        raise HTTPException(403, WHOLE_TOWN)


class PublicFiles(StaticFiles):
    """Files anybody may read: styles, scripts, the vendored map."""

    allowed = frozenset({Caller.PUBLIC})


def identify(request: Request) -> Viewer:
    """Return who is calling by header, cookie, or the demo's open door."""
    services: Services = request.app.state.services
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _by_header(services, given.strip())
    if scheme.lower() == "basic" and (token := _token_as_password(given)):
        # a browser repeats a password by itself, for other sites' forms too: not by_header
        return replace(_by_header(services, token), by_header=False)
    viewer = _by_cookie(request, services)
    if viewer is None and services.is_demo:
        viewer = Viewer(may_be=frozenset({Caller.DEMO, *STAFF}), name="demo visitor")
    device = request.cookies.get(DEVICE_COOKIE, "")
    if not device:
        return viewer or PUBLIC
    return _with_device(services, viewer, device)


def is_still(request: Request, viewer: Viewer) -> bool:
    """Say whether *viewer*, admitted with this request, would be let in now with the same rights.

    For answers that go on for hours.
    """
    return _rights(identify(request)) == _rights(viewer)


def place_of(request: Request) -> str:
    """Return where a caller comes from, to count wrong tries by."""
    return request.client.host if request.client else "unknown"


def form_token_of(request: Request, viewer: Viewer) -> str:
    """Return the token for this viewer's forms, empty without a session."""
    if not viewer.digest:
        return ""
    services: Services = request.app.state.services
    key = services.settings.require_secret_key()
    return hmac.new(key, f"form:{viewer.digest}".encode(), hashlib.sha256).hexdigest()


def _rights(viewer: Viewer) -> tuple[object, ...]:
    return viewer.credential_id, viewer.must_change, viewer.may_be, frozenset(viewer.grants)


def _token_as_password(given: str) -> str:
    """Return the token that a map program sends as a password, with any name; empty: none is.

    Any other password is not for us: a server in front may have asked for it.
    """
    try:
        password = base64.b64decode(given, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
    return password if password.startswith(Prefix.TOKEN) else ""


def _by_header(services: Services, given: str) -> Viewer:
    """Return the holder of a token.

    Nobody guesses 256 random bits, so wrong ones are not counted: a program that was set up badly
    must not close the door for the office that it stands in.
    """
    now = services.clock.now()
    with reading(services.engine) as connection:
        if given.startswith(Prefix.TOKEN):
            holder = credentials.token_holder(connection, given, now)
            if holder is not None:
                return replace(_staff(holder), by_header=True, digest="")
        if given.startswith(Prefix.DEVICE):
            device = credentials.device_holder(connection, given, now)
            if device is not None:
                return replace(_volunteer(device), by_header=True, digest="")
    return PUBLIC


def _by_cookie(request: Request, services: Services) -> Viewer | None:
    cookie = request.cookies.get(SESSION_COOKIE, "")
    if not cookie.startswith(Prefix.SESSION):
        return None
    with reading(services.engine) as connection:
        holder = credentials.session_holder(connection, cookie, services.clock.now())
    return None if holder is None else replace(_staff(holder), by_session=True)


def _with_device(services: Services, viewer: Viewer | None, cookie: str) -> Viewer:
    with reading(services.engine) as connection:
        device = credentials.device_holder(connection, cookie, services.clock.now())
    if device is None:
        return viewer or PUBLIC
    volunteer = _volunteer(device)
    if viewer is None:
        return volunteer
    return replace(viewer, may_be=viewer.may_be | volunteer.may_be, person_id=device.person_id)


def _staff(holder: credentials.AccountHolder) -> Viewer:
    roles = {Caller(grant.role.value) for grant in holder.grants}
    return Viewer(
        may_be=frozenset(roles) or frozenset({Caller.PUBLIC}),
        name=holder.name,
        grants=holder.grants,
        account_id=holder.account_id,
        shown_name=holder.shown_name,
        credential_id=holder.id,
        digest=holder.digest,
        must_change=holder.must_change,
    )


def _volunteer(device: credentials.DeviceHolder) -> Viewer:
    return Viewer(
        may_be=frozenset({Caller.GUARDIAN}),
        name=f"person:{device.person_id}",
        person_id=device.person_id,
        credential_id=device.id,
        digest=device.digest,
    )


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
