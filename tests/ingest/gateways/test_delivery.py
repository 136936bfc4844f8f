"""Delivery alone: what it holds in memory while there is no broker, and what it brings after."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.clock import SystemClock
from ingest.gateways.delivery import MOST_UNDER_WAY, MOST_WAITING, Delivery
from ingest.gateways.outgoing import Outgoing
from ingest.gateways.repeating import Repeater
from ingest.gateways.spooler import Spooler
from store.spool import open_spool
from tests.servers import PATIENCE_S

NOTES = MOST_WAITING + 500


def message(number: int) -> Outgoing:
    """Return a small report of the band b."""
    return Outgoing(topic="t", payload=b"{}", device_id="b", report_id=f"r-{number}")


class Broker:
    """A broker's client that numbers what it is handed, and thanks when it is told to."""

    def __init__(self) -> None:
        """Nothing was handed over yet."""
        self.handed: list[str] = []
        self.unthanked: list[int] = []

    def publish(self, topic: str, payload: bytes) -> int:
        """Take a message."""
        self.handed.append(f"{topic}{len(payload)}")
        self.unthanked.append(len(self.handed))
        return len(self.handed)


async def _without_a_broker(file: Path) -> None:
    engine, clock, broker = open_spool(file, most_mib=64), SystemClock(), Broker()
    spooler = Spooler(engine, clock)
    spooler.start()
    delivery = Delivery(spooler, broker.publish, last_id=0)
    repeater = Repeater(engine, spooler, clock, delivery)
    looking = asyncio.create_task(repeater.run())

    for number in range(NOTES):
        delivery.note(message(number))
    awaited = delivery.hand_over([message(NOTES)])
    async with asyncio.timeout(PATIENCE_S):
        while not 0 < delivery.under_way <= MOST_WAITING:
            await asyncio.sleep(0.01)
    assert [] == broker.handed

    repeater.connected(False)
    delivery.connected()
    most = 0
    while len(broker.handed) < NOTES + 1:
        most = max(most, len(broker.unthanked))
        thanked, broker.unthanked = broker.unthanked, []
        for number in thanked:
            delivery.thanked(number)
        async with asyncio.timeout(PATIENCE_S):
            while not broker.unthanked and len(broker.handed) < NOTES + 1:
                await asyncio.sleep(0.001)
    for number in broker.unthanked:
        delivery.thanked(number)

    await asyncio.wait_for(awaited, PATIENCE_S)
    assert NOTES + 1 == len(broker.handed)  # each once: from memory, or from disk
    assert most <= MOST_UNDER_WAY
    looking.cancel()
    spooler.stop()
    engine.dispose()


def test_a_long_outage_is_held_on_disk(tmp_path: Path) -> None:
    """Of what nobody waits for, memory holds so much and no more; all of it arrives, once."""
    # A thread of its own: a browser of other tests may hold an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _without_a_broker(tmp_path / "gateway.db")).result()
