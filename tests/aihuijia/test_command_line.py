"""The command as a person meets it: help, wrong settings, missing servers, rejects."""

import sqlite3
import subprocess
from pathlib import Path

import pytest

from core.clock import monotonic, pause
from tests.processes import AIHUIJIA, environment, production_settings, run
from tests.servers import PATIENCE_S, free_port


@pytest.mark.parametrize(
    "command", ["", "up", "ingest", "alerts", "api", "migrate", "demo", "simulate", "replay"]
)
def test_help_teaches(command: str, tmp_path: Path) -> None:
    """Every command explains itself without settings."""
    done = run([*command.split(), "--help"], {}, cwd=tmp_path)

    assert 0 == done.returncode
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"HTTP_PORT": "eighty"}, "Example: AIHUIJIA_HTTP_PORT=8121"),
        ({"DATABASE_ULR": "x"}, "Did you mean AIHUIJIA_DATABASE_URL?"),
        ({"BROKER_URL": "localhost"}, "Example: AIHUIJIA_BROKER_URL=mqtt://"),
        ({"CLOCK_SPEED": "2"}, "Setting AIHUIJIA_CLOCK_ORIGIN"),
        ({}, "Setting AIHUIJIA_SMS_PROVIDER"),  # nobody could be told anything
        ({"SMS_PROVIDER": "twilio"}, "Setting AIHUIJIA_TWILIO_ACCOUNT_SID"),
    ],
)
def test_a_wrong_setting_stops_the_start(
    settings: dict[str, str], says: str, tmp_path: Path
) -> None:
    """The start ends with the setting's name, the problem and an example, in no traceback."""
    done = run(["up"], settings, cwd=tmp_path)

    assert 2 == done.returncode
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("role", "broken", "says"),
    [
        ("ingest", "BROKER_URL", "systemctl start mosquitto"),
        ("alerts", "DATABASE_URL", "systemctl start postgresql"),
    ],
)
def test_a_missing_server_is_named_and_waited_for(
    role: str, broken: str, says: str, tmp_path: Path
) -> None:
    """A role without its server says which one and how to start it, and keeps trying."""
    nowhere = {
        "BROKER_URL": f"mqtt://127.0.0.1:{free_port()}",
        "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/none",
    }
    settings = production_settings(
        database_url=f"sqlite:///{tmp_path}/a.db", broker_url="mqtt://127.0.0.1:1", speed=1
    ) | {broken: nowhere[broken]}
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(AIHUIJIA), role],
            env=environment(settings),
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
    deadline = monotonic() + PATIENCE_S
    while says not in log.read_text() and monotonic() < deadline:
        pause(0.05)
    still_running = process.poll() is None
    process.terminate()
    ended = process.wait(PATIENCE_S)

    assert says in log.read_text()
    assert still_running
    assert 0 == ended
    assert "Traceback" not in log.read_text()


def test_migrate_and_rejects(tmp_path: Path) -> None:
    """A new database has no rejects and says so; a stored one is shown with its reason."""
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}
    migrated = run(["migrate"], settings, cwd=tmp_path)
    nothing = run(["rejects"], settings, cwd=tmp_path)
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute(
            "INSERT INTO reject (received_at, topic, reason, detail, size_bytes, payload)"
            " VALUES ('2026-11-23 04:00:00.000000', '121/v1/up/b/report', 'not_json', 'x', 1, 'x')"
        )
    shown = run(["rejects"], settings, cwd=tmp_path)

    assert 0 == migrated.returncode
    assert "Nothing was rejected" in nothing.stdout
    assert "not_json" in shown.stdout


@pytest.mark.parametrize("command", ["rejects", "orders", "explain 1", "band list"])
def test_who_only_looks_makes_no_database(command: str, tmp_path: Path) -> None:
    """Where there is no database, a command that looks says which setting names it."""
    done = run(command.split(), {"DATABASE_URL": "sqlite:///elsewhere.db"}, cwd=tmp_path)

    assert 2 == done.returncode
    assert "There is no database elsewhere.db" in done.stderr
    assert "AIHUIJIA_DATABASE_URL" in done.stderr
    assert not (tmp_path / "elsewhere.db").exists()


def test_two_alerts_roles_on_one_sqlite_file_are_refused(tmp_path: Path) -> None:
    """SQLite has one sender: the second is told to stop the first or to use PostgreSQL."""
    settings = production_settings(
        database_url=f"sqlite:///{tmp_path}/a.db", broker_url="mqtt://127.0.0.1:1", speed=1
    )
    log = tmp_path / "log"
    with log.open("wb") as output:
        first = subprocess.Popen(
            [str(AIHUIJIA), "alerts"],
            env=environment(settings),
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
    deadline = monotonic() + PATIENCE_S
    while "Running" not in log.read_text() and monotonic() < deadline:
        pause(0.05)
    second = run(["alerts"], settings, cwd=tmp_path)
    first.terminate()
    first.wait(PATIENCE_S)

    assert 2 == second.returncode
    assert "another alerts role" in second.stderr
