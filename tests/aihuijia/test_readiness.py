"""`aihuijia readiness` and `aihuijia drill`, as somebody types them."""

import json

import pytest
from sqlalchemy import Engine

from aihuijia.readiness_command import begin_drill, show_readiness
from core.clock import SystemClock
from core.errors import Conflict
from core.settings import Settings
from store import schema
from tests.scenes import register_household, register_team, rows


@pytest.fixture
def elder_id(database: Engine) -> int:
    """Register a household and a team, on each kind of database."""
    with database.begin() as connection:
        household = register_household(connection, now=SystemClock().now())
        register_team(connection)
    return household.elder_id


def test_it_says_who_is_not_ready(
    database: Engine, elder_id: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line of counts, then who lacks what and what to do; no number is in it."""
    is_fine = show_readiness(Settings(), database, as_json=False, english=False)

    said = capsys.readouterr().out.splitlines()
    assert (False, 4) == (is_fine, len(said))
    assert f"老人 {elder_id} 王秀英" in said[1]
    assert "请发送验证码" in said[2]
    assert "+86" not in "".join(said)


def test_it_says_that_all_are_ready(
    database: Engine, elder_id: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """With everything verified and working there is one line, in the language asked for."""
    now = SystemClock().now()
    with database.begin() as connection:
        connection.execute(schema.contact_point.update().values(verified_at=now, last_ok_at=now))

    assert show_readiness(Settings(), database, as_json=False, english=True)
    assert "All ready: 1 elders" in capsys.readouterr().out
    assert show_readiness(Settings(), database, as_json=True, english=True)
    document = json.loads(capsys.readouterr().out)
    assert [(elder_id, True)] == [(e["elder"], e["ready"]) for e in document["elders"]]


def test_it_begins_a_drill(
    database: Engine, elder_id: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The drill is there, under the name of whoever wanted it; a second one is refused."""
    begin_drill(Settings(), database, elder_id, with_rescue=False, by="马桥社区")

    ((incident_id, by),) = rows(database, schema.drill, "incident_id", "started_by")
    assert f"/console/drills/{incident_id}" in capsys.readouterr().out
    assert "马桥社区" == by
    with pytest.raises(Conflict):
        begin_drill(Settings(), database, elder_id, with_rescue=False, by="x")
