"""Nobody's name, number or position is in a log, a figure or an address."""

import io
import logging
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from aihuijia.logs import _Sentences
from core.clock import ManualClock
from core.settings import Settings
from store.database import reading
from store.rejects import recent
from tests.accounts import NAME, PASSWORD
from tests.api.conftest import OWN_PAGE
from tests.api.test_imports import big_file
from tests.api.world import BAND, HOME, SECRET, World
from tests.scenes import AlertsRole, message, report, take

#: the rooms whose loggers are ours
ROOMS = ("core", "geofence", "store", "alerts", "ingest", "api", "aihuijia")
#: of the small world: names, numbers, where everybody is, what somebody wrote
PERSONAL = (
    *("张阿芬", "陈福根", "王大伯", "李阿姨", "救援队员甲", "值班员甲", "阿芬", "深蓝棉袄"),
    *("10020000011", "10020000012", "10020000013", "10020000014"),
    *("120.69", "120.7", "30.53", "30.54"),
    *("例老人", "13910000000", "13920000000"),
    *("河埠头", PASSWORD, "a wrong password"),
)


@pytest.fixture
def settings() -> Settings:
    """Return settings without the question for digits, which is another test's."""
    return Settings(
        secret_key=SecretStr(SECRET),
        public_url="http://121.example.org",
        guardian_second_factor=False,
    )


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give what our loggers say at DEBUG, as the service writes it."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(_Sentences("%(name)s %(levelname)s %(message)s"))
    loggers = [logging.getLogger(room) for room in ROOMS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield said
    for logger, level in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def live(world: World, client: httpx.Client, clock: ManualClock) -> list[str]:
    """Sign in, import, lose somebody, ask, answer, close; return every address that was called."""
    called: list[str] = []
    client.event_hooks["request"].append(lambda request: called.append(str(request.url)))
    now = clock.now()
    take(
        world.engine,
        message(BAND, report("now-1", at=now, position=HOME.moved(east_m=900)), at=now),
        message(BAND, b'{"fix": {"lon": 120.6933, "lat": 30.5399', at=now),
        message(BAND, b'{"v": 1, "id": "x", "fix": {"lon": 120.6933, "lat": "30.5399"}}', at=now),
        message("stray-1", report("s-1", at=now, position=HOME), at=now),
    )
    client.post("/login", data={"name": NAME, "password": "a wrong password"}, headers=OWN_PAGE)
    client.post("/login", data={"name": NAME, "password": PASSWORD}, headers=OWN_PAGE)
    incident_id = world.lose_elder()
    role = AlertsRole(world.engine, clock, sms=[RuntimeError("the provider hangs up")])
    role.tick()
    link = world.link(incident_id)
    client.get(link)
    key = "k" * 20
    client.post(link, data={"answer": "going", "key": key}, headers=OWN_PAGE)
    clock.advance(30)
    role.tick()
    for path in ("/console", f"/console?incident={incident_id}", "/api/incidents"):
        assert 200 == client.get(path).status_code
    client.post(
        f"/console/incidents/{incident_id}/note",
        data={"text": "在河埠头找过，王大伯 +8610020000011"},
        headers=OWN_PAGE,
    )
    taken = client.post(
        "/api/imports", files={"file": ("list.xlsx", big_file(2))}, headers=OWN_PAGE
    )
    assert 200 == taken.status_code, taken.text
    client.post("/ops/import/try", files={"file": ("张阿芬.xlsx", b"PK")}, headers=OWN_PAGE)
    client.get("/api/elders/99999")
    client.get("/a/not-a-link")
    role.tick()
    return called


def test_nothing_personal_is_said(
    world: World, client: httpx.Client, clock: ManualClock, log: io.StringIO
) -> None:
    """Not in what our loggers say at DEBUG, not in /metrics, and in no address that is called."""
    called = live(world, client, clock)
    metrics = client.get("/metrics").text
    said = log.getvalue()
    with reading(world.engine) as connection:
        refused = recent(connection)

    assert len(refused) >= 2
    assert "the provider hangs up" in said
    assert "aihuijia_" in metrics
    assert len(called) > 10
    for where, text in (("log", said), ("metrics", metrics), ("addresses", "\n".join(called))):
        found = {one for one in PERSONAL if one in text}
        assert set() == found, f"{where}: {text[:2000]}"
