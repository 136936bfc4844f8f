"""An instant that has passed, as a person writes it: "2026-11-23 14:05", "14:05", "昨天 14:05"."""

import re
from datetime import UTC, datetime, time, timedelta

from core.clock import LOCAL_ZONE, check_aware

#: what may be written, for an answer to what nobody can read
FORMS = '"2026-11-23 14:05", "11-23 14:05", "14:05:30", "昨天 14:05", "2026-11-23T06:05:00Z"'
_MOST_LETTERS = 40
_DAYS_AGO = {"今天": 0, "today": 0, "昨天": 1, "yesterday": 1, "前天": 2}
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?")
_DAY_OF_YEAR = re.compile(r"(\d{1,2})[-/月](\d{1,2})日?")


def read_instant(text: str, now: datetime) -> datetime:
    """Return the instant in UTC; ValueError says which forms there are, or that it lies ahead.

    Without a date it is today's, without a year the last such day; without an offset it is the
    clock on the wall in Haining.
    """
    words = text.strip()
    try:
        if len(words) > _MOST_LETTERS:
            raise ValueError(words)
        instant = check_aware(_read(words, now.astimezone(LOCAL_ZONE)))
    except (ValueError, OverflowError):
        shown = text[:_MOST_LETTERS]
        raise ValueError(f"{shown!r} is no time. Write it like one of these: {FORMS}") from None
    if instant > now:
        raise ValueError(f"{words!r} has not come yet. For an earlier day write the day, too.")
    return instant


def _read(words: str, now: datetime) -> datetime:
    if words in ("now", "现在"):
        return now
    day, _, hour = words.rpartition(" ")
    clock = _TIME.fullmatch(hour)
    if clock is None or re.fullmatch(r"\d{4}.*", day):
        instant = datetime.fromisoformat(words.replace("/", "-"))
        return instant if instant.tzinfo is not None else instant.replace(tzinfo=LOCAL_ZONE)
    hours, minutes, seconds = clock.groups(default="0")
    at = time(int(hours), int(minutes), int(seconds))
    date = now.date()
    if day in _DAYS_AGO:
        date -= timedelta(days=_DAYS_AGO[day])
    elif day:
        named = _DAY_OF_YEAR.fullmatch(day)
        if named is None:
            raise ValueError(day)
        date = date.replace(month=int(named[1]), day=int(named[2]))
        if date > now.date():
            date = date.replace(year=date.year - 1)
    return datetime.combine(date, at, tzinfo=LOCAL_ZONE).astimezone(UTC)
