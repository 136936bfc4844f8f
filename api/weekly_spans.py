"""Weekly hours as spans of days and times, for the grid on a page. Pure."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from api.wire_types import Wire
from core.weekly_hours import DAY_MIN, WEEK_MIN, WeeklyHours

_Time = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS = tuple(Weekday)


class HoursSpan(Wire):
    """A span of the week on the clock of Haining; one that ends before it begins runs on.

    A whole day ends at 24:00.
    """

    from_day: Weekday
    from_time: _Time
    until_day: Weekday
    until_time: _Time


def spans_of(hours: WeeklyHours) -> list[HoursSpan]:
    """Return *hours* as spans of days and times."""
    found = []
    for start, end in hours.spans:
        last_day = (end - 1) // DAY_MIN
        found.append(
            HoursSpan(
                from_day=_DAYS[start // DAY_MIN],
                from_time=_clock(start % DAY_MIN),
                until_day=_DAYS[last_day % 7],
                until_time=_clock(end - last_day * DAY_MIN),
            )
        )
    return found


def hours_of(spans: list[HoursSpan]) -> WeeklyHours:
    """Return the hours that *spans* describe; ValueError when they cannot be meant."""
    found = []
    for span in spans:
        start = _minute(span.from_day, span.from_time)
        end = _minute(span.until_day, span.until_time)
        if start == end:
            raise ValueError(
                "it begins where it ends; for the whole week write Mon 00:00-Sun 24:00"
            )
        begin, length = start % WEEK_MIN, (end - start) % WEEK_MIN or WEEK_MIN
        found.append((begin, begin + length))
    return WeeklyHours(tuple(found))


def _minute(day: Weekday, time: str) -> int:
    hour, minute = time.split(":")
    return _DAYS.index(day) * DAY_MIN + int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
