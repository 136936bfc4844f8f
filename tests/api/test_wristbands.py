"""Bands over HTTP: registered with a password that is shown once, given out, lost, retired."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from core.accounts import AccountRole, Grant
from core.band_passwords import password
from core.settings import Settings
from store import registry, schema
from store.database import reading
from tests.accounts import bearer, staff_token
from tests.api.conftest import Serve, Site
from tests.api.world import BAND, SECRET, World

KEY = "a band key of tests, 32 characters long"


def operator_of(site: Site, organisation: str, name: str) -> httpx.Client:
    """Return a client of an operator of one street."""
    token = staff_token(
        site.world.engine,
        site.world.clock.now(),
        name=name,
        grants=[Grant(AccountRole.OPERATOR, organisation)],
    )
    return httpx.Client(base_url=site.url, headers=bearer(token), timeout=10)


@pytest.fixture
def kept(serve: Serve, world: World) -> Site:
    """Return the service with a broker that asks for passwords."""
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, "haizhou", kind="street", name_zh="海洲街道", name_en="Haizhou"
        )
    settings = Settings(
        secret_key=SecretStr(SECRET),
        public_url="http://121.example.org",
        broker_url="mqtts://broker.example.org",
        band_key=SecretStr(KEY),
    )
    return serve(world, changed=settings)


@pytest.fixture
def operator(kept: Site) -> Iterator[httpx.Client]:
    """Give a client of an operator of the street."""
    with operator_of(kept, "xiashi", "op") as client:
        yield client


def do(client: httpx.Client, step: str, device: str = BAND, **more: object) -> httpx.Response:
    """Take a band one step on."""
    return client.post(f"/api/wristbands/{device}/{step}", json={"reason": "家属报失"} | more)


def test_a_password_is_shown_once(operator: httpx.Client) -> None:
    """Registering and rotating show the login, reading does not."""
    added = operator.post("/api/wristbands", json={"device": "hn-0100", "model": "tk905-4g"})
    read = operator.get("/api/wristbands/hn-0100")
    rotated = do(operator, "rotate", "hn-0100")
    again = operator.post("/api/wristbands", json={"device": "hn-0100"})

    key = KEY.encode()
    assert (201, "new") == (added.status_code, added.json()["state"])
    assert password(key, "hn-0100", 1) == added.json()["login"]["password"]
    assert "login" not in read.json()
    assert password(key, "hn-0100", 2) == rotated.json()["login"]["password"]
    assert 409 == again.status_code


def test_without_a_key_no_password_is_made_up(site: Site) -> None:
    """The embedded broker asks nobody; that is said in the password's place."""
    with operator_of(site, "xiashi", "op") as client:
        login = client.post("/api/wristbands", json={"device": "hn-0100"}).json()["login"]

    assert login["password"] is None
    assert "asks nobody" in login["note"]


def test_a_lost_band_is_seen_by_its_operators_only(
    operator: httpx.Client, kept: Site, world: World
) -> None:
    """Operators of the street see its last place, only while it is lost: a look on record."""
    before = operator.get(f"/api/wristbands/{BAND}/place")
    lost = do(operator, "lost")
    place = operator.get(f"/api/wristbands/{BAND}/place")
    with operator_of(kept, "haizhou", "other") as stranger:
        elsewhere = stranger.get(f"/api/wristbands/{BAND}/place")
        listed = stranger.get("/api/wristbands").json()["items"]

    assert (404, "lost", None) == (
        before.status_code,
        lost.json()["state"],
        lost.json()["elder_id"],
    )
    assert (200, 404, []) == (place.status_code, elsewhere.status_code, listed)
    table = schema.look
    with reading(world.engine) as connection:
        looks = connection.execute(
            select(table.c.viewer, table.c.elder_id).where(table.c.purpose == "lost_band")
        ).all()
    assert [("op", world.elder_id)] == [tuple(look) for look in looks]


def test_one_band_for_one_elder(operator: httpx.Client, world: World) -> None:
    """The refusal names the band that is in the way; after unpairing it is free."""
    operator.post("/api/wristbands", json={"device": "hn-0100"})
    wish = {"elder_id": world.elder_id}
    refused = operator.post("/api/wristbands/hn-0100/pair", json=wish)
    do(operator, "unpair")
    paired = operator.post("/api/wristbands/hn-0100/pair", json=wish)

    assert (409, True) == (refused.status_code, BAND in refused.json()["detail"])
    assert ("paired", None) == (paired.json()["state"], paired.json()["login"])


def test_a_search_keeps_the_band_on(operator: httpx.Client, world: World) -> None:
    """While its elder is looked for, taking it off has to be confirmed."""
    world.lose_elder()

    refused = do(operator, "retire")
    confirmed = do(operator, "retire", while_searched=True)

    assert (409, 200) == (refused.status_code, confirmed.status_code)
    assert ("retired", False) == (confirmed.json()["state"], confirmed.json()["may_sign_in"])


def test_details_are_edited_by_version(operator: httpx.Client) -> None:
    """An edit names the version it was made from; a taken IMEI names the other band."""
    path, imei = f"/api/wristbands/{BAND}", {"imei": "490154203237518"}
    tag = operator.get(path).headers["etag"]
    edited = operator.put(path, json=imei, headers={"If-Match": tag})
    late = operator.put(path, json=imei, headers={"If-Match": tag})
    taken = operator.put("/api/wristbands/hn-0002", json=imei, headers={"If-Match": '"1"'})

    assert [200, 412, 409] == [answer.status_code for answer in (edited, late, taken)]
    assert BAND in taken.json()["detail"]


def test_bands_come_page_by_page(operator: httpx.Client) -> None:
    """By device id, narrowed by state; a name that is reserved is refused."""
    reserved = operator.post("/api/wristbands", json={"device": "aihuijia-1"})
    first = operator.get("/api/wristbands?limit=1&state=paired").json()
    rest = operator.get(f"/api/wristbands?cursor={first['next']}").json()

    assert 422 == reserved.status_code
    assert [BAND, "hn-0002"] == [one["device"] for one in (*first["items"], *rest["items"])]
    assert rest["next"] is None
