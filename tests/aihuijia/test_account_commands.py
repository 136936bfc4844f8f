"""Accounts at the terminal: the first administrator, roles, passwords, tokens."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from aihuijia.__main__ import app
from api.passwords import is_password
from core.accounts import AccountRole, Grant
from core.errors import AihuijiaError, BadInput, NotFound, Refused
from core.organisations import HAINING
from core.settings import PREFIX
from store import accounts, credentials, organisations, registry
from store.database import open_database, reading
from store.migrate import migrate


class Terminal:
    """A terminal beside a database."""

    def __init__(self, database: Engine) -> None:
        """The settings are in the environment."""
        self.engine = database

    def __call__(self, line: str) -> list[str]:
        """Type *line*; return the printed lines. An error is raised as the command raises it."""
        result = CliRunner().invoke(app, line.split())
        if isinstance(result.exception, AihuijiaError):
            raise result.exception
        assert 0 == result.exit_code, result.output
        return result.output.splitlines()


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Give a terminal beside a migrated SQLite file with one street in it."""
    url = f"sqlite:///{tmp_path / 'aihuijia.db'}"
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", url)
    engine = open_database(url)
    migrate(engine)
    with engine.begin() as connection:
        registry.add_organisation(
            connection, "xiashi", kind="street", name_zh="硖石街道", name_en="Xiashi Street"
        )
    yield Terminal(engine)
    engine.dispose()


def test_the_first_administrator(terminal: Terminal) -> None:
    """The command makes an administrator and prints a password that has to be changed."""
    printed = terminal("account add wang.min --administrator")
    with reading(terminal.engine) as connection:
        made = accounts.find_account(connection, "wang.min")
        lock = accounts.lock_of(connection, "wang.min")

    assert lock is not None
    assert is_password(lock.password_hash, printed[-1])
    assert (True, (Grant(AccountRole.ADMINISTRATOR, None),)) == (made.must_change, made.grants)


def test_roles_name_their_street(terminal: Terminal) -> None:
    """A role is held in one street or everywhere, and the list says so."""
    terminal("account add li.na --role operator:xiashi --role coordinator")
    listed = " ".join(terminal("account list"))

    assert "operator:xiashi" in listed
    assert "li.na" in listed


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("account add li.na", BadInput),
        ("account add Li/Na --administrator", BadInput),
        ("account add li.na --role king", BadInput),
        ("account add li.na --role operator:nowhere", NotFound),
        ("account add li.na --role administrator:xiashi", BadInput),
        ("account token nobody --program map", NotFound),
        ("account list", NotFound),
    ],
)
def test_what_cannot_be_meant_is_refused(
    terminal: Terminal, line: str, error: type[AihuijiaError]
) -> None:
    """A wrong line changes nothing and says what to mend."""
    with pytest.raises(error):
        terminal(line)


def test_a_token_opens_until_the_account_is_disabled(terminal: Terminal) -> None:
    """A token is printed once; disabling its account ends it, enabling lets it in again."""
    terminal("account add boss --administrator")
    terminal("account add li.na --role coordinator")
    token = terminal("account token li.na --program map")[-1]

    def opens() -> bool:
        with reading(terminal.engine) as connection:
            now = accounts.find_account(connection, "li.na").created_at + timedelta(hours=1)
            return credentials.token_holder(connection, token, now) is not None

    before = opens()
    terminal("account disable li.na")
    disabled = opens()
    with pytest.raises(Refused):
        terminal("account token li.na --program map")
    terminal("account enable li.na")

    assert (True, False, True) == (before, disabled, opens())


def test_the_last_administrator_cannot_be_disabled(terminal: Terminal) -> None:
    """Not at the terminal either: whoever is to go needs a successor first."""
    terminal("account add boss --administrator")

    with pytest.raises(Refused, match="last administrator"):
        terminal("account disable boss")


def test_haining_is_there_with_one_command(terminal: Terminal) -> None:
    """Streets, township and agencies are registered once, beside what is there already."""
    first = terminal("organisations --haining")
    again = terminal("organisations --haining")
    with reading(terminal.engine) as connection:
        found = {one.id: one.kind for one in organisations.organisations(connection)}

    assert first == again
    assert {one[0]: one[1].value for one in HAINING} == found


def test_a_new_password_replaces_the_old_one(terminal: Terminal) -> None:
    """The command prints another first password; the one before is good no more."""
    first = terminal("account add boss --administrator")[-1]
    second = terminal("account password boss")[-1]
    with reading(terminal.engine) as connection:
        lock = accounts.lock_of(connection, "boss")

    assert lock is not None
    assert (False, True) == (
        is_password(lock.password_hash, first),
        is_password(lock.password_hash, second),
    )
