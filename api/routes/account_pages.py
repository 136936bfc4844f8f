"""The page of accounts for administrators: make one, disable one, give a new first password."""

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import Caller, Viewer, callers, form_token_of
from api.pages import gettext_of, language_of, page
from api.passwords import hash_password
from api.routes.accounts import first_password
from api.services import Held, Services
from api.wire_types import PathId, Printable
from core.accounts import NAME_FORM, AccountRole, Grant
from core.errors import BadInput, Conflict, Refused, Stale
from store import account_register, accounts, organisations
from store.database import reading

router = APIRouter(include_in_schema=False)

Administrator = Annotated[Viewer, callers(Caller.ADMINISTRATOR, everywhere=True)]
_NAME = re.compile(r"[a-z0-9._-]{2,40}")
MOST_ACCOUNTS = 1000
N_: Callable[[str], str] = str

ACCOUNT_ROLES: dict[AccountRole, str] = {
    AccountRole.ADMINISTRATOR: N_("administrator: accounts, organisations, other systems"),
    AccountRole.OPERATOR: N_("operator on pages: registers elders, bands, guardians, zones"),
    AccountRole.COORDINATOR: N_("coordinator: live map, incidents, orders"),
    AccountRole.AUDITOR: N_("auditor: reads who looked and who changed what"),
}
NAME_TAKEN = N_("There is an account of this name already; choose another name.")
CHANGED_MEANWHILE = N_("Somebody else changed this meanwhile. Please look at it again.")


@router.get("/accounts")
def accounts_page(request: Request, services: Held, viewer: Administrator) -> Response:
    """Show every account and what may be done with it."""
    return _show(request, services, viewer)


@router.post("/accounts")
def add_here(
    request: Request,
    services: Held,
    viewer: Administrator,
    name: Annotated[str, Form(max_length=80), Printable],
    role: Annotated[AccountRole, Form()],
    organisation: Annotated[str, Form(max_length=40, pattern="^[a-z0-9_-]*$")] = "",
    shown_name: Annotated[str, Form(max_length=80), Printable] = "",
) -> Response:
    """Make an account and show its first password, once."""
    _, name = gettext_of(request), name.strip().lower()
    if not _NAME.fullmatch(name):
        return _show(request, services, viewer, mistake=_(NAME_FORM))
    password = first_password()
    hashed = hash_password(password)
    try:
        with services.engine.begin() as connection:
            account_register.add(
                connection,
                name=name,
                shown_name=shown_name.strip(),
                grants=[Grant(role, organisation or None)],
                password_hash=hashed,
                by=viewer.name,
                now=services.clock.now(),
            )
    except BadInput as error:
        return _show(request, services, viewer, mistake=_(str(error)))
    except Conflict:
        return _show(request, services, viewer, mistake=_(NAME_TAKEN))
    return _show(request, services, viewer, made=name, password=password)


@router.post("/accounts/{account_id}/password")
def password_here(
    request: Request, services: Held, viewer: Administrator, account_id: PathId
) -> Response:
    """Give a new first password and show it, once."""
    password = first_password()
    hashed = hash_password(password)
    with services.engine.begin() as connection:
        held = account_register.give_password(
            connection, account_id, hashed, by=viewer.name, now=services.clock.now()
        )
    return _show(request, services, viewer, made=held.name, password=password)


@router.post("/accounts/{account_id}/disabled")
def disable_here(
    request: Request,
    services: Held,
    viewer: Administrator,
    account_id: PathId,
    disabled: Annotated[bool, Form()],
    seen: Annotated[int, Form(ge=1, le=2**31 - 2)],
) -> Response:
    """Let an account in no more, or again."""
    _ = gettext_of(request)
    try:
        with services.engine.begin() as connection:
            account_register.change(
                connection,
                account_id,
                seen=seen,
                disabled=disabled,
                by=viewer.name,
                now=services.clock.now(),
            )
    except Refused as error:
        return _show(request, services, viewer, mistake=_(str(error)))
    except Stale:
        return _show(request, services, viewer, mistake=_(CHANGED_MEANWHILE))
    return RedirectResponse("/accounts", 303)


def _show(
    request: Request,
    services: Services,
    viewer: Viewer,
    *,
    mistake: str = "",
    made: str = "",
    password: str = "",
) -> Response:
    language = language_of(request)
    with reading(services.engine) as connection:
        found = accounts.accounts(connection, limit=MOST_ACCOUNTS)
        places = organisations.organisations(connection)
    response = page(
        request,
        "console/accounts.html",
        status=422 if mistake else 200,
        accounts=found,
        roles=ACCOUNT_ROLES,
        places=places,
        names={one.id: one.name(language) for one in places},
        mistake=mistake,
        made=made,
        password=password,
        form_token=form_token_of(request, viewer),
    )
    response.headers["Cache-Control"] = "no-store"
    return response
