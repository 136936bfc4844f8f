"""Instants as people write them."""

from datetime import UTC, datetime

import pytest

from core.instants import read_instant
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-23 11:05", datetime(2026, 11, 23, 3, 5, tzinfo=UTC)),
        ("2026/11/23 11:05:30", datetime(2026, 11, 23, 3, 5, 30, tzinfo=UTC)),
        ("2026-11-23T03:05:00Z", datetime(2026, 11, 23, 3, 5, tzinfo=UTC)),
        ("2026-11-23T11:05+08:00", datetime(2026, 11, 23, 3, 5, tzinfo=UTC)),
        ("11-23 11:05", datetime(2026, 11, 23, 3, 5, tzinfo=UTC)),
        ("11月23日 11：05", datetime(2026, 11, 23, 3, 5, tzinfo=UTC)),
        ("12-24 11:05", datetime(2025, 12, 24, 3, 5, tzinfo=UTC)),
        ("9:05", datetime(2026, 11, 23, 1, 5, tzinfo=UTC)),
        ("昨天 21:05", datetime(2026, 11, 22, 13, 5, tzinfo=UTC)),
        ("yesterday 21:05:09", datetime(2026, 11, 22, 13, 5, 9, tzinfo=UTC)),
        (" now ", NOON),
    ],
)
def test_a_time_is_read(written: str, meant: datetime) -> None:
    """Without a day it is today's, without a year the last one, without an offset Haining's."""
    assert meant == read_instant(written, NOON)


@pytest.mark.parametrize(
    "written",
    ["", "noon", "25:00", "2-30 10:00", "2026-13-01 10:00", "0001-01-01 00:00", "9" * 999],
)
def test_what_is_no_time_is_answered_with_examples(written: str) -> None:
    """The error says which forms there are, and repeats no more than a line of what was given."""
    with pytest.raises(ValueError, match="Write it like one of these") as error:
        read_instant(written, NOON)

    assert len(str(error.value)) < 220


def test_what_has_not_come_yet_is_refused() -> None:
    """Nobody can explain tomorrow."""
    with pytest.raises(ValueError, match="has not come yet"):
        read_instant("12:01", NOON)
