"""Zones over HTTP: drawn, refused with a sentence, edited by one at a time, kept in a history."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.pages import LANGUAGE_COOKIE
from api.weekly_spans import hours_of, spans_of
from core.accounts import AccountRole, Grant
from core.weekly_hours import WEEK_MIN, WeeklyHours
from store import registry, schema
from store.database import reading
from tests.accounts import bearer, staff_token
from tests.api.conftest import Site
from tests.api.world import HOME, World

HOME_CIRCLE = {"centre": {"lon": HOME.lon, "lat": HOME.lat}, "radius_m": 300}
BODY: dict[str, Any] = {
    "name": "家",
    "kind": "safe",
    "circle": HOME_CIRCLE,
    "hours_text": "周一至周五 06:00-20:00",
}
POND = [[120.70, 30.52], [120.71, 30.52], [120.71, 30.53], [120.70, 30.53], [120.70, 30.52]]
DANGER: dict[str, Any] = {
    "name": "鱼塘",
    "kind": "danger",
    "polygon": {"type": "Polygon", "coordinates": [POND]},
}

As = Callable[..., httpx.Client]


@pytest.fixture
def signed_in(site: Site) -> Iterator[As]:
    """Give a function that returns a client with an account of these grants."""
    clients: list[httpx.Client] = []

    def client(*grants: Grant, language: str = "zh") -> httpx.Client:
        token = staff_token(
            site.world.engine, site.world.clock.now(), name=f"staff{len(clients)}", grants=grants
        )
        made = site.client()
        made.headers.update(bearer(token))
        made.cookies.set(LANGUAGE_COOKIE, language)
        clients.append(made)
        return made

    yield client
    for made in clients:
        made.close()


@pytest.fixture
def operator(signed_in: As) -> httpx.Client:
    """Return an operator of the whole town."""
    return signed_in(Grant(AccountRole.OPERATOR, None))


def zones_url(world: World) -> str:
    """Return the address of the first elder's zones."""
    return f"/api/elders/{world.elder_id}/zones"


def changed(**fields: Any) -> dict[str, Any]:
    """Return a good zone with some fields changed; None takes one away."""
    body = BODY | fields
    return {name: value for name, value in body.items() if value is not None}


def test_a_zone_is_drawn_and_read(operator: httpx.Client, world: World) -> None:
    """A drawn zone has an address, a version, hours in words and as spans, and a sentence."""
    made = operator.post(zones_url(world), json=BODY)
    read = operator.get(made.headers["location"])

    assert (201, 200) == (made.status_code, read.status_code)
    assert made.headers["etag"] == read.headers["etag"] == f'"{read.json()["version"]}"'
    assert "周一至周五 06:00–20:00，家周围 300 米" == read.json()["sentence_zh"]
    assert "Mon–Fri 06:00–20:00, 300 m around 家" == read.json()["sentence_en"]
    assert {"from_day": "mon", "from_time": "06:00", "until_day": "mon", "until_time": "20:00"} == (
        read.json()["hours"][0]
    )
    assert (HOME_CIRCLE, "staff0", []) == (
        read.json()["circle"],
        read.json()["edited_by"],
        read.json()["warnings"],
    )


def test_a_zone_can_be_sent_back_as_it_was_read(operator: httpx.Client, world: World) -> None:
    """Spans and words of the same hours agree, so that a page need not choose."""
    read = operator.post(zones_url(world), json=BODY).json()
    body = {name: read[name] for name in (*BODY, "hours", "days", "urgency", "polygon")}
    answer = operator.post(zones_url(world), json=body)

    assert (201, read["hours"]) == (answer.status_code, answer.json()["hours"])


@pytest.mark.parametrize(
    ("fields", "field", "advice"),
    [
        ({"circle": HOME_CIRCLE | {"radius_m": 0.003}}, "circle.radius_m", "像是经纬度的度数"),
        ({"circle": HOME_CIRCLE | {"radius_m": 5}}, "circle.radius_m", "10 到 50000 米"),
        (
            {"circle": {"centre": {"lon": 30.53, "lat": 120.69}, "radius_m": 300}},
            "circle.centre",
            "写反了",
        ),
        (
            {"circle": {"centre": {"lon": 116.4, "lat": 39.9}, "radius_m": 300}},
            "circle.centre",
            "离海宁",
        ),
        ({"circle": None}, "circle", "二者选一"),
        ({"polygon": DANGER["polygon"]}, "circle", "二者选一"),
        ({"name": " "}, "name", "1 到 80"),
        ({"name": "家\u0000"}, "name", "无法显示"),
        ({"hours_text": "morgens"}, "hours_text", "时段请写成"),
        (
            {
                "hours": [
                    {
                        "from_day": "sat",
                        "from_time": "06:00",
                        "until_day": "sat",
                        "until_time": "07:00",
                    }
                ]
            },
            "hours",
            "不一致",
        ),
        (
            {"valid_from": "2026-12-02T00:00:00Z", "valid_until": "2026-12-01T00:00:00Z"},
            "valid_until",
            "晚于",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    operator: httpx.Client, world: World, fields: dict[str, Any], field: str, advice: str
) -> None:
    """A zone with a fault is answered with the field and, in Chinese, how to mend it."""
    answer = operator.post(zones_url(world), json=changed(**fields))

    assert 422 == answer.status_code
    (error,) = answer.json()["errors"]
    assert field == error["field"]
    assert advice in error["detail"]


@pytest.mark.parametrize(
    ("corners", "advice"),
    [
        (POND[:-1], "闭合"),
        ([POND[0], POND[2], POND[1], POND[3], POND[0]], "交叉"),
        (POND[:2] + POND[:1], "三个角点"),
        ([[lat, lon] for lon, lat in POND], "写反了"),
        ([[500_000 + 900 * n, 3_380_000] for n in (0, 1, 2, 0)], "不在地球上"),
        ([[*corner, 12] for corner in POND], "两个数"),
        (
            [[120.7 + n / 1e6, 30.5 + (n % 2) / 1e4] for n in range(5001)] + [[120.7, 30.5]],
            "最多 5000 个角点",
        ),
        ([[lon - 4.3, lat + 9.4] for lon, lat in POND], "离海宁"),
    ],
)
def test_a_bad_polygon_is_refused(
    operator: httpx.Client, world: World, corners: list[list[float]], advice: str
) -> None:
    """Open, crossing, swapped, projected, endless and far-off polygons are named as such."""
    polygon = {"type": "Polygon", "coordinates": [corners]}
    answer = operator.post(zones_url(world), json=changed(circle=None, polygon=polygon))

    assert 422 == answer.status_code
    (error,) = answer.json()["errors"]
    assert "polygon" == error["field"]
    assert advice in error["detail"]


def test_an_english_reader_is_told_in_english(signed_in: As, world: World) -> None:
    """The sentence about a fault is in the reader's language."""
    operator = signed_in(Grant(AccountRole.OPERATOR, None), language="en")
    swapped = changed(circle={"centre": {"lon": 30.5, "lat": 120.7}, "radius_m": 300})
    answer = operator.post(zones_url(world), json=swapped)

    assert "changed round" in answer.json()["errors"][0]["detail"]


def test_a_small_zone_is_accepted_with_a_warning(operator: httpx.Client, world: World) -> None:
    """Less than 100 m around is allowed, and said to be unwise; so it is before saving."""
    small = changed(circle=HOME_CIRCLE | {"radius_m": 60})
    shown = operator.post(f"{zones_url(world)}/preview", json=small)
    before = operator.get(zones_url(world)).json()["items"]
    made = operator.post(zones_url(world), json=small)

    assert 1 == len(before)
    assert (200, 201) == (shown.status_code, made.status_code)
    assert ["small"] == [warning["code"] for warning in shown.json()["warnings"]]
    assert "半径不到 100 米" in made.json()["warnings"][0]["words"]


def test_drawing_during_an_incident_is_warned_of(operator: httpx.Client, world: World) -> None:
    """Whoever moves a zone while its elder is being looked for is told so."""
    world.lose_elder()
    made = operator.post(zones_url(world), json=BODY)
    other = operator.post(f"/api/elders/{world.other_elder_id}/zones", json=BODY)

    assert ["incident_open"] == [warning["code"] for warning in made.json()["warnings"]]
    assert [] == other.json()["warnings"]


def test_of_two_edits_one_is_told_to_read_again(operator: httpx.Client, world: World) -> None:
    """An edit names the version that was read; the second of two is refused, nothing is lost."""
    made = operator.post(zones_url(world), json=BODY)
    url, version = made.headers["location"], made.headers["etag"]
    nameless = operator.put(url, json=BODY)
    first = operator.put(url, json=changed(name="老家"), headers={"If-Match": version})
    second = operator.put(url, json=changed(name="新家"), headers={"If-Match": version})

    assert (428, 200, 412) == (nameless.status_code, first.status_code, second.status_code)
    assert first.headers["etag"] == operator.get(url).headers["etag"] != version
    assert ("老家", made.json()["id"]) == (first.json()["name"], first.json()["id"])


def test_a_zone_that_was_given_up_stays_in_the_history(
    operator: httpx.Client, world: World
) -> None:
    """The list forgets it, the history shows every version with who and when."""
    made = operator.post(zones_url(world), json=BODY)
    url = made.headers["location"]
    edited = operator.put(
        url, json=changed(name="老家"), headers={"If-Match": made.headers["etag"]}
    )
    gone = operator.delete(url, headers={"If-Match": edited.headers["etag"]})
    again = operator.delete(url, headers={"If-Match": edited.headers["etag"]})
    history = operator.get(f"{zones_url(world)}/history").json()["items"]

    assert (200, 409) == (gone.status_code, again.status_code)
    assert ["家"] == [zone["name"] for zone in operator.get(zones_url(world)).json()["items"]]
    assert [("老家", "staff0", "staff0"), ("家", "staff0", "staff0"), ("家", None, None)] == [
        (zone["name"], zone["edited_by"], zone["retired_by"]) for zone in history
    ]
    assert history[1]["version"] == history[0]["replaces"]


def test_pages_of_a_history_hold_each_version_once(operator: httpx.Client, world: World) -> None:
    """Following `next` through small pages gives what one large page gives."""
    for number in range(6):
        operator.post(zones_url(world), json=changed(name=f"第{number}个"))
    whole = operator.get(f"{zones_url(world)}/history").json()["items"]
    for path in ("", "/history"):
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 2}
        while True:
            page = operator.get(f"{zones_url(world)}{path}", params=params).json()
            found += page["items"]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]

        assert sorted(zone["version"] for zone in whole) == sorted(z["version"] for z in found)


@pytest.mark.parametrize("cursor", ["x", "bnVsbA==", "WyJhIl0=", "Wy0xXQ=="])
def test_a_foreign_cursor_is_refused(operator: httpx.Client, world: World, cursor: str) -> None:
    """A cursor that we did not give is named as such."""
    answer = operator.get(f"{zones_url(world)}/history", params={"cursor": cursor})

    assert 422 == answer.status_code
    assert "cursor" == answer.json()["errors"][0]["field"]


def test_danger_zones_for_everyone(signed_in: As, operator: httpx.Client) -> None:
    """Operators of the whole town draw them, those of one street only read them."""
    local = signed_in(Grant(AccountRole.OPERATOR, "xiashi"))
    made = operator.post("/api/danger-zones", json=DANGER)
    safe = operator.post("/api/danger-zones", json=DANGER | {"kind": "safe"})
    refused = local.post("/api/danger-zones", json=DANGER)
    url = made.headers["location"]
    not_edited = local.put(url, json=DANGER, headers={"If-Match": made.headers["etag"]})
    read = local.get("/api/danger-zones").json()["items"]

    assert (201, 422, 403, 403) == (
        made.status_code,
        safe.status_code,
        refused.status_code,
        not_edited.status_code,
    )
    assert ["鱼塘"] == [zone["name"] for zone in read]
    assert (
        "危险区，进入时立即通知救援队：全天，鱼塘（画出的范围，约 1.1 平方公里）"
        == (read[0]["sentence_zh"])
    )
    assert read == local.get("/api/danger-zones/history").json()["items"]


def test_zones_of_another_street_do_not_exist(signed_in: As, world: World) -> None:
    """Outside of the scope every address answers as if there were nothing."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "haichang", kind="street", name_zh="海昌街道", name_en="Haichang Street"
        )
        zone_id = connection.scalar(
            select(schema.zone.c.id).where(schema.zone.c.elder_id == world.elder_id)
        )
    stranger = signed_in(Grant(AccountRole.OPERATOR, "haichang"))
    match = {"If-Match": f'"{zone_id}"'}
    answers = [
        stranger.get(zones_url(world)),
        stranger.get(f"{zones_url(world)}/history"),
        stranger.post(zones_url(world), json=BODY),
        stranger.post(f"{zones_url(world)}/preview", json=BODY),
        stranger.get(f"/api/zones/{zone_id}"),
        stranger.put(f"/api/zones/{zone_id}", json=BODY, headers=match),
        stranger.delete(f"/api/zones/{zone_id}", headers=match),
    ]

    assert [404] * 7 == [answer.status_code for answer in answers]


def test_a_coordinator_reads_and_does_not_draw(signed_in: As, world: World) -> None:
    """Zones are seen by coordinators and drawn by operators."""
    coordinator = signed_in(Grant(AccountRole.COORDINATOR, "xiashi"))
    auditor = signed_in(Grant(AccountRole.AUDITOR, None))

    assert 200 == coordinator.get(zones_url(world)).status_code
    assert 403 == coordinator.post(zones_url(world), json=BODY).status_code
    assert 403 == auditor.get(zones_url(world)).status_code


def test_every_edit_is_in_the_registrys_history(operator: httpx.Client, world: World) -> None:
    """The registry's history names what was changed, and never the place."""
    made = operator.post(zones_url(world), json=BODY)
    moved = changed(circle={"centre": {"lon": 120.7, "lat": 30.53}, "radius_m": 400})
    operator.put(made.headers["location"], json=moved, headers={"If-Match": made.headers["etag"]})
    with reading(world.engine) as connection:
        rows = connection.execute(
            select(schema.registry_change).where(schema.registry_change.c.subject == "zone")
        ).all()

    assert [(str(made.json()["id"]), 1), (str(made.json()["id"]), 2)] == [
        (row.subject_id, row.version) for row in rows
    ]
    assert {"shape": ["…", "…"], "radius_m": [300.0, 400.0]} == rows[1].changes
    assert world.elder_id == rows[1].elder_id


@given(
    st.lists(
        st.tuples(st.integers(0, WEEK_MIN - 1), st.integers(1, WEEK_MIN)), min_size=1, max_size=9
    )
)
def test_spans_on_the_wire_mean_the_same_hours(spans: list[tuple[int, int]]) -> None:
    """Hours that were written as spans are read as the same hours."""
    hours = WeeklyHours(tuple((start, start + length) for start, length in spans))

    assert hours == hours_of(spans_of(hours))
