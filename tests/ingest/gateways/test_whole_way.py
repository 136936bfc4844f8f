"""From a watch's socket to an incident, and from the incident back to the watch."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.subscriber import Subscriber
from store import schema
from tests.ingest.gateways.station import Station, position, running, watch
from tests.scenes import Town, register_household, rows
from tests.servers import Mosquitto, until

LK = watch("LK")


@pytest.fixture
def station(broker: Mosquitto, file: Path, town: Town) -> Iterator[Station]:
    """Give a gateway and the ingest role behind it, on one clock."""
    with running(broker, file, clock=town.clock) as station:
        subscriber = Subscriber(
            town.engine,
            town.clock,
            broker_url=broker.url,
            client_id=f"ingest-of-{station.prefix.replace('/', '-')}",
            prefix=station.prefix,
        )
        subscriber.start()
        until(subscriber.connected.is_set, "the ingest role is connected")
        yield station
        threading.Thread(target=station.call().say, args=(LK,)).start()  # spares it a wait
        subscriber.stop()


def test_a_cry_for_help_reaches_people(station: Station, town: Town) -> None:
    """An SOS opens an incident, the report leaves the disk, and the watch is told to locate."""
    with town.engine.begin() as connection:
        register_household(connection, "8800000015", now=town.clock.now())
    band = station.call()

    band.say(position("040000", word="AL", status="00010000"))
    assert watch("AL") == band.hear(len(watch("AL")))

    until(lambda: len(rows(town.engine, schema.incident, "id")) == 1, "an incident is open")
    station.until_spooled(0)
    orders = {band.hear_past(b"]")[20:-1] for _ in range(2)}
    assert {b"CR", b"UPLOAD,20"} == orders
    band.say(watch("CR") + watch("UPLOAD"))
    until(
        lambda: {"confirmed"} == set(rows(town.engine, schema.command, "state")),
        "both orders are confirmed",
    )


def test_nonsense_is_kept_with_its_reason(station: Station, town: Town) -> None:
    """What the gateway could not read is a reject that technicians find."""
    station.call().say(b"GET / HTTP/1.1\r\n\r\n")

    until(lambda: rows(town.engine, schema.reject, "reason") == ["unknown_frame"], "it is a reject")
    assert ["unknown: unknown language"] == rows(town.engine, schema.reject, "detail")
