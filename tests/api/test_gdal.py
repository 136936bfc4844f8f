"""GDAL, as Debian packages it, reads our addresses: what it counts and keeps is what there is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import Polygon, shape

from api.ogc_features import ring
from core.places import Position
from core.zones import ZoneKind
from store import schema
from store.zones import add_zone
from tests.api import gdal
from tests.api.conftest import Serve, Site
from tests.api.world import HOME, World

PAGE = ("-oo", "PAGE_SIZE=10")


@pytest.fixture
def crowd(world: World) -> World:
    """Give the small world with 60 bands more, an hour older each, and a river."""
    now = world.clock.now()
    with world.engine.begin() as connection:
        connection.execute(
            schema.latest.insert(),
            [
                {
                    "device_id": f"more-{n:02}",
                    "elder_id": world.elder_id,
                    "first_heard_at": now,
                    "heard_at": now,
                    "lon": 120.5 + n / 1000,
                    "lat": 30.4,
                    "position_at": now - timedelta(hours=n + 1),
                    "accuracy_m": 12.5,
                }
                for n in range(60)
            ],
        )
        add_zone(
            connection,
            elder_id=None,
            kind=ZoneKind.DANGER,
            name="河",
            shape=Polygon([(120.50, 30.40), (120.60, 30.41), (120.60, 30.40)]),
        )
    world.lose_elder()
    return world


@pytest.fixture
def gis(serve: Serve, crowd: World) -> Site:
    """Return the service on the crowded world."""
    return serve(crowd)


def header(site: Site) -> str:
    """Return the header that GDAL sends with each request."""
    return f"Authorization: Bearer {site.world.token}"


def address(site: Site) -> str:
    """Return what a user of GDAL types."""
    return f"OAPIF:{site.url}/ogc"


def test_gdal_lists_the_collections(gis: Site) -> None:
    """The service's address is enough: GDAL finds the three collections."""
    text = gdal.run("ogrinfo", "-q", address(gis), header=header(gis))

    assert [True] * 3 == [name in text for name in ("bands", "zones", "incidents")]


def test_gdal_reads_every_page(gis: Site) -> None:
    """Sixty-two bands in pages of ten are all there, each once."""
    found = gdal.features(address(gis), "bands", *PAGE, header=header(gis))
    names = [one["properties"]["device"] for one in found]

    assert ["hn-0001", "hn-0002", *(f"more-{n:02}" for n in range(60))] == sorted(names)


def test_gdal_asks_for_a_box_a_time_and_a_property(gis: Site) -> None:
    """What GDAL asks for by box, by time and by property is what it gets."""
    in_box = gdal.features(
        address(gis), "bands", *PAGE, "-spat", "120.4999", "30.3", "120.5100001", "30.5",
        header=header(gis),
    )  # fmt: skip
    since = gdal.features(
        address(gis), "bands", *PAGE, "-where", "position_at >= '2026/11/23 00:00:00Z'",
        header=header(gis),
    )  # fmt: skip
    inside = gdal.features(
        address(gis), "bands", *PAGE, "-where", "side = 'inside'", header=header(gis)
    )

    assert (11, 6, ["hn-0002"]) == (
        len(in_box),
        len(since),
        [one["properties"]["device"] for one in inside],
    )


def test_a_token_as_password_opens_the_door_for_gdal(gis: Site) -> None:
    """Name and password, as GDAL and QGIS know them, do as well as the header."""
    text = gdal.run("ogrinfo", "-q", address(gis), "-oo", f"USERPWD=qgis:{gis.world.token}")

    assert "bands" in text


@pytest.mark.parametrize("collection", ["bands", "zones", "incidents"])
def test_a_geopackage_keeps_everything(gis: Site, tmp_path: Path, collection: str) -> None:
    """To a GeoPackage and back: as many features, the same ids, the same shapes."""
    package = tmp_path / "copy.gpkg"
    gdal.run(
        "ogr2ogr", "-f", "GPKG", str(package), address(gis), collection, *PAGE,
        header=header(gis),
    )  # fmt: skip
    kept = {_key(one): shape(one["geometry"]) for one in gdal.features(str(package), collection)}
    with gis.client() as client:
        client.headers["Authorization"] = header(gis).partition(": ")[2]
        page = client.get(f"/ogc/collections/{collection}/items?limit=10000").json()
    told = {one["id"]: shape(one["geometry"]) for one in page["features"]}

    assert page["numberMatched"] == len(kept) == len(told)
    for key, ground in told.items():
        assert ground.equals_exact(kept[key], 1e-9), key


def test_rings_are_circles() -> None:
    """At the equator, here and in the far north: a ring closes and turns to the left."""
    for centre in (HOME, Position(0, 0), Position(10, 69)):
        ground = Polygon(ring(centre, 500))

        assert ground.is_valid
        assert ground.exterior.is_ccw


def _key(feature: dict[str, Any]) -> str | int:
    """Return the id under which the service knows a feature that GDAL kept."""
    said = feature["properties"]
    key: str | int = said.get("device") or said.get("zone_id") or said["incident_id"]
    return key
