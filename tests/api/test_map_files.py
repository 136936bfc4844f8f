"""Trails and search plans as files: what GDAL reads in them is what is stored."""

import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from api.xml_files import clean
from core.accounts import AccountRole, Grant
from core.places import Position, distance_m
from store import registry, schema
from store.database import reading
from tests.accounts import bearer, staff_token
from tests.api import gdal
from tests.api.conftest import Site
from tests.api.world import BAND, HOME, World

GPX = "{http://www.topografix.com/GPX/1/1}"
FILES = ("trail.gpx", "trail.kml")


def told(
    world: World, minutes_ago: float, place: Position, *doubts: str, current: bool = True
) -> None:
    """Store one more position of the first elder."""
    at = world.clock.now() - timedelta(minutes=minutes_ago)
    with world.engine.begin() as connection:
        connection.execute(
            schema.ping.insert().values(
                device_id=BAND,
                elder_id=world.elder_id,
                report_id=f"t-{minutes_ago}",
                measured_at=at,
                received_at=at,
                at=at,
                lon=place.lon,
                lat=place.lat,
                accuracy_m=40.0,
                source="wifi",
                is_current=current,
                alarms=[],
                why="timer",
                is_backlog=False,
                doubts=list(doubts),
                raw=b"{}",
            )
        )


def saved(client: httpx.Client, path: str, folder: Path) -> Path:
    """Save a file and return where it lies."""
    answer = client.get(path)
    assert 200 == answer.status_code, answer.text
    file = folder / path.partition("?")[0].rpartition("/")[2]
    file.write_bytes(answer.content)
    return file


@pytest.fixture
def walked(world: World) -> World:
    """Give the small world after a walk: an hour earlier two good positions, and two doubted."""
    told(world, 65, HOME)
    told(world, 60, HOME.moved(east_m=50))
    told(world, 55, HOME.moved(east_m=90_000), "impossible_speed")
    told(world, 4.5, HOME.moved(east_m=3_000), "cell_only")
    told(world, 4.2, Position(0, 0), "null_island", current=False)
    return world


def test_gdal_reads_a_trail_as_gpx(
    coordinator: httpx.Client, walked: World, tmp_path: Path
) -> None:
    """A segment for each leg; doubted positions are waypoints, and what is none is left out."""
    file = str(saved(coordinator, f"/api/elders/{walked.elder_id}/trail.gpx", tmp_path))
    points = gdal.features(file, "track_points", GPX_USE_EXTENSIONS="YES")
    doubted = gdal.features(file, "waypoints", GPX_USE_EXTENSIONS="YES")

    assert [0, 0, 1, 1, 1, 1, 1] == [one["properties"]["track_seg_id"] for one in points]
    assert "2026-11-23T02:55:00Z" == points[0]["properties"]["time"]
    assert [40, 40, 15, 15, 15, 15, 15] == [
        one["properties"]["aihuijia_accuracy_m"] for one in points
    ]
    assert ["impossible_speed", "cell_only"] == [
        one["properties"]["aihuijia_doubts"] for one in doubted
    ]
    assert pytest.approx([HOME.lon, HOME.lat], abs=1e-7) == points[0]["geometry"]["coordinates"]


def test_gdal_reads_a_trail_as_kml(
    coordinator: httpx.Client, walked: World, tmp_path: Path
) -> None:
    """A line for each leg, each position with its time, doubted ones in a folder of their own."""
    file = str(saved(coordinator, f"/api/elders/{walked.elder_id}/trail.kml", tmp_path))
    title = f"张阿芬的轨迹（老人 {walked.elder_id}）"
    (line,) = gdal.features(file, title)
    points = gdal.features(file, "定位点")
    doubted = gdal.features(file, "有疑点的定位")

    assert [2, 5] == [len(leg) for leg in line["geometry"]["coordinates"]]
    assert (7, 2) == (len(points), len(doubted))
    assert "2026-11-23T02:55:00Z" == points[0]["properties"]["timestamp"]
    assert ["impossible_speed", "cell_only"] == [one["properties"]["doubts"] for one in doubted]


def test_gdal_reads_a_search_plan(coordinator: httpx.Client, world: World, tmp_path: Path) -> None:
    """A plan has the last good position, four rings, how far one can walk, and the zones."""
    incident_id = world.lose_elder()
    told(world, 0.5, HOME.moved(east_m=50_000), "impossible_speed")
    address = f"/api/incidents/{incident_id}/search-plan"
    gpx = str(saved(coordinator, f"{address}.gpx", tmp_path))
    kml = str(saved(coordinator, f"{address}.kml", tmp_path))
    (start,) = gdal.features(gpx, "waypoints")
    tracks = gdal.features(gpx, "tracks")
    rings = gdal.features(kml, "距离圈")
    (home,) = gdal.features(kml, "区域")
    last_good = HOME.moved(east_m=500, north_m=500)

    assert (
        pytest.approx([last_good.lon, last_good.lat], abs=1e-6) == start["geometry"]["coordinates"]
    )
    assert ["ring"] * 5 + ["safe"] == [one["properties"]["type"] for one in tracks]
    assert [
        "约 25% 在 320 米 内找到",
        "约 50% 在 1.1 公里 内找到",
        "约 75% 在 3.2 公里 内找到",
        "约 95% 在 12.6 公里 内找到",
        "此后最远走得到 70 米",
    ] == [one["properties"]["Name"] for one in rings]
    assert [320, 1130, 3220, 12_600, 67] == [
        round(distance_m(last_good, Position(*one["geometry"]["coordinates"][0][0][:2])))
        for one in rings
    ]
    assert "安全区 家" == home["properties"]["Name"]


def test_a_plan_without_a_position_has_no_rings(
    coordinator: httpx.Client, world: World, tmp_path: Path
) -> None:
    """Nobody guesses where to begin: without a good position there are only the zones."""
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        connection.execute(schema.ping.update().values(is_current=False))
    gpx = str(saved(coordinator, f"/api/incidents/{incident_id}/search-plan.gpx", tmp_path))

    assert ["safe"] == [one["properties"]["type"] for one in gdal.features(gpx, "tracks")]
    assert [] == gdal.features(gpx, "waypoints")


def test_a_trail_has_its_time(coordinator: httpx.Client, walked: World) -> None:
    """`since` and `until` are both included; a day is usual, 31 days the most."""
    address = f"/api/elders/{walked.elder_id}/trail.gpx"
    asked = coordinator.get(
        address, params={"since": "2026-11-23T02:55:00Z", "until": "2026-11-23T11:00:00+08:00"}
    )
    wrong = [
        coordinator.get(address, params=params).status_code
        for params in (
            {"since": "2026-11-23T02:55:00Z", "until": "2026-11-23T02:00:00Z"},
            {"since": "2026-01-01T00:00:00Z"},
            {"since": "yesterday"},
            {"until": "9999-12-31T00:00:00Z"},
        )
    ]

    assert ["2026-11-23T02:55:00Z", "2026-11-23T03:00:00Z"] == [
        one.text for one in ET.fromstring(asked.content).findall(f".//{GPX}trkpt/{GPX}time")
    ]
    assert [422] * 4 == wrong


def test_a_file_is_named_by_number(coordinator: httpx.Client, world: World) -> None:
    """The name of the file holds the id; the name of the person stands inside only."""
    answers = [coordinator.get(f"/api/elders/{world.elder_id}/{file}") for file in FILES]

    assert [
        (f'attachment; filename="trail-elder-{world.elder_id}.{kind}"', media)
        for kind, media in (
            ("gpx", "application/gpx+xml"),
            ("kml", "application/vnd.google-earth.kml+xml"),
        )
    ] == [(one.headers["content-disposition"], one.headers["content-type"]) for one in answers]
    assert all("张阿芬" in answer.text for answer in answers)


def test_a_name_cannot_break_the_file(
    coordinator: httpx.Client, world: World, tmp_path: Path
) -> None:
    """Whatever somebody is called, the file is well-formed and says it."""
    name = '<张&"阿\u0001芬]]>'
    with world.engine.begin() as connection:
        connection.execute(schema.elder.update().values(name=name))
    gpx = saved(coordinator, f"/api/elders/{world.elder_id}/trail.gpx", tmp_path)

    assert clean(name) in str(ET.parse(gpx).findtext(f".//{GPX}trk/{GPX}name"))
    assert '<张&"阿芬]]>' == clean(name)


def test_an_elder_who_was_nowhere_has_an_empty_file(
    coordinator: httpx.Client, world: World, tmp_path: Path
) -> None:
    """Without a position the file has no point, and GDAL still opens it."""
    for name in FILES:
        file = saved(coordinator, f"/api/elders/{world.other_elder_id}/{name}", tmp_path)

        gdal.run("ogrinfo", "-q", str(file))


def test_files_stay_in_scope_and_on_record(site: Site, coordinator: httpx.Client) -> None:
    """A coordinator of elsewhere is told that there is nothing; each file is one look."""
    world = site.world
    incident_id = world.lose_elder()
    addresses = [f"/api/elders/{world.elder_id}/{name}" for name in FILES] + [
        f"/api/incidents/{incident_id}/search-plan.{kind}" for kind in ("gpx", "kml")
    ]
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "maqiao", kind="street", name_zh="马桥街道", name_en="Maqiao Street"
        )
    token = staff_token(
        world.engine,
        world.clock.now(),
        name="ben.test",
        grants=[Grant(AccountRole.COORDINATOR, "maqiao")],
    )
    elsewhere = [coordinator.get(a, headers=bearer(token)).status_code for a in addresses]
    for address in addresses:
        coordinator.get(address)
    table = schema.look
    with reading(world.engine) as connection:
        found = connection.execute(
            select(table.c.elder_id, table.c.purpose, table.c.viewer).order_by(table.c.id)
        ).all()

    assert [404] * 4 == elsewhere
    assert [
        (world.elder_id, "trail file", "anna.test"),
        (world.elder_id, "search plan file", "anna.test"),
    ] == [tuple(row) for row in found]
