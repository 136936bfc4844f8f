"""`aihuijia status`, as an operator runs it: eleven lines, an exit status, nothing changed."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from alerts.promise import Subject
from core.canary import Result, Round
from core.clock import SystemClock
from core.people import Channel
from store import canary, phone_use, providers, schema, workers
from tests.processes import run
from tests.scenes import rows
from tests.servers import Mosquitto


def beat(engine: Engine) -> None:
    """Let the roles be alive, and the canary have flown well."""
    now = SystemClock().now()
    with engine.begin() as connection:
        for role in ("ingest", "alerts", "canary"):
            workers.beat(connection, f"here:1:{role}", role=role, detail={}, now=now)
        number = canary.begin(connection, now - timedelta(seconds=60))
        ended = Round(
            started_at=now - timedelta(seconds=60),
            published_at=now - timedelta(seconds=5),
            handed_over_at=now - timedelta(seconds=4),
            ended_at=now,
            result=Result.GOOD,
        )
        canary.finish(connection, number, ended)


def test_all_is_well(
    database: Engine, database_url: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """Eleven lines, Chinese unless told otherwise, exit status 0; the tables stay as they are."""
    beat(database)
    before = {table.name: len(rows(database, table)) for table in schema.metadata.sorted_tables}
    settings = {"DATABASE_URL": database_url, "BROKER_URL": broker.url}
    chinese = run(["status"], settings, cwd=tmp_path)
    english = run(["status", "--english"], settings, cwd=tmp_path)
    after = {table.name: len(rows(database, table)) for table in schema.metadata.sorted_tables}

    assert (0, 0) == (chinese.returncode, english.returncode), chinese.stdout
    assert len(Subject) == len(chinese.stdout.splitlines()) == len(english.stdout.splitlines())
    assert "定位到运营商 1.0秒/1.0秒" in chinese.stdout
    assert "fix to provider 1.0 s/1.0 s" in english.stdout
    assert before == after


def test_what_is_wrong_is_said_and_counted(
    database: Engine, database_url: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """With no role at work the exit status is 1, and a program learns the reason."""
    settings = {"DATABASE_URL": database_url, "BROKER_URL": broker.url}
    done = run(["status", "--json"], settings, cwd=tmp_path)
    said = json.loads(done.stdout)

    assert 1 == done.returncode
    assert not said["well"]
    assert {"roles": "role_gone"} == {
        point["subject"]: point["reason"] for point in said["points"] if not point["well"]
    }
    assert 0 == len(rows(database, schema.canary_round))


def test_who_cannot_be_reached_and_what_is_found_is_told(
    database: Engine, database_url: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """A resting provider, numbers used up, a finding of the guard and a silent dead-man have words.

    What only the guard can know is taken from its beat; no number is shown.
    """
    beat(database)
    now = SystemClock().now()
    number = "+8613800000001"
    detail = {
        "found": {"due_time_passed": 1},
        "heartbeat_at": (now - timedelta(minutes=9)).isoformat(),
        "heartbeat_silent": ["audit"],
    }
    with database.begin() as connection:
        workers.beat(connection, "here:1:guard", role="guard", detail=detail, now=now)
        idle = {"schema_found": "9999", "schema_wanted": "1"}
        workers.beat(connection, "here:2", role="alerts", detail=idle, now=now)
        for _ in range(10):
            phone_use.note(connection, number, Channel.SMS, now)
        for _ in range(providers.MOST_FAILURES):
            providers.note_failure(
                connection, "twilio/sms", reason="x", is_out=False, speed=1, now=now
            )
    settings = {"DATABASE_URL": database_url, "BROKER_URL": broker.url}
    told = run(["status", "--english"], settings, cwd=tmp_path).stdout
    said = json.loads(run(["status", "--json"], settings, cwd=tmp_path).stdout)

    assert "✗ Providers: twilio/sms rest after failures; numbers used up today: 1" in told
    assert "✗ Audit: an open incident waits too long for its next step (1 times)" in told
    assert "last word outside 9 min ago; held back: the audit found something" in told
    assert "1 do nothing: the database has another schema" in told
    assert number not in told + json.dumps(said)
    assert {
        "roles": "idle",
        "providers": "all_rest",
        "audit": "rule_broken",
    } == {p["subject"]: p["reason"] for p in said["points"] if not p["well"]}


def test_another_schema_is_named(sqlite_database: Engine, tmp_path: Path) -> None:
    """Tables of another version are not read at all."""
    with sqlite_database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    url = sqlite_database.url.render_as_string()
    done = run(["status", "--english"], {"DATABASE_URL": url}, cwd=tmp_path)

    assert 1 == done.returncode
    assert "✗ Database: schema 0001" in done.stdout


def test_status_makes_no_database(tmp_path: Path) -> None:
    """A database that is not there is named with its setting, and stays absent."""
    done = run(["status"], {"DATABASE_URL": "sqlite:///elsewhere.db"}, cwd=tmp_path)

    assert 1 == done.returncode
    assert "AIHUIJIA_DATABASE_URL: no file elsewhere.db" in done.stdout
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("database_is", ["postgresql://nobody@127.0.0.1:1/aihuijia"])
def test_a_database_that_is_down_is_a_line(database_is: str, tmp_path: Path) -> None:
    """Without a database there is no traceback, and its password is not shown."""
    address = database_is.replace("nobody@", "nobody:secret@")
    done = run(["status"], {"DATABASE_URL": address}, cwd=tmp_path)

    assert 1 == done.returncode
    assert "✗ 数据库：没有应答" in done.stdout
    assert "secret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
