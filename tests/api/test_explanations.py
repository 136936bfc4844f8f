"""Why something was believed, for programs and on the incident's page."""

import httpx
import pytest

from api.case_reasons import reasons_by_entry
from core.clock import ManualClock
from core.incidents import EntryKind, IncidentState
from core.people import Language
from store import schema
from store.map_views import EntryView
from tests.api.world import BAND, HOME, World
from tests.scenes import message, report, rows, take


@pytest.fixture
def incident_id(world: World, clock: ManualClock) -> int:
    """Let the first elder walk out through the real pipeline; return the incident."""
    for number, east_m in enumerate((0, 320, 324)):
        clock.advance(60)
        said = report(f"walk-{number}", at=clock.now(), position=HOME.moved(east_m=east_m))
        batch = take(world.engine, message(BAND, said, at=clock.now()))
    (found,) = batch.incidents
    return found


@pytest.mark.usefixtures("incident_id")
def test_the_explanation_names_the_fixes(coordinator: httpx.Client, world: World) -> None:
    """What was believed, the fixes with what each said, and the decisions, judged again."""
    told = coordinator.get(f"/api/elders/{world.elder_id}/explanation").json()
    walked = [fix for fix in told["fixes"] if fix["report_id"].startswith("walk")]

    assert "outside" == told["believed"]["side"]
    assert "在安全区外" in told["believed"]["text"]
    assert [-200.0, 120.0, 124.0] == [fix["beyond_m"] for fix in walked]
    assert ["作数"] * 3 == [fix["counted_text"] for fix in walked]
    assert ["suspected", "left"] == [one["kind"] for one in told["decisions"]]
    assert {"same"} == {one["replay"] for one in told["decisions"]}
    assert "两次定位" in told["decisions"][-1]["text"]


@pytest.mark.usefixtures("incident_id")
def test_the_explanation_can_be_read_in_english(coordinator: httpx.Client, world: World) -> None:
    """With `lang=en` every sentence is English."""
    address = f"/api/elders/{world.elder_id}/explanation"
    told = coordinator.get(address, params={"lang": "en"}).json()

    assert told["decisions"][-1]["text"].startswith("Believed to have left: two fixes")
    assert "Judged again: the same, bit for bit" == told["decisions"][-1]["replay_text"]


@pytest.mark.usefixtures("incident_id")
def test_the_instant_can_be_chosen(coordinator: httpx.Client, world: World) -> None:
    """Before the walk nothing was decided; a time that nobody can read is answered with advice."""
    address = f"/api/elders/{world.elder_id}/explanation"
    early = coordinator.get(address, params={"at": "2026-11-23T04:01:30Z"}).json()
    wrong = coordinator.get(address, params={"at": "noonish"})
    ahead = coordinator.get(address, params={"at": "23:59"})

    assert ("inside", "2026-11-23T04:01:30Z") == (early["believed"]["side"], early["at"])
    assert (422, 422) == (wrong.status_code, ahead.status_code)
    assert "Write it like one of these" in wrong.json()["detail"]
    assert 422 == coordinator.get(address, params={"at": "9" * 41}).status_code


def test_nobody_is_explained_who_is_not_there(coordinator: httpx.Client, world: World) -> None:
    """An unknown elder is not found, and nothing is recorded."""
    assert 404 == coordinator.get("/api/elders/99/explanation").status_code
    assert [] == rows(world.engine, schema.look, "id")


def test_a_question_is_a_look(coordinator: httpx.Client, world: World) -> None:
    """Who asks why looks at somebody's whereabouts, and that is on record."""
    coordinator.get(f"/api/elders/{world.elder_id}/explanation")

    assert [(world.elder_id, "explanation")] == rows(
        world.engine, schema.look, "elder_id", "purpose"
    )


def test_an_incident_says_why(coordinator: httpx.Client, incident_id: int) -> None:
    """The document and the page of an incident give the reason beside what happened."""
    case = coordinator.get(f"/api/incidents/{incident_id}").json()
    page = coordinator.get(f"/console/incidents/{incident_id}").text
    whole = coordinator.get("/console", params={"incident": incident_id}).text
    reasons = [entry["why"] for entry in case["timeline"] if entry["why"]]

    assert ["suspected", "left"] == [one["kind"] for one in case["decisions"]]
    assert [one["text"] for one in case["decisions"]] == reasons
    for reason in reasons:
        assert reason in page
        assert reason in whole


def test_silence_is_a_reason(clock: ManualClock) -> None:
    """What was believed because nothing contradicted it says for how long nothing did."""
    entry = EntryView(
        cursor=1,
        incident_id=1,
        number=2,
        at=clock.now(),
        kind=EntryKind.SILENCE_CONFIRMED,
        state=IncidentState.GUARDIANS,
        person_id=None,
        person_name=None,
        detail={"waited_s": 361},
    )

    assert {2: "6 分钟内没有可靠的定位否定它。"} == reasons_by_entry([entry], [], Language.CHINESE)
