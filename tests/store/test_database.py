"""Two databases, one meaning: instants, JSON, transactions, and who may write when."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import IntegrityError

from core.errors import ServerMissing
from store import schema
from store.database import check_reachable, open_database, reading
from tests.conftest import NOON
from tests.scenes import rows
from tests.servers import free_port

worker = schema.worker_beat


def beat(engine: Engine, name: str, at: datetime, detail: object = None) -> None:
    """Write one row with an instant and a document."""
    with engine.begin() as connection:
        connection.execute(
            worker.insert().values(worker=name, role="x", beat_at=at, detail=detail or {})
        )


@pytest.mark.parametrize(
    "instant",
    [
        NOON,
        NOON + timedelta(microseconds=123_456),
        NOON.astimezone(timezone(timedelta(hours=8))),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_as_the_same_one_in_utc(database: Engine, instant: datetime) -> None:
    """Whatever zone it was written in, an instant is read as aware UTC, to the microsecond."""
    beat(database, "w", instant)

    (found,) = rows(database, worker, "beat_at")
    assert instant == found
    assert UTC is found.tzinfo


def test_a_naive_instant_is_refused(database: Engine) -> None:
    """An instant without a zone never reaches the database."""
    with pytest.raises(Exception, match="time zone"):
        beat(database, "w", datetime(2026, 11, 23, 4, 0))  # noqa: DTZ001  the mistake itself


def test_instants_sort_by_time(database: Engine) -> None:
    """Instants compare in the database as they do in Python."""
    for second in (5, 1, 3.5, 3.25):
        beat(database, f"w{second}", NOON + timedelta(seconds=second))

    with reading(database) as connection:
        found = connection.scalars(
            select(worker.c.beat_at).where(worker.c.beat_at > NOON).order_by(worker.c.beat_at)
        ).all()

    assert [1, 3.25, 3.5, 5] == [(at - NOON).total_seconds() for at in found]


def test_a_document_comes_back_as_it_was(database: Engine) -> None:
    """Nested JSON with Chinese texts survives both databases."""
    document = {"名": "王秀英", "list": [1, 2.5, None, True], "deep": {"a": {"b": "c"}}}
    beat(database, "w", NOON, document)

    assert [document] == rows(database, worker, "detail")


def test_a_failed_transaction_leaves_nothing(database: Engine) -> None:
    """What was written before an error is not there after it, and the next writer goes on."""
    twice = worker.insert().values(worker="twice", role="x", beat_at=NOON, detail={})
    with database.connect() as connection, connection.begin():
        connection.execute(twice)
        with pytest.raises(IntegrityError):
            connection.execute(twice)
        connection.rollback()
    beat(database, "next", NOON)

    assert ["next"] == rows(database, worker, "worker")


def test_foreign_keys_are_kept(database: Engine) -> None:
    """A row that refers to nothing is refused."""
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(
            schema.band.insert().values(device_id="b", elder_id=99, registered_at=NOON)
        )


def test_many_writers_all_get_their_turn(database: Engine) -> None:
    """Eight threads that write at the same time all succeed; none is told "locked"."""
    barrier = threading.Barrier(8)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        barrier.wait()
        try:
            for number in range(10):
                beat(database, f"{name}-{number}", NOON)
        except BaseException as error:  # noqa: BLE001  looked at below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failures
    assert 80 == len(rows(database, worker, "worker"))


def test_a_reader_waits_for_no_writer(database: Engine) -> None:
    """While somebody writes, others read what was committed before."""
    beat(database, "before", NOON)
    with database.begin() as connection:
        connection.execute(
            worker.insert().values(worker="during", role="x", beat_at=NOON, detail={})
        )

        seen = rows(database, worker, "worker")

    assert ["before"] == seen


def test_two_engines_on_one_file_share_it(sqlite_database: Engine) -> None:
    """Another process on the same SQLite file sees what this one committed, and may write."""
    other = open_database(str(sqlite_database.url))
    beat(sqlite_database, "here", NOON)
    beat(other, "there", NOON)

    assert ["here", "there"] == rows(sqlite_database, worker, "worker")
    other.dispose()


def test_sqlite_is_careful(sqlite_database: Engine) -> None:
    """A committed row survives a power cut: write-ahead log, synchronous, foreign keys."""
    with reading(sqlite_database) as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1} == found


def test_an_absent_postgresql_is_named_with_how_to_start_it() -> None:
    """The advice names the address without the password, and what to do."""
    port = free_port()
    engine = open_database(f"postgresql://me:hush@127.0.0.1:{port}/aihuijia")

    with pytest.raises(ServerMissing, match="systemctl start postgresql") as caught:
        check_reachable(engine)

    assert str(port) in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_file_that_cannot_be_is_named(tmp_path: Path) -> None:
    """A SQLite file in a folder that does not exist is reported with advice."""
    engine = open_database(f"sqlite:///{tmp_path}/nowhere/x.db")

    with pytest.raises(ServerMissing, match="folder writable"):
        check_reachable(engine)


def test_a_reachable_database_is_reachable(database: Engine) -> None:
    """Nothing is said of a database that answers."""
    check_reachable(database)

    assert "elder" in inspect(database).get_table_names()
