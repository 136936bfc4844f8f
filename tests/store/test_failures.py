"""What may work later, unchanged, is told apart from what never will. Real errors only."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, insert, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from store import schema
from store.database import open_database
from store.failures import is_databases_fault


def fails(engine: Engine, *statements: str) -> Exception:
    """Return the error in which the last of *statements* ends."""
    with engine.connect() as connection:
        for statement in statements[:-1]:
            connection.execute(text(statement))
        with pytest.raises(SQLAlchemyError) as failed:
            connection.execute(text(statements[-1]))
    return failed.value


INSERT = (
    "INSERT INTO reject (received_at, topic, reason, detail, size_bytes, payload)"
    " VALUES ('2026-11-23 00:00:00+00', 't', 'failed', '', 0, '')"
)


@pytest.mark.parametrize(
    "statements",
    [
        ("SET TRANSACTION READ ONLY", INSERT),  # as on a standby
        ("SELECT 1 FROM no_such_table",),
        ("SELECT no_such_column FROM ping",),
        ("SET LOCAL statement_timeout = '1ms'", "SELECT pg_sleep(5)"),
        ("CREATE ROLE nobody_yet", "SET LOCAL ROLE nobody_yet", INSERT),
        ("EXECUTE no_such_statement",),
    ],
    ids=["read-only", "table", "column", "timeout", "rights", "statement"],
)
def test_what_postgresql_may_do_later(
    postgresql_database: Engine, statements: tuple[str, ...]
) -> None:
    """A server that cannot now is not a statement that never can."""
    assert is_databases_fault(fails(postgresql_database, *statements))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO latest (device_id) VALUES ('half')",
        "SELECT 1 / 0",
        f"INSERT INTO latest (device_id) VALUES ('{'x' * 99}')",
        "DO $$ BEGIN RAISE EXCEPTION 'poison'; END $$",
        f"SELECT {'(' * 20_000}1{')' * 20_000}",  # deeper than the server's stack
    ],
    ids=["constraint", "division", "too-long", "raised", "too-deep"],
)
def test_what_postgresql_will_never_do(postgresql_database: Engine, statement: str) -> None:
    """Data that does not fit today will not fit tomorrow."""
    assert not is_databases_fault(fails(postgresql_database, statement))


def test_a_plan_from_before_a_migration_is_made_anew(postgresql_database: Engine) -> None:
    """A column that changed under a prepared statement is no fault of the data."""
    statement = text("SELECT topic FROM reject")
    engine = postgresql_database
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(10):  # often enough to be prepared
            connection.execute(statement)
        with engine.begin() as migration:
            migration.execute(text("ALTER TABLE reject ALTER COLUMN topic TYPE varchar(300)"))
        with pytest.raises(SQLAlchemyError, match="cached plan") as failed:
            connection.execute(statement)

    assert is_databases_fault(failed.value)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1 FROM no_such_table", True),
        ("INSERT INTO latest (device_id) VALUES ('half')", False),
    ],
)
def test_sqlite(sqlite_database: Engine, statement: str, expected: bool) -> None:
    """The same on SQLite."""
    assert expected == is_databases_fault(fails(sqlite_database, statement))


def test_a_damaged_file_may_be_repaired(tmp_path: Path) -> None:
    """A SQLite file that is none, or damaged inside, is waited for."""
    path = tmp_path / "damaged.db"
    path.write_bytes(b"no database at all" * 100)

    with pytest.raises(SQLAlchemyError) as failed, open_database(f"sqlite:///{path}").begin():
        pass

    assert is_databases_fault(failed.value)


def test_a_pool_without_a_free_connection_is_waited_for() -> None:
    """In `aihuijia up` pages share the pool: a crowd on the map puts no ping aside."""
    engine = create_engine(
        "sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0
    )
    with engine.connect(), pytest.raises(SQLAlchemyError) as failed:
        engine.connect()

    assert is_databases_fault(failed.value)


def test_what_is_no_databases_error_is_none() -> None:
    """A decoder's fault is not the database's."""
    assert not is_databases_fault(KeyError("fix"))
    assert not is_databases_fault(OSError(28, "No space left on device"))


def test_a_value_that_does_not_fit_is_the_datas_fault(sqlite_database: Engine) -> None:
    """A value that the driver cannot even bind is not waited for."""
    with sqlite_database.begin() as connection, pytest.raises(Exception) as failed:  # noqa: PT011
        connection.execute(insert(schema.reject), {"size_bytes": 1 << 80})

    assert not is_databases_fault(failed.value)


def test_an_error_does_not_repeat_what_was_stored(database: Engine) -> None:
    """What goes wrong is logged, so an error must not carry a position."""
    statement = text("INSERT INTO no_such_table VALUES (:lon)")
    with database.begin() as connection, pytest.raises(SQLAlchemyError) as failed:
        connection.execute(statement, {"lon": 120.68945})

    assert "no_such_table" in str(failed.value)
    assert "120.68" not in str(failed.value)
