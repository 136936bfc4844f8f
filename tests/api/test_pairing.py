"""Guardians over HTTP: one operator asks, another one decides, each within their own streets."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from core.people import Channel, Role
from core.phone_numbers import normalised
from store import registry
from tests.accounts import bearer, staff_token
from tests.api.conftest import Site
from tests.api.world import World

Clients = Callable[..., httpx.Client]


@pytest.fixture
def as_operator(site: Site) -> Iterator[Clients]:
    """Give a function that signs an operator of one street in: (name, organisation) -> client."""
    opened: list[httpx.Client] = []

    def sign_in(
        name: str, organisation: str | None = "xiashi", role: AccountRole = AccountRole.OPERATOR
    ) -> httpx.Client:
        token = staff_token(
            site.world.engine,
            site.world.clock.now(),
            name=name,
            grants=[Grant(role, organisation)],
        )
        client = httpx.Client(base_url=site.url, headers=bearer(token), timeout=10)
        opened.append(client)
        return client

    yield sign_in
    for client in opened:
        client.close()


@pytest.fixture
def newcomer(world: World) -> int:
    """Register a guardian who guards nobody yet."""
    with world.engine.begin() as connection:
        return registry.add_person(
            connection,
            role=Role.GUARDIAN,
            name="赵师傅",
            contacts={Channel.SMS: normalised("139 0000 0021")},
            organisation_id="xiashi",
        )


def wish(person_id: int, **more: object) -> dict[str, object]:
    """Return a request to replace the first guardian."""
    return {"position": 1, "kind": "replace", "person_id": person_id, "reason": "搬家"} | more


def test_a_change_takes_two_people(as_operator: Clients, world: World, newcomer: int) -> None:
    """The requester is refused in Chinese; a colleague of the street approves, and it holds."""
    asker, decider = as_operator("asker"), as_operator("decider")
    path = f"/api/elders/{world.elder_id}"

    asked = asker.post(f"{path}/guardian-changes", json=wish(newcomer))
    change = f"/api/guardian-changes/{asked.json()['id']}"
    own = asker.post(f"{change}/approve")
    waiting = decider.get("/api/guardian-changes").json()["items"]
    approved = decider.post(f"{change}/approve")
    again = decider.post(f"{change}/approve")
    guardians = asker.get(f"{path}/guardians").json()["guardians"]

    assert (201, "waiting") == (asked.status_code, asked.json()["state"])
    assert 403 == own.status_code
    assert own.json()["title"].startswith("这项申请是您自己提出的")
    assert [asked.json()] == waiting
    assert ("approved", "decider") == (approved.json()["state"], approved.json()["decided_by"])
    assert 409 == again.status_code
    assert [newcomer, world.other_guardian_id] == [one["person_id"] for one in guardians]


def test_other_streets_see_nothing(as_operator: Clients, world: World, newcomer: int) -> None:
    """For an operator of another street neither elder, person nor change exists."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "haizhou", kind="street", name_zh="海洲街道", name_en="Haizhou"
        )
    asker, stranger = as_operator("asker"), as_operator("stranger", "haizhou")
    asked = asker.post(f"/api/elders/{world.elder_id}/guardian-changes", json=wish(newcomer))
    change = f"/api/guardian-changes/{asked.json()['id']}"

    answers = [
        stranger.get(f"/api/elders/{world.elder_id}/guardians"),
        stranger.post(f"/api/elders/{world.elder_id}/guardian-changes", json=wish(newcomer)),
        stranger.post(f"{change}/approve"),
        stranger.post(f"{change}/refuse", json={"answer": "不行"}),
        stranger.post(f"{change}/withdraw"),
        stranger.get(f"/api/people/{newcomer}"),
    ]

    assert [404] * 6 == [answer.status_code for answer in answers]
    assert [] == stranger.get("/api/guardian-changes").json()["items"]
    seen = {one["id"] for one in stranger.get("/api/people").json()["items"]}
    assert {world.rescuer_id} == seen


def test_an_administrator_may_decide_and_a_coordinator_not(
    as_operator: Clients, world: World, newcomer: int
) -> None:
    """Whoever leads searches sees the guardians and decides nothing about them."""
    asker = as_operator("asker")
    coordinator = as_operator("lead", "xiashi", AccountRole.COORDINATOR)
    administrator = as_operator("admin", None, AccountRole.ADMINISTRATOR)
    asked = asker.post(f"/api/elders/{world.elder_id}/guardian-changes", json=wish(newcomer))
    change = f"/api/guardian-changes/{asked.json()['id']}"

    assert 403 == coordinator.post(f"{change}/approve").status_code
    assert 200 == coordinator.get(f"/api/elders/{world.elder_id}/guardians").status_code
    refused = administrator.post(f"{change}/refuse", json={"answer": "不认识"})
    assert ("refused", "不认识") == (refused.json()["state"], refused.json()["answer"])


def test_a_change_lapses_by_the_clock(
    as_operator: Clients, world: World, newcomer: int, clock: ManualClock
) -> None:
    """A week later it waits no more, and approving it is refused with the reason."""
    asker, decider = as_operator("asker"), as_operator("decider")
    asked = asker.post(f"/api/elders/{world.elder_id}/guardian-changes", json=wish(newcomer))
    clock.advance(7 * 86_400)

    answer = decider.post(f"/api/guardian-changes/{asked.json()['id']}/approve")
    waiting = decider.get("/api/guardian-changes").json()["items"]
    (lapsed,) = decider.get("/api/guardian-changes?state=lapsed").json()["items"]

    assert (409, True) == (answer.status_code, "已经过期" in answer.json()["detail"])
    assert ([], asked.json()["id"]) == (waiting, lapsed["id"])


def test_a_wish_that_cannot_be_says_why(as_operator: Clients, world: World, newcomer: int) -> None:
    """Nobody named, the wrong role, or the other guardian again: a sentence, and nothing waits."""
    asker = as_operator("asker")
    path = f"/api/elders/{world.elder_id}/guardian-changes"

    nobody = asker.post(path, json={"position": 1, "kind": "replace", "reason": "搬家"})
    rescuer = asker.post(path, json=wish(world.rescuer_id))
    twice = asker.post(path, json=wish(world.other_guardian_id))
    third = asker.post(path, json=wish(newcomer, position=3))

    assert [422, 422, 409, 422] == [a.status_code for a in (nobody, rescuer, twice, third)]
    assert "person_id" == nobody.json()["errors"][0]["field"]
    assert [] == asker.get("/api/guardian-changes").json()["items"]


def test_changes_come_page_by_page(as_operator: Clients, world: World, newcomer: int) -> None:
    """Each page names the next, and every change comes once."""
    asker = as_operator("asker")
    for elder_id in (world.elder_id, world.other_elder_id):
        asker.post(f"/api/elders/{elder_id}/guardian-changes", json=wish(newcomer))

    first = asker.get("/api/guardian-changes?limit=1").json()
    second = asker.get(f"/api/guardian-changes?limit=1&cursor={first['next']}").json()

    elders = [one["elder_id"] for one in (*first["items"], *second["items"])]
    assert [world.elder_id, world.other_elder_id] == elders
    assert second["next"] is None


def test_a_refusal_is_said_in_the_readers_language(
    as_operator: Clients, world: World, newcomer: int
) -> None:
    """Whoever asked reads in Chinese, or in English, why somebody else has to decide."""
    asking = as_operator("asking")
    made = asking.post(f"/api/elders/{world.elder_id}/guardian-changes", json=wish(newcomer))
    address = f"/api/guardian-changes/{made.json()['id']}/approve"
    said = [
        asking.post(address, json={}, params={"lang": language}).json()["detail"]
        for language in ("zh", "en")
    ]

    assert "这项申请是您自己提出的，须由另一位同事批准。您可以撤回。" == said[0]
    assert said[1].startswith("You asked for this change yourself")
