"""Which days people in Haining work: as announced, as counted, and always some answer."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.working_days import announced_until, is_working_day


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 2), False),  # a Friday, off after New Year
        (date(2026, 1, 4), True),  # the Sunday worked for it
        (date(2026, 2, 14), True),  # a Saturday worked before the Spring Festival
        (date(2026, 2, 17), False),  # the first day of the year of the horse
        (date(2026, 2, 24), True),  # the first day after it
        (date(2026, 9, 20), True),  # a Sunday worked for the National Day
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),  # a Saturday worked for it
        (date(2026, 11, 23), True),  # an ordinary Monday
        (date(2026, 11, 22), False),  # an ordinary Sunday
        (date(2020, 1, 31), False),  # the holidays of that winter were made longer
        (date(2005, 12, 31), True),  # worked for a day of the January after
    ],
)
def test_announced_days_are_known(day: date, expected: bool) -> None:
    """Holidays are off although they are weekdays, and weekends worked for them are not."""
    assert expected == is_working_day(day)


def test_a_year_of_announced_days() -> None:
    """2026 has 248 working days, six of them on weekends, as the State Council announced."""
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    worked = [day for day in year if is_working_day(day)]

    assert (248, 6) == (len(worked), sum(day.weekday() >= 5 for day in worked))
    assert announced_until() >= 2026


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2041, 2, 1), False),  # the Spring Festival by the moon, a Friday
        (date(2041, 1, 31), False),  # its eve
        (date(2041, 10, 2), False),
        (date(2041, 3, 6), True),
        (date(2150, 1, 1), False),  # beyond all counting: of fixed date, a Thursday
        (date(2150, 2, 5), True),
        (date(2150, 2, 7), False),
    ],
)
def test_later_years_have_their_festivals(day: date, expected: bool) -> None:
    """Where nothing was announced, festivals are counted; far ahead only those of fixed date."""
    assert expected == is_working_day(day)


@given(st.dates())
def test_every_day_has_an_answer(day: date) -> None:
    """No date is too early or too late to be asked about, and the first of October is off."""
    assert is_working_day(day) in (True, False)
    assert not is_working_day(day.replace(month=10, day=1))
