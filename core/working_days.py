"""Which days people in China work: weekends, public holidays and the days worked in their stead.

The library knows what the State Council announced, year by year, and counts the festivals of later
years itself. A year it cannot count has weekends and the holidays of fixed date.
"""

from datetime import date
from enum import StrEnum
from functools import lru_cache

from holidays import country_holidays
from holidays.countries.china import ChinaStaticHolidays

#: the library counts festivals by the moon between these years
_FIRST_YEAR, _LAST_YEAR = 1950, 2098
#: (month, day): New Year, Labour Day, National Day
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


class DayRule(StrEnum):
    """On which days the hours of a zone count."""

    EVERY = "every"
    WORKING = "working"  #: not on weekends and holidays, but on days worked in their stead
    OFF = "off"  #: only when people are off work


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Say whether people work on *day*, a date in Haining. Never raises."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return day.weekday() < 5 and (day.month, day.day) not in _FIXED
    off, worked = _exceptions(day.year)
    return day in worked or (day.weekday() < 5 and day not in off)


def announced_until() -> int:
    """Return the last year whose holidays were announced to the library in use."""
    return max(ChinaStaticHolidays.special_public_holidays)


@lru_cache(maxsize=64)
def _exceptions(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return the holidays of *year*, and the weekend days that are worked.

    The year after is asked too: a holiday in January can be worked for in December.
    """
    known = country_holidays("CN", years=(year, year + 1))
    return (
        frozenset(day for day in known if day.year == year),
        frozenset(day for day in known.weekend_workdays if day.year == year),
    )
