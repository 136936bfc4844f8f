"""What a coordinator orders on the console happens, once."""

from dataclasses import replace

import httpx
import pytest

from core.clock import ManualClock
from core.incidents import EntryKind, IncidentState, Outcome
from store import incidents, map_views
from store.database import reading
from tests.api.conftest import OWN_PAGE
from tests.api.world import World


def order(client: httpx.Client, incident_id: int, **form: str) -> httpx.Response:
    """Send a form of the console."""
    return client.post(f"/incidents/{incident_id}/orders", data=form, headers=OWN_PAGE)


def notes_of(world: World, incident_id: int) -> list[str]:
    """Return the notes in the timeline."""
    with reading(world.engine) as connection:
        entries = map_views.entries_of(connection, incident_id)
    return [entry.detail["text"] for entry in entries if entry.kind is EntryKind.NOTE]


@pytest.mark.parametrize("outcome", [Outcome.FOUND, Outcome.FALSE_ALARM])
def test_closing_needs_its_reason(
    coordinator: httpx.Client, world: World, outcome: Outcome
) -> None:
    """Closing without a reason changes nothing; with one it ends the incident."""
    incident_id = world.lose_elder()
    refused = order(coordinator, incident_id, do="close", key="a-key-of-1")
    done = order(
        coordinator, incident_id, do="close", key="a-key-of-1", outcome=outcome, text="家人接回"
    )
    with reading(world.engine) as connection:
        incident = incidents.load(connection, incident_id)

    assert (422, 303) == (refused.status_code, done.status_code)
    assert f"/console?incident={incident_id}" == done.headers["location"]
    assert (IncidentState.CLOSED, outcome) == (incident.state, incident.outcome)
    assert ["家人接回"] == notes_of(world, incident_id)


def test_rescue_can_be_ordered(coordinator: httpx.Client, world: World) -> None:
    """A coordinator need not wait for the guardians' time to run out."""
    incident_id = world.lose_elder()
    order(coordinator, incident_id, do="rescue", key="a-key-of-1")
    page = coordinator.get(f"/console/incidents/{incident_id}").text

    assert "请求救援队：指挥员要求。" in page
    assert "救援队员甲" in page


def test_a_note_sent_twice_is_one_note(coordinator: httpx.Client, world: World) -> None:
    """Pressing twice, or reloading, writes one note; an empty one is refused."""
    incident_id = world.lose_elder()
    for _ in range(2):
        order(coordinator, incident_id, do="note", key="a-key-of-1", text="已打电话给家属")
    empty = order(coordinator, incident_id, do="note", key="a-key-of-2", text="  ")

    assert ["已打电话给家属"] == notes_of(world, incident_id)
    assert 422 == empty.status_code


def test_an_order_for_nothing_is_not_found(coordinator: httpx.Client) -> None:
    """Ordering about an incident that is not there says so."""
    assert 404 == order(coordinator, 99, do="rescue").status_code


def test_a_note_cannot_bring_markup(coordinator: httpx.Client, world: World) -> None:
    """Whatever somebody types is text on every page."""
    incident_id = world.lose_elder()
    order(coordinator, incident_id, do="note", key="a-key-of-1", text="<script>alert(1)</script>")
    page = coordinator.get(f"/console?incident={incident_id}").text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_pause_is_ordered_and_ended(coordinator: httpx.Client, world: World) -> None:
    """A coordinator can pause asking for some minutes, sees it, and can go on."""
    incident_id = world.lose_elder()
    order(coordinator, incident_id, do="pause", key="a-key-of-1", minutes="10")
    paused = coordinator.get(f"/console/incidents/{incident_id}").text
    forms = coordinator.get(f"/console/incidents/{incident_id}/orders").text
    order(coordinator, incident_id, do="resume", key="a-key-of-2")
    with reading(world.engine) as connection:
        incident = incidents.load(connection, incident_id)

    assert "继续通知" in forms
    assert "暂停通知到" in paused
    assert incident.paused_until is None


def test_a_pause_is_never_long(coordinator: httpx.Client, world: World) -> None:
    """More than half an hour is refused: a forgotten pause must not last."""
    incident_id = world.lose_elder()

    refused = order(coordinator, incident_id, do="pause", key="a-key-of-1", minutes="31")

    assert 422 == refused.status_code


def test_who_is_back_for_long_can_be_closed_together(
    coordinator: httpx.Client, world: World, clock: ManualClock
) -> None:
    """After half an hour inside, one button closes those a person saw on the list, no others."""
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        before = incidents.load(connection, incident_id)
        after = replace(before, seemed_back_at=clock.now())
        incidents.save(connection, before, after)
    form = {"chosen": str(incident_id)}
    early = coordinator.get("/console/list").text
    coordinator.post("/incidents/close-returned", data=form, headers=OWN_PAGE)
    clock.advance(1800)
    late = coordinator.get("/console/list").text
    with reading(world.engine) as connection:
        still_open = incidents.load(connection, incident_id).is_open
    coordinator.post("/incidents/close-returned", data=form, headers=OWN_PAGE)
    with reading(world.engine) as connection:
        closed = incidents.load(connection, incident_id)

    assert ("一并结束" in early, "一并结束" in late) == (False, True)
    assert still_open
    assert Outcome.FOUND is closed.outcome
