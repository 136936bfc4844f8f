"""One's own account: choose another password, sign out."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import Response

from api.access import STAFF, Viewer, callers, form_token_of, place_of
from api.landing import pages_of
from api.pages import gettext_of, page
from api.passwords import MOST_LETTERS, hash_password, is_password
from api.services import Held
from core.errors import Refused
from store import account_register, accounts
from store.database import reading

router = APIRouter(include_in_schema=False)

Staff = Annotated[Viewer, callers(*STAFF)]
Password = Annotated[str, Form(max_length=MOST_LETTERS)]


@router.get("/account")
def account_page(request: Request, viewer: Staff) -> Response:
    """Show the form."""
    return _form(request, viewer)


@router.post("/account/password")
def change_password(
    request: Request, services: Held, viewer: Staff, present: Password, chosen: Password
) -> Response:
    """Change one's password; sessions on other devices end."""
    _ = gettext_of(request)
    if viewer.account_id is None:
        raise HTTPException(404)
    tries, pair = request.app.state.name_throttle, f"{place_of(request)} {viewer.name}"
    if tries.tries_left(pair) == 0:
        raise HTTPException(429)
    with reading(services.engine) as connection:
        lock = accounts.lock_of(connection, viewer.name)
    if not is_password(None if lock is None else lock.password_hash, present):
        tries.count_wrong(pair)
        return _form(request, viewer, wrong=_("That is not your present password."), status=422)
    if chosen == present:
        return _form(request, viewer, wrong=_("That is your present password."), status=422)
    try:
        hashed = hash_password(chosen)
    except Refused as error:
        return _form(request, viewer, wrong=_(str(error)), status=422)
    now = services.clock.now()
    with services.engine.begin() as connection:
        accounts.set_password(
            connection,
            viewer.account_id,
            hashed,
            must_change=False,
            keep_session=viewer.credential_id if viewer.by_session else None,
            now=now,
        )
        account_register.note_password(connection, viewer.account_id, by=viewer.name, now=now)
    return _form(request, viewer, done=True)


def _form(
    request: Request, viewer: Viewer, *, wrong: str = "", done: bool = False, status: int = 200
) -> Response:
    return page(
        request,
        "account.html",
        status=status,
        viewer=viewer,
        wrong=wrong,
        done=done,
        pages=pages_of(viewer.roles),
        form_token=form_token_of(request, viewer),
    )
