"""The live map for programs: boxes, grids, trails; paged, narrowed to a scope, on record."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from api.map_documents import MapBands, TrailPage
from api.routes.map_boxes import MOST_DOTS
from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from store import registry, schema
from store.database import reading
from tests.accounts import bearer, staff_token
from tests.api.world import BAND, STRAY, World

HAINING = "120.3,30.2,121.0,30.7"


def bands(client: httpx.Client, **params: Any) -> dict[str, Any]:
    """Return the bands in the town's box, checked against the documented form."""
    answer = client.get("/api/map/bands", params={"bbox": HAINING} | params)
    assert 200 == answer.status_code, answer.text
    MapBands.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def devices(answer: dict[str, Any]) -> list[str]:
    """Return the bands of an answer."""
    return [feature["properties"]["device"] for feature in answer["features"]]


def hear_many(world: World, count: int) -> None:
    """Let so many unregistered bands be heard in the town."""
    now = world.clock.now()
    with world.engine.begin() as connection:
        connection.execute(
            insert(schema.latest),
            [
                {
                    "device_id": f"many-{n:05d}",
                    "first_heard_at": now,
                    "heard_at": now,
                    "position_at": now,
                    "lon": 120.4 + n % 100 * 0.005,
                    "lat": 30.3 + n // 100 * 0.005,
                    "side": "unsure",
                }
                for n in range(count)
            ],
        )


def test_a_box_holds_what_is_in_it(coordinator: httpx.Client) -> None:
    """Bands come as GeoJSON, with how many there are; beyond the edges there are none."""
    whole = bands(coordinator)
    beyond = bands(coordinator, bbox="121.0,30.2,121.5,30.7")

    assert [BAND, "hn-0002", STRAY] == devices(whole)
    assert (3, False, None) == (whole["bands"], whole["grid"], whole["next"])
    assert ([], 0) == (beyond["features"], beyond["bands"])


def test_pages_hold_each_band_once(coordinator: httpx.Client, world: World) -> None:
    """Following `next` gives every band exactly once, and then ends."""
    hear_many(world, 40)
    whole = devices(bands(coordinator))
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = bands(coordinator, limit=9, **({"cursor": cursor} if cursor else {}))
        found += devices(page)
        cursor = page["next"]

    assert 43 == len(whole)
    assert whole == found


def test_too_many_bands_are_counted_in_cells(coordinator: httpx.Client, world: World) -> None:
    """Above 5,000 in view there are cells instead, and they add up; `never` lists them all."""
    hear_many(world, MOST_DOTS - 3)
    dots = bands(coordinator)
    with world.engine.begin() as connection:
        connection.execute(
            schema.latest.update().where(schema.latest.c.device_id == STRAY).values(lon=120.5)
        )
    hear_one = {"device_id": "one-more", "side": "unsure", "lon": 120.5, "lat": 30.4}
    now = world.clock.now()
    with world.engine.begin() as connection:
        connection.execute(
            insert(schema.latest).values(**hear_one, first_heard_at=now, heard_at=now)
        )
    cells = bands(coordinator)
    listed = bands(coordinator, grid="never")

    assert (False, MOST_DOTS) == (dots["grid"], dots["bands"])
    assert (True, MOST_DOTS + 1) == (cells["grid"], cells["bands"])
    assert MOST_DOTS + 1 == sum(cell["properties"]["bands"] for cell in cells["features"])
    assert {"outside", "unsure"} >= {cell["properties"]["worst"] for cell in cells["features"]}
    assert (False, None, 1000) == (listed["grid"], listed["bands"], len(listed["features"]))


def test_a_grid_on_demand(coordinator: httpx.Client) -> None:
    """`always` counts also few bands; the worst of a cell comes first."""
    cells = bands(coordinator, grid="always", cells=2)

    assert 3 == cells["bands"]
    assert (
        "outside"
        == max(cells["features"], key=lambda c: c["properties"]["bands"])["properties"]["worst"]
    )


@pytest.mark.parametrize(
    ("bbox", "advice"),
    [
        ("", "四个数"),
        ("120,30,121", "四个数"),
        ("120,30,0,121,31,9", "四个数"),
        ("a,b,c,d", "四个数"),
        ("nan,30,121,31", "四个数"),
        ("120,30,121,91", "四个数"),
        ("170,30,-170,31", "两个框"),
        ("121,30,120,31", "两个框"),
        ("120,31,121,30", "四个数"),
        ("120,30,120,31", "两个框"),
    ],
)
def test_a_box_that_cannot_be_meant_is_refused(
    coordinator: httpx.Client, bbox: str, advice: str
) -> None:
    """Malformed boxes, inverted ones and those across the date line are answered with advice."""
    for path in ("/api/map/bands", "/live"):
        answer = coordinator.get(path, params={"bbox": bbox})

        assert 422 == answer.status_code
        assert advice in answer.json()["errors"][0]["detail"]


def test_the_box_of_one_street(client: httpx.Client, world: World) -> None:
    """A coordinator of another street sees none of these bands, nor anybody's trail."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "haichang", kind="street", name_zh="海昌街道", name_en="Haichang Street"
        )
    client.headers.update(
        bearer(
            staff_token(
                world.engine,
                world.clock.now(),
                name="elsewhere",
                grants=[Grant(AccountRole.COORDINATOR, "haichang")],
            )
        )
    )
    seen = bands(client)
    cells = bands(client, grid="always")
    trail = client.get(f"/api/elders/{world.elder_id}/trail")

    assert ([], [], 404) == (seen["features"], cells["features"], trail.status_code)


def test_a_look_at_the_map_is_on_record(coordinator: httpx.Client, world: World) -> None:
    """A box, a grid and a trail are looks, whoever asks how often."""
    for _ in range(3):
        bands(coordinator)
        bands(coordinator, grid="always")
        coordinator.get(f"/api/elders/{world.elder_id}/trail")
    with reading(world.engine) as connection:
        rows = connection.execute(select(schema.look.c.purpose, schema.look.c.elder_id)).all()

    assert [("map", None), ("trail", world.elder_id)] == sorted(tuple(row) for row in rows)


def trail_of(client: httpx.Client, world: World, **params: Any) -> dict[str, Any]:
    """Return a page of the elder's trail, checked against the documented form."""
    answer = client.get(f"/api/elders/{world.elder_id}/trail", params=params)
    assert 200 == answer.status_code, answer.text
    TrailPage.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def test_a_trail_in_pages(coordinator: httpx.Client, world: World, clock: ManualClock) -> None:
    """Pages of a trail hold each position once, oldest first, also those of the same instant."""
    table = schema.ping
    with world.engine.begin() as connection:
        connection.execute(
            table.update()
            .where(table.c.report_id.in_(["r-1", "r-2", "r-3"]))
            .values(at=clock.now() - timedelta(minutes=3), doubts=["jump"])
        )
    whole = trail_of(coordinator, world)
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = trail_of(coordinator, world, **params)
        found += page["features"]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]

    times = [feature["properties"]["at"] for feature in found]
    assert 5 == len(whole["features"])
    assert whole["features"] == found
    assert sorted(times) == times
    assert {"jump"} == {doubt for one in found for doubt in one["properties"]["doubts"]}


def test_a_part_of_a_trail(coordinator: httpx.Client, world: World, clock: ManualClock) -> None:
    """`since` counts, `until` does not; a trail that ends before it begins is refused."""
    now = clock.now()
    part = trail_of(
        coordinator,
        world,
        since=(now - timedelta(minutes=4)).isoformat(),
        until=(now - timedelta(minutes=2)).isoformat(),
    )
    inverted = coordinator.get(
        f"/api/elders/{world.elder_id}/trail",
        params={"since": now.isoformat(), "until": (now - timedelta(1)).isoformat()},
    )

    assert 2 == len(part["features"])
    assert (422, "since") == (inverted.status_code, inverted.json()["errors"][0]["field"])
