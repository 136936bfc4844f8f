"""Accounts and tokens as they go over the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.wire_types import Id, Line, Name, OrganisationId, Wire, example
from core.accounts import AccountRole, Grant
from store.account_register import Token
from store.accounts import Account

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


def token_answer(token: Token) -> TokenAnswer:
    """Return a token for programs, without itself."""
    return TokenAnswer(
        id=token.id,
        program=token.name,
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )
