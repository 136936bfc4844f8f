"""Making and changing accounts: the rules, and a line in the history for each change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.accounts import (
    ADMINISTRATOR_EVERYWHERE,
    LAST_ADMINISTRATOR,
    NO_ROLE,
    AccountRole,
    Grant,
)
from core.errors import BadInput, NotFound, Refused, Stale
from core.history import HIDDEN, Subject, differences
from store import accounts, history, schema
from store.accounts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A program's token, without the token itself: nobody can read that later."""

    id: int
    name: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None


def add(
    connection: Connection,
    *,
    name: str,
    shown_name: str,
    grants: Iterable[Grant],
    password_hash: str,
    by: str,
    now: datetime,
) -> Account:
    """Make an account with a first password; BadInput or Conflict says what to mend."""
    grants = list(grants)
    _check_grants(connection, grants)
    account_id = accounts.add_account(
        connection,
        name=name,
        shown_name=shown_name or name,
        grants=grants,
        password_hash=password_hash,
        by=by,
        now=now,
    )
    made = accounts.account(connection, account_id)
    _record(connection, made, differences({}, _said(made)), by=by, now=now)
    return made


def change(
    connection: Connection,
    account_id: int,
    *,
    seen: int,
    shown_name: str | None = None,
    grants: Iterable[Grant] | None = None,
    disabled: bool | None = None,
    by: str,
    now: datetime,
) -> Account:
    """Change what is not None; Stale when *seen* is not the newest version.

    Refused when nobody would be left who may make accounts.
    """
    administrators = _administrators(connection)
    before = accounts.account(connection, account_id)
    if before.version != seen:
        raise Stale(f"Account {account_id} has version {before.version} by now.")
    if grants is not None:
        grants = list(grants)
        _check_grants(connection, grants)
        accounts.set_grants(connection, account_id, grants)
    table = schema.account
    values: dict[str, Any] = {"version": table.c.version + 1}
    if shown_name is not None:
        values["shown_name"] = shown_name or before.name
    if disabled is not None:
        values["disabled_at"] = (before.disabled_at or now) if disabled else None
    changed = connection.execute(
        table.update().where(table.c.id == account_id, table.c.version == seen).values(values)
    )
    if changed.rowcount != 1:
        raise Stale(f"Account {account_id} was changed meanwhile.")
    after = accounts.account(connection, account_id)
    if administrators == {account_id} and not _is_administrator(after):
        raise Refused(LAST_ADMINISTRATOR)
    _record(connection, after, differences(_said(before), _said(after)), by=by, now=now)
    return after


def give_password(
    connection: Connection, account_id: int, password_hash: str, *, by: str, now: datetime
) -> Account:
    """Set a first password, which its owner has to change; sessions end."""
    accounts.account(connection, account_id)
    accounts.set_password(connection, account_id, password_hash, must_change=True, now=now)
    return note_password(connection, account_id, by=by, now=now)


def note_password(connection: Connection, account_id: int, *, by: str, now: datetime) -> Account:
    """Write down that the password was set anew."""
    after = accounts.account(connection, account_id)
    _record(connection, after, {"password": (HIDDEN, HIDDEN)}, by=by, now=now)
    return after


def tokens_of(connection: Connection, account_id: int) -> list[Token]:
    """Return an account's tokens, revoked ones too, the newest first; NotFound."""
    accounts.account(connection, account_id)
    table = schema.api_token
    rows = connection.execute(
        select(table).where(table.c.account_id == account_id).order_by(table.c.id.desc())
    )
    return [
        Token(
            id=row.id,
            name=row.name,
            created_at=row.created_at,
            created_by=row.created_by,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def note_token(
    connection: Connection, account_id: int, program: str, *, by: str, now: datetime
) -> None:
    """Write down that a token was made."""
    after = accounts.account(connection, account_id)
    _record(connection, after, {"token": (None, program)}, by=by, now=now)


def revoke(
    connection: Connection, account_id: int, token_id: int, *, by: str, now: datetime
) -> None:
    """Believe this token of this account no more; NotFound when it has no such token."""
    table = schema.api_token
    row = connection.execute(
        select(table).where(table.c.id == token_id, table.c.account_id == account_id)
    ).first()
    if row is None:
        raise NotFound(f"Account {account_id} has no token {token_id}.")
    done = connection.execute(
        table.update()
        .where(table.c.id == token_id, table.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if done.rowcount == 1:
        held = accounts.account(connection, account_id)
        _record(connection, held, {"token": (row.name, None)}, by=by, now=now)


def _check_grants(connection: Connection, grants: list[Grant]) -> None:
    if not grants:
        raise BadInput(NO_ROLE, {"grants": NO_ROLE})
    if any(one.role is AccountRole.ADMINISTRATOR and one.organisation_id for one in grants):
        raise BadInput(ADMINISTRATOR_EVERYWHERE, {"grants": ADMINISTRATOR_EVERYWHERE})
    named = {one.organisation_id for one in grants if one.organisation_id is not None}
    table = schema.organisation
    known = set(connection.scalars(select(table.c.id).where(table.c.id.in_(sorted(named)))))
    if missing := sorted(named - known):
        said = f"There is no organisation {missing[0]}."
        raise BadInput(said, {"grants": said})


def _administrators(connection: Connection) -> set[int]:
    """Return who may make accounts, and keep others from changing that meanwhile."""
    table, grant = schema.account, schema.account_grant
    rows = connection.scalars(
        select(table.c.id)
        .join(grant, grant.c.account_id == table.c.id)
        .where(
            table.c.disabled_at.is_(None),
            grant.c.role == AccountRole.ADMINISTRATOR.value,
            grant.c.organisation_id.is_(None),
        )
        .order_by(table.c.id)
        .with_for_update(of=table)
    )
    return set(rows)


def _is_administrator(account: Account) -> bool:
    held = Grant(AccountRole.ADMINISTRATOR, None)
    return account.disabled_at is None and held in account.grants


def _said(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "shown_name": account.shown_name,
        "grants": sorted(
            f"{one.role.value}:{one.organisation_id}" if one.organisation_id else one.role.value
            for one in account.grants
        ),
        "disabled": account.disabled_at is not None,
    }


def _record(
    connection: Connection,
    account: Account,
    changes: dict[str, tuple[Any, Any]],
    *,
    by: str,
    now: datetime,
) -> None:
    history.record(
        connection,
        subject=Subject.ACCOUNT,
        subject_id=account.id,
        version=account.version,
        changes=changes,
        by=by,
        now=now,
    )
