"""The canary's own band on a real broker: it obeys as a real one does and keeps nothing."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from aihuijia.canary_band import LOCATE_S, CanaryBand, Login
from aihuijia.canary_role import CanaryRole
from core.clock import ManualClock
from core.errors import SettingError
from core.settings import Settings
from ingest.codecs import native
from ingest.messages import Message
from store.canary_cast import DEVICE_ID, HOME
from store.database import open_database
from tests.ingest.wire import Wire
from tests.servers import Mosquitto, until

PREFIX = "121/canary-band"


@pytest.fixture
def wire(broker: Mosquitto) -> Iterator[Wire]:
    """Give the other side of the broker."""
    wire = Wire(broker, client_id="canary-band-listener")
    yield wire
    wire.close()


@pytest.fixture
def band(broker: Mosquitto, wire: Wire, clock: ManualClock) -> Iterator[CanaryBand]:
    """Give a band that is connected, and heard by the other side."""
    wire.listen(f"{PREFIX}/up/{DEVICE_ID}/#")
    band = CanaryBand(Login(url=broker.url, device_id=DEVICE_ID), clock, prefix=PREFIX)
    band.start()
    until(band.connected.is_set, "the band is connected")
    yield band
    band.stop()


def order(wire: Wire, clock: ManualClock, name: str, do: str, **args: object) -> None:
    """Tell the band to do something."""
    expires = (clock.now() + timedelta(minutes=10)).timestamp()
    said = {"v": 1, "cmd": name, "do": do, "args": args, "exp": round(expires)}
    wire.say(f"{PREFIX}/down/{DEVICE_ID}/cmd", said)


def test_what_it_says_is_a_good_report(band: CanaryBand, wire: Wire, clock: ManualClock) -> None:
    """Its report decodes without complaint, and the broker's thanks and our `seen` are noted."""
    report_id = band.say(HOME)
    heard = wire.hear()
    message = Message(topic=heard.topic, payload=bytes(heard.payload), received_at=clock.now())
    decoded = native.decode_report(message, DEVICE_ID)

    assert report_id is not None
    assert ([report_id], ()) == ([p.report_id for p in decoded.pings], tuple(decoded.complaints))
    until(lambda: band.taken_at(report_id) is not None, "the broker has thanked")
    assert band.seen_at(report_id) is None
    wire.say(f"{PREFIX}/down/{DEVICE_ID}/seen", {"ids": [report_id]})
    until(lambda: band.seen_at(report_id) == clock.now(), "the band was told that it is stored")


def test_it_obeys_and_answers(band: CanaryBand, wire: Wire, clock: ManualClock) -> None:
    """`interval` and `locate` are done and confirmed; what it cannot do is refused by name."""
    order(wire, clock, "c-1", "interval", s=20)
    order(wire, clock, "c-2", "locate")
    order(wire, clock, "c-3", "interval", s=1)
    order(wire, clock, "c-4", "dance")
    answers = [json.loads(wire.hear().payload) for _ in range(4)]

    assert [("c-1", None), ("c-2", None), ("c-3", "bad_args"), ("c-4", "unknown")] == [
        (answer["cmd"], answer["err"]) for answer in answers
    ]
    assert 20.0 == band.interval_s
    assert [None, "c-2", None] == [
        band.locate_due(clock.now()),
        band.locate_due(clock.advance(LOCATE_S)),
        band.locate_due(clock.now()),
    ]


def test_an_order_twice_is_done_once(band: CanaryBand, wire: Wire, clock: ManualClock) -> None:
    """The same order again is confirmed again and not done again; a late one is dropped."""
    for _ in range(2):
        order(wire, clock, "c-1", "locate")
    answers = [json.loads(wire.hear().payload) for _ in range(2)]
    due = clock.advance(LOCATE_S)

    assert [True, True] == [answer["ok"] for answer in answers]
    assert ["c-1", None] == [band.locate_due(due), band.locate_due(due)]


def test_without_a_broker_nothing_is_said(band: CanaryBand, wire: Wire, clock: ManualClock) -> None:
    """A report that cannot go out at once never goes out: it would tell of an old round."""
    elsewhere = CanaryBand(Login(url="mqtt://127.0.0.1:1", device_id="x"), clock, prefix=PREFIX)
    elsewhere.start()

    assert elsewhere.say(HOME) is None
    elsewhere.stop()
    assert band.say(HOME) is not None
    assert f"{PREFIX}/up/{DEVICE_ID}/report" == wire.hear().topic


def test_a_missing_setting_is_named() -> None:
    """Without a number, or without the key where the broker asks for passwords, nothing starts."""
    engine = open_database("sqlite://")
    login = "mqtt://aihuijia-ingest:secret@127.0.0.1:1883"
    missing = []
    for changed in ({}, {"canary_number": "+15005550199", "broker_url": login}):
        with pytest.raises(SettingError) as raised:
            CanaryRole(Settings.model_validate(changed), engine, Settings().clock())
        missing.append(str(raised.value).split(":")[0])

    assert ["Setting AIHUIJIA_CANARY_NUMBER", "Setting AIHUIJIA_BAND_KEY"] == missing
