"""What maps and programs get: bands, trails, zones, ground, incidents, refused messages."""

from typing import Any

import httpx
from shapely.geometry import shape
from sqlalchemy import select

from core.clock import ManualClock
from core.hours_text import parse_hours
from core.places import Position, distance_m
from core.working_days import DayRule
from core.zones import Circle, ZoneKind
from store import band_register, schema
from store.database import reading
from store.zones import add_zone
from tests.api.world import BAND, HOME, STRAY, World


def by_device(collection: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the properties of each band."""
    return {f["properties"]["device"]: f["properties"] for f in collection["features"]}


def test_every_band_is_on_the_map(coordinator: httpx.Client) -> None:
    """Bands come with name, side and age; one that nobody registered is marked."""
    collection = coordinator.get("/api/bands").json()
    bands = by_device(collection)

    assert {BAND, "hn-0002", STRAY} == set(bands)
    assert (True, "张阿芬", "outside", 900) == (
        bands[BAND]["known"],
        bands[BAND]["elder"],
        bands[BAND]["side"],
        bands[BAND]["silent_after_s"],
    )
    assert (False, None) == (bands[STRAY]["known"], bands[STRAY]["elder"])
    assert (2, "2026-11-23T04:00:00Z") == (collection["registered"], collection["now"])


def test_unknown_bands_have_their_own_list(coordinator: httpx.Client) -> None:
    """Operators find bands that speak to us and belong to nobody, with the way they came."""
    bands = by_device(coordinator.get("/api/bands/unknown").json())

    assert [STRAY] == list(bands)
    assert ("mqtt", "直接连接（MQTT）", None) == (
        bands[STRAY]["way"],
        bands[STRAY]["way_words"],
        bands[STRAY]["retired_at"],
    )


def test_a_retired_band_is_unknown_when_it_speaks_again(
    coordinator: httpx.Client, world: World, clock: ManualClock
) -> None:
    """Retired, it is nobody's on the map; it can be claimed only once it was heard again."""
    with world.engine.begin() as connection:
        band_register.retire(connection, BAND, now=clock.now())
    quiet = by_device(coordinator.get("/api/bands/unknown").json())
    clock.advance(60)
    world.move_band(HOME, device_id=BAND)
    spoken = by_device(coordinator.get("/api/bands/unknown").json())
    on_map = by_device(coordinator.get("/api/bands").json())[BAND]

    assert [STRAY] == list(quiet)
    assert [BAND, STRAY] == list(spoken)
    assert "2026-11-23T04:00:00Z" == spoken[BAND]["retired_at"]
    assert (False, None) == (on_map["known"], on_map["elder"])


def test_a_trail_is_in_order(coordinator: httpx.Client, clock: ManualClock) -> None:
    """A trail holds the stored positions, oldest first, and only of the time asked for."""
    whole = coordinator.get(f"/api/bands/{BAND}/trail").json()["features"]
    clock.advance(7 * 60)
    late = coordinator.get(f"/api/bands/{BAND}/trail", params={"minutes": 10}).json()["features"]

    times = [feature["properties"]["at"] for feature in whole]
    assert 5 == len(times)
    assert sorted(times) == times
    assert times[2:] == [feature["properties"]["at"] for feature in late]


def test_no_trail_of_nobody(coordinator: httpx.Client) -> None:
    """A band that never spoke is not found, in words."""
    answer = coordinator.get("/api/bands/hn-9999/trail")

    assert (404, "application/problem+json") == (
        answer.status_code,
        answer.headers["content-type"],
    )
    assert "这里没有您要找的内容。" == answer.json()["title"]


def test_a_round_zone_is_round_on_the_ground(coordinator: httpx.Client, world: World) -> None:
    """A circle becomes a polygon whose corners are all its radius away from the centre."""
    collection = coordinator.get("/api/zones", params={"elder": world.elder_id}).json()
    ring = collection["features"][0]["geometry"]["coordinates"][0]

    for lon, lat in ring:
        assert abs(distance_m(HOME, Position(lon, lat)) - 200) < 0.5


def test_a_zone_says_when_it_counts(coordinator: httpx.Client, world: World) -> None:
    """Hours in the reader's language, whether it counts now, and when that changes."""
    with world.engine.begin() as connection:
        add_zone(
            connection,
            elder_id=world.elder_id,
            kind=ZoneKind.SAFE,
            name="日间照料中心",
            shape=Circle(HOME, 150),
            hours=parse_hours("Mon-Fri 08:00-17:00"),
            days=DayRule.WORKING,
        )
    told = [
        coordinator.get("/api/zones", params={"elder": world.elder_id, "lang": language}).json()[
            "features"
        ]
        for language in ("zh", "en")
    ]
    (home, centre), (_, in_english) = ([f["properties"] for f in features] for features in told)

    assert (None, True, None) == (home["hours"], home["counts_now"], home["changes_at"])
    assert ("周一至周五 08:00-17:00", "Mon-Fri 08:00-17:00", "working") == (
        centre["hours"],
        in_english["hours"],
        centre["days"],
    )
    assert (True, None) == (centre["counts_now"], centre["urgency"])
    assert "T09:00:00Z" == centre["changes_at"][10:]


def test_zones_are_one_elders(coordinator: httpx.Client, world: World) -> None:
    """Nobody else's home is sent along; an elder who is not there is not found."""
    own = coordinator.get("/api/zones", params={"elder": world.other_elder_id}).json()

    assert [world.other_elder_id] == [f["properties"]["elder_id"] for f in own["features"]]
    assert 404 == coordinator.get("/api/zones", params={"elder": 99}).status_code


def test_the_ground_has_an_outline_and_names(coordinator: httpx.Client) -> None:
    """The map without tiles shows the town's outline and the street's name among its homes."""
    features = coordinator.get("/api/outline").json()["features"]
    outline = shape(features[0]["geometry"])
    name = features[1]

    assert "硖石街道" == name["properties"]["name"]
    assert outline.contains(shape(name["geometry"]))


def test_incidents_come_in_order_of_need(coordinator: httpx.Client, world: World) -> None:
    """The list begins with what is worst; positions say how old they are."""
    first = world.lose_elder()
    second = world.lose_elder(elder_id=world.other_elder_id)
    with world.engine.begin() as connection:
        connection.execute(
            schema.incident.update()
            .where(schema.incident.c.id == second)
            .values(state="unanswered")
        )
    answer = coordinator.get("/api/incidents").json()

    assert [second, first] == [card["id"] for card in answer["incidents"]]
    card = answer["incidents"][1]
    assert ("guardians", "已通知看护者", "12:05 将请求救援", False) == (
        card["state"],
        card["state_words"],
        card["next_step"],
        card["where"]["is_stale"],
    )


def test_one_incident_in_full(coordinator: httpx.Client, world: World) -> None:
    """Everything about an incident is there: elder, evidence, each message, the timeline."""
    incident_id = world.lose_elder()
    full = coordinator.get(f"/api/incidents/{incident_id}").json()

    assert ("张阿芬", 82, "crossing") == (
        full["elder"]["name"],
        full["elder"]["age_years"],
        full["trigger"],
    )
    assert 15.0 == full["evidence"]["accuracy_m"]
    assert ["王大伯", "李阿姨"] == [contact["name"] for contact in full["contacts"]]
    assert {"ready"} == {
        sent["status"] for contact in full["contacts"] for sent in contact["notifications"]
    }
    assert [1, 2] == [entry["number"] for entry in full["timeline"]]


def test_looking_at_one_elder_is_on_record(coordinator: httpx.Client, world: World) -> None:
    """Trail and incident name whose position was looked at; asking again at once adds nothing."""
    incident_id = world.lose_elder()
    for _ in range(2):
        coordinator.get(f"/api/incidents/{incident_id}")
        coordinator.get(f"/api/bands/{BAND}/trail")
    table = schema.look
    with reading(world.engine) as connection:
        purposes = connection.scalars(
            select(table.c.purpose).where(table.c.elder_id == world.elder_id).order_by(table.c.id)
        ).all()

    assert ["incident", "trail"] == purposes


def test_refused_messages_are_counted_in_words(coordinator: httpx.Client) -> None:
    """What could not be used is counted by reason; its bytes stay in the database."""
    answer = coordinator.get("/api/rejects").json()

    assert [{"reason": "not_json", "words": "不是 JSON", "count": 1}] == answer["counts"]
    assert "payload" not in answer["recent"][0]


def test_a_wrong_question_is_explained(coordinator: httpx.Client) -> None:
    """A parameter that is missing or wrong is named in a problem document."""
    problem = coordinator.get("/api/zones", params={"elder": "x"}).json()

    assert (422, "query.elder", "/api/zones") == (
        problem["status"],
        problem["detail"],
        problem["instance"],
    )


def test_the_process_says_that_it_lives(client: httpx.Client) -> None:
    """Alive and ready can be asked by anyone; ready means that the database answers."""
    assert (200, 200) == (client.get("/healthz").status_code, client.get("/readyz").status_code)


def test_the_counters_can_be_read(coordinator: httpx.Client) -> None:
    """Prometheus finds its numbers."""
    assert "aihuijia_live_viewers" in coordinator.get("/metrics").text
