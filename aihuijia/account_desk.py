"""What the commands `aihuijia account …` do."""

import re
import secrets
from collections.abc import Iterable
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from aihuijia.existing_database import open_existing
from api.passwords import hash_password
from core import settings
from core.accounts import AccountRole, Grant
from core.errors import BadInput, NotFound, Refused
from store import account_register, accounts, credentials
from store.database import reading
from store.organisations import organisations

_BY = "command line"
_NAME = re.compile(r"[a-z0-9._-]{2,40}")


class AccountDesk:
    """Opens the service's own database and works on its accounts."""

    def __init__(self, console: Console) -> None:
        """Use the database of the settings; errors say how to mend them."""
        loaded = settings.load()
        self._engine = open_existing(loaded.database_url)
        self._clock = loaded.clock()
        self._console = console

    def add(self, name: str, *, roles: Iterable[str], shown_name: str) -> None:
        """Make an account and print its password."""
        name = name.strip().lower()
        if not _NAME.fullmatch(name):
            raise BadInput("An account name has 2 to 40 of a-z, 0-9, . _ and -, e.g. wang.min")
        password = secrets.token_urlsafe(12)
        with self._engine.begin() as connection:
            known = {one.id for one in organisations(connection)}
            grants = [_grant(text, known) for text in roles]
            if not grants:
                raise BadInput("Say what the account may be, e.g. --role operator:xiashi")
            account_register.add(
                connection,
                name=name,
                shown_name=shown_name.strip(),
                grants=grants,
                password_hash=hash_password(password),
                by=_BY,
                now=self._clock.now(),
            )
        self._print_password(name, password)

    def reset_password(self, name: str) -> None:
        """Set and print a new password."""
        password = secrets.token_urlsafe(12)
        with self._engine.begin() as connection:
            found = accounts.find_account(connection, name)
            account_register.give_password(
                connection, found.id, hash_password(password), by=_BY, now=self._clock.now()
            )
        self._print_password(found.name, password)

    def add_token(self, name: str, *, program: str, days: int) -> None:
        """Make and print a token."""
        with self._engine.begin() as connection:
            found = accounts.find_account(connection, name)
            if found.disabled_at is not None:
                raise Refused(f"The account {name} is disabled: aihuijia account enable {name}")
            _id, value = credentials.add_token(
                connection,
                found.id,
                name=program,
                lifetime=timedelta(days=days),
                by=_BY,
                now=self._clock.now(),
            )
            account_register.note_token(
                connection, found.id, program, by=_BY, now=self._clock.now()
            )
        self._console.print(f"Token, shown only now, good for {days} days:")
        self._console.print(value, markup=False, soft_wrap=True)

    def set_disabled(self, name: str, *, disabled: bool) -> None:
        """Disable or enable."""
        with self._engine.begin() as connection:
            found = accounts.find_account(connection, name)
            now = self._clock.now()
            account_register.change(
                connection, found.id, seen=found.version, disabled=disabled, by=_BY, now=now
            )
        self._console.print(f"{found.name} is {'disabled' if disabled else 'enabled'}.")

    def show(self) -> None:
        """Print all accounts."""
        with reading(self._engine) as connection:
            found = accounts.accounts(connection)
        if not found:
            raise NotFound("No account yet: aihuijia account add NAME --administrator")
        table = Table("Name", "Shown as", "May be", "State")
        for one in found:
            roles = ", ".join(_words(grant) for grant in one.grants)
            state = "disabled" if one.disabled_at else "first password" if one.must_change else ""
            table.add_row(one.name, one.shown_name, roles, state)
        self._console.print(table)

    def _print_password(self, name: str, password: str) -> None:
        self._console.print(f"Account {name}; its password, shown only now:")
        self._console.print(password, markup=False, soft_wrap=True)


def _grant(text: str, known: set[str]) -> Grant:
    role, _, organisation = text.partition(":")
    if role not in set(AccountRole):
        raise BadInput(f"There is no role {role}; roles are {', '.join(AccountRole)}")
    if organisation and organisation not in known:
        listed = ", ".join(sorted(known))
        raise NotFound(f"There is no organisation {organisation}; known: {listed}")
    return Grant(AccountRole(role), organisation or None)


def _words(grant: Grant) -> str:
    return f"{grant.role}:{grant.organisation_id}" if grant.organisation_id else grant.role.value
