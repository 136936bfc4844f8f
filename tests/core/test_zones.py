"""When a zone counts: hours, days and dates together; and when that next changes."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import LOCAL_ZONE
from core.hours_text import parse_hours
from core.places import Position
from core.weekly_hours import WeeklyHours
from core.working_days import DayRule
from core.zones import Circle, Zone, ZoneKind, next_change
from tests.core.hours import TICK, weekly_hours

DAY_CARE = parse_hours("Mon-Fri 08:00-17:00")
NIGHTS = parse_hours("Mon-Sun 20:00-08:00")


def zone(
    hours: WeeklyHours | None = None,
    days: DayRule = DayRule.EVERY,
    *,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> Zone:
    """Return a zone that counts then."""
    return Zone(
        id=1,
        elder_id=1,
        kind=ZoneKind.SAFE,
        name="日间照料中心",
        shape=Circle(Position(120.68, 30.53), 150),
        hours=hours,
        days=days,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return an instant of 2026 by the clock of Haining."""
    return datetime(2026, month, day, hour, minute, tzinfo=LOCAL_ZONE)


zones = st.builds(
    zone,
    hours=st.none() | weekly_hours,
    days=st.sampled_from(DayRule),
    valid_from=st.none() | st.just(local(3, 4, 5)),
    valid_until=st.none() | st.just(local(5, 6, 7)),
)
moments = st.integers(0, 120 * 24 * 3600).map(lambda s: local(2, 1) + timedelta(seconds=s))


@pytest.mark.parametrize(
    ("timed", "expected"),
    [
        (zone(), False),
        (zone(DAY_CARE), True),
        (zone(days=DayRule.OFF), True),
        (zone(valid_from=local(3, 1)), True),
        (zone(valid_until=local(3, 1)), True),
    ],
)
def test_a_zone_knows_whether_it_depends_on_the_time(timed: Zone, expected: bool) -> None:
    """Only a zone without hours, day rule and dates counts at any time."""
    assert expected == timed.is_timed


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        # a Tuesday in May off for the Labour Day, a Saturday worked for it, the Monday after
        (DayRule.EVERY, [True, True, True]),
        (DayRule.WORKING, [False, True, True]),
        (DayRule.OFF, [True, False, False]),
    ],
)
def test_holidays_and_days_worked_for_them(days: DayRule, expected: list[bool]) -> None:
    """The day rule knows holidays that are weekdays and weekends that are not."""
    open_daily = zone(parse_hours("Mon-Sun 08:00-17:00"), days)
    asked = (local(5, 5, 10), local(5, 9, 10), local(5, 11, 10))

    assert expected == [open_daily.counts_at(moment) for moment in asked]


def test_hours_are_not_widened_by_the_day_rule() -> None:
    """A Saturday that is worked is not among Monday to Friday: hours and days must both agree."""
    assert not zone(DAY_CARE, DayRule.WORKING).counts_at(local(5, 9, 10))


def test_the_night_before_a_holiday_lasts_until_its_morning() -> None:
    """A working day's night goes on over the midnight into the holiday, and ends as always."""
    nights = zone(NIGHTS, DayRule.WORKING)
    thursday = local(4, 30, 21)  # the Labour Day follows

    assert [True, True, False, False] == [
        nights.counts_at(moment)
        for moment in (thursday, local(5, 1, 7, 59), local(5, 1, 8), local(5, 1, 21))
    ]


def test_the_dawn_of_a_holiday_without_a_night_before() -> None:
    """A whole holiday does not count from its midnight on, and the day after does again."""
    days = zone(days=DayRule.WORKING)
    midnight = local(5, 1)

    assert [True, False, False, True] == [
        days.counts_at(moment)
        for moment in (midnight - TICK, midnight, local(5, 5, 23, 59), local(5, 6))
    ]


def test_dates_and_hours_must_both_agree() -> None:
    """A zone begun at noon counts from noon on, within its hours only, until its date is over."""
    timed = zone(DAY_CARE, valid_from=local(3, 2, 12), valid_until=local(3, 4, 12))

    assert [False, True, False, True, False] == [
        timed.counts_at(moment)
        for moment in (
            local(3, 2, 11, 59),
            local(3, 2, 12),
            local(3, 2, 17),
            local(3, 4, 11, 59),
            local(3, 4, 12),
        )
    ]


@pytest.mark.parametrize(
    ("timed", "after", "expected"),
    [
        (zone(), local(3, 2), None),
        (zone(DAY_CARE), local(3, 2), local(3, 2, 8)),
        (zone(DAY_CARE), local(3, 2, 8), local(3, 2, 17)),
        (zone(DAY_CARE), local(3, 6, 17), local(3, 9, 8)),
        (zone(DAY_CARE, DayRule.WORKING), local(4, 30, 17), local(5, 6, 8)),
        (zone(parse_hours("Sat 22:00-Mon 06:00")), local(3, 7, 23), local(3, 9, 6)),
        (zone(days=DayRule.OFF), local(3, 2), local(3, 7)),
        (zone(days=DayRule.OFF), local(3, 7), local(3, 9)),
        (zone(valid_from=local(9, 1)), local(3, 2), local(9, 1)),
        (zone(valid_until=local(9, 1)), local(3, 2), local(9, 1)),
        (zone(valid_until=local(9, 1)), local(9, 1), None),
        (zone(DAY_CARE, valid_from=local(9, 1, 20)), local(3, 2), local(9, 2, 8)),
        (zone(DAY_CARE, valid_until=local(3, 2, 9)), local(3, 2, 8), local(3, 2, 9)),
        (zone(DAY_CARE, valid_until=local(3, 2, 8)), local(3, 2, 7), None),
        # through Wednesday midnight without a gap, although two days' pieces meet there
        (zone(parse_hours("Mon 08:00-Thu 17:00")), local(3, 3), local(3, 5, 17)),
    ],
)
def test_the_next_change_is_found(timed: Zone, after: datetime, expected: datetime | None) -> None:
    """The instant from which the zone counts or ceases to count, holidays and dates included."""
    assert expected == timed.next_change(after)


@given(zones, moments)
def test_nothing_changes_before_the_next_change(timed: Zone, after: datetime) -> None:
    """Up to the next change the answer is the same, and at it the answer is the other one."""
    changes_at = timed.next_change(after)
    counted = timed.counts_at(after)
    end = changes_at or after + timedelta(days=60)

    assert {counted} == {timed.counts_at(after + (end - after) * n / 50) for n in range(50)}
    assert counted == timed.counts_at(end - TICK)
    if changes_at is not None:
        assert counted != timed.counts_at(changes_at)


def test_a_set_of_zones_changes_with_the_first_of_them() -> None:
    """Whoever waits for a set waits for its next member; a set without times never changes."""
    monday = local(3, 2)

    assert local(3, 2, 8) == next_change([zone(), zone(DAY_CARE), zone(NIGHTS)], monday)
    assert None is next_change([zone()], monday)
    assert None is next_change([], monday)
