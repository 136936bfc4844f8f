"""The ledger at the people's door: read in one's scope, put right, ruled, ranked, exported."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from alerts.crediting import derive_next, recount
from api.credit_documents import CSV_COLUMNS
from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from core.credits import EARNED, CreditKind, day_of
from core.incidents import Answer
from store import registry, schema
from tests.accounts import bearer, staff_token
from tests.api.conftest import OWN_PAGE, Site
from tests.api.test_me import tell
from tests.api.test_strangers import known
from tests.api.watched import clipped_texts, watched_page
from tests.api.world import World

YEAR = 2026


@pytest.fixture
def operator(world: World) -> dict[str, str]:
    """Give what an operator of the street shows at the door."""
    return staff(world, "xiashi")


@pytest.fixture
def served(world: World) -> World:
    """Return a world in which the first guardian went and found, and the second went."""
    serve_once(world)
    return world


def staff(
    world: World, organisation_id: str, role: AccountRole = AccountRole.OPERATOR
) -> dict[str, str]:
    """Return the header of an account with one role in one organisation."""
    now = world.clock.now()
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, organisation_id, kind="street", name_zh="街道", name_en="Street"
        )
    grants = [Grant(role, organisation_id)]
    name = f"{role.value}.{organisation_id}"
    return bearer(staff_token(world.engine, now, name=name, grants=grants))


def serve_once(world: World) -> int:
    """Have both guardians go, and the first one find the elder; write the ledger."""
    incident_id = world.lose_elder()
    tell(world, incident_id, Answer.GOING, world.other_guardian_id)
    tell(world, incident_id, Answer.GOING)
    tell(world, incident_id, Answer.FOUND)
    derive_next(world.engine, world.clock.now())
    return incident_id


def items(client: httpx.Client, who: dict[str, str], **asked: Any) -> list[dict[str, Any]]:
    """Return the entries that somebody sees."""
    answer = client.get("/api/credits", params=asked, headers=who)
    assert 200 == answer.status_code, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def correction(world: World, **changed: Any) -> dict[str, Any]:
    """Return a correction that is fine, but for what is changed."""
    return {
        "person_id": world.guardian_id,
        "minutes": -10,
        "reason": "家属先找到的",
        "key": "key-of-1",
        **changed,
    }


def test_entries_are_seen_in_scope(
    client: httpx.Client, served: World, operator: dict[str, str]
) -> None:
    """An operator reads their own organisation's ledger, and nothing of another one's."""
    seen = items(client, operator)
    elsewhere = items(client, staff(served, "haichang"))

    expected = {
        ("accepted", served.guardian_id, 10),
        ("accepted", served.other_guardian_id, 10),
        ("found", served.guardian_id, 30),
    }
    assert expected == {(one["kind"], one["person_id"], one["minutes"]) for one in seen}
    assert [] == elsewhere


def test_filters_and_pages(client: httpx.Client, served: World, operator: dict[str, str]) -> None:
    """Person, kind and time narrow the list; pages follow each other without a gap."""
    first = client.get("/api/credits", params={"limit": 2}, headers=operator).json()
    rest = client.get("/api/credits", params={"cursor": first["next"]}, headers=operator).json()
    now = served.clock.now()

    assert [2, 1] == [len(first["items"]), len(rest["items"])]
    assert rest["next"] is None
    assert 2 == len(items(client, operator, person_id=served.guardian_id))
    assert 1 == len(items(client, operator, kind="found"))
    assert [] == items(client, operator, since=(now + timedelta(days=1)).isoformat())
    assert [] == items(client, operator, until=(now - timedelta(days=1)).isoformat())


def test_a_correction_stands_beside_what_it_corrects(
    client: httpx.Client, served: World, operator: dict[str, str]
) -> None:
    """A correction is an entry with reason and author; the same key again adds nothing."""
    (found,) = items(client, operator, kind="found")
    body = correction(served, minutes=-30, corrects=found["id"])
    answers = [
        client.post("/api/credits/corrections", json=body, headers=operator) for _ in range(2)
    ]

    assert [201, 201] == [answer.status_code for answer in answers]
    assert answers[0].json() == answers[1].json()
    assert (found["id"], "家属先找到的", -30) == (
        answers[0].json()["corrects"],
        answers[0].json()["reason"],
        answers[0].json()["minutes"],
    )
    assert 4 == len(items(client, operator))
    assert [] == recount(served.engine)


def test_bad_corrections_are_refused(
    client: httpx.Client, served: World, operator: dict[str, str]
) -> None:
    """Somebody else's person or entry, no reason, absurd minutes: nothing is written."""
    (found,) = items(client, operator, kind="found")
    far = staff(served, "haichang")
    answers = [
        client.post("/api/credits/corrections", json=body, headers=who).status_code
        for body, who in (
            (correction(served), far),
            (correction(served, person_id=999), operator),
            (correction(served, corrects=999), operator),
            (
                correction(served, corrects=found["id"], person_id=served.other_guardian_id),
                operator,
            ),
            (correction(served, reason=""), operator),
            (correction(served, minutes=1441), operator),
            (correction(served, key="x"), operator),
            (correction(served, reason="a\x00b c"), operator),
        )
    ]

    assert [404, 404, 404, 422, 422, 422, 422, 422] == answers
    assert 3 == len(items(client, operator))


def test_a_rule_begins_tomorrow(
    client: httpx.Client, served: World, clock: ManualClock, operator: dict[str, str]
) -> None:
    """A new rule counts from its day on, for its organisation; what was written stays."""
    tomorrow = (day_of(clock.now()) + timedelta(days=1)).isoformat()
    body = {
        "organisation_id": "xiashi",
        "kind": "found",
        "minutes": 90,
        "most_per_day_min": 90,
        "valid_from": tomorrow,
    }
    made = client.post("/api/credits/rules", json=body, headers=operator)
    clock.advance(timedelta(days=1).total_seconds())
    serve_once(served)
    listed = client.get(
        "/api/credits/rules", params={"organisation_id": "xiashi"}, headers=operator
    ).json()["items"]

    assert (201, made.json()) == (made.status_code, listed[-1])
    assert len(EARNED) + 1 == len(listed)
    assert [30, 90] == [one["minutes"] for one in items(client, operator, kind="found")]
    assert [] == recount(served.engine)


@pytest.mark.parametrize(
    "changed",
    [
        {"valid_from": "2026-11-23"},
        {"valid_from": "2026-01-01"},
        {"valid_from": "2099-01-01"},
        {"minutes": 60, "most_per_day_min": 59},
        {"minutes": -1},
        {"kind": "correction"},
        {"kind": "nonsense"},
    ],
)
def test_a_bad_rule_is_refused(
    client: httpx.Client, operator: dict[str, str], changed: dict[str, Any]
) -> None:
    """Rules for the past or the far future, less a day than one deed, or for corrections."""
    body = {
        "organisation_id": "xiashi",
        "kind": "found",
        "minutes": 30,
        "most_per_day_min": 60,
        "valid_from": "2027-01-01",
        **changed,
    }
    answer = client.post("/api/credits/rules", json=body, headers=operator)

    assert 422 == answer.status_code


@pytest.mark.parametrize("organisation_id", [None, "haichang"])
def test_rules_of_others_are_not_made(
    client: httpx.Client, operator: dict[str, str], organisation_id: str | None
) -> None:
    """An operator of one street makes no rule for another one, nor for everybody."""
    body = {
        "organisation_id": organisation_id,
        "kind": "found",
        "minutes": 30,
        "most_per_day_min": 60,
        "valid_from": "2027-01-01",
    }

    assert 404 == client.post("/api/credits/rules", json=body, headers=operator).status_code


def test_a_statement_is_ones_own(
    client: httpx.Client, served: World, operator: dict[str, str]
) -> None:
    """A year can be read by its person and by their operator; by no other volunteer or street."""
    path = f"/api/people/{served.guardian_id}/credits/{YEAR}"
    by_operator = client.get(path, headers=operator).json()
    far = client.get(path, headers=staff(served, "haichang")).status_code
    known(client, served, served.guardian_id)
    own = client.get(path).json()
    known(client, served, served.other_guardian_id)

    assert own == by_operator
    assert ({"accepted": 10, "found": 30}, 40) == (own["minutes_by_kind"], own["minutes"])
    assert [404, 404] == [far, client.get(path).status_code]


def test_another_year_is_another_statement(
    client: httpx.Client, served: World, operator: dict[str, str]
) -> None:
    """What was done in one year stands in no other."""
    path = f"/api/people/{served.guardian_id}/credits/{YEAR - 1}"

    assert 0 == client.get(path, headers=operator).json()["minutes"]


def test_the_export_has_its_columns(
    client: httpx.Client, served: World, operator: dict[str, str]
) -> None:
    """The CSV holds the documented columns, page by page, and no cell is a formula."""
    with served.engine.begin() as connection:
        connection.execute(schema.person.update().values(name="=HYPERLINK(1)"))
    first = client.get("/api/credits/export.csv", params={"limit": 2}, headers=operator)
    following = first.headers["link"].partition(">")[0].removeprefix("<")
    rest = client.get(following, headers=operator)
    rows = list(csv.reader(io.StringIO(first.content.decode("utf-8-sig"))))

    assert "text/csv; charset=utf-8" == first.headers["content-type"]
    assert list(CSV_COLUMNS) == rows[0]
    assert {"'=HYPERLINK(1)"} == {row[2] for row in rows[1:]}
    assert (3, 2) == (len(rows), len(rest.content.decode("utf-8-sig").splitlines()))
    assert "link" not in rest.headers


def test_json_and_csv_say_the_same(
    client: httpx.Client, served: World, operator: dict[str, str]
) -> None:
    """Both exports and the statement's CSV hold the same entries."""
    by_json = client.get("/api/credits/export.json", headers=operator).json()["items"]
    by_csv = client.get("/api/credits/export.csv", headers=operator)
    path = f"/api/people/{served.guardian_id}/credits/{YEAR}/statement.csv"
    own = client.get(path, headers=operator)
    sources = [
        [row["source"] for row in csv.DictReader(io.StringIO(one.content.decode("utf-8-sig")))]
        for one in (by_csv, own)
    ]

    assert [one["source"] for one in by_json] == sources[0]
    mine = [one["source"] for one in by_json if one["person_id"] == served.guardian_id]
    assert mine == sources[1]


def test_only_who_wants_it_is_ranked(
    client: httpx.Client, served: World, operator: dict[str, str]
) -> None:
    """Who did not ask to be listed is neither named nor counted; who takes it back is gone."""
    asked: dict[str, str | int] = {"organisation_id": "xiashi", "year": YEAR}

    def ranked() -> list[tuple[int, int]]:
        answer = client.get("/api/credits/ranking", params=asked, headers=operator).json()
        return [(one["place"], one["person_id"]) for one in answer["items"]]

    before = ranked()
    known(client, served, served.other_guardian_id)
    client.put("/api/me/ranking", json={"shown": True}, headers=OWN_PAGE)
    one = ranked()
    known(client, served, served.guardian_id)
    client.put("/api/me/ranking", json={"shown": True}, headers=OWN_PAGE)
    two = ranked()
    client.put("/api/me/ranking", json={"shown": False}, headers=OWN_PAGE)

    assert [] == before
    assert [(1, served.other_guardian_id)] == one == ranked()
    assert [(1, served.guardian_id), (2, served.other_guardian_id)] == two


def test_a_volunteer_sees_their_own_ranking(client: httpx.Client, served: World) -> None:
    """A volunteer reads the ranking of their organisation, and of no other."""
    known(client, served, served.guardian_id)
    answers = [
        client.get(
            "/api/credits/ranking", params={"organisation_id": one, "year": YEAR}
        ).status_code
        for one in ("xiashi", "haichang")
    ]

    assert [200, 404] == answers


def test_my_credits_are_mine(client: httpx.Client, served: World) -> None:
    """A volunteer reads their own entries and their sum."""
    known(client, served, served.guardian_id)
    mine = client.get("/api/me/credits").json()["items"]

    assert [CreditKind.ACCEPTED.value, CreditKind.FOUND.value] == [one["kind"] for one in mine]
    assert 40 == client.get("/api/me").json()["minutes"]


def test_the_statement_on_paper(browser: Browser, live_site: Site) -> None:
    """The page of a year is in Chinese, has no barrier, and nothing is cut off."""
    world = live_site.world
    serve_once(world)
    year = day_of(world.clock.now()).year
    with watched_page(browser, (800, 1100)) as page:
        page.context.add_cookies(
            [{"name": "aihuijia_session", "value": world.session(), "url": live_site.url}]
        )
        page.goto(f"{live_site.url}/people/{world.guardian_id}/credits/{year}")

        expect(page.get_by_text("服务时长合计 40 分钟")).to_be_visible()
        expect(page.get_by_role("cell", name="找到老人", exact=True)).to_be_visible()
        assert [] == clipped_texts(page)
