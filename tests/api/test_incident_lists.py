"""Incidents in lists: filtered, paged, narrowed to a scope; the timeline of one in pages."""

from typing import Any

import httpx
import pytest
from sqlalchemy import event, select

from api.cases import load_listed
from api.incident_documents import IncidentList, TimelinePage
from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from store import registry, schema
from store.database import reading
from tests.accounts import bearer, staff_token
from tests.api.world import World

HOUR = 3600


def incidents(client: httpx.Client, **params: Any) -> dict[str, Any]:
    """Return a list of incidents, checked against the documented form."""
    answer = client.get("/api/incidents", params=params)
    assert 200 == answer.status_code, answer.text
    IncidentList.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> list[int]:
    """Return the incidents of an answer."""
    return [card["id"] for card in answer["incidents"]]


@pytest.fixture
def opened(world: World, clock: ManualClock) -> list[int]:
    """Open seven incidents an hour apart, closed but for the last of each elder."""
    found = []
    for number in range(7):
        elder_id = world.other_elder_id if number % 3 == 2 else world.elder_id
        with world.engine.begin() as connection:
            connection.execute(
                schema.incident.update()
                .where(schema.incident.c.elder_id == elder_id)
                .values(state="closed", closed_at=clock.now(), outcome="found")
            )
        found.append(world.lose_elder(elder_id=elder_id))
        clock.advance(HOUR)
    return found


def test_without_a_filter_the_console_gets_its_list(
    coordinator: httpx.Client, opened: list[int]
) -> None:
    """Open ones first, then those closed in the last day, with the place of the live feed."""
    answer = incidents(coordinator)

    assert sorted(opened) == sorted(ids(answer))
    assert [False] * 2 + [True] * 5 == [card["state"] == "closed" for card in answer["incidents"]]
    assert answer["next"] is None
    assert 0 < answer["cursor"]


def test_filters(coordinator: httpx.Client, world: World, opened: list[int]) -> None:
    """State, elder, organisation and time of opening each narrow the list; newest come first."""
    newest_first = opened[::-1]
    since = "2026-11-23T06:00:00Z"

    assert newest_first == ids(incidents(coordinator, limit=100))
    assert [opened[6], opened[5]] == ids(incidents(coordinator, state="open"))
    assert newest_first[2:] == ids(incidents(coordinator, state="closed"))
    assert [opened[5], opened[2]] == ids(incidents(coordinator, elder=world.other_elder_id))
    assert newest_first == ids(incidents(coordinator, organisation="xiashi"))
    assert [] == ids(incidents(coordinator, organisation="haichang"))
    assert newest_first[:5] == ids(incidents(coordinator, since=since))
    assert newest_first[5:] == ids(incidents(coordinator, until=since))


def test_pages_hold_each_incident_once(coordinator: httpx.Client, opened: list[int]) -> None:
    """Following `next` gives every incident exactly once, also when another one opens."""
    first = incidents(coordinator, limit=3)
    second = incidents(coordinator, limit=3, cursor=first["next"])
    third = incidents(coordinator, limit=3, cursor=second["next"])

    assert opened[::-1] == [*ids(first), *ids(second), *ids(third)]
    assert third["next"] is None


def test_a_timeline_in_pages(coordinator: httpx.Client, world: World) -> None:
    """Pages of a timeline hold each entry once, in order; each look is on record."""
    incident_id = world.lose_elder()
    for number in range(5):
        world.note(incident_id, f"第 {number} 条")
    whole = coordinator.get(f"/api/incidents/{incident_id}").json()["timeline"]
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        answer = coordinator.get(f"/api/incidents/{incident_id}/timeline", params=params)
        page = TimelinePage.model_validate(answer.json())
        found += answer.json()["items"]
        if page.next is None:
            break
        params["cursor"] = page.next
    with reading(world.engine) as connection:
        looked = connection.scalars(
            select(schema.look.c.incident_id).where(schema.look.c.incident_id.is_not(None))
        ).all()

    assert [entry["number"] for entry in whole] == [entry["number"] for entry in found]
    assert [entry["text"] for entry in whole] == [entry["text"] for entry in found]
    assert {incident_id} == set(looked)


def test_a_list_costs_the_same_queries_however_long(world: World, opened: list[int]) -> None:
    """Seven cards are read with as many queries as one."""

    def queries(ids: list[int]) -> int:
        asked: list[object] = []
        with reading(world.engine) as connection:
            event.listen(connection, "before_cursor_execute", lambda *what: asked.append(what))
            cases = load_listed(connection, ids, world.clock.now())

        assert ids == [case.incident.id for case in cases]
        return len(asked)

    assert 1 < queries(opened[-1:]) == queries(opened) < 10


def test_incidents_of_another_street(client: httpx.Client, world: World) -> None:
    """A coordinator of another street gets an empty list, and no timeline."""
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "haichang", kind="street", name_zh="海昌街道", name_en="Haichang Street"
        )
    token = staff_token(
        world.engine,
        world.clock.now(),
        name="elsewhere",
        grants=[Grant(AccountRole.COORDINATOR, "haichang")],
    )
    client.headers.update(bearer(token))

    assert [] == ids(incidents(client)) == ids(incidents(client, elder=world.elder_id))
    assert [] == ids(incidents(client, organisation="xiashi"))
    assert 404 == client.get(f"/api/incidents/{incident_id}/timeline").status_code
