"""A PostgreSQL that runs and cannot: read-only, half migrated, locked. No good ping suffers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from tests.journeys import courses
from tests.journeys.conftest import Serve
from tests.journeys.courses import AWAY
from tests.journeys.service import Service
from tests.journeys.soak import Course, run
from tests.servers import Mosquitto, PostgreSQL, until

SEED = 20261123


@contextmanager
def read_only(server: PostgreSQL) -> Iterator[None]:
    """Refuse to write, as a standby does that was not promoted yet."""
    _as_owner(server, "ALTER DATABASE aihuijia SET default_transaction_read_only = on")
    disconnect_all(server)
    yield
    _as_owner(server, "ALTER DATABASE aihuijia RESET default_transaction_read_only")
    disconnect_all(server)


@contextmanager
def half_migrated(server: PostgreSQL) -> Iterator[None]:
    """Be without a table for a while."""
    _in_database(server, "ALTER TABLE ping RENAME TO ping_before")
    yield
    _in_database(server, "ALTER TABLE ping_before RENAME TO ping")


@contextmanager
def unfit(server: PostgreSQL) -> Iterator[None]:
    """Fail at every ping, as a program does that does not fit the database."""
    _in_database(
        server,
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a fault of ours'; END $$",
        "CREATE TRIGGER fail BEFORE INSERT ON ping FOR EACH STATEMENT EXECUTE FUNCTION fail()",
    )
    yield
    _in_database(server, "DROP TRIGGER fail ON ping", "DROP FUNCTION fail")


@contextmanager
def locked(server: PostgreSQL) -> Iterator[None]:
    """Have somebody hold a table, and sessions that do not wait for locks."""
    _as_owner(server, "ALTER DATABASE aihuijia SET lock_timeout = '50ms'")
    disconnect_all(server)
    with psycopg.connect(server.url("aihuijia")) as holder:
        holder.execute("LOCK TABLE ping IN EXCLUSIVE MODE")
        yield
    _as_owner(server, "ALTER DATABASE aihuijia RESET lock_timeout")
    disconnect_all(server)


FAULTS = [read_only, half_migrated, unfit, locked]


@pytest.mark.usefixtures("postgresql_database")
def test_a_database_that_cannot_is_waited_for(
    postgresql: PostgreSQL, broker: Mosquitto, serve: Serve, breakage: ExitStack
) -> None:
    """Whatever it cannot do now, nothing is acknowledged, rejected or lost; later all is stored."""
    service = serve(postgresql.url("aihuijia"), broker)
    bands = courses.bands(service, broker.port, seed=SEED)
    breakage.callback(bands.stop)
    faults = iter(FAULTS)

    def strike() -> None:
        with next(faults)(postgresql):
            _until_it_complains(service)

    found = run(
        Course(
            talkers=bands,
            strike=strike,
            engine=service.engine,
        ),
        times=len(FAULTS),
        seed=SEED,
    )

    assert () == found.examples
    assert found.said == found.promised == found.stored
    assert service.ingest.is_running


def _until_it_complains(service: Service) -> None:
    complaints = _complaints(service)
    until(lambda: _complaints(service) > complaints, "ingest waits for the database")


def _complaints(service: Service) -> int:
    return sum(service.ingest.log().count(words) for words in (AWAY, "No message can be stored"))


def disconnect_all(server: PostgreSQL) -> None:
    """Cut every connection to the database, so that the next ones hear of new settings."""
    _as_owner(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'aihuijia'",
    )


def _as_owner(server: PostgreSQL, *statements: str) -> None:
    _execute(server.url("postgres"), statements)


def _in_database(server: PostgreSQL, *statements: str) -> None:
    _execute(server.url("aihuijia"), statements)


def _execute(url: str, statements: tuple[str, ...]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
