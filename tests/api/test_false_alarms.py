"""Too many false alarms: the operators' page, its orders, and a zone tried before it is drawn."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.false_alarms import study_next
from api.access import SESSION_COOKIE
from core.incidents import Outcome
from core.people import Language
from core.zones import ZoneKind
from store import registry, schema, zones
from store.zones import add_zone, zones_for
from tests.accounts import NAME
from tests.api.conftest import OWN_PAGE, Site
from tests.api.watched import DESK, PHONE, clipped_texts, watched_page
from tests.api.world import World
from tests.geofence.fortnight import HOME, Outing, days_of, incident, zone
from tests.past_days import remember
from tests.scenes import rows

EVERY = timedelta(minutes=10)
#: a neighbour a little beyond the edge of home, every afternoon; a market on four mornings
PAST = days_of(
    Outing(east_m=260, from_h=14, until_h=16),
    Outing(east_m=-700, north_m=200, from_h=8, until_h=9.6, days=[9, 10, 12, 13]),
    every=EVERY,
)
FALSE = (
    *(incident(n, n, 14.1, 15, Outcome.FALSE_ALARM) for n in (8, 10)),
    *(incident(20 + n, n, 8.1, 9, Outcome.FALSE_ALARM) for n in (9, 12)),
)


@pytest.fixture
def elder_id(world: World) -> int:
    """Return an elder with a fortnight behind them: four false alarms, and two proposals."""
    now = world.clock.now()
    with world.engine.begin() as connection:
        connection.execute(schema.ping.delete())
        elder_id = registry.add_elder(
            connection, organisation_id="xiashi", name="沈阿宝", birth_year=1941, sex="f"
        )
        registry.add_band(
            connection,
            "hn-0003",
            elder_id=elder_id,
            now=now,
            expected_interval_s=round(EVERY.total_seconds()),
        )
        for one in (zone(), zone(40, north_m=320, zone_id=2, kind=ZoneKind.DANGER)):
            add_zone(
                connection,
                elder_id=elder_id if one.kind is ZoneKind.SAFE else None,
                kind=one.kind,
                name="家" if one.kind is ZoneKind.SAFE else "河",
                shape=one.shape,
            )
        remember(
            connection,
            elder_id=elder_id,
            device_id="hn-0003",
            said=PAST,
            happened=FALSE,
            closed_by=world.guardian_id,
        )
    assert study_next(world.engine, now)
    return elder_id


def proposals(client: httpx.Client) -> list[dict[str, Any]]:
    """Return the open proposals."""
    found: list[dict[str, Any]] = client.get("/api/zone-proposals").json()["proposals"]
    return found


def looks_for(world: World) -> set[tuple[int | None, str]]:
    """Return who was looked at, and what for."""
    return set(rows(world.engine, schema.look, "elder_id", "purpose"))


# -- the page --------------------------------------------------------------------------------------


def test_an_empty_page_says_what_will_come(coordinator: httpx.Client) -> None:
    """Without false alarms the page says so, and what would appear."""
    text = coordinator.get("/console/alarms").text

    assert "本月没有误报" in text
    assert "目前没有建议" in text


def test_the_page_tells_who_and_why(coordinator: httpx.Client, elder_id: int) -> None:
    """Who has too many this month, who said so, and each proposal with its numbers."""
    assert elder_id > 0
    text = coordinator.get("/console/alarms").text
    english = coordinator.get("/console/alarms?lang=en").text

    for words in (
        "沈阿宝",
        "4 / 2",
        "过多",
        "王大伯",
        "常去处 · 上午",
        "调整家的安全区",
        "可以避免 2 次",
        "不会漏掉任何一次真正走失",
    ):
        assert words in text
    for words in ("A better zone around home", "Usual place · in the morning", "too many"):
        assert words in english


def test_the_bands_page_points_there(coordinator: httpx.Client, elder_id: int) -> None:
    """An operator at the page of bands is told that somebody has too many."""
    assert elder_id > 0
    assert "本月有 1 位老人误报过多" in coordinator.get("/console/bands").text


def test_the_list_names_no_position(coordinator: httpx.Client, elder_id: int) -> None:
    """The count of false alarms is about incidents; where anybody was is not in it."""
    answer = coordinator.get("/api/false-alarms")
    (burden,) = answer.json()["elders"]

    assert (elder_id, 4, True) == (burden["elder"], burden["count"], burden["too_many"])
    assert {"王大伯"} == {one["said_by"] for one in burden["incidents"]}
    assert "120.6" not in answer.text


def test_proposals_have_shapes_and_looks(
    coordinator: httpx.Client, world: World, elder_id: int
) -> None:
    """A program gets shapes and numbers; that somebody saw them is on record."""
    better, missing = sorted(proposals(coordinator), key=lambda one: one["kind"])

    assert {elder_id} == {better["elder"], missing["elder"]}
    assert ("better_home", "missing_place") == (better["kind"], missing["kind"])
    assert "常去处 · 上午" == missing["name"]
    assert better["radius_m"] or better["geometry"]
    assert (2, 2) == (better["proof"]["spared"], missing["proof"]["spared"])
    assert (None, "false alarms") in looks_for(world)


def test_a_guardian_s_answer_counts(
    coordinator: httpx.Client, client: httpx.Client, world: World
) -> None:
    """What a guardian says on the answer page is in the count a moment later."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    question = client.get(f"{link}?ask=found").text
    client.post(link, data={"answer": "false_alarm"}, headers=OWN_PAGE)
    (burden,) = coordinator.get("/api/false-alarms").json()["elders"]

    assert "没有走失，是误报" in question
    assert (world.elder_id, 1, False) == (burden["elder"], burden["count"], burden["too_many"])
    assert ["王大伯"] == [one["said_by"] for one in burden["incidents"]]


# -- deciding --------------------------------------------------------------------------------------


def test_accepting_by_form_draws_the_zone(
    coordinator: httpx.Client, world: World, elder_id: int
) -> None:
    """The form draws the zone in the name that was given, once."""
    (missing,) = [one for one in proposals(coordinator) if one["kind"] == "missing_place"]
    path = f"/zone-proposals/{missing['id']}/accept"
    data = {"name": "菜场"}
    first = coordinator.post(path, data=data, headers=OWN_PAGE)
    second = coordinator.post(path, data=data, headers=OWN_PAGE)
    with world.engine.begin() as connection:
        newest = zones.versions(connection, elder_id)[-1]

    assert (303, 409) == (first.status_code, second.status_code)
    assert "已经有人处理过" in second.text
    assert ("菜场", NAME) == (newest.zone.name, newest.edited_by)
    assert (elder_id, "zone proposal") in looks_for(world)


def test_refusing_by_form_needs_a_reason(coordinator: httpx.Client, elder_id: int) -> None:
    """A refusal without a reason changes nothing; with one the proposal is gone."""
    assert elder_id > 0
    first, second = proposals(coordinator)
    path = f"/zone-proposals/{first['id']}/refuse"
    without = coordinator.post(path, data={"reason": ""}, headers=OWN_PAGE)
    answer = coordinator.post(path, data={"reason": "河边"}, headers=OWN_PAGE)

    assert (422, 303) == (without.status_code, answer.status_code)
    assert [second["id"]] == [one["id"] for one in proposals(coordinator)]


def test_a_program_decides_as_well(coordinator: httpx.Client, world: World, elder_id: int) -> None:
    """Programs accept and refuse by JSON, and are told when they are late."""
    better, missing = sorted(proposals(coordinator), key=lambda one: one["kind"])
    base = "/api/zone-proposals"
    accepted = coordinator.post(f"{base}/{better['id']}/accept", json={}, headers=OWN_PAGE)
    refused = coordinator.post(
        f"{base}/{missing['id']}/refuse", json={"reason": "河边"}, headers=OWN_PAGE
    )
    late = coordinator.post(f"{base}/{better['id']}/accept", json={}, headers=OWN_PAGE)
    unknown = coordinator.post(f"{base}/999/accept", json={}, headers=OWN_PAGE)
    with world.engine.begin() as connection:
        drawn = zones_for(connection, [elder_id])[elder_id]

    assert (200, 200, 409, 404) == (
        accepted.status_code,
        refused.status_code,
        late.status_code,
        unknown.status_code,
    )
    assert accepted.json()["zone"] in {one.id for one in drawn}
    assert [] == proposals(coordinator)


def test_a_real_incident_since_stops_the_form(
    coordinator: httpx.Client, world: World, elder_id: int
) -> None:
    """The page says why a zone is not drawn that would have hidden an incident since."""
    (better,) = [one for one in proposals(coordinator) if one["kind"] == "better_home"]
    with world.engine.begin() as connection:
        remember(
            connection,
            elder_id=elder_id,
            device_id="hn-0003",
            happened=[incident(1, 13, 14.1, 15, Outcome.FOUND)],
        )
    answer = coordinator.post(f"/zone-proposals/{better['id']}/accept", headers=OWN_PAGE)

    assert 409 == answer.status_code
    assert "会漏掉它" in answer.text


# -- a zone that is being drawn --------------------------------------------------------------------


def tried(client: httpx.Client, **body: Any) -> httpx.Response:
    """Ask how often a zone would have alarmed."""
    return client.post("/api/zones/try", json=body, headers=OWN_PAGE)


def test_a_drawn_zone_is_tried_on_the_past(
    coordinator: httpx.Client, world: World, elder_id: int
) -> None:
    """A wider home would have been quiet in the afternoons; the look is on record."""
    ((home_id,),) = [
        [z.id for z in found if z.elder_id == elder_id] for found in [_zones(world, elder_id)]
    ]
    centre = [HOME.lon, HOME.lat]
    answer = tried(coordinator, elder=elder_id, centre=centre, radius_m=330, replaces=home_id)
    said = answer.json()

    assert 200 == answer.status_code
    assert (4, 18) == (said["alarms"], said["alarms_now"])
    assert 14 == len(said["days"])
    assert (4, 18) == (
        sum(day["alarms"] for day in said["days"]),
        sum(day["alarms_now"] for day in said["days"]),
    )
    assert (4, 2, 0) == (len(said["false_alarms"]), len(said["spared"]), len(said["hidden"]))
    assert {"走出安全区"} == {alarm["words"] for alarm in said["would_alarm"]}
    assert all(alarm["farthest_m"] > 300 and alarm["lasted_s"] > 0 for alarm in said["would_alarm"])
    assert (elder_id, "zone trial") in looks_for(world)


def test_hours_are_tried_as_well(coordinator: httpx.Client, elder_id: int) -> None:
    """A market zone that counts in the afternoons only helps nobody in the morning."""
    market = HOME.moved(east_m=-350, north_m=100)
    common = {"elder": elder_id, "centre": [market.lon, market.lat], "radius_m": 480}
    always = tried(coordinator, **common).json()
    afternoons = tried(coordinator, **common, hours="Mon-Sun 13:00-20:00").json()

    assert 14 == always["alarms"]
    assert 18 == afternoons["alarms"]


def test_a_polygon_is_tried(coordinator: httpx.Client, elder_id: int) -> None:
    """Corners in lon, lat make a zone as well."""
    corners = [
        HOME.moved(east_m=e, north_m=n)
        for e, n in ((-300, -300), (400, -300), (400, 300), (-300, 300), (-300, -300))
    ]
    ring = [[p.lon, p.lat] for p in corners]

    assert 4 == tried(coordinator, elder=elder_id, rings=[ring]).json()["alarms"]


@pytest.mark.parametrize(
    "body",
    [
        {"elder": 1},
        {"elder": 1, "centre": [120.69, 30.53]},
        {"elder": 1, "centre": [120.69, 30.53], "radius_m": 5},
        {"elder": 1, "centre": [120.69, 130.53], "radius_m": 100},
        {"elder": 1, "centre": [120.69, 30.53], "radius_m": 100, "rings": []},
        {"elder": 1, "rings": []},
        {"elder": 1, "rings": [[[120.69, 30.53]]]},
        # crosses itself
        {
            "elder": 1,
            "rings": [[[120.6, 30.5], [120.7, 30.6], [120.7, 30.5], [120.6, 30.6], [120.6, 30.5]]],
        },
        {"elder": 1, "rings": [[[120.6, 30.5]] * 501]},
        {"elder": 1, "centre": [120.69, 30.53], "radius_m": 100, "hours": "mornings"},
        {"elder": 1, "centre": [120.69, 30.53], "radius_m": 100, "days": "sundays"},
        {"centre": [120.69, 30.53], "radius_m": 100},
        {"elder": 2**70, "centre": [120.69, 30.53], "radius_m": 100},
    ],
)
def test_what_is_no_zone_is_not_tried(coordinator: httpx.Client, body: dict[str, Any]) -> None:
    """A shape or hours that cannot be meant are refused before anything is looked at."""
    assert 422 == tried(coordinator, **body).status_code


def test_nobody_is_no_elder(coordinator: httpx.Client) -> None:
    """For an elder who is not registered there is nothing to try."""
    answer = tried(coordinator, elder=999, centre=[120.69, 30.53], radius_m=100)

    assert 404 == answer.status_code


def test_a_try_needs_our_own_page(coordinator: httpx.Client) -> None:
    """Another site cannot have a zone tried with the coordinator's cookie."""
    answer = coordinator.post(
        "/api/zones/try",
        json={"elder": 1, "centre": [120.69, 30.53], "radius_m": 100},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert 403 == answer.status_code


def _zones(world: World, elder_id: int) -> tuple[Any, ...]:
    with world.engine.begin() as connection:
        return zones_for(connection, [elder_id])[elder_id]


# -- in a browser ----------------------------------------------------------------------------------


@pytest.fixture
def opened(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Give the page on a screen of some size in some language, signed in; no barrier is left."""
    size, language = request.param
    with watched_page(browser, size) as page:
        page.goto(f"{site.url}/console/alarms?lang={language.value}")
        page.context.add_cookies(
            [{"name": SESSION_COOKIE, "value": site.world.session(), "url": site.url}]
        )
        page.goto(f"{site.url}/console/alarms?lang={language.value}")
        page.wait_for_url("**/console/alarms*")
        yield page


SCREENS = pytest.mark.parametrize(
    "opened",
    [(size, language) for size in (PHONE, DESK) for language in Language],
    indirect=True,
    ids=lambda value: f"{value[0][0]}-{value[1].value}",
)


@pytest.mark.usefixtures("elder_id")
@SCREENS
def test_the_page_is_usable_by_everyone(opened: Page) -> None:
    """On a phone and on a desk, in both languages, nothing is cut off and nothing is a barrier."""
    expect(opened.locator(".proposal")).to_have_count(2)
    opened.locator("summary").first.click()

    assert [] == clipped_texts(opened)


@pytest.mark.usefixtures("world")
@SCREENS
def test_the_empty_page_is_usable_by_everyone(opened: Page) -> None:
    """The page without any false alarm has no barrier either."""
    expect(opened.locator(".empty")).to_have_count(2)

    assert [] == clipped_texts(opened)


@pytest.mark.usefixtures("elder_id")
@pytest.mark.parametrize("opened", [(PHONE, Language.CHINESE)], indirect=True)
def test_a_person_accepts_and_refuses(opened: Page) -> None:
    """One proposal is accepted and one refused by hand, and the page is empty of them."""
    card = opened.locator(".proposal").filter(has_text="缺少的安全区")
    expect(card.get_by_label("安全区名称")).to_have_value("常去处 · 上午")
    card.get_by_role("button", name="采纳并画入").click()
    expect(opened.locator(".proposal")).to_have_count(1)
    expect(opened.get_by_role("status")).to_contain_text("已采纳")

    opened.get_by_text("拒绝", exact=True).first.click()
    opened.get_by_label("拒绝的原因").fill("河边危险")
    opened.get_by_role("button", name="拒绝").click()
    expect(opened.locator(".proposal")).to_have_count(0)
    expect(opened.get_by_role("status")).to_contain_text("已拒绝")
    expect(opened.get_by_text("目前没有建议")).to_be_visible()
