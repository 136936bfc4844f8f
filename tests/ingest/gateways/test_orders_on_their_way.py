"""Orders reach bands in their own words, and bands' answers come back in ours."""

from collections.abc import Iterator

import pytest

from core.clock import SystemClock
from ingest.topics import command_topic
from tests.ingest.gateways.station import Station, jt808, running, watch
from tests.ingest.wire import Wire
from tests.servers import Mosquitto, until

LK = watch("LK")
WATCH_ID = "8800000015"
JT808_ID = "14000001234"


def order(
    ear: Wire, station: Station, device_id: str, command: str, do: str, **args: object
) -> None:
    """Say as the ingest role what a band is to do; it has ten minutes."""
    ear.say(
        command_topic(station.prefix, device_id),
        {
            "v": 1,
            "cmd": command,
            "do": do,
            "args": args,
            "exp": round(SystemClock().now().timestamp()) + 600,
        },
    )


@pytest.fixture
def answers(broker: Mosquitto, station: Station) -> Iterator[Wire]:
    """Give an ear on bands' answers."""
    with Wire(broker) as ear:
        ear.listen(f"{station.prefix}/up/+/ack")
        yield ear


def test_a_watch_is_told_and_confirms(station: Station, answers: Wire) -> None:
    """An order goes out in the watch's words; its echo is the answer to the order."""
    band = station.call()
    band.say(LK)
    band.hear(len(LK))

    order(answers, station, WATCH_ID, "c-55", "interval", s=60)
    assert b"UPLOAD,60" in band.hear_past(b"]")
    band.say(watch("UPLOAD"))

    assert (
        f"{station.prefix}/up/{WATCH_ID}/ack",
        {"cmd": "c-55", "ok": True, "err": None},
    ) == answers.hear_json()


def test_a_jt808_device_confirms_by_serial(station: Station, answers: Wire) -> None:
    """Of two orders the one whose serial number the device repeats is confirmed."""
    band = station.call()
    band.say(jt808(0x0002))
    band.hear_past(b"~")
    band.hear_past(b"~")

    told = []
    for command, do in (("c-1", "locate"), ("c-2", "reboot")):
        order(answers, station, JT808_ID, command, do)
        band.hear_past(b"~")
        told.append(band.hear_past(b"~"))
    serial, message_id = told[1][10:12], told[1][0:2]
    band.say(jt808(0x0001, serial + message_id + b"\0", serial=2))

    assert {"cmd": "c-2", "ok": True, "err": None} == answers.hear_json()[1]


def test_an_order_waits_for_its_band(station: Station, answers: Wire) -> None:
    """A band that has gone is told when it comes again, after its first words were answered."""
    band = station.call()
    band.say(LK)
    band.hear(len(LK))
    band.hang_up()
    until(lambda: station.gateway.connections == 0, "the gateway noticed")
    order(answers, station, WATCH_ID, "c-7", "find")

    band = station.call()
    band.say(LK)

    assert LK == band.hear(len(LK))
    assert b"FIND" in band.hear_past(b"]")


def test_what_a_band_cannot_do_is_said(station: Station, answers: Wire) -> None:
    """An order without words in the protocol, or with arguments that cannot be sent, fails."""
    band = station.call()
    band.say(jt808(0x0002))
    band.hear_past(b"~")
    band.hear_past(b"~")

    order(answers, station, JT808_ID, "c-8", "find")
    assert {"cmd": "c-8", "ok": False, "err": "cannot"} == answers.hear_json()[1]
    order(answers, station, JT808_ID, "c-9", "interval", s="60]")
    assert answers.hear_json()[1]["err"].startswith("interval: s is a whole number")


def test_an_answer_that_got_lost_is_repeated(station: Station, answers: Wire) -> None:
    """The ingest role asks again because it heard nothing: it is told again, the band is not."""
    band = station.call()
    band.say(LK)
    band.hear(len(LK))
    order(answers, station, WATCH_ID, "c-5", "find")
    band.hear_past(b"]")
    band.say(watch("FIND"))
    first = answers.hear_json()

    order(answers, station, WATCH_ID, "c-5", "find")

    assert first == answers.hear_json()
    band.say(LK)
    assert LK == band.hear(len(LK))


def test_orders_wait_while_the_gateway_is_away(
    broker: Mosquitto, station: Station, answers: Wire
) -> None:
    """The broker keeps a known band's orders for a gateway that restarts."""
    band = station.call()
    band.say(LK)
    band.hear(len(LK))
    plan = station.gateway.plan
    station.stop()

    order(answers, station, WATCH_ID, "c-6", "find")

    file = station.file
    with running(broker, file, prefix=plan.prefix, client_id=plan.client_id) as again:
        band = again.call()
        band.say(LK)
        band.hear(len(LK))
        assert b"FIND" in band.hear_past(b"]")


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"{}", b'{"cmd":1,"do":"find","exp":1}', b"\xff", b"[" * 100_000],
)
def test_what_is_no_order_changes_nothing(station: Station, answers: Wire, payload: bytes) -> None:
    """Nonsense on an order's topic is counted and forgotten."""
    band = station.call()
    band.say(LK)
    band.hear(len(LK))

    answers.say(command_topic(station.prefix, WATCH_ID), payload)
    order(answers, station, WATCH_ID, "c-1", "find")

    assert b"FIND" in band.hear_past(b"]")
