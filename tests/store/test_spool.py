"""The spool: each report once, gone when it is seen, bounded, and safe when it is full."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from store import spool
from store.spool import Entry, open_spool

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Give a spool of at most 1 MiB."""
    engine = open_spool(tmp_path / "folder" / "gateway.db", most_mib=1)
    yield engine
    engine.dispose()


def entry(number: int, report_id: str | None = "r", *, size: int = 10) -> Entry:
    """Return an entry of the band b."""
    return Entry(
        id=number,
        device_id="b",
        report_id=f"{report_id}{number}" if report_id else None,
        topic="t",
        payload=b"x" * size,
    )


def numbers(engine: Engine, **bounds: datetime) -> list[int]:
    """Return the numbers of what is kept."""
    with engine.begin() as connection:
        found = spool.unseen(connection, after_id=0, up_to_id=10**9, limit=10**6, **bounds)
    return [one.id for one in found]


def test_what_is_kept_comes_back(engine: Engine) -> None:
    """In order, as it was, also for a process that opens the file again."""
    with engine.begin() as connection:
        spool.add(connection, [entry(2), entry(1), entry(3, None)], NOW)

        assert 3 == spool.last_id(connection)
        assert ["b"] == spool.devices(connection)
        assert (3, NOW) == spool.waiting(connection)
        assert [entry(1), entry(2)] == spool.unseen(connection, after_id=0, up_to_id=2, limit=10)


def test_an_empty_spool_answers(engine: Engine) -> None:
    """Nothing to publish, nobody to listen for."""
    with engine.begin() as connection:
        assert 0 == spool.last_id(connection)
        assert [] == spool.devices(connection)
        assert (0, None) == spool.waiting(connection)


def test_a_report_is_kept_once(engine: Engine) -> None:
    """The same report again changes nothing; what is no report has no such key."""
    again = Entry(id=9, device_id="b", report_id="r1", topic="t", payload=b"other")
    with engine.begin() as connection:
        spool.add(connection, [entry(1), again, entry(2, None), entry(3, None)], NOW)

    assert [1, 2, 3] == numbers(engine)


def test_seen_is_forgotten(engine: Engine) -> None:
    """Of the band that is meant only; it tells how far the ingest role has come."""
    with engine.begin() as connection:
        spool.add(connection, [entry(1)], NOW)
        spool.add(connection, [entry(2), entry(3)], NOW + MINUTE)
        newest = spool.remove_seen(connection, [("b", "r1"), ("b", "r2"), ("c", "r3")])
        assert spool.remove_seen(connection, [("b", "r1")]) is None
    assert NOW + MINUTE == newest

    assert [3] == numbers(engine)


def test_thousands_are_seen_at_once(engine: Engine) -> None:
    """More than one statement can name."""
    with engine.begin() as connection:
        spool.add(connection, [entry(number) for number in range(1, 3001)], NOW)
        spool.remove_seen(connection, [("b", f"r{number}") for number in range(1, 3000)])

    assert [3000] == numbers(engine)


def test_bounds_of_what_is_repeated(engine: Engine) -> None:
    """By when it was kept, and not again too soon."""
    with engine.begin() as connection:
        for number in (1, 2, 3):
            spool.add(connection, [entry(number)], NOW + number * MINUTE)
        spool.note_repeated(connection, [1], NOW + 5 * MINUTE)

    assert [2, 3] == numbers(engine, kept_since=NOW + 2 * MINUTE)
    assert [1, 2] == numbers(engine, kept_before=NOW + 3 * MINUTE)
    assert [2, 3] == numbers(engine, repeated_before=NOW + 5 * MINUTE)
    assert [1, 2, 3] == numbers(engine, repeated_before=NOW + 6 * MINUTE)


def test_a_full_spool_refuses_and_keeps_what_it_has(engine: Engine) -> None:
    """Beyond its bound nothing is half kept; what is removed makes room."""
    with engine.begin() as connection:
        spool.add(connection, [entry(1, size=500_000)], NOW)
    with pytest.raises(OperationalError, match="full"), engine.begin() as connection:
        spool.add(connection, [entry(2, size=100_000), entry(3, size=800_000)], NOW)

    assert [1] == numbers(engine)
    with engine.begin() as connection:
        spool.remove(connection, [1])
        spool.add(connection, [entry(3, size=800_000)], NOW)
    assert [3] == numbers(engine)
