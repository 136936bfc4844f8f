"""Why, at the operator's terminal."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aihuijia.__main__ import app
from core.clock import ManualClock
from core.errors import AihuijiaError, NotFound, Refused
from core.settings import PREFIX
from store import registry, schema
from store.database import open_database
from store.migrate import migrate
from tests.scenes import Town, rows

#: past on any clock: the command reads the real one
LONG_AGO = datetime(2025, 3, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Give a town in the database that the settings name, whose elder walked out long ago."""
    url = f"sqlite:///{tmp_path}/a.db"
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    engine = open_database(url)
    migrate(engine)
    town = Town(engine, ManualClock(LONG_AGO))
    town.wanders_off()
    yield town
    engine.dispose()


def typed(*words: str) -> str:
    """Type a command; return what is printed. An error is raised as the command raises it."""
    result = CliRunner().invoke(app, ["explain", *words])
    if isinstance(result.exception, AihuijiaError):
        raise result.exception
    assert 0 == result.exit_code, result.output
    return result.output


@pytest.mark.usefixtures("town")
def test_a_name_and_a_time_are_enough() -> None:
    """The answer says what was believed, why, and that judging again gives the same."""
    output = typed("王秀英", "--at", "2025-03-01 14:02:30")

    assert "王秀英（编号 1），2025-03-01 14:02:30" in output
    assert "判断已离开安全区：两次定位" in output
    assert 2 == output.count("重新判断：与当时完全一致")
    assert "卫星" in output


@pytest.mark.usefixtures("town")
def test_it_can_be_read_in_english() -> None:
    """With --english no Chinese is left but the name."""
    output = typed("1", "--at", "2025-03-01T06:02:30Z", "--english")

    assert "Believed to have left: two fixes" in output
    assert "m outside the safe zone" in output
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in output.replace("王秀英", ""))


@pytest.mark.usefixtures("town")
def test_programs_get_json() -> None:
    """With --json the exact numbers are there, one document and nothing else."""
    told = json.loads(typed("1", "--at", "2025-03-01 14:02:30", "--json"))

    assert ["suspected", "left"] == [one["kind"] for one in told["decisions"]]
    assert ["walk-0", "walk-1", "walk-2"] == [fix["report_id"] for fix in told["fixes"]]


@pytest.mark.usefixtures("town")
def test_an_earlier_instant_has_its_own_belief() -> None:
    """Before the second fix outside, it was a suspicion."""
    output = typed("1", "--at", "2025-03-01 14:01:30", "--english")

    assert "Inside the safe zone, but perhaps no longer" in output


def test_the_question_is_on_record(town: Town) -> None:
    """Who asks at the terminal looks at somebody's whereabouts."""
    typed("1", "--at", "2025-03-01 14:02:30")

    ((viewer, elder_id, purpose),) = rows(town.engine, schema.look, "viewer", "elder_id", "purpose")
    assert (True, 1, "explanation") == (viewer.startswith("operator:"), elder_id, purpose)


def test_what_cannot_be_answered_is_said(town: Town) -> None:
    """An unknown elder, a name that two have, a time that is none: answered in a sentence."""
    with town.engine.begin() as connection:
        for _ in range(2):
            registry.add_elder(
                connection, organisation_id="maqiao", name="陈福根", birth_year=1944, sex="m"
            )

    with pytest.raises(NotFound, match="no such elder"):
        typed("王")
    with pytest.raises(NotFound, match="no such elder"):
        typed("9" * 30)
    with pytest.raises(Refused, match="by id: 2, 3"):
        typed("陈福根")
    with pytest.raises(Refused, match="Write it like one of these"):
        typed("1", "--at", "noonish")
    assert [] == rows(town.engine, schema.look, "id")
