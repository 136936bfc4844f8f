"""Accounts for programs: who may sign in, as what, where; tokens of programs."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Response
from pydantic import Field, StringConstraints

from api import cursors
from api.access import STAFF, Caller, Viewer, callers
from api.passwords import hash_password
from api.services import Held
from api.versions import WantedVersion, tag
from api.wire_types import Cursor, Id, Limit, Line, Name, OrganisationId, PathId, Wire, example
from core.accounts import IS_DISABLED, AccountRole, Grant
from core.errors import Refused
from store import account_register, accounts, credentials
from store.account_register import Token
from store.accounts import Account
from store.database import reading

router = APIRouter(prefix="/api/accounts", tags=["accounts"])

Administrator = Annotated[Viewer, callers(Caller.ADMINISTRATOR, everywhere=True)]
AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]{2,40}$")]
MOST_TOKEN_DAYS = 730

_EXAMPLE = {
    "id": 5,
    "name": "li.na",
    "shown_name": "李娜",
    "grants": [{"role": "operator", "organisation": "xiashi"}],
    "disabled": False,
    "must_change": True,
    "created_at": "2026-11-24T00:00:00Z",
    "created_by": "wang.min",
    "version": 1,
}


class GrantBody(Wire):
    """One role in one organisation; without an organisation everywhere."""

    model_config = example(role="operator", organisation="xiashi")

    role: AccountRole
    organisation: OrganisationId | None = None


class NewAccount(Wire):
    """An account to be made; it gets a first password."""

    model_config = example(
        name="li.na",
        shown_name="李娜",
        grants=[{"role": "operator", "organisation": "xiashi"}],
    )

    name: AccountName
    shown_name: Line = ""
    grants: Annotated[list[GrantBody], Field(min_length=1, max_length=50)]


class AccountChange(Wire):
    """What changes; what is left out stays."""

    model_config = example(disabled=True)

    shown_name: Line | None = None
    grants: Annotated[list[GrantBody] | None, Field(min_length=1, max_length=50)] = None
    disabled: bool | None = None


class AccountAnswer(Wire):
    """An account; no password and no token is in it."""

    model_config = example(**_EXAMPLE)

    id: Id
    name: str
    shown_name: str
    grants: list[GrantBody]
    disabled: bool
    #: has a first password that its owner did not change yet
    must_change: bool
    created_at: datetime
    created_by: str
    version: int


class AccountPage(Wire):
    """Accounts by name."""

    model_config = example(items=[_EXAMPLE], next=None)

    items: list[AccountAnswer]
    next: str | None


class MadeAccount(Wire):
    """A new account and its first password, which is shown now and never again."""

    model_config = example(account=_EXAMPLE, password="nZ0cX-7kQ2vYb1aw")  # noqa: S106

    account: AccountAnswer
    password: str


class FirstPassword(Wire):
    """A first password, shown now and never again."""

    model_config = example(password="nZ0cX-7kQ2vYb1aw")  # noqa: S106

    password: str


class NewToken(Wire):
    """A token for a program."""

    model_config = example(program="street office's map", days=90)

    program: Name
    days: Annotated[int, Field(ge=1, le=MOST_TOKEN_DAYS)] = 90


class TokenAnswer(Wire):
    """A token, without itself."""

    model_config = example(
        id=7,
        program="street office's map",
        created_at="2026-11-24T00:00:00Z",
        created_by="wang.min",
        expires_at="2027-02-22T00:00:00Z",
        revoked_at=None,
    )

    id: Id
    program: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None


class TokenList(Wire):
    """The tokens of an account, the newest first."""

    items: list[TokenAnswer]


class MadeToken(Wire):
    """A new token, which is shown now and never again."""

    model_config = example(id=7, token="121t_9Xp2…", expires_at="2027-02-22T00:00:00Z")  # noqa: S106

    id: Id
    token: str
    expires_at: datetime


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
    return TokenList(items=[_token_answer(one) for one in found])


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


def grants_of(said: list[GrantBody]) -> list[Grant]:
    """Return what was said as grants."""
    return [Grant(one.role, one.organisation) for one in said]


def account_answer(account: Account) -> AccountAnswer:
    """Return an account for programs."""
    return AccountAnswer(
        id=account.id,
        name=account.name,
        shown_name=account.shown_name,
        grants=[
            GrantBody(role=one.role, organisation=one.organisation_id) for one in account.grants
        ],
        disabled=account.disabled_at is not None,
        must_change=account.must_change,
        created_at=account.created_at,
        created_by=account.created_by,
        version=account.version,
    )


def _token_answer(token: Token) -> TokenAnswer:
    return TokenAnswer(
        id=token.id,
        program=token.name,
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )
