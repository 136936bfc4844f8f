"""The whole demo without a person, as its user runs it, and its report held against the facts."""

import json
import sqlite3
from pathlib import Path

from tests.processes import run

_ARGUMENTS = ("demo", "--headless", "--seed", "7", "--bands", "60", "--speed", "30")


def test_a_mix_of_stories_ends_as_it_should(tmp_path: Path) -> None:
    """The exit status is 0, nobody is woken for drift, and the report says what the records say."""
    done = run(
        [*_ARGUMENTS, "--stories", "sos,both-cannot,drift", "--report", "report.json"],
        {},
        cwd=tmp_path,
        timeout_s=300,
    )
    report = json.loads((tmp_path / "report.json").read_text())
    database = sqlite3.connect(tmp_path / report["database"])
    stored = database.execute("SELECT count(*) FROM ping WHERE device_id <> 'canary-1'").fetchone()[
        0
    ]
    accepted = database.execute(
        "SELECT count(*) FROM attempt WHERE result = 'accepted'"
    ).fetchone()[0]
    rounds = database.execute("SELECT result FROM canary_round WHERE result <> 'interrupted'")
    record = (tmp_path / report["phone_record"]).read_text().splitlines()
    taken = [
        line
        for line in map(json.loads, record)
        if line["happened"] in ("message_accepted", "call_accepted")
    ]

    assert [] == report["reasons"], done.stdout
    assert 0 == done.returncode
    assert {"sos", "both-cannot", "drift"} == set(report["stories"])
    assert stored == report["pings"]["stored"] == report["pings"]["sent"]
    tests = report["canary"]["requests"]
    assert accepted == len(taken) == report["provider_requests"]["total"] + tests
    assert {("good",)} == set(rounds.fetchall())
    assert 0 == report["false_alarms"]
    assert [] == report["stories"]["drift"]["actual"]["asks"]


def test_an_unknown_story_is_named(tmp_path: Path) -> None:
    """A mistyped story stops the start and says what there is."""
    done = run(["simulate", "wander-at-dawn"], {}, cwd=tmp_path)

    assert 2 == done.returncode
    assert "wander-at-dusk" in done.stderr
