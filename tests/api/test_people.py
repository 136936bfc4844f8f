"""People over HTTP: registered, edited by version, away, gone."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from core.accounts import AccountRole, Grant
from store import registry, schema
from store.database import reading
from tests.accounts import bearer, staff_token
from tests.api.conftest import OWN_PAGE, Site
from tests.api.world import World

NEW = {
    "role": "guardian",
    "name": "赵师傅",
    "organisation_id": "xiashi",
    "numbers": [
        {"channel": "sms", "number": "139 0000 0021"},
        {"channel": "voice", "number": "0573-87012345"},
    ],
}
EDIT = {key: value for key, value in NEW.items() if key != "role"}


@pytest.fixture
def operator(site: Site) -> Iterator[httpx.Client]:
    """Give a client of an operator of the street."""
    token = staff_token(
        site.world.engine,
        site.world.clock.now(),
        name="op",
        grants=[Grant(AccountRole.OPERATOR, "xiashi")],
    )
    with httpx.Client(base_url=site.url, headers=bearer(token), timeout=10) as client:
        yield client


def test_somebody_is_registered_and_edited(operator: httpx.Client) -> None:
    """Numbers come back in E.164; an edit needs the version it was made from."""
    added = operator.post("/api/people", json=NEW)
    path = added.headers["location"]
    read = operator.get(path)
    unsaid = operator.put(path, json=EDIT)
    edited = operator.put(path, json=EDIT | {"name": "赵建国"}, headers={"If-Match": '"1"'})
    late = operator.put(path, json=EDIT, headers={"If-Match": '"1"'})

    assert (201, '"1"') == (added.status_code, added.headers["etag"])
    assert added.json() == read.json()
    assert ["+8613900000021", "+8657387012345"] == [n["number"] for n in read.json()["numbers"]]
    assert [428, 200, 412] == [answer.status_code for answer in (unsaid, edited, late)]
    assert ("赵建国", '"2"') == (edited.json()["name"], edited.headers["etag"])


def test_a_wrong_number_is_said_by_field(operator: httpx.Client) -> None:
    """What is no number is refused with what to write, and nobody is registered."""
    bad = [{"channel": "sms", "number": "12345"}]
    answer = operator.post("/api/people", json=NEW | {"numbers": bad})

    assert 422 == answer.status_code
    assert "numbers" == answer.json()["errors"][0]["field"]
    assert [] == operator.get("/api/people", params={"name": "赵"}).json()["items"]


def test_nobody_is_registered_elsewhere(operator: httpx.Client, world: World) -> None:
    """An operator of a street neither registers for another nor moves anybody there."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "haizhou", kind="street", name_zh="海洲街道", name_en="Haizhou"
        )
    added = operator.post("/api/people", json=NEW)
    moved = operator.put(
        added.headers["location"],
        json=EDIT | {"organisation_id": "haizhou"},
        headers={"If-Match": '"1"'},
    )
    for organisation in ("haizhou", "nowhere", None):
        answer = operator.post("/api/people", json=NEW | {"organisation_id": organisation})
        assert 404 == answer.status_code

    assert 404 == moved.status_code


def test_the_last_guardian_cannot_leave(operator: httpx.Client, world: World) -> None:
    """One of two may leave; then the other is all there is, and the elders are named."""
    first = f"/api/people/{world.guardian_id}"
    second = f"/api/people/{world.other_guardian_id}"

    left = operator.post(f"{first}/archive", headers={"If-Match": '"1"'})
    refused = operator.post(f"{second}/archive", headers={"If-Match": '"1"'})
    back = operator.post(f"{first}/restore", headers={"If-Match": '"2"'})

    assert (200, False) == (left.status_code, left.json()["on_duty"])
    assert 409 == refused.status_code
    assert "张阿芬" in refused.json()["detail"]
    assert "陈福根" in refused.json()["detail"]
    assert (200, None) == (back.status_code, back.json()["archived_at"])
    with reading(world.engine) as connection:
        guards = set(connection.scalars(select(schema.guardianship.c.person_id)))
    assert {world.other_guardian_id} == guards


def test_nobody_leaves_in_a_search(operator: httpx.Client, world: World) -> None:
    """While somebody they guard is looked for, they stay."""
    world.lose_elder()

    answer = operator.post(f"/api/people/{world.guardian_id}/archive", headers={"If-Match": '"1"'})

    assert 409 == answer.status_code
    assert "正在寻找" in answer.json()["detail"]


def test_a_substitute_for_the_holidays(
    operator: httpx.Client, coordinator: httpx.Client, world: World
) -> None:
    """A guardian stands in for a guardian; the absence is listed and can be taken back."""
    path = f"/api/people/{world.guardian_id}/absences"
    stand_in = operator.post("/api/people", json=NEW).json()["id"]
    days = {"from_at": "2026-12-30T00:00:00+08:00", "until_at": "2027-01-03T00:00:00+08:00"}

    added = operator.post(path, json=days | {"stand_in_id": stand_in})
    wrong = operator.post(path, json=days | {"stand_in_id": world.rescuer_id})
    endless = operator.post(path, json=days | {"until_at": "2100-01-01T00:00:00Z"})
    listed = coordinator.get(path, headers=OWN_PAGE).json()["items"]
    other = operator.delete(f"/api/people/{stand_in}/absences/{added.json()['id']}")
    ended = operator.delete(f"{path}/{added.json()['id']}")

    assert [201, 422, 422] == [answer.status_code for answer in (added, wrong, endless)]
    assert [added.json()] == listed
    assert [404, 204] == [other.status_code, ended.status_code]
    assert [] == operator.get(path).json()["items"]


def test_people_come_page_by_page(operator: httpx.Client) -> None:
    """Every page names the next; nobody comes twice, and a strange cursor is refused."""
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        page = operator.get("/api/people", params={"limit": "2"} | more).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]

    assert sorted(set(found)) == found
    assert 4 == len(found)
    assert 422 == operator.get("/api/people?cursor=abc").status_code
