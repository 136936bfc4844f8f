"""Fixtures of the whole suite: real servers once a session, a fresh database for each test."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine

from core.clock import ManualClock
from store.database import open_database
from store.migrate import migrate
from tests.scenes import Town
from tests.servers import Mosquitto, PostgreSQL

_TEMPLATE = "aihuijia_template"
_numbers = itertools.count(1)

hypothesis.settings.register_profile(
    "aihuijia",
    deadline=None,  # two cores are shared; how long an example takes proves nothing
    derandomize=True,  # the same examples every time: a red suite stays red until it is mended
    max_examples=100,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("aihuijia")

#: noon in Haining, where most stories begin
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    """Give a clock that stands at noon until the test moves it."""
    return ManualClock(NOON)


@pytest.fixture(scope="session")
def broker() -> Iterator[Mosquitto]:
    """Give a running Mosquitto. Tests share it: use client ids and prefixes of your own."""
    server = Mosquitto()
    server.start()
    yield server
    server.throw_away()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Give a running PostgreSQL cluster with a migrated template database."""
    server = PostgreSQL()
    server.start()
    engine = open_database(server.create_database(_TEMPLATE))
    migrate(engine)
    engine.dispose()
    yield server
    server.throw_away()


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """Give the address of a fresh, migrated PostgreSQL database."""
    name = f"aihuijia_{next(_numbers)}"
    yield postgresql.create_database(name, template=_TEMPLATE)
    postgresql.drop_database(name)


@pytest.fixture(scope="session")
def _sqlite_folder() -> Iterator[Path]:
    """Give a folder for SQLite files, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="aihuijia-sqlite-", dir=parent) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def _migrated_file(_sqlite_folder: Path) -> Path:
    """Give a migrated SQLite file that tests copy."""
    path = _sqlite_folder / "template.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture
def sqlite_url(_migrated_file: Path) -> str:
    """Give the address of a fresh, migrated SQLite file."""
    path = _migrated_file.with_name(f"{next(_numbers)}.db")
    shutil.copyfile(_migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the address of a fresh database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """Give an engine on a fresh database; the test runs once on each kind."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Engine]:
    """Give an engine on a fresh SQLite file, for tests that need only one kind."""
    engine = open_database(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[Engine]:
    """Give an engine on a fresh PostgreSQL database, for what only several workers can show."""
    engine = open_database(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def town(database: Engine, clock: ManualClock) -> Town:
    """Give a household and the team on duty, on each kind of database."""
    return Town(database, clock)


@pytest.fixture
def small_town(sqlite_database: Engine, clock: ManualClock) -> Town:
    """Give a household and the team on duty, for tests that need only one kind of database."""
    return Town(sqlite_database, clock)


@pytest.fixture(scope="session")
def fresh_sqlite(_migrated_file: Path) -> Callable[[], Engine]:
    """Give a maker of fresh SQLite databases, for tests that need a new one for each example."""

    def make() -> Engine:
        path = _migrated_file.with_name(f"{next(_numbers)}.db")
        shutil.copyfile(_migrated_file, path)
        return open_database(f"sqlite:///{path}")

    return make
