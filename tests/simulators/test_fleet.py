"""Many bands over a real broker."""

import json
import queue
import random
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from core.clock import ScaledClock
from core.errors import ServerMissing
from core.places import Position
from simulators.bands import Band
from simulators.fixes import Receiver
from simulators.fleet import Broker, Fleet
from simulators.plots import StoryLife
from simulators.scripts import Event, Happening
from tests.servers import Mosquitto, free_port

HOME = Position(120.68, 30.53)
WAIT_S = 20


class Server:
    """The service's side of the broker: hears everything, sends commands."""

    def __init__(self, port: int, prefix: str) -> None:
        """Connect and subscribe to one test's topics."""
        self._prefix = prefix
        self.heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"server-of-{prefix}")
        self._client.on_connect = lambda client, *_: client.subscribe(f"{prefix}/up/#", 1)
        self._client.on_message = lambda _c, _u, message: self.heard.put(
            (message.topic, json.loads(message.payload))
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def order(self, device_id: str, body: dict[str, Any], what: str = "cmd") -> None:
        """Send a command, or `seen`."""
        self._client.publish(f"{self._prefix}/down/{device_id}/{what}", json.dumps(body), qos=1)

    def next(self, kind: str, **fields: Any) -> tuple[str, dict[str, Any]]:
        """Return the next message of *kind* with these fields."""
        while True:
            topic, body = self.heard.get(timeout=WAIT_S)
            if topic.endswith(kind) and fields.items() <= body.items():
                return topic.split("/")[2], body

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def fleet_of(count: int, port: int, prefix: str, clock: ScaledClock) -> Fleet:
    """Return a fleet of bands at rest."""
    now = clock.now()
    bands = [
        Band(
            device_id=f"hn-{n:04d}",
            life=StoryLife(home=HOME, legs=(), starts_at=now),
            receiver=Receiver(random.Random(n)),
            starts_at=now,
            rng=random.Random(n),
        )
        for n in range(1, count + 1)
    ]
    return Fleet(
        bands,
        clock,
        broker=Broker(port=port),
        topic_prefix=prefix,
        client_id=f"fleet-of-{prefix}",
    )


def fast_clock() -> ScaledClock:
    """Return a clock that runs a hundred times faster than the wall."""
    return ScaledClock(speed=100, anchor=datetime(2026, 11, 23, 8, tzinfo=UTC))


def test_every_band_speaks_for_itself(broker: Mosquitto) -> None:
    """Each band is born and reports under its own topic, and the counts say how often."""
    server = Server(broker.port, "speak")
    fleet = fleet_of(5, broker.port, "speak", fast_clock())
    fleet.start()
    born = {server.next("state", online=True)[0] for _ in range(5)}
    first = {server.next("report")[0] for _ in range(5)}
    fleet.stop()
    counts = fleet.counts
    server.stop()

    assert {f"hn-{n:04d}" for n in range(1, 6)} == born == first
    assert counts.reports >= 5
    assert 0 == fleet.waiting


def test_commands_are_answered(broker: Mosquitto) -> None:
    """A `locate` is confirmed and followed by a report that names it."""
    server = Server(broker.port, "commands")
    fleet = fleet_of(2, broker.port, "commands", fast_clock())
    fleet.start()
    server.next("state", online=True)
    server.order("hn-0002", {"v": 1, "cmd": "c-7", "do": "locate", "args": {}})
    answer = server.next("ack")
    report = server.next("report", why="reply")
    fleet.stop()
    server.stop()

    assert ("hn-0002", {"cmd": "c-7", "ok": True, "err": None}) == answer
    assert ("hn-0002", "c-7") == (report[0], report[1]["cmd"])


def test_an_alarm_repeats_until_seen(broker: Mosquitto) -> None:
    """The same alarm report comes again, and no more once the server has committed it."""
    clock = fast_clock()
    server = Server(broker.port, "alarm")
    fleet = fleet_of(1, broker.port, "alarm", clock)
    fleet.start()
    server.next("state", online=True)
    fleet.direct(
        "hn-0001",
        StoryLife(home=HOME, legs=(), starts_at=clock.now()),
        [Event(at=clock.now(), what=Happening.SOS)],
    )
    _, alarm = server.next("report", alarms=["sos"])
    _, again = server.next("report", alarms=["sos"])
    server.order("hn-0001", {"ids": [alarm["id"]]}, "seen")
    server.order("hn-0001", {"v": 1, "cmd": "c-1", "do": "find"})
    server.next("ack")  # the order after `seen` has arrived, so `seen` has
    resent = fleet.counts.resent
    server.next("report", why="timer")  # up to five minutes of service time later
    fleet.stop()
    server.stop()

    assert alarm == again
    assert resent == fleet.counts.resent


def test_bands_come_back_after_the_broker_does() -> None:
    """When the broker restarts the bands connect again, report again and still obey."""
    broker = Mosquitto()
    broker.start()
    fleet = fleet_of(3, broker.port, "again", fast_clock())
    fleet.start()
    broker.kill()
    broker.start()
    server = Server(broker.port, "again")
    device_id, _ = server.next("report")
    server.order(device_id, {"v": 1, "cmd": "c-9", "do": "find"})
    answer = server.next("ack", cmd="c-9")
    fleet.stop()
    server.stop()
    broker.throw_away()

    assert device_id == answer[0]


def test_a_missing_broker_is_named() -> None:
    """Without a broker the start says what to do."""
    with pytest.raises(ServerMissing, match="does not answer"):
        fleet_of(1, free_port(), "none", fast_clock()).start()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://127.0.0.1:1884", Broker(port=1884)),
        ("mqtt://u:p%40s@mq.example", Broker(host="mq.example", username="u", password="p@s")),
        ("mqtts://mq.example", Broker(host="mq.example", port=8883, tls=True)),
    ],
)
def test_a_broker_is_read_from_its_address(url: str, expected: Broker) -> None:
    """Host, port, login and TLS come from the address."""
    assert expected == Broker.from_url(url)
