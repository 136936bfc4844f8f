"""Fixtures of the whole suite: real servers once a session, a fresh database for each test."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine, text

from core.clock import ManualClock
from store.database import open_database
from store.migrate import migrate
from tests.scenes import Town
from tests.servers import Mosquitto, PostgreSQL, scratch_folder

_TEMPLATE = "aihuijia_template"
_TOWN_TEMPLATE = "aihuijia_town"
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


# -- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Give a running PostgreSQL cluster with a migrated template database."""
    server = PostgreSQL()
    server.start()
    engine = open_database(server.create_database(_TEMPLATE))
    migrate(engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Thousands of projections nobody here uses would be copied for every test.
        connection.execute(text("DELETE FROM spatial_ref_sys WHERE srid NOT IN (4326, 3857)"))
        connection.execute(text("VACUUM FULL spatial_ref_sys"))
    engine.dispose()
    yield server
    server.throw_away()


@pytest.fixture(scope="session")
def _postgresql_engine(postgresql: PostgreSQL) -> Iterator[Engine]:
    """Give the one engine of all tests: its compiled statements are worth keeping."""
    engine = open_database(postgresql.url("aihuijia"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def _postgresql_model(postgresql: PostgreSQL) -> Town:
    """Give a town in a template database, to be copied."""
    engine = open_database(postgresql.create_database(_TOWN_TEMPLATE, template=_TEMPLATE))
    town = Town(engine, ManualClock(NOON))
    engine.dispose()
    return town


@contextmanager
def _copied(server: PostgreSQL, engine: Engine, template: str) -> Iterator[Engine]:
    server.create_database("aihuijia", template=template)
    yield engine
    engine.dispose()
    server.drop_database("aihuijia")


@pytest.fixture
def postgresql_database(postgresql: PostgreSQL, _postgresql_engine: Engine) -> Iterator[Engine]:
    """Give an engine on a fresh PostgreSQL database, for what only several workers can show."""
    with _copied(postgresql, _postgresql_engine, _TEMPLATE) as engine:
        yield engine


@pytest.fixture
def postgresql_town(
    postgresql: PostgreSQL,
    _postgresql_engine: Engine,
    _postgresql_model: Town,
    clock: ManualClock,
) -> Iterator[Town]:
    """Give a household and the team on duty on PostgreSQL."""
    with _copied(postgresql, _postgresql_engine, _TOWN_TEMPLATE) as engine:
        yield Town(engine, clock, like=_postgresql_model)


# -- SQLite --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _sqlite_folder() -> Iterator[Path]:
    """Give a folder for SQLite files."""
    folder = scratch_folder("sqlite")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _migrated_file(_sqlite_folder: Path) -> Path:
    """Give a migrated SQLite file that tests copy."""
    path = _sqlite_folder / "template.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def _sqlite_engine(_sqlite_folder: Path) -> Iterator[Engine]:
    """Give the one engine of all tests: its compiled statements are worth keeping."""
    engine = open_database(f"sqlite:///{_sqlite_folder / 'aihuijia.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def _sqlite_model(_migrated_file: Path) -> tuple[Path, Town]:
    """Give a town in a SQLite file, to be copied."""
    path = _migrated_file.with_name("town.db")
    shutil.copyfile(_migrated_file, path)
    engine = open_database(f"sqlite:///{path}")
    town = Town(engine, ManualClock(NOON))
    engine.dispose()
    return path, town


@contextmanager
def _copied_file(engine: Engine, template: Path) -> Iterator[Engine]:
    path = template.with_name("aihuijia.db")
    shutil.copyfile(template, path)
    yield engine
    engine.dispose()
    for leftover in path.parent.glob("aihuijia.db*"):
        leftover.unlink()


@pytest.fixture
def sqlite_database(_migrated_file: Path, _sqlite_engine: Engine) -> Iterator[Engine]:
    """Give an engine on a fresh SQLite file, for tests that need only one kind."""
    with _copied_file(_sqlite_engine, _migrated_file) as engine:
        yield engine


@pytest.fixture
def sqlite_town(
    _sqlite_model: tuple[Path, Town], _sqlite_engine: Engine, clock: ManualClock
) -> Iterator[Town]:
    """Give a household and the team on duty on SQLite."""
    path, model = _sqlite_model
    with _copied_file(_sqlite_engine, path) as engine:
        yield Town(engine, clock, like=model)


# -- either --------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Engine:
    """Give an engine on a fresh database; the test runs once on each kind."""
    engine: Engine = request.getfixturevalue(f"{request.param}_database")
    return engine


@pytest.fixture
def database_url(database: Engine) -> str:
    """Give the address of a fresh database, for tests that open it themselves."""
    url = database.url.render_as_string(hide_password=False)
    return url.replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture
def town(request: pytest.FixtureRequest) -> Town:
    """Give a household and the team on duty, on SQLite, or as `on_both_databases` says."""
    kind = getattr(request, "param", "sqlite")
    town: Town = request.getfixturevalue(f"{kind}_town")
    return town


@pytest.fixture(scope="session")
def fresh_sqlite(_migrated_file: Path) -> Callable[[], Engine]:
    """Give a maker of fresh SQLite databases, for tests that need a new one for each example."""

    def make() -> Engine:
        path = _migrated_file.with_name(f"{next(_numbers)}.db")
        shutil.copyfile(_migrated_file, path)
        return open_database(f"sqlite:///{path}")

    return make
