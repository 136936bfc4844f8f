"""OGC API – Features: what map programs read, page by page, and only what is theirs to see."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from shapely.geometry import Polygon, shape
from sqlalchemy import Engine, select

from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from core.places import Position, distance_m
from core.zones import Circle, Urgency, ZoneKind
from store import registry, schema
from store.database import reading
from store.zones import add_zone
from tests.accounts import bearer, staff_token
from tests.api.conftest import Serve
from tests.api.world import HOME, World, build_world

Json = dict[str, Any]


@pytest.fixture
def engine(database: Engine) -> Engine:
    """Give a fresh database of each kind, in the place of the page tests' SQLite file."""
    return database


@pytest.fixture
def gis(serve: Serve, world: World) -> Iterator[httpx.Client]:
    """Give a program with a token of all roles everywhere."""
    with serve(world).client() as client:
        client.headers.update(bearer(world.token))
        yield client


def got(client: httpx.Client, path: str, **params: str | int) -> Json:
    """Return the document at *path* below the landing page."""
    answer = client.get(f"/ogc{path}", params=params)
    assert 200 == answer.status_code, answer.text
    document: Json = answer.json()
    return document


def ids(client: httpx.Client, collection: str, **params: str | int) -> list[Any]:
    """Return the ids of a page's features."""
    page = got(client, f"/collections/{collection}/items", **params)
    return [feature["id"] for feature in page["features"]]


def test_the_landing_page_leads_everywhere(gis: httpx.Client) -> None:
    """Every link of the landing page answers in the type that it names."""
    links = got(gis, "")["links"]
    found = {}
    for one in links:
        answer = gis.get(one["href"])
        found[one["rel"]] = (answer.status_code, answer.headers["content-type"] == one["type"])

    assert dict.fromkeys(("self", "service-desc", "conformance", "data"), (200, True)) == found


def test_only_what_holds_is_declared(gis: httpx.Client) -> None:
    """Core, GeoJSON and OpenAPI 3.0 are declared, and nothing else."""
    said = got(gis, "/conformance")["conformsTo"]

    assert ["core", "geojson", "oas30"] == [one.rpartition("/")[2] for one in said]


def test_collections_say_where_and_when(gis: httpx.Client, world: World) -> None:
    """The extents hold all features: a box, and an interval that open incidents leave open."""
    world.lose_elder()
    found = {one["id"]: one for one in got(gis, "/collections")["collections"]}
    bands = found["bands"]["extent"]
    west, south, east, north = found["zones"]["extent"]["spatial"]["bbox"][0]

    assert ["bands", "zones", "incidents"] == list(found)
    assert ["2026-11-23T03:59:30Z", "2026-11-23T03:59:30Z"] == bands["temporal"]["interval"][0]
    assert ["2026-11-23T04:00:00Z", None] == found["incidents"]["extent"]["temporal"]["interval"][0]
    for feature in got(gis, "/collections/zones/items")["features"]:
        left, low, right, high = shape(feature["geometry"]).bounds
        assert west <= left <= right <= east
        assert south <= low <= high <= north
    assert found["bands"] == got(gis, "/collections/bands")


def test_an_extent_is_nobody_s_place(gis: httpx.Client) -> None:
    """Corners lie on a coarse grid: reading where to begin leaves no look, so it shows none."""
    for one in got(gis, "/collections")["collections"]:
        for corners in one["extent"].get("spatial", {}).get("bbox", []):
            assert corners == [round(corner, 1) for corner in corners]
            assert corners[0] < corners[2]
            assert corners[1] < corners[3]


def test_an_empty_collection_has_no_place(gis: httpx.Client) -> None:
    """A collection without features has no box, and still is a collection."""
    assert "spatial" not in got(gis, "/collections/incidents")["extent"]
    assert (0, 0) == tuple(
        got(gis, "/collections/incidents/items")[name]
        for name in ("numberMatched", "numberReturned")
    )


def test_bands_stand_at_their_newest_position(gis: httpx.Client, world: World) -> None:
    """Worn bands are points with ids instead of names; a band nobody wears is not among them."""
    answer = gis.get("/ogc/collections/bands/items")
    page = answer.json()
    first = page["features"][0]

    assert ["hn-0001", "hn-0002"] == [feature["id"] for feature in page["features"]]
    assert ("application/geo+json", "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>") == (
        answer.headers["content-type"],
        answer.headers["content-crs"],
    )
    assert (world.elder_id, "xiashi", "outside", 15.0) == tuple(
        first["properties"][name] for name in ("elder_id", "organisation", "side", "accuracy_m")
    )
    assert (2, 2, "2026-11-23T04:00:00Z") == (
        page["numberMatched"],
        page["numberReturned"],
        page["timeStamp"],
    )
    assert "张阿芬" not in answer.text


def test_a_circle_is_a_polygon_with_its_centre(gis: httpx.Client, world: World) -> None:
    """A circle's corners lie on it; what was drawn stays as it was drawn."""
    drawn = Polygon([(120.70, 30.50), (120.70, 30.51), (120.71, 30.51), (120.71, 30.50)])
    with world.engine.begin() as connection:
        zone_id = add_zone(
            connection,
            elder_id=None,
            kind=ZoneKind.DANGER,
            name="河",
            shape=drawn,
            urgency=Urgency.WATCH,
        )
    features = {one["id"]: one for one in got(gis, "/collections/zones/items")["features"]}
    circle, river = features[min(features)], features[zone_id]
    properties = circle["properties"]
    centre = Position(properties["centre_lon"], properties["centre_lat"])
    corners = [Position(*corner) for corner in circle["geometry"]["coordinates"][0]]

    assert 49 == len(corners)
    assert all(abs(distance_m(centre, corner) - 200) < 0.5 for corner in corners)
    assert (200, HOME.lon, HOME.lat) == (properties["radius_m"], centre.lon, centre.lat)
    assert drawn.equals(shape(river["geometry"]))
    assert (None, None, "watch", True) == tuple(
        river["properties"][name] for name in ("elder_id", "radius_m", "urgency", "counts_now")
    )


def test_a_retired_zone_is_gone(gis: httpx.Client, world: World) -> None:
    """Only the newest version of a zone is a feature."""
    with world.engine.begin() as connection:
        table = schema.zone
        connection.execute(
            table.update()
            .where(table.c.elder_id == world.elder_id)
            .values(retired_at=world.clock.now(), retired_by="test")
        )

    assert [world.other_elder_id] == [
        one["properties"]["elder_id"] for one in got(gis, "/collections/zones/items")["features"]
    ]


def test_an_incident_stands_where_it_began(gis: httpx.Client, world: World) -> None:
    """An incident is where its trigger was measured, and says where the band is now."""
    incident_id = world.lose_elder()
    world.move_band(HOME.moved(east_m=2_000))
    feature = got(gis, f"/collections/incidents/items/{incident_id}")
    properties = feature["properties"]

    assert [round(x, 6) for x in (HOME.moved(east_m=100, north_m=100).lon,)] == [
        round(feature["geometry"]["coordinates"][0], 6)
    ]
    assert ("began", "crossing", None) == tuple(
        properties[name] for name in ("place", "trigger", "closed_at")
    )
    assert round(HOME.moved(east_m=2_000).lon, 6) == round(properties["last_lon"], 6)
    assert {"self", "collection"} == {one["rel"] for one in feature["links"]}


def test_an_incident_without_a_place_meets_every_box(gis: httpx.Client, world: World) -> None:
    """What has no place is not hidden by a box, as the standard wants."""
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        connection.execute(schema.incident.update().values(trigger_ping_id=None))
        connection.execute(schema.latest.update().values(lon=None, lat=None))
    feature = got(gis, f"/collections/incidents/items/{incident_id}")

    assert (None, None) == (feature["geometry"], feature["properties"]["place"])
    assert [incident_id] == ids(gis, "incidents", bbox="0,0,1,1")


def test_a_drill_is_no_incident(gis: httpx.Client, world: World) -> None:
    """What people practise is not on the map."""
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        connection.execute(schema.incident.update().values(is_drill=True))

    assert [] == ids(gis, "incidents")
    assert 404 == gis.get(f"/ogc/collections/incidents/items/{incident_id}").status_code


def test_a_box_chooses_bands(gis: httpx.Client) -> None:
    """A box of four or six numbers chooses by place, across the date line too."""
    both = ["hn-0001", "hn-0002"]
    expected = {
        "120.6,30.5,120.8,30.6": both,
        "120.6,30.5,0,120.8,30.6,100": both,
        "120.69,30.5305,120.70,30.6": ["hn-0001"],
        "121,30,122,31": [],
        "100,-90,-100,90": both,
        "170,-90,-170,90": [],
    }

    assert expected == {box: ids(gis, "bands", bbox=box) for box in expected}


def test_a_box_chooses_zones_by_their_ground(gis: httpx.Client, world: World) -> None:
    """A circle is met where it reaches, not where the square around it does; a polygon likewise."""
    corner = HOME.moved(east_m=-150, north_m=-150)  # 212 m from the centre: outside the circle
    touching = HOME.moved(east_m=-140, north_m=-140)  # 198 m: inside
    triangle = Polygon([(120.0, 30.0), (120.1, 30.0), (120.0, 30.1)])
    with world.engine.begin() as connection:
        triangle_id = add_zone(
            connection, elder_id=None, kind=ZoneKind.DANGER, name="三角", shape=triangle
        )
    (first, *_rest) = ids(gis, "zones")

    def box(place: Position) -> str:
        return f"{place.lon - 0.01},{place.lat - 0.01},{place.lon},{place.lat}"

    assert [] == ids(gis, "zones", bbox=box(corner))
    assert [first] == ids(gis, "zones", bbox=box(touching))
    assert [] == ids(gis, "zones", bbox="120.08,30.08,120.1,30.1")
    assert [triangle_id] == ids(gis, "zones", bbox="120.04,30.04,120.1,30.1")


def test_a_time_chooses_bands(gis: httpx.Client) -> None:
    """An instant or an interval chooses by the time of the position, its ends included."""
    expected = {
        "2026-11-23T03:59:30Z": 2,
        "2026-11-23T11:59:30+08:00": 2,
        "2026-11-23T03:59:31Z": 0,
        "2026-11-23T03:59:31Z/..": 0,
        "../2026-11-23T03:59:30Z": 2,
        "/2026-11-23T03:59:29Z": 0,
        "2026-11-23T00:00:00Z/2026-11-23T12:00:00Z": 2,
    }

    assert expected == {at: len(ids(gis, "bands", datetime=at)) for at in expected}


def test_a_time_chooses_zones_and_incidents(gis: httpx.Client, world: World) -> None:
    """What lasts is met by every instant in between; without a beginning it always was."""
    now = world.clock.now()
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        zone_id = add_zone(
            connection,
            elder_id=world.elder_id,
            kind=ZoneKind.SAFE,
            name="女儿家",
            shape=Circle(HOME.moved(east_m=5_000), 100),
            valid_from=now,
            valid_until=now + timedelta(days=1),
        )
    before, within = "2020-01-01T00:00:00Z", "2026-11-23T12:00:00Z"

    assert (False, True) == tuple(
        zone_id in ids(gis, "zones", datetime=at) for at in (before, within)
    )
    assert ([], [incident_id]) == tuple(
        ids(gis, "incidents", datetime=at) for at in (before, within)
    )
    assert 3 == len(ids(gis, "zones", datetime=within))


def test_properties_choose(gis: httpx.Client, world: World) -> None:
    """Each filter leaves only what has this value."""
    world.lose_elder()

    assert ["hn-0002"] == ids(gis, "bands", side="inside")
    assert ["hn-0001"] == ids(gis, "bands", elder_id=world.elder_id)
    assert [] == ids(gis, "bands", organisation="elsewhere")
    assert [] == ids(gis, "zones", kind="danger")
    assert (1, 0) == (
        len(ids(gis, "incidents", state="guardians", trigger="crossing")),
        len(ids(gis, "incidents", state="closed")),
    )


def test_pages_follow_one_another(gis: httpx.Client, world: World) -> None:
    """Following `next` gives every feature once, in order, with the same count on each page."""
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
                    "lon": 120.6,
                    "lat": 30.5,
                    "position_at": now,
                }
                for n in range(21)
            ],
        )
    address, seen, counts = "/ogc/collections/bands/items?limit=5&bbox=120,30,121,31", [], set()
    while address:
        page = gis.get(address).json()
        seen += [feature["id"] for feature in page["features"]]
        counts.add(page["numberMatched"])
        links = {one["rel"]: one["href"] for one in page["links"]}
        assert "bbox=120%2C30" in links["self"]
        address = links.get("next", "")

    assert ["hn-0001", "hn-0002", *(f"more-{n:02}" for n in range(21))] == seen
    assert {23} == counts


WRONG = [
    "bbox=1,2,3", "bbox=a,b,c,d", "bbox=1,9,2,3", "bbox=nan,0,1,1", "bbox=-200,0,1,1",
    "bbox=1,2,9,3,4,0", "bbox=", "datetime=yesterday", "datetime=../..", "datetime=",
    "datetime=2026-11-23", "datetime=2026-11-24T00:00:00Z/2026-11-23T00:00:00Z",
    "datetime=0001-01-01T00:00:00%2B14:00", "limit=0", "limit=10001", "limit=ten", "limit=-1",
    "limit=99999999999999999999", "cursor=x", "cursor=WzEsMV0", "cursor=é", "f=html",
    "side=left", "elder_id=0", "elder_id=9007199254740992", "organisation=%00", "colour=red",
    "limit=1&limit=2", "crs=http://www.opengis.net/def/crs/EPSG/0/4326",
]  # fmt: skip


def test_what_cannot_be_meant_is_refused(gis: httpx.Client) -> None:
    """A parameter that is unknown or wrong is answered with 400 and its name."""
    for wrong in WRONG:
        answer = gis.get(f"/ogc/collections/bands/items?{wrong}")

        assert 400 == answer.status_code, wrong
        assert "application/problem+json" == answer.headers["content-type"]
        assert wrong.partition("=")[0] == answer.json()["detail"].partition(":")[0], wrong


def test_plain_documents_take_no_parameters(gis: httpx.Client) -> None:
    """The documents know only the format."""
    for path in ("", "/conformance", "/api", "/collections", "/collections/bands"):
        statuses = [gis.get(f"/ogc{path}?{asked}").status_code for asked in ("f=json", "limit=1")]

        assert [200, 400] == statuses, path


def test_there_is_nothing_else(gis: httpx.Client) -> None:
    """Unknown collections and features are answered with 404, whatever stands in the address."""
    paths = ("people", "people/items", "bands/items/nobody", "bands/items/%00", "zones/items/0",
             "zones/items/x", "incidents/items/9007199254740992", "incidents/items/1")  # fmt: skip
    for path in paths:
        assert 404 == gis.get(f"/ogc/collections/{path}").status_code, path


def test_nobody_sees_beyond_their_scope(serve: Serve, world: World) -> None:
    """An operator of another street sees no band, no home, no incident, and no box around them."""
    incident_id = world.lose_elder()
    now = world.clock.now()
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "maqiao", kind="street", name_zh="马桥街道", name_en="Maqiao Street"
        )
        river_id = add_zone(
            connection, elder_id=None, kind=ZoneKind.DANGER, name="河", shape=Circle(HOME, 100)
        )
    token = staff_token(
        world.engine, now, name="ben.test", grants=[Grant(AccountRole.OPERATOR, "maqiao")]
    )
    with serve(world).client() as client:
        client.headers.update(bearer(token))
        seen = {name: ids(client, name) for name in ("bands", "zones", "incidents")}
        single = [
            client.get(f"/ogc/collections/{one}").status_code
            for one in ("bands/items/hn-0001", f"incidents/items/{incident_id}", "zones/items/1")
        ]
        extent = got(client, "/collections/bands")["extent"]

    assert {"bands": [], "zones": [river_id], "incidents": []} == seen
    assert [404, 404, 404] == single
    assert "spatial" not in extent


def test_an_auditor_may_not_look(serve: Serve, world: World) -> None:
    """Whoever sees no positions elsewhere sees none here."""
    token = staff_token(
        world.engine, world.clock.now(), name="ben.test", grants=[Grant(AccountRole.AUDITOR, None)]
    )
    with serve(world).client() as client:
        assert 403 == client.get("/ogc", headers=bearer(token)).status_code


def test_a_token_is_a_password_too(serve: Serve, world: World) -> None:
    """Programs that know only name and password send the token as password, with any name."""
    with serve(world).client() as client:
        right = client.get("/ogc", auth=("anybody", world.token)).status_code
        wrong = client.get("/ogc", auth=("anybody", "121t_wrong")).status_code
        other = client.get("/ogc", auth=("proxy", "of a server in front")).status_code
        broken = client.get("/ogc", headers={b"Authorization": "Basic é".encode()}).status_code
        change = client.post(
            "/api/quiet/1", auth=("anybody", world.token), headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code

    assert (200, 401, 401, 401) == (right, wrong, other, broken)
    assert change in (403, 404, 405)


def test_every_look_is_on_record(gis: httpx.Client, world: World) -> None:
    """A page is a look at all, a single feature one at its elder; both name the collection."""
    ids(gis, "bands")
    got(gis, "/collections/bands/items/hn-0002")
    with reading(world.engine) as connection:
        table = schema.look
        found = connection.execute(
            select(table.c.elder_id, table.c.purpose, table.c.viewer).order_by(table.c.id)
        ).all()

    assert [
        (None, "features: bands", "anna.test"),
        (world.other_elder_id, "features: bands", "anna.test"),
    ] == [tuple(row) for row in found]


def test_the_description_names_every_collection(gis: httpx.Client) -> None:
    """The OpenAPI document has each collection's own paths and parameters, and refers to itself."""
    document = got(gis, "/api")
    items = document["paths"]["/collections/incidents/items"]["get"]["parameters"]
    names = [
        one.get("name")
        or document["components"]["parameters"][one["$ref"].rpartition("/")[2]]["name"]
        for one in items
    ]

    assert "3.0.3" == document["openapi"]
    assert ["bbox", "datetime", "limit", "cursor", "f"] == names[:5]
    assert {"elder_id", "organisation", "state", "trigger", "outcome"} == set(names[5:])
    assert 10_000 == document["components"]["parameters"]["limit"]["schema"]["maximum"]
    assert "#/components/schemas/" in json.dumps(document)


def test_links_keep_to_the_public_address(engine: Engine, clock: ManualClock, serve: Serve) -> None:
    """Whoever came by the public name is led on by it, with https; nobody invents another."""
    world = build_world(engine, clock)
    with serve(world).client() as client:
        client.headers.update(bearer(world.token))
        bases = [
            client.get("/ogc", headers={"Host": host}).json()["links"][0]["href"]
            for host in ("121.example.org", "map.local:8000", "a b", "[::1")
        ]

    assert [
        "http://121.example.org/ogc",
        "http://map.local:8000/ogc",
        "http://121.example.org/ogc",
        "http://121.example.org/ogc",
    ] == bases
