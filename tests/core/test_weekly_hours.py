"""Hours that come again every week: over midnight, over the week's end, in words and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.clock import LOCAL_ZONE
from core.hours_text import hours_text, parse_hours
from core.people import Language
from core.weekly_hours import DAY_MIN, MOST_SPANS, WEEK_MIN, WeeklyHours, borders, counts
from core.working_days import DayRule
from tests.core.hours import TICK, spans, weekly_hours

MINUTE = timedelta(minutes=1)
#: a Monday, 00:00 in Haining
MONDAY = datetime(2026, 3, 2, tzinfo=LOCAL_ZONE)

minutes = st.integers(0, WEEK_MIN - 1)


def at(day: str, clock: str) -> datetime:
    """Return an instant of the week of 2 March 2026, by its day and its time in Haining."""
    hour, minute = map(int, clock.split(":"))
    day_number = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day)
    return MONDAY + timedelta(days=day_number, hours=hour, minutes=minute)


def count_at(text: str, day: str, clock: str) -> bool:
    """Say whether the hours in *text* count then, holidays apart."""
    return counts(parse_hours(text), DayRule.EVERY, at(day, clock))


# -- when they count -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("Mon-Fri 08:00-17:00", ["Mon 08:00", "Fri 16:59"], ["Mon 07:59", "Fri 17:00", "Sat 9:00"]),
        ("Sat 22:00-Mon 06:00", ["Sat 22:00", "Sun 12:00", "Mon 05:59"], ["Sat 21:59", "Mon 6:00"]),
        ("Sun 23:00-Mon 01:00", ["Sun 23:00", "Mon 00:00", "Mon 00:59"], ["Sun 22:59", "Mon 1:00"]),
        (
            "Mon-Sun 22:00-06:00",
            ["Sun 22:00", "Mon 05:59", "Wed 00:00"],
            ["Mon 6:00", "Wed 21:59"],
        ),
        ("Sat 00:00-24:00", ["Sat 00:00", "Sat 23:59"], ["Fri 23:59", "Sun 00:00"]),
        (
            "Sat-Mon 10:00-12:00",
            ["Sat 10:00", "Sun 11:00", "Mon 11:59"],
            ["Tue 10:00", "Fri 9:00"],
        ),
        (
            "Sat 9:00-Mon 20:00; Mon 21:00-22:00",
            ["Mon 19:59", "Mon 21:59"],
            ["Mon 20:59", "Sat 8:59"],
        ),
        ("Wed 12:00-Wed 11:00", ["Wed 12:00", "Sun 0:00", "Wed 10:59"], ["Wed 11:00", "Wed 11:59"]),
    ],
)
def test_hours_count_from_their_beginning_to_before_their_end(
    text: str, inside: list[str], outside: list[str]
) -> None:
    """A span's first minute counts and the minute it ends in does not, over midnight and week."""
    assert [True] * len(inside) == [count_at(text, *moment.split()) for moment in inside]
    assert [False] * len(outside) == [count_at(text, *moment.split()) for moment in outside]


def test_the_border_is_exact() -> None:
    """A microsecond before the hour it does not count; on the hour it does."""
    hours = parse_hours("Mon 08:00-17:00")
    begin, end = at("Mon", "08:00"), at("Mon", "17:00")

    assert [False, True, True, False] == [
        counts(hours, DayRule.EVERY, moment) for moment in (begin - TICK, begin, end - TICK, end)
    ]


@pytest.mark.parametrize("offset_h", [-11, 0, 5.5, 8, 14])
def test_any_time_zone_is_the_same_instant(offset_h: float) -> None:
    """The clock of Haining decides, in whatever zone the instant is written."""
    there = timezone(timedelta(hours=offset_h))
    hours = parse_hours("Sun 23:00-Mon 01:00")

    assert counts(hours, DayRule.EVERY, at("Mon", "00:30").astimezone(there))
    assert not counts(hours, DayRule.EVERY, at("Mon", "08:30").astimezone(there))


def test_an_instant_without_a_zone_is_refused() -> None:
    """Nobody knows when a naive time is."""
    with pytest.raises(ValueError, match="time zone"):
        counts(None, DayRule.WORKING, at("Mon", "08:00").replace(tzinfo=None))


@given(weekly_hours, minutes)
def test_minutes_and_instants_agree(hours: WeeklyHours, minute: int) -> None:
    """An instant counts when its minute of the week lies in the hours."""
    moment = MONDAY + minute * MINUTE

    assert hours.covers(minute) == counts(hours, DayRule.EVERY, moment)


@given(weekly_hours, minutes, st.integers(-1500, 3000))
def test_every_week_is_the_same(hours: WeeklyHours, minute: int, weeks: int) -> None:
    """Without holidays and dates, what counts now counts in any other week at this time."""
    moment = MONDAY + minute * MINUTE

    assert counts(hours, DayRule.EVERY, moment) == counts(
        hours, DayRule.EVERY, moment + timedelta(weeks=weeks)
    )


# -- spans -----------------------------------------------------------------------------------------


def complement(hours: WeeklyHours) -> WeeklyHours:
    """Return the rest of the week."""
    after = [*hours.spans[1:], (hours.spans[0][0] + WEEK_MIN, 0)]
    gaps = [(end, begin) for (_, end), (begin, _) in zip(hours.spans, after, strict=True)]
    return WeeklyHours(tuple((a % WEEK_MIN, a % WEEK_MIN + b - a) for a, b in gaps if b > a))


@given(weekly_hours, minutes)
def test_hours_and_the_rest_make_a_week(hours: WeeklyHours, minute: int) -> None:
    """Each minute lies in the hours or in the rest of the week, never in both."""
    assume(hours.spans != ((0, WEEK_MIN),))
    rest = complement(hours)

    assert hours.covers(minute) != rest.covers(minute)
    assert ((0, WEEK_MIN),) == WeeklyHours(hours.spans + rest.spans).spans
    assert hours == complement(rest)


@given(st.lists(spans, min_size=1, max_size=8), minutes)
def test_joining_changes_nothing(some: list[tuple[int, int]], minute: int) -> None:
    """Overlapping spans, given in any order, cover the same minutes when they are joined."""
    covered = any(start <= minute < end or minute + WEEK_MIN < end for start, end in some)

    assert covered == WeeklyHours(tuple(some)).covers(minute)
    assert WeeklyHours(tuple(some)) == WeeklyHours(tuple(reversed(some)))


@given(weekly_hours)
def test_every_minute_belongs_to_one_day(hours: WeeklyHours) -> None:
    """The pieces of the seven days are the whole of the hours, none of it twice."""
    pieces = [
        (day * DAY_MIN + start, day * DAY_MIN + end)
        for day in range(7)
        for start, end in hours.belonging_to(day)
    ]

    assert hours == WeeklyHours(tuple(pieces))
    assert sum(b - a for a, b in hours.spans) == sum(b - a for a, b in pieces)


def test_a_night_belongs_to_its_evening() -> None:
    """What is left of a span in the morning is part of the day before; an afternoon is not."""
    night = parse_hours("Sat 22:00-Mon 06:00")
    long = parse_hours("Fri 18:00-Sat 18:00")

    assert [((1320, 1440),), ((0, 1800),), ()] == [night.belonging_to(day) for day in (5, 6, 0)]
    assert [((1080, 1440),), ((0, 1080),)] == [long.belonging_to(day) for day in (4, 5)]


@pytest.mark.parametrize("span", [(-1, 5), (WEEK_MIN, WEEK_MIN + 1), (5, 5), (0, WEEK_MIN + 1)])
def test_a_span_begins_in_the_week_and_ends_within_one(span: tuple[int, int]) -> None:
    """Spans that are empty, longer than a week, or begin outside of it are refused."""
    with pytest.raises(ValueError, match="begin within the week"):
        WeeklyHours((span,))


def test_hours_name_something_and_stay_readable() -> None:
    """No span at all is refused, and so is a confetti of them."""
    with pytest.raises(ValueError, match="leave them out"):
        WeeklyHours(())
    with pytest.raises(ValueError, match=f"at most {MOST_SPANS}"):
        WeeklyHours(tuple((60 * n, 60 * n + 30) for n in range(MOST_SPANS + 1)))


# -- borders ---------------------------------------------------------------------------------------


@given(weekly_hours, st.sampled_from(DayRule), minutes, st.integers(0, 300))
def test_between_two_borders_nothing_changes(
    hours: WeeklyHours, days: DayRule, minute: int, day: int
) -> None:
    """Borders rise, come after the instant asked about, and the answer holds between them."""
    start = MONDAY + minute * MINUTE + timedelta(days=day)
    later = borders(hours, days, start)
    first, second = next(later), next(later)

    assert start < first < second
    for begin, end in ((start, first), (first, second)):
        middle = begin + (end - begin) / 2
        assert counts(hours, days, begin) == counts(hours, days, middle)
        assert counts(hours, days, begin) == counts(hours, days, end - TICK)


# -- in words --------------------------------------------------------------------------------------


@given(weekly_hours, st.sampled_from(Language))
def test_hours_survive_being_written(hours: WeeklyHours, language: Language) -> None:
    """What is written in either language is read back as the same hours."""
    assert hours == parse_hours(hours_text(hours, language))


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        (
            "mon - fri 8:00 – 17:00; Sat 22:00-Mon 06:00",
            "Mon-Fri 08:00-17:00; Sat 22:00-Mon 06:00",
            "周一至周五 08:00-17:00；周六 22:00-周一 06:00",
        ),
        ("Monday,Wednesday 09:00-10:00", "Mon,Wed 09:00-10:00", "周一、周三 09:00-10:00"),
        ("周日 23：00 到 周一 01：00", "Sun 23:00-Mon 01:00", "周日 23:00-周一 01:00"),
        ("星期一至星期天 22:00-06:00", "Mon-Sun 22:00-06:00", "周一至周日 22:00-06:00"),
        ("Sat 08:00-12:00\nSat 12:00-20:00", "Sat 08:00-20:00", "周六 08:00-20:00"),
        ("Mon 00:00-Sun 24:00", "Mon 00:00-Sun 24:00", "周一 00:00-周日 24:00"),
        ("Fri 18:00-Sun 24:00", "Fri 18:00-Sun 24:00", "周五 18:00-周日 24:00"),
    ],
)
def test_hours_are_written_one_way(text: str, english: str, chinese: str) -> None:
    """However hours were typed, they are shown in one short form of each language."""
    hours = parse_hours(text)

    assert (english, chinese) == (hours_text(hours), hours_text(hours, Language.CHINESE))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "without a day and a time"),
        ("always", '"alw" is not understood'),
        ("Mon 08:00", "not understood"),
        ("Mon 25:00-26:00", '"25:00" in'),
        ("Mon 08:60-09:00", "no time"),
        ("Mon 24:00-Tue 02:00", "write 00:00 to 23:59"),
        ("Mon 08:00-24:01", "write 00:00 to 24:00"),
        ("Mon 08:00-08:00", 'for a whole day write "00:00-24:00"'),
        ("Mon 08:00-Mon 08:00", 'for the whole week write "Mon 00:00-Sun 24:00"'),
        ("Mon-Wed-Fri 08:00-09:00", "are not days"),
        ("Mon 08:00-09:00; Foo 10:00-11:00", "foo 10:00-11:00"),
        ("Mon 08:00-09:00;" * 100, "more than 1000 letters"),
    ],
)
def test_what_is_not_hours_is_refused_with_advice(text: str, advice: str) -> None:
    """The error names the part that is wrong and how to write it."""
    with pytest.raises(ValueError, match=advice):
        parse_hours(text)


@given(st.text("MonTuSat 0128:;-,周一日至～；", max_size=30) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever somebody types gives hours that can be written again, or the one error."""
    try:
        found = parse_hours(text)
    except ValueError:
        return

    assert found == parse_hours(hours_text(found))


def test_now_is_not_asked() -> None:
    """Hours are about the instant that is handed in: 1990s and 2090s alike."""
    hours = parse_hours("Wed 00:00-24:00")

    assert counts(hours, DayRule.EVERY, datetime(1999, 12, 29, 4, tzinfo=UTC))
    assert counts(hours, DayRule.EVERY, datetime(2097, 3, 13, 4, tzinfo=UTC))


@given(weekly_hours)
def test_every_hour_of_the_week_agrees(hours: WeeklyHours) -> None:
    """Each border of the hours, and the minute before it, counts as the spans say."""
    edges = {edge % WEEK_MIN for span in hours.spans for edge in span}
    asked = sorted({(edge + step) % WEEK_MIN for edge in edges for step in (-1, 0)})

    assert [hours.covers(minute) for minute in asked] == [
        counts(hours, DayRule.EVERY, MONDAY + minute * MINUTE) for minute in asked
    ]
