"""A full disk, and one that fails: nothing is lost, and the service goes on by itself.

Nothing is acknowledged that is not stored, and no good ping is put aside as unusable.
"""

import resource
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url

from store.database import open_database
from store.migrate import migrate
from tests.journeys import courses
from tests.journeys.conftest import Serve
from tests.journeys.courses import AWAY
from tests.journeys.ledger import compare, count_stored, stored
from tests.journeys.reporting_bands import ReportingBands
from tests.journeys.saving_broker import FULL, SavingBroker
from tests.journeys.service import Service
from tests.journeys.small_disk import SmallDisk, database_on
from tests.journeys.soak import Course, run
from tests.servers import Mosquitto, PostgreSQL, until

SEED = 20261123


def play(course: Course, breakage: ExitStack, *, times: int) -> None:
    """Play *course* and see that every promise was kept."""
    breakage.callback(course.talkers.stop)
    found = run(course, times=times, seed=SEED)

    assert () == found.examples
    assert found.said == found.promised == found.stored


def says_no_position(service: Service) -> bool:
    """Say whether the log of ingest is free of where people are."""
    return "120.6" not in service.ingest.log() and "30.5" not in service.ingest.log()


def test_sqlite_on_a_full_disk(
    disk: SmallDisk, broker: Mosquitto, serve: Serve, breakage: ExitStack
) -> None:
    """SQLite without room: ingest waits, and stores all when there is room."""
    url = f"sqlite:///{disk.folder}/aihuijia.db"
    engine = open_database(url)
    migrate(engine)
    engine.dispose()
    service = serve(url, broker)

    play(courses.disk_filled(service, broker.port, disk, seed=SEED), breakage, times=2)

    assert says_no_position(service)


def test_postgresql_on_a_full_disk(
    disk: SmallDisk,
    postgresql: PostgreSQL,
    broker: Mosquitto,
    serve: Serve,
    breakage: ExitStack,
) -> None:
    """PostgreSQL that cannot extend a table: the same."""
    url = breakage.enter_context(database_on(disk, postgresql, "aihuijia_template"))
    service = serve(url, broker)

    play(courses.disk_filled(service, broker.port, disk, seed=SEED), breakage, times=2)

    assert says_no_position(service)


def test_sqlite_on_a_disk_that_fails(
    sqlite_url: str, broker: Mosquitto, serve: Serve, breakage: ExitStack
) -> None:
    """Writing fails with an error of the disk (here: a limit on the size of files): the same."""
    service = serve(sqlite_url, broker)
    file = make_url(sqlite_url).database
    bands = courses.bands(service, broker.port, seed=SEED)

    def strike() -> None:
        log_size = Path(f"{file}-wal").stat().st_size
        ordinary = resource.prlimit(service.ingest.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(service.ingest.pid, resource.RLIMIT_FSIZE, (log_size, ordinary[1]))
        until(lambda: AWAY in service.ingest.log(), "ingest notices")
        resource.prlimit(service.ingest.pid, resource.RLIMIT_FSIZE, ordinary)

    course = Course(
        talkers=bands,
        strike=strike,
        engine=service.engine,
    )
    play(course, breakage, times=1)

    assert service.ingest.is_running
    assert "SQLITE_IOERR" in service.ingest.log()
    assert says_no_position(service)


@pytest.fixture
def cramped_broker(disk: SmallDisk, breakage: ExitStack) -> SavingBroker:
    """Give a broker that saves its queue on the small disk."""
    server = SavingBroker(kept_in=disk.folder)
    breakage.callback(server.throw_away)
    server.start()
    return server


def test_the_brokers_disk_is_full(
    sqlite_url: str,
    disk: SmallDisk,
    cramped_broker: SavingBroker,
    serve: Serve,
    breakage: ExitStack,
) -> None:
    """Mosquitto that cannot save goes on from memory; with room again it saves, all is stored."""
    broker = cramped_broker
    service = serve(sqlite_url, broker)
    bands = courses.bands(service, broker.port, seed=SEED)
    breakage.callback(bands.stop)
    bands.start()
    until(lambda: bands.ledger.seen_count > 50, "reports come through")

    service.ingest.kill()
    disk.fill()
    broker.save()
    assert FULL in broker.log()
    _say_more(bands)
    service.ingest.start()
    promised = bands.ledger.promised_count
    until(lambda: count_stored(service.engine) >= promised, "the queue comes from memory")

    service.ingest.kill()
    _say_more(bands)
    bands.fall_silent()
    until(bands.is_done, "all is thanked for")
    disk.free()
    broker.save()
    broker.kill()
    broker.start()
    service.ingest.start()
    until(lambda: count_stored(service.engine) >= bands.ledger.said_count, "all is stored")

    assert () == compare(bands.ledger, stored(service.engine)).examples


def _say_more(bands: ReportingBands) -> None:
    promised = bands.ledger.promised_count
    until(lambda: bands.ledger.promised_count > promised + 100, "the broker takes reports")
