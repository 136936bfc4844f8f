"""Accounts for programs: who may sign in, as what, where; tokens of programs."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Response

from api import cursors
from api.access import STAFF, Caller, Viewer, callers
from api.account_documents import (
    AccountAnswer,
    AccountChange,
    AccountPage,
    FirstPassword,
    MadeAccount,
    MadeToken,
    NewAccount,
    NewToken,
    TokenList,
    account_answer,
    grants_of,
    token_answer,
)
from api.passwords import hash_password
from api.services import Held
from api.versions import WantedVersion, tag
from api.wire_types import Cursor, Limit, PathId
from core.accounts import IS_DISABLED
from core.errors import Refused
from store import account_register, accounts, credentials
from store.database import reading

router = APIRouter(prefix="/api/accounts", tags=["accounts"])

Administrator = Annotated[Viewer, callers(Caller.ADMINISTRATOR, everywhere=True)]


@router.get("/me")
def me(services: Held, viewer: Annotated[Viewer, callers(*STAFF)]) -> AccountAnswer:
    """Return your own account and what it may do; 404 for a visitor of the demo, who has none."""
    if viewer.account_id is None:
        raise HTTPException(404)
    with reading(services.engine) as connection:
        return account_answer(accounts.account(connection, viewer.account_id))


@router.get("")
def list_accounts(
    services: Held, _viewer: Administrator, limit: Limit = 100, cursor: Cursor = None
) -> AccountPage:
    """Return the accounts by name."""
    after = cursors.name_in(cursor)
    with reading(services.engine) as connection:
        found = accounts.accounts(connection, after=after, limit=limit + 1)
    page = found[:limit]
    return AccountPage(
        items=[account_answer(one) for one in page],
        next=cursors.written(page[-1].name) if len(found) > limit else None,
    )


@router.post("", status_code=201)
def add_account(
    response: Response, services: Held, viewer: Administrator, body: NewAccount
) -> MadeAccount:
    """Make an account. Its first password is in this answer and never shown again."""
    password = first_password()
    hashed = hash_password(password)
    with services.engine.begin() as connection:
        made = account_register.add(
            connection,
            name=body.name,
            shown_name=body.shown_name,
            grants=grants_of(body.grants),
            password_hash=hashed,
            by=viewer.name,
            now=services.clock.now(),
        )
    response.headers["Location"] = f"/api/accounts/{made.id}"
    tag(response, made.version)
    return MadeAccount(account=account_answer(made), password=password)


@router.get("/{account_id}")
def show_account(
    response: Response, services: Held, _viewer: Administrator, account_id: PathId
) -> AccountAnswer:
    """Return one account; `ETag` is what a change names."""
    with reading(services.engine) as connection:
        found = accounts.account(connection, account_id)
    tag(response, found.version)
    return account_answer(found)


@router.patch("/{account_id}")
def change_account(
    response: Response,
    services: Held,
    viewer: Administrator,
    account_id: PathId,
    seen: WantedVersion,
    body: AccountChange,
) -> AccountAnswer:
    """Change shown name or rights, disable or enable. The last administrator stays one."""
    with services.engine.begin() as connection:
        after = account_register.change(
            connection,
            account_id,
            seen=seen,
            shown_name=body.shown_name,
            grants=None if body.grants is None else grants_of(body.grants),
            disabled=body.disabled,
            by=viewer.name,
            now=services.clock.now(),
        )
    tag(response, after.version)
    return account_answer(after)


@router.post("/{account_id}/password")
def reset_password(services: Held, viewer: Administrator, account_id: PathId) -> FirstPassword:
    """Give an account a new first password, shown once; its sessions end."""
    password = first_password()
    hashed = hash_password(password)
    with services.engine.begin() as connection:
        account_register.give_password(
            connection, account_id, hashed, by=viewer.name, now=services.clock.now()
        )
    return FirstPassword(password=password)


@router.get("/{account_id}/tokens")
def list_tokens(services: Held, _viewer: Administrator, account_id: PathId) -> TokenList:
    """Return an account's tokens, without themselves: nobody can read one later."""
    with reading(services.engine) as connection:
        found = account_register.tokens_of(connection, account_id)
    return TokenList(items=[token_answer(one) for one in found])


@router.post("/{account_id}/tokens", status_code=201)
def add_token(
    services: Held, viewer: Administrator, account_id: PathId, body: NewToken
) -> MadeToken:
    """Make a token that may do what its account may; it is in this answer and never shown again."""
    now, lifetime = services.clock.now(), timedelta(days=body.days)
    with services.engine.begin() as connection:
        if accounts.account(connection, account_id).disabled_at is not None:
            raise Refused(IS_DISABLED)
        token_id, token = credentials.add_token(
            connection, account_id, name=body.program, lifetime=lifetime, by=viewer.name, now=now
        )
        account_register.note_token(connection, account_id, body.program, by=viewer.name, now=now)
    return MadeToken(id=token_id, token=token, expires_at=now + lifetime)


@router.delete("/{account_id}/tokens/{token_id}", status_code=204)
def revoke_token(
    services: Held, viewer: Administrator, account_id: PathId, token_id: PathId
) -> None:
    """Believe this token no more, from now on."""
    with services.engine.begin() as connection:
        account_register.revoke(
            connection, account_id, token_id, by=viewer.name, now=services.clock.now()
        )


def first_password() -> str:
    """Return a random password to begin with."""
    return secrets.token_urlsafe(12)
