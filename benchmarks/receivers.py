"""Who receives in a benchmark, each in a process of its own so that its costs can be told apart."""

from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.clock import SystemClock
from ingest.subscriber import STORED, Subscriber
from store.database import open_database
from tests.servers import until

#: how often a receiver looks how far it is
_LOOK_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One kind of receiver."""

    name: str
    #: the database of an ingest role; "" for who only acknowledges
    url: str = ""


def receive(
    receiver: Receiver, port: int, prefix: str, through: Any, ready: Event, stop: Event
) -> None:
    """Receive what is published under *prefix* until *stop*; *through* counts what is done with."""
    if receiver.url:
        _ingest(receiver.url, port, prefix, through, ready, stop)
    else:
        _only_acknowledge(port, prefix, through, ready, stop)


def forget(port: int, client_id: str) -> None:
    """Have the broker drop what it keeps for *client_id*."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    client.connect("127.0.0.1", port)
    client.loop()
    client.disconnect()


def session_of(prefix: str) -> str:
    """Return the client id of the receiver of *prefix*."""
    return prefix.replace("/", "-")


def _only_acknowledge(port: int, prefix: str, through: Any, ready: Event, stop: Event) -> None:
    """Take messages as paho gives them, and acknowledge each at once."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=session_of(prefix),
        clean_session=False,
        manual_ack=True,
    )
    client.max_inflight_messages_set(1000)
    taken = 0

    def arrived(_client: mqtt.Client, _userdata: object, packet: mqtt.MQTTMessage) -> None:
        nonlocal taken
        client.ack(packet.mid, packet.qos)
        taken += 1

    client.on_message = arrived
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(f"{prefix}/up/#", 1)
    _count(lambda: taken, through, stop)
    client.disconnect()
    client.loop_stop()


def _ingest(url: str, port: int, prefix: str, through: Any, ready: Event, stop: Event) -> None:
    """Run the ingest role; a message is through when its ping is committed."""
    engine = open_database(url)
    subscriber = Subscriber(
        engine,
        SystemClock(),
        broker_url=f"mqtt://127.0.0.1:{port}",
        client_id=session_of(prefix),
        prefix=prefix,
    )
    subscriber.start()
    until(subscriber.connected.is_set, "the ingest role is connected")
    ready.set()
    _count(_stored, through, stop)
    subscriber.stop()
    engine.dispose()


def _stored() -> float:
    return sum(
        sample.value
        for metric in STORED.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


def _count(done: Callable[[], float], through: Any, stop: Event) -> None:
    """Tell the parent how far we are until it has heard enough."""
    while not stop.wait(_LOOK_S):
        through.value = int(done())
