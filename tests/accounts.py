"""Accounts for tests: made straight in the database, so that no test waits for a hash."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Engine

from api.passwords import hash_password
from core.accounts import AccountRole, Grant
from store import accounts, credentials

#: all that staff may be, everywhere
ALL_ROLES = tuple(Grant(role, None) for role in AccountRole)
NAME = "anna.test"
PASSWORD = "a password of tests only"


def add_staff(
    connection: Connection,
    now: datetime,
    *,
    name: str = NAME,
    grants: Iterable[Grant] = ALL_ROLES,
    password_hash: str | None = None,
) -> int:
    """Make an account without a first password to change; return its id."""
    return accounts.add_account(
        connection,
        name=name,
        shown_name=f"测试员 {name}",
        grants=grants,
        password_hash=password_hash,
        must_change=False,
        by="test",
        now=now,
    )


def staff_token(
    engine: Engine,
    now: datetime,
    *,
    name: str = NAME,
    grants: Iterable[Grant] = ALL_ROLES,
) -> str:
    """Make an account with these rights and return a token of it, good for a year."""
    with engine.begin() as connection:
        account_id = add_staff(connection, now, name=name, grants=grants)
        return credentials.add_token(
            connection, account_id, name="test", lifetime=timedelta(days=365), by="test", now=now
        )[1]


@cache
def password_hash() -> str:
    """Return what is kept of `PASSWORD`; computed once, because that takes long on purpose."""
    return hash_password(PASSWORD)


def bearer(token: str) -> dict[str, str]:
    """Return the header that shows *token* at the door."""
    return {"Authorization": f"Bearer {token}"}
