"""Every acknowledged report is stored exactly once, whatever is killed while bands report.

Long runs of the same: `python -m tests.journeys.kill_soak` (docs/testing.md).
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.journeys import courses
from tests.journeys.conftest import Serve
from tests.journeys.ledger import Findings
from tests.journeys.saving_broker import SavingBroker
from tests.journeys.soak import Course, run
from tests.servers import Mosquitto, PostgreSQL

SEED = 20261123


@pytest.fixture
def saving_broker() -> Iterator[SavingBroker]:
    """Give a broker of the test's own that saves as in production."""
    server = SavingBroker()
    server.start()
    yield server
    server.throw_away()


def play(course: Course, breakage: ExitStack, *, times: int) -> Findings:
    """Play *course* to its end."""
    breakage.callback(course.talkers.stop)
    return run(course, times=times, seed=SEED)


def test_ingest_killed(
    database_url: str, broker: Mosquitto, serve: Serve, breakage: ExitStack
) -> None:
    """What the broker thanked for is stored once and in order, however often ingest is killed."""
    service = serve(database_url, broker)

    found = play(courses.ingest_killed(service, broker.port, seed=SEED), breakage, times=3)

    assert () == found.examples
    assert found.said == found.promised == found.stored
    assert found.repeats > 0


@pytest.mark.usefixtures("postgresql_database")
def test_database_restarted(
    postgresql: PostgreSQL, broker: Mosquitto, serve: Serve, breakage: ExitStack
) -> None:
    """PostgreSQL falls again and again in the middle of batches; ingest goes on by itself."""
    service = serve(postgresql.url("aihuijia"), broker)

    course = courses.database_killed(service, broker.port, postgresql, seed=SEED)
    found = play(course, breakage, times=3)

    assert () == found.examples
    assert found.said == found.promised == found.stored
    assert service.ingest.is_running


def test_broker_killed(
    sqlite_url: str, saving_broker: SavingBroker, serve: Serve, breakage: ExitStack
) -> None:
    """A broker that forgets its last seconds costs nothing to bands that keep until `seen`."""
    service = serve(sqlite_url, saving_broker)

    course = courses.broker_killed(service, saving_broker.port, saving_broker, seed=SEED)
    found = play(course, breakage, times=3)

    assert () == found.examples
    assert found.said == found.seen == found.stored


def test_gateway_killed(
    sqlite_url: str, broker: Mosquitto, serve: Serve, breakage: ExitStack
) -> None:
    """What a watch was answered is stored once; what it was not, it says again, also once."""
    service = serve(sqlite_url, broker)
    service.gateway.start()

    found = play(courses.gateway_killed(service, seed=SEED), breakage, times=2)

    assert () == found.examples
    assert found.said == found.promised == found.stored
