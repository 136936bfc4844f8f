"""Accounts and what they may do. Passwords come here as hashes only: api/passwords.py."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.accounts import AccountRole, Grant
from core.errors import Conflict, NotFound
from store import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who signs in, or a program."""

    id: int
    name: str
    shown_name: str
    has_password: bool
    must_change: bool
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    locked_until: datetime | None
    version: int
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What the door needs to know before it believes a password."""

    account_id: int
    password_hash: str | None
    is_disabled: bool
    locked_until: datetime | None
    wrong_tries: int


def add_account(
    connection: Connection,
    *,
    name: str,
    shown_name: str,
    grants: Iterable[Grant],
    password_hash: str | None,
    must_change: bool = True,
    by: str,
    now: datetime,
) -> int:
    """Make an account; Conflict when the name is taken. Return its id."""
    table = schema.account
    if connection.scalar(select(table.c.id).where(table.c.name == name)) is not None:
        raise Conflict(f"There is an account named {name} already; choose another name.")
    account_id = int(
        connection.execute(
            table.insert()
            .values(
                name=name,
                shown_name=shown_name,
                password_hash=password_hash,
                must_change=must_change,
                created_at=now,
                created_by=by,
            )
            .returning(table.c.id)
        ).scalar_one()
    )
    set_grants(connection, account_id, grants)
    return account_id


def set_grants(connection: Connection, account_id: int, grants: Iterable[Grant]) -> None:
    """Put *grants* in the place of what the account may do so far."""
    table = schema.account_grant
    connection.execute(table.delete().where(table.c.account_id == account_id))
    for grant in sorted(set(grants), key=lambda one: (one.role, one.organisation_id or "")):
        connection.execute(
            table.insert().values(
                account_id=account_id,
                role=grant.role.value,
                organisation_id=grant.organisation_id,
            )
        )


def accounts(
    connection: Connection, *, after: str | None = None, limit: int | None = None
) -> list[Account]:
    """Return the accounts by name, from *after* that name on."""
    table = schema.account
    statement = select(table).order_by(table.c.name).limit(limit)
    if after is not None:
        statement = statement.where(table.c.name > after)
    rows = connection.execute(statement).all()
    held = _grants(connection, [row.id for row in rows])
    return [_account(row, held.get(row.id, ())) for row in rows]


def has_any(connection: Connection) -> bool:
    """Say whether anybody could sign in."""
    table = schema.account
    return connection.scalar(select(table.c.id).limit(1)) is not None


def account(connection: Connection, account_id: int) -> Account:
    """Return one account; NotFound if there is none."""
    table = schema.account
    row = connection.execute(select(table).where(table.c.id == account_id)).first()
    if row is None:
        raise NotFound(f"There is no account {account_id}.")
    return _account(row, _grants(connection, [account_id]).get(account_id, ()))


def find_account(connection: Connection, name: str) -> Account:
    """Return the account of this name; NotFound if there is none."""
    table = schema.account
    account_id = connection.scalar(select(table.c.id).where(table.c.name == name))
    if account_id is None:
        raise NotFound(f"There is no account named {name}.")
    return account(connection, account_id)


def shown_names(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """Return how others read these accounts' names; what is no account's name is left out."""
    table, wanted = schema.account, sorted(set(names))
    if not wanted:
        return {}
    rows = connection.execute(
        select(table.c.name, table.c.shown_name).where(table.c.name.in_(wanted))
    )
    return {row.name: row.shown_name for row in rows}


def lock_of(connection: Connection, name: str) -> Lock | None:
    """Return what the door checks for this name; None when there is no such account."""
    table = schema.account
    row = connection.execute(select(table).where(table.c.name == name)).first()
    if row is None:
        return None
    return Lock(
        account_id=row.id,
        password_hash=row.password_hash,
        is_disabled=row.disabled_at is not None,
        locked_until=row.locked_until,
        wrong_tries=row.wrong_tries,
    )


def note_tries(
    connection: Connection, account_id: int, *, wrong_tries: int, locked_until: datetime | None
) -> None:
    """Remember wrong tries, and until when no password is believed; 0 and None after a good one."""
    table = schema.account
    connection.execute(
        table.update()
        .where(table.c.id == account_id)
        .values(wrong_tries=wrong_tries, locked_until=locked_until)
    )


def set_password(
    connection: Connection,
    account_id: int,
    password_hash: str,
    *,
    must_change: bool,
    keep_session: int | None = None,
    now: datetime,
) -> None:
    """Set the password and end every session but *keep_session*."""
    table, sessions = schema.account, schema.account_session
    connection.execute(
        table.update()
        .where(table.c.id == account_id)
        .values(
            password_hash=password_hash,
            must_change=must_change,
            wrong_tries=0,
            locked_until=None,
            version=table.c.version + 1,
        )
    )
    connection.execute(
        sessions.update()
        .where(
            sessions.c.account_id == account_id,
            sessions.c.ended_at.is_(None),
            sessions.c.id != (keep_session or 0),
        )
        .values(ended_at=now)
    )


def set_disabled(connection: Connection, account_id: int, *, disabled: bool, now: datetime) -> None:
    """Let an account in no more (its sessions and tokens, too), or let it in again."""
    table = schema.account
    connection.execute(
        table.update()
        .where(table.c.id == account_id)
        .values(disabled_at=now if disabled else None, version=table.c.version + 1)
    )


def _grants(connection: Connection, account_ids: list[int]) -> dict[int, tuple[Grant, ...]]:
    table = schema.account_grant
    found: dict[int, tuple[Grant, ...]] = {}
    for row in connection.execute(
        select(table).where(table.c.account_id.in_(account_ids)).order_by(table.c.id)
    ):
        grant = Grant(AccountRole(row.role), row.organisation_id)
        found[row.account_id] = (*found.get(row.account_id, ()), grant)
    return found


def _account(row: Any, grants: tuple[Grant, ...]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        shown_name=row.shown_name,
        has_password=row.password_hash is not None,
        must_change=row.must_change,
        created_at=row.created_at,
        created_by=row.created_by,
        disabled_at=row.disabled_at,
        locked_until=row.locked_until,
        version=row.version,
        grants=grants,
    )
