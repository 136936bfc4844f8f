"""Fixtures of the journeys in which something is broken."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.errors import ServerMissing
from tests.ingest.wire import Wire
from tests.journeys.service import Service
from tests.journeys.small_disk import SmallDisk
from tests.servers import Mosquitto

_numbers = itertools.count(1)

#: makes a service at work from a database's address and a broker
Serve = Callable[[str, Mosquitto], Service]


@pytest.fixture
def breakage() -> Iterator[ExitStack]:
    """Give a stack for what must end before the servers do."""
    with ExitStack() as stack:
        yield stack


# What uses a database or a broker must end first: tests ask for those before this.
@pytest.fixture
def serve(breakage: ExitStack, tmp_path: Path) -> Serve:
    """Give a maker of services; each is at work when it is given, and ended after the test."""

    def make(database_url: str, broker: Mosquitto) -> Service:
        service = Service(
            f"broken-{next(_numbers)}",
            database_url=database_url,
            broker_url=broker.url,
            folder=tmp_path,
        )
        # The broker is shared: it must not keep for ever what nobody will fetch.
        breakage.callback(lambda: Wire(broker, client_id=service.client_id).close())
        breakage.callback(service.throw_away)
        service.start()
        return service

    return make


@pytest.fixture
def sqlite_url(sqlite_database: Engine) -> str:
    """Give the address of a fresh SQLite file."""
    return sqlite_database.url.render_as_string()


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """Give a small disk; only root may mount one."""
    try:
        small = SmallDisk(64)
    except ServerMissing as missing:
        pytest.skip(str(missing))
    yield small
    small.throw_away()
