"""A worker works only while the database has the schema it was written for."""

import pytest
from sqlalchemy import Engine, text

from store.migrate import wanted_version
from store.schema_guard import SchemaGuard


def migrate_to(engine: Engine, version: str | None) -> None:
    """Let the database say that it has this schema."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_it_stops_and_goes_on_with_the_schema(
    database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Another version stops the work and is logged once; the own one lets it go on."""
    guard = SchemaGuard(database, check_every_s=0.0)
    wanted = wanted_version()
    assert guard.fits()
    assert {} == guard.problem

    migrate_to(database, "9999")
    assert [False, False] == [guard.fits(), guard.fits()]
    assert {"schema_found": "9999", "schema_wanted": wanted} == guard.problem
    migrate_to(database, wanted)
    assert guard.fits()
    assert {} == guard.problem
    assert ["schema_mismatch"] == [
        getattr(r, "action", "") for r in caplog.records if r.levelname == "ERROR"
    ]


def test_it_is_asked_for_only_now_and_then(database: Engine) -> None:
    """Between two checks what was seen last holds: each tick may ask."""
    guard = SchemaGuard(database, check_every_s=3600.0)
    migrate_to(database, "9999")

    assert guard.fits()


def test_a_new_connection_is_a_reason_to_ask(database: Engine) -> None:
    """After a reconnect the version is asked for at once, until nobody watches any more."""
    guard = SchemaGuard(database, check_every_s=3600.0)
    guard.watch_connections()
    migrate_to(database, "9999")
    database.dispose()
    with database.connect():
        pass
    assert not guard.fits()
    guard.end()
    migrate_to(database, wanted_version())
    database.dispose()
    with database.connect():
        pass

    assert not guard.fits()


def test_a_database_without_any_version_is_not_ours(sqlite_database: Engine) -> None:
    """A table that is gone fits nobody."""
    with sqlite_database.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    guard = SchemaGuard(sqlite_database, check_every_s=0.0)

    assert not guard.fits()
    assert "" == guard.problem["schema_found"]
