"""Fixtures of the gateway's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.gateways.station import Station, running
from tests.ingest.wire import Wire
from tests.servers import Mosquitto


class OwnBroker(Mosquitto):
    """A broker that the test may stop, kill, and rob of its memory."""

    def forget(self) -> None:
        """Lose everything that was kept."""
        for kept in self._folder.glob("mosquitto.db*"):
            kept.unlink()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a place for a spool."""
    return tmp_path / "gateway.db"


@pytest.fixture
def own_broker() -> Iterator[OwnBroker]:
    """Give a broker that the test may stop and kill."""
    server = OwnBroker()
    server.start()
    yield server
    server.throw_away()


@pytest.fixture
def station(broker: Mosquitto, file: Path) -> Iterator[Station]:
    """Give a running gateway."""
    with running(broker, file) as station:
        yield station


@pytest.fixture
def ear(broker: Mosquitto, station: Station) -> Iterator[Wire]:
    """Give an ear on everything that the gateway publishes."""
    with Wire(broker) as ear:
        ear.listen(f"{station.prefix}/up/#", f"{station.prefix}/raw/#")
        yield ear
