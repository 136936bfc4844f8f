"""Bands at the operator's terminal: the commands, what they print, and what they refuse."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Engine
from typer.testing import CliRunner

from aihuijia.__main__ import app
from aihuijia.broker_access_file import write_file
from core.band_passwords import password
from core.clock import ManualClock
from core.errors import AihuijiaError
from core.settings import PREFIX, load
from store import band_access, registry, schema
from store.database import open_database, reading
from store.migrate import migrate
from tests.conftest import NOON
from tests.guarded_broker import ADMIN, INGEST, KEY
from tests.processes import run
from tests.scenes import register_household
from tests.servers import free_port


class Terminal:
    """An operator's terminal beside a database."""

    def __init__(self, database: Engine) -> None:
        """The settings are in the environment."""
        self.engine = database

    def __call__(self, line: str) -> str:
        """Type *line*; return what is printed. An error is raised as the command raises it."""
        result = CliRunner().invoke(app, line.split())
        if isinstance(result.exception, AihuijiaError):
            raise result.exception
        assert 0 == result.exit_code, result.output
        return result.output

    def hear(self, device_id: str) -> None:
        """Let a band be heard."""
        with self.engine.begin() as connection:
            connection.execute(
                schema.latest.insert().values(
                    device_id=device_id,
                    first_heard_at=NOON,
                    heard_at=NOON,
                    reports=12,
                    battery_pct=64,
                    lon=120.68945,
                    lat=30.52811,
                )
            )


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Give settings of a service whose broker is not there."""
    port = free_port()
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path}/a.db",
        "BROKER_URL": INGEST.format(port=port),
        "BROKER_ADMIN_URL": ADMIN.format(port=port),
        "BAND_KEY": KEY,
    }


@pytest.fixture
def terminal(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Give a terminal; elder 1 wears band-1, elder 2 nothing."""
    for name, value in settings.items():
        monkeypatch.setenv(PREFIX + name, value)
    monkeypatch.setenv("COLUMNS", "200")
    engine = open_database(settings["DATABASE_URL"])
    migrate(engine)
    with engine.begin() as connection:
        register_household(connection, "band-1", now=NOON)
        registry.add_elder(
            connection, organisation_id="maqiao", name="陈福根", birth_year=1944, sex="m"
        )
    yield Terminal(engine)
    engine.dispose()


def printed_password(output: str) -> str:
    """Return the password in what was printed."""
    found = re.search(r"password: (\w+)", output)
    assert found is not None, output
    return found[1]


@pytest.mark.parametrize(
    "command",
    ["broker-access", "band", *(f"band {word}" for word in ("add", "claim", "list", "retire"))],
)
def test_help_teaches(command: str) -> None:
    """Every command explains itself without settings."""
    result = CliRunner().invoke(app, [*command.split(), "--help"])

    assert 0 == result.exit_code
    assert "Usage" in result.output


def test_a_band_comes_with_its_password(terminal: Terminal) -> None:
    """Registering prints user name and password; the list shows that the broker is to be told."""
    output = terminal("band add band-2 --elder 2 --model tk905-4g --interval 600")
    bands = terminal("band list")

    assert "user name and client id: band-2" in output
    assert password(KEY.encode(), "band-2", 1) == printed_password(output)
    (line,) = [line for line in bands.splitlines() if "band-2" in line]
    assert ["band-2", "2", "tk905-4g", "600 s"] == [c.strip() for c in line.split("│")[1:5]]
    assert "not told yet: may sign in" in line


def test_a_new_password_is_another(terminal: Terminal) -> None:
    """Rotating prints the next password."""
    assert password(KEY.encode(), "band-1", 2) == printed_password(terminal("band rotate band-1"))


def test_a_retired_band_goes_and_comes_back(terminal: Terminal) -> None:
    """Retiring says who wears nothing now; claiming gives the band to somebody else."""
    gone = terminal("band retire band-1")
    short, whole = terminal("band list"), terminal("band list --retired")
    back = terminal("band claim band-1 --elder 2")

    assert "Elder 1 wears no band now" in gone
    assert "No band is registered" in short
    assert "may not sign in" in whole
    assert "Elder 2 wears the band band-1" in back
    assert password(KEY.encode(), "band-1", 2) == printed_password(back)


def test_unknown_bands_are_listed_without_their_places(terminal: Terminal) -> None:
    """An operator sees since when, how often and how full; not where."""
    nobody = terminal("band unknown")
    terminal.hear("stranger")
    table = terminal("band unknown")
    terminal("band claim stranger --elder 2")

    assert "Every band that was heard is registered" in nobody
    for seen in ("stranger", "2026-11-23 12:00", "12", "64 %", "mqtt"):
        assert seen in table
    assert "120.6" not in table
    assert "Every band that was heard is registered" in terminal("band unknown")


def test_a_band_from_the_shelf_is_given_out(terminal: Terminal) -> None:
    """It keeps the password that was printed when it was registered."""
    terminal("band add shelf")
    output = terminal("band claim shelf --elder 2")

    assert "keeps the password" in output
    assert "password:" not in output


def test_an_unknown_model_is_said(terminal: Terminal) -> None:
    """A model without a profile is registered, and what that means is printed."""
    assert "only its SOS rings" in terminal("band add shelf --model new-one")


def test_no_password_without_the_key(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without AIHUIJIA_BAND_KEY nothing is registered; retiring needs no key."""
    monkeypatch.delenv(f"{PREFIX}BAND_KEY")
    with pytest.raises(AihuijiaError, match="Setting AIHUIJIA_BAND_KEY"):
        terminal("band add band-3")
    terminal("band retire band-1")
    with reading(terminal.engine) as connection:
        bands = [access.device_id for access in band_access.all_wanted(connection)]

    assert ["band-1"] == bands


def test_the_embedded_broker_needs_no_password(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the embedded way of running a band is registered without a key."""
    monkeypatch.setenv(f"{PREFIX}BROKER_URL", "embedded")
    monkeypatch.delenv(f"{PREFIX}BAND_KEY")

    assert "asks nobody for a password" in terminal("band add band-3")


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("band add Band-7", "Did you mean band-7?"),
        ("broker-access --once", "systemctl start mosquitto"),
    ],
)
def test_a_mistake_ends_with_advice(
    settings: dict[str, str], tmp_path: Path, line: str, says: str
) -> None:
    """As a process: exit status 2, a sentence that helps, no traceback."""
    done = run(line.split(), settings, cwd=tmp_path)

    assert 2 == done.returncode
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"BROKER_ADMIN_URL": "mqtt://host"}, "AIHUIJIA_BROKER_ADMIN_URL"),
        ({"BROKER_ADMIN_URL": ""}, "AIHUIJIA_BROKER_ADMIN_URL"),
        ({"BROKER_URL": "mqtt://host:1883"}, "AIHUIJIA_BROKER_URL"),
        ({"BAND_KEY": "short"}, "AIHUIJIA_BAND_KEY"),
        ({"BROKER_CA": "/nowhere.pem"}, "AIHUIJIA_BROKER_CA: there is no file"),
    ],
)
def test_a_setting_that_is_missing_is_named(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    changed: dict[str, str],
    says: str,
) -> None:
    """`--init` writes nothing before it has all that it needs."""
    for name, value in changed.items():
        monkeypatch.setenv(PREFIX + name, value)
    file = tmp_path / "dynamic-security.json"
    with pytest.raises(AihuijiaError, match=says):
        write_file(load(), terminal.engine, ManualClock(NOON), Console(quiet=True), file)

    assert not file.exists()


def test_a_file_of_something_else_is_not_overwritten(terminal: Terminal, tmp_path: Path) -> None:
    """`--init` refuses a file that is not the plugin's."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir")
    with pytest.raises(AihuijiaError, match="move it away first"):
        write_file(load(), terminal.engine, ManualClock(NOON), Console(quiet=True), file)

    assert "Dear Sir" == file.read_text()
