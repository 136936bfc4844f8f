"""Hours that come again every week, on the clock of Haining.

A span is two whole minutes of the week, Monday 00:00 being 0: the first counts, the second does
not. It may run over the end of the week: (Sunday 23:00, 7 days + 60) ends on Monday at 01:00.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from core.clock import LOCAL_ZONE, check_aware
from core.working_days import DayRule, is_working_day

DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN
#: hours that nobody could read on a page are refused
MOST_SPANS = 28
#: what ends by now in the morning belongs to the evening before it, minute of the day
_MORNING_ENDS_MIN = 12 * 60
#: further ahead nobody plans, days
_LOOK_AHEAD_DAYS = 3 * 366

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Spans of minutes of the week; joined, sorted and apart, however they were given."""

    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        for start, end in self.spans:
            if not (0 <= start < WEEK_MIN and start < end <= start + WEEK_MIN):
                raise ValueError(
                    f"hours from minute {start!r} to {end!r}: begin within the week (0 to"
                    f" {WEEK_MIN - 1}), end later and at most a week later"
                )
        joined = tuple(_joined(self.spans))
        if not joined:
            raise ValueError("hours name at least one span; leave them out to count always")
        if len(joined) > MOST_SPANS:
            raise ValueError(f"hours have at most {MOST_SPANS} spans a week, not {len(joined)}")
        object.__setattr__(self, "spans", joined)

    def covers(self, minute: int) -> bool:
        """Say whether *minute* of the week lies in the hours."""
        return any(start <= minute < end or minute + WEEK_MIN < end for start, end in self.spans)

    def belonging_to(self, weekday: int) -> tuple[Span, ...]:
        """Return what belongs to *weekday* (Monday is 0), in minutes from its midnight.

        A span is cut at each midnight. What is left of it in the morning belongs to the evening
        before, so that Friday night is Friday's until it ends.
        """
        pieces = (
            (first - midnight, last - midnight)
            for span in self.spans
            for first, last in _cut(span)
            for midnight in (weekday * DAY_MIN, weekday * DAY_MIN + WEEK_MIN)
            if 0 <= first - midnight < DAY_MIN
        )
        return tuple(sorted(pieces))  # what runs over the week's end comes first on Monday


def counts(hours: WeeklyHours | None, days: DayRule, at: datetime) -> bool:
    """Say whether *at* (aware, any time zone) lies in *hours* (None: all) on days that count."""
    if at.tzinfo is None:
        raise ValueError(f"instant without a time zone: {at!r}")
    local = at.astimezone(LOCAL_ZONE)
    minute = local.hour * 60 + local.minute
    return bisect_right(_edges(hours, days, local.date()), minute) % 2 == 1


def borders(hours: WeeklyHours | None, days: DayRule, after: datetime) -> Iterator[datetime]:
    """Yield each instant later than *after* at which the hours may begin or end, in order, UTC.

    It gives up after three years.
    """
    today = after.astimezone(LOCAL_ZONE).date()
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        midnight = datetime.combine(day, time(), LOCAL_ZONE)
        # Midnight itself is one: a day that does not count may follow one that does.
        for minute in sorted({0, *_edges(hours, days, day)} - {DAY_MIN}):
            instant = check_aware(midnight + timedelta(minutes=minute))
            if instant > after:
                yield instant


@lru_cache(maxsize=8192)
def _edges(hours: WeeklyHours | None, days: DayRule, day: date) -> tuple[int, ...]:
    """Return the minutes of *day* in which counting begins, ends, begins …, in order.

    The end of last night is among them.
    """
    found: list[int] = []
    for back in (1, 0):
        begun = day - timedelta(days=back)
        if days is DayRule.EVERY or (days is DayRule.WORKING) == is_working_day(begun):
            whole = ((0, DAY_MIN),) if hours is None else hours.belonging_to(begun.weekday())
            for start, end in whole:
                first, last = max(0, start - back * DAY_MIN), min(DAY_MIN, end - back * DAY_MIN)
                found += (first, last) if first < last else ()
    return tuple(found)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield *spans* joined where they touch, also over the end of the week."""
    straight = []
    for start, end in spans:
        straight.append((start, min(end, WEEK_MIN)))
        if end > WEEK_MIN:
            straight.append((0, end - WEEK_MIN))
    found: list[Span] = []
    for start, end in sorted(straight):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    if len(found) > 1 and found[0][0] == 0 and found[-1][1] == WEEK_MIN:
        found[-1] = (found[-1][0], WEEK_MIN + found.pop(0)[1])
    yield from found


def _cut(span: Span) -> Iterator[Span]:
    """Yield *span* in pieces that each begin on another day."""
    start, end = span
    while start < end:
        midnight = (start // DAY_MIN + 1) * DAY_MIN
        piece_end = end if end - midnight <= _MORNING_ENDS_MIN else midnight
        yield start, piece_end
        start = piece_end
