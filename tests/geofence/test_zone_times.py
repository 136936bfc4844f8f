"""The zones change while somebody stands still: hours, holidays, edits; shapes that are unusual.

What counts is the state: an elder who is outside the zones of this moment is reported, whether
they walked or the zones did.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from shapely.geometry import Polygon

from core.clock import LOCAL_ZONE
from core.hours_text import parse_hours
from core.pings import Ping
from core.working_days import DayRule
from core.zones import Side, Zone, ZoneKind
from geofence.engine import ChangeKind
from tests.geofence.walks import HOME, HOME_ZONE, START, Watch, cell, circle, ping

SUSPECTED, DROPPED = ChangeKind.SUSPECTED, ChangeKind.SUSPICION_DROPPED
LEFT, RETURNED = ChangeKind.LEFT, ChangeKind.RETURNED
ENTERED, GONE = ChangeKind.DANGER_ENTERED, ChangeKind.DANGER_LEFT

#: where the day-care centre is: metres east of home
CENTRE_M = 1500.0

Corners = Iterable[tuple[float, float]]


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return an instant of 2026 by the clock of Haining."""
    return datetime(2026, month, day, hour, minute, tzinfo=LOCAL_ZONE)


def at(moment: datetime, east_m: float, *, north_m: float = 0.0, accuracy_m: float = 10.0) -> Ping:
    """Return a good fix *east_m* metres east of home at *moment*."""
    minute = (moment - START).total_seconds() / 60
    return ping(minute, east_m, north_m=north_m, accuracy_m=accuracy_m)


def stay(begin: datetime, end: datetime, east_m: float, *, every_min: int = 5) -> list[Ping]:
    """Return good fixes in one place, from *begin* to before *end*."""
    span_min = int((end - begin).total_seconds() / 60)
    moments = (begin + timedelta(minutes=n) for n in range(0, span_min, every_min))
    # A receiver at rest wanders a little.
    return [at(moment, east_m + n % 3, north_m=n % 2) for n, moment in enumerate(moments)]


def timed(
    hours: str | None = None,
    *,
    days: DayRule = DayRule.EVERY,
    radius_m: float = 100.0,
    east_m: float = 0.0,
    zone_id: int = 1,
    kind: ZoneKind = ZoneKind.SAFE,
) -> Zone:
    """Return a round zone with hours."""
    drawn = circle(radius_m, zone_id=zone_id, kind=kind, east_m=east_m)
    return replace(drawn, hours=None if hours is None else parse_hours(hours), days=days)


def polygon(corners: Corners, *holes: Corners, zone_id: int = 1) -> Zone:
    """Return a safe polygon by its corners in metres from home."""

    def degrees(ring: Corners) -> list[tuple[float, float]]:
        places = (HOME.moved(east_m=east_m, north_m=north_m) for east_m, north_m in ring)
        return [(place.lon, place.lat) for place in places]

    shape = Polygon(degrees(corners), [degrees(hole) for hole in holes])
    return replace(circle(zone_id=zone_id), shape=shape)


def box(west_m: float, south_m: float, east_m: float, north_m: float) -> Corners:
    """Return the corners of a rectangle, metres from home."""
    return ((west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m))


#: safe on working days, as most day-care centres are
DAY_CARE = timed("Mon-Fri 08:00-17:00", days=DayRule.WORKING, east_m=CENTRE_M, zone_id=2)


def left_at(watch: Watch) -> list[datetime]:
    """Return when "left" was reported."""
    return [change.at for change in watch.changes if change.kind is LEFT]


# -- hours begin and end ---------------------------------------------------------------------------


def test_already_outside_when_the_hours_begin() -> None:
    """Before the first zone of the day counts nothing is said; then two good fixes are enough."""
    watch = Watch(zones=(timed("Mon-Sun 20:00-06:00"),))
    watch.see(*stay(local(3, 2, 19), local(3, 2, 20), 900))
    before = list(watch.changes)

    watch.see(at(local(3, 2, 20), 901), at(local(3, 2, 20, 5), 903))

    assert [] == before
    assert [SUSPECTED, LEFT] == watch.kinds


def test_the_very_first_fixes_are_outside() -> None:
    """A band that is switched on outside a zone in its hours is reported by its second fix."""
    watch = Watch(zones=(HOME_ZONE, DAY_CARE)).see(
        at(local(3, 2, 18), CENTRE_M), at(local(3, 2, 18, 5), CENTRE_M + 3)
    )

    assert [SUSPECTED, LEFT] == watch.kinds


def test_day_care_ends_while_somebody_is_still_there() -> None:
    """All day at the centre is fine; who stays there after its hours has left."""
    watch = Watch(zones=(HOME_ZONE, DAY_CARE))
    watch.see(*stay(local(3, 2, 8), local(3, 2, 17), CENTRE_M))
    during = list(watch.changes)

    watch.see(at(local(3, 2, 17), CENTRE_M), at(local(3, 2, 17, 5), CENTRE_M + 2))

    assert [] == during
    assert [local(3, 2, 17, 5)] == left_at(watch)


def test_day_care_ends_and_everybody_is_home() -> None:
    """Who went home in time is not reported when the hours end."""
    watch = Watch(zones=(HOME_ZONE, DAY_CARE))
    watch.see(*stay(local(3, 2, 9), local(3, 2, 16), CENTRE_M))

    watch.see(*stay(local(3, 2, 16, 40), local(3, 2, 18), 0))

    assert [] == watch.crossings
    assert Side.INSIDE == watch.belief.side


def test_day_care_begins_and_ends_the_alarm() -> None:
    """Found waiting at the centre's door before it opens: inside once its hours begin."""
    watch = Watch(zones=(HOME_ZONE, DAY_CARE))

    watch.see(*stay(local(3, 2, 7, 40), local(3, 2, 8, 20), CENTRE_M))

    assert [LEFT, RETURNED] == watch.crossings
    assert watch.changes[-1].at >= local(3, 2, 8)


def test_the_way_between_two_zones_is_outside() -> None:
    """Home and the centre are two places: who stands between them for long has left."""
    watch = Watch(zones=(HOME_ZONE, DAY_CARE)).see(at(local(3, 2, 9), 0))

    watch.see(*stay(local(3, 2, 9, 10), local(3, 2, 9, 30), CENTRE_M / 2))

    assert [LEFT] == watch.crossings


# -- holidays --------------------------------------------------------------------------------------


def test_day_care_is_closed_on_a_holiday() -> None:
    """The same place at the same hour: fine on a Thursday, not on the Labour Day after it."""
    thursday = Watch(zones=(HOME_ZONE, DAY_CARE)).see(
        *stay(local(4, 30, 10), local(4, 30, 11), CENTRE_M)
    )
    holiday = Watch(zones=(HOME_ZONE, DAY_CARE)).see(
        *stay(local(5, 1, 10), local(5, 1, 11), CENTRE_M)
    )

    assert ([], [LEFT]) == (thursday.crossings, holiday.crossings)


def test_the_dawn_of_a_holiday() -> None:
    """A zone of working days ends at the midnight in which the holiday begins."""
    watch = Watch(zones=(HOME_ZONE, timed(days=DayRule.WORKING, east_m=CENTRE_M, zone_id=2)))
    watch.see(*stay(local(4, 30, 22), local(5, 1), CENTRE_M))
    before = list(watch.changes)

    watch.see(*stay(local(5, 1), local(5, 1, 0, 10), CENTRE_M))

    assert [] == before
    assert [local(5, 1, 0, 5)] == left_at(watch)


def test_the_night_before_a_holiday_is_slept_through() -> None:
    """Nights of working days last until their morning, also over the midnight into a holiday."""
    nights = timed("Mon-Sun 20:00-08:00", days=DayRule.WORKING, east_m=CENTRE_M, zone_id=2)
    watch = Watch(zones=(HOME_ZONE, nights))
    watch.see(*stay(local(4, 30, 20), local(5, 1, 8), CENTRE_M))
    asleep = list(watch.changes)

    watch.see(*stay(local(5, 1, 8), local(5, 1, 8, 10), CENTRE_M))

    assert [] == asleep
    assert [local(5, 1, 8, 5)] == left_at(watch)


def test_a_saturday_that_is_worked() -> None:
    """A zone of working days counts on the Saturday worked for a holiday, not on the next one."""
    every_day = timed("Mon-Sun 08:00-17:00", days=DayRule.WORKING, east_m=CENTRE_M, zone_id=2)
    worked, ordinary = (
        Watch(zones=(HOME_ZONE, every_day)).see(
            *stay(local(5, day, 10), local(5, day, 11), CENTRE_M)
        )
        for day in (9, 16)
    )

    assert ([], [LEFT]) == (worked.crossings, ordinary.crossings)


# -- midnight and the week's end -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "begin", "end"),
    [
        ("Sat 22:00-Mon 06:00", local(3, 7, 22), local(3, 9, 6)),
        ("Sun 23:00-Mon 01:00", local(3, 8, 23), local(3, 9, 1)),
        ("Fri 18:00-Sat 06:00", local(3, 6, 18), local(3, 7, 6)),
        ("Mon-Sun 22:00-06:00", local(3, 8, 22), local(3, 9, 6)),
    ],
)
def test_hours_over_midnight_and_over_the_week(hours: str, begin: datetime, end: datetime) -> None:
    """Nothing is said from the first to the last minute; the first fixes after it are outside."""
    watch = Watch(zones=(HOME_ZONE, timed(hours, east_m=CENTRE_M, zone_id=2)))
    watch.see(*stay(begin, end, CENTRE_M))
    during = list(watch.changes)

    watch.see(at(end, CENTRE_M), at(end + timedelta(minutes=5), CENTRE_M + 3))

    assert [] == during
    assert [end + timedelta(minutes=5)] == left_at(watch)


def test_a_week_of_nights_without_a_word() -> None:
    """Days at home and nights at the daughter's: no border of a day or of the week says a word."""
    nights = timed("Mon-Sun 19:00-08:00", east_m=CENTRE_M, zone_id=2)
    watch = Watch(zones=(HOME_ZONE, nights))
    for day in range(2, 11):
        watch.see(*stay(local(3, day, 8), local(3, day, 19), 0, every_min=20))
        watch.see(*stay(local(3, day, 19, 30), local(3, day + 1, 7, 30), CENTRE_M, every_min=20))

    assert [] == watch.changes


def test_a_fix_that_comes_late_is_judged_by_its_own_hour() -> None:
    """Fixes of the centre's hours that arrive in the evening, after one from home, say nothing."""
    watch = Watch(zones=(HOME_ZONE, DAY_CARE))
    watch.see(at(local(3, 2, 16, 40), CENTRE_M), at(local(3, 2, 17, 20), 0))

    watch.see(at(local(3, 2, 16, 50), CENTRE_M), at(local(3, 2, 16, 55), CENTRE_M))

    assert [] == watch.crossings


# -- zones are edited ------------------------------------------------------------------------------


def edited(old: Zone, new: Zone, moment: datetime) -> tuple[Zone, Zone]:
    """Return both versions, as the store keeps them when *old* is edited at *moment*."""
    return replace(old, valid_until=moment), replace(new, id=old.id + 100, valid_from=moment)


def test_a_zone_is_given_up_around_somebody() -> None:
    """Nobody moved, but the zone they are in is gone: they are outside of what is left."""
    park = circle(east_m=CENTRE_M, zone_id=2)
    watch = Watch(zones=(HOME_ZONE, park)).see(*stay(local(3, 2, 9), local(3, 2, 10), CENTRE_M))
    watch.zones = (HOME_ZONE, replace(park, valid_until=local(3, 2, 10)))

    watch.see(*stay(local(3, 2, 10), local(3, 2, 10, 10), CENTRE_M))

    assert [local(3, 2, 10, 5)] == left_at(watch)


def test_a_zone_is_made_smaller_around_somebody() -> None:
    """Edited so that they are outside now: raised after the usual two good fixes."""
    wide = circle(1000)
    watch = Watch(zones=(wide,)).see(*stay(local(3, 2, 9), local(3, 2, 10), 600))
    watch.zones = edited(wide, circle(100), local(3, 2, 10))

    watch.see(*stay(local(3, 2, 10), local(3, 2, 10, 10), 600))

    assert [local(3, 2, 10, 5)] == left_at(watch)


def test_a_zone_is_widened_over_somebody() -> None:
    """Edited so that the elder who was outside is inside now: returned."""
    watch = Watch(zones=(HOME_ZONE,)).see(*stay(local(3, 2, 9), local(3, 2, 10), 600))
    watch.zones = edited(HOME_ZONE, circle(1000), local(3, 2, 10))

    watch.see(*stay(local(3, 2, 10), local(3, 2, 10, 20), 600))

    assert [LEFT, RETURNED] == watch.crossings


def test_an_edit_that_changes_nothing_for_them_says_nothing() -> None:
    """A zone that is renamed, or drawn wider around somebody inside, is no news."""
    watch = Watch(zones=(HOME_ZONE,)).see(*stay(local(3, 2, 9), local(3, 2, 10), 0))
    watch.zones = edited(HOME_ZONE, circle(300), local(3, 2, 10))

    watch.see(*stay(local(3, 2, 10), local(3, 2, 11), 0))

    assert ([], Side.INSIDE) == (watch.changes, watch.belief.side)


def test_an_edit_does_not_say_left_twice() -> None:
    """Who was reported outside and is outside of the new zones, too, is not reported again."""
    watch = Watch(zones=(HOME_ZONE,)).see(*stay(local(3, 2, 9), local(3, 2, 10), 2000))
    watch.zones = edited(HOME_ZONE, circle(300), local(3, 2, 10))

    watch.see(*stay(local(3, 2, 10), local(3, 2, 11), 2000))

    assert [LEFT] == watch.crossings


def test_an_edit_in_the_middle_of_a_suspicion() -> None:
    """One fix outside, then the zone is drawn over the place: the suspicion is taken back."""
    watch = Watch(zones=(HOME_ZONE,)).see(
        *stay(local(3, 2, 9), local(3, 2, 10), 0), at(local(3, 2, 10), 400)
    )
    watch.zones = edited(HOME_ZONE, circle(1000), local(3, 2, 10, 2))

    watch.see(*stay(local(3, 2, 10, 5), local(3, 2, 10, 30), 400))

    assert [SUSPECTED, DROPPED] == watch.kinds


def test_an_edit_never_raises_on_coarse_fixes_alone() -> None:
    """A zone given up around a band that only hears cells: a suspicion, nothing more."""
    park = circle(east_m=3000, zone_id=2)
    watch = Watch(zones=(HOME_ZONE, park)).see(*stay(local(3, 2, 9), local(3, 2, 10), 3000))
    watch.zones = (HOME_ZONE, replace(park, valid_until=local(3, 2, 10)))
    begun_min = (local(3, 2, 10) - START).total_seconds() / 60

    watch.see(*(cell(begun_min + 5 * n, 3000) for n in range(24)))

    assert [] == watch.crossings


def test_a_danger_zone_in_its_hours() -> None:
    """A market is watched by day: whoever stands there is reported when the day begins."""
    market = timed("Mon-Sun 06:00-18:00", kind=ZoneKind.DANGER, east_m=60, radius_m=30, zone_id=7)
    watch = Watch(zones=(HOME_ZONE, market))
    watch.see(*stay(local(3, 2, 5), local(3, 2, 6), 60))
    before = list(watch.changes)

    watch.see(*stay(local(3, 2, 6), local(3, 2, 18), 60))
    watch.see(*stay(local(3, 2, 18), local(3, 2, 19), 60))

    assert [] == before
    assert [ENTERED, GONE] == watch.kinds
    assert [local(3, 2, 6), local(3, 2, 18)] == [
        change.at.replace(minute=0) for change in watch.changes
    ]


def test_a_danger_zone_is_drawn_around_somebody() -> None:
    """Nobody moved; from the next good fix on they are in danger, once."""
    pond = circle(50, zone_id=7, kind=ZoneKind.DANGER)
    watch = Watch(zones=(HOME_ZONE,)).see(*stay(local(3, 2, 9), local(3, 2, 10), 0))
    watch.zones = (HOME_ZONE, replace(pond, valid_from=local(3, 2, 10)))

    watch.see(*stay(local(3, 2, 10), local(3, 2, 11), 0))

    assert [(ENTERED, 7, local(3, 2, 10))] == [(c.kind, c.zone_id, c.at) for c in watch.changes]


def test_a_danger_zone_is_edited_around_somebody() -> None:
    """The new version is entered at once and the old one is left: they never seem out of it."""
    pond = circle(50, zone_id=7, kind=ZoneKind.DANGER)
    watch = Watch(zones=(HOME_ZONE, pond)).see(*stay(local(3, 2, 9), local(3, 2, 10), 0))
    watch.zones = (HOME_ZONE, *edited(pond, replace(pond, name="鱼塘"), local(3, 2, 10)))

    watch.see(*stay(local(3, 2, 10), local(3, 2, 11), 0))

    assert [(ENTERED, 7), (ENTERED, 107), (GONE, 7)] == [(c.kind, c.zone_id) for c in watch.changes]
    assert (107,) == watch.belief.in_danger


def test_hours_end_while_outside_and_begin_while_home() -> None:
    """Left yesterday, no zone in the night, at home when the hours begin again: returned."""
    watch = Watch(zones=(timed("Mon-Sun 08:00-17:00"),))
    watch.see(*stay(local(3, 2, 16), local(3, 2, 18), 900))

    watch.see(*stay(local(3, 3, 7), local(3, 3, 9), 0))

    assert [LEFT, RETURNED] == watch.crossings


# -- shapes ----------------------------------------------------------------------------------------


def test_a_hole_is_outside() -> None:
    """Who stands in the hole of a polygon, a pond in a park, has left it; around it nobody has."""
    park = polygon(box(-300, -300, 300, 300), box(-100, -100, 100, 100))
    around = Watch(zones=(park,)).see(*stay(local(3, 2, 9), local(3, 2, 10), 200))
    within = Watch(zones=(park,)).see(*stay(local(3, 2, 9), local(3, 2, 10), 0))

    assert ([], [LEFT]) == (around.crossings, within.crossings)
    assert within.changes[-1].evidence.beyond_m > 95


def test_a_hole_that_another_zone_fills() -> None:
    """What counts is the union: a circle over the hole makes it safe again."""
    park = polygon(box(-300, -300, 300, 300), box(-100, -100, 100, 100))
    watch = Watch(zones=(park, circle(200, zone_id=2)))

    watch.see(
        *stay(local(3, 2, 9), local(3, 2, 10), 0), *stay(local(3, 2, 10), local(3, 2, 11), 99)
    )

    assert [] == watch.crossings


def test_a_sliver_keeps_who_stays_on_it_and_loses_who_steps_off() -> None:
    """On a strip of 20 m nobody is reported with good fixes; 150 m beside it they are."""
    strip = polygon(box(-500, -10, 500, 10))
    watch = Watch(zones=(strip,))
    watch.see(*(at(local(3, 2, 9, n), 10 * n, accuracy_m=5.0) for n in range(40)))
    on_it = list(watch.crossings)

    watch.see(*(at(local(3, 2, 9, 40 + n), 400, north_m=150.0) for n in range(3)))

    assert ([], [LEFT]) == (on_it, watch.crossings)


def test_a_zone_of_thirty_metres() -> None:
    """30 m across and fixes of 10 m: who stays is not reported, who goes 100 m away is."""
    watch = Watch(zones=(circle(15),))
    watch.see(*stay(local(3, 2, 9), local(3, 2, 12), 0))
    staying = list(watch.crossings)

    watch.see(*stay(local(3, 2, 12), local(3, 2, 12, 15), 100))

    assert ([], [LEFT]) == (staying, watch.crossings)


def test_the_far_bank_of_the_river() -> None:
    """Home here and the daughter's house 4 km south over the water; the bridge is outside."""
    south_m = -4000.0
    far = polygon(box(-200, south_m - 200, 200, south_m + 200), zone_id=2)
    watch = Watch(zones=(HOME_ZONE, far)).see(*stay(local(3, 2, 9), local(3, 2, 10), 0))

    watch.see(*(at(local(3, 2, 10, n), 0, north_m=south_m / 2) for n in range(5)))
    watch.see(*(at(local(3, 2, 10, 30 + n), 0, north_m=south_m) for n in range(5)))

    assert [LEFT, RETURNED] == watch.crossings


def test_a_zone_over_the_river_is_one_zone() -> None:
    """A polygon that reaches over the water is safe on both banks and on the bridge between."""
    both_banks = polygon(box(-200, -4200, 200, 200))
    watch = Watch(zones=(both_banks,))

    watch.see(*(at(local(3, 2, 9, n), 0, north_m=-100.0 * n) for n in range(40)))

    assert [] == watch.changes


def test_outside_yesterday_and_outside_when_the_hours_begin() -> None:
    """Left yesterday, hours over, still out the next morning when the hours begin: raised again."""
    watch = Watch(zones=(timed("Mon-Sun 08:00-17:00"),))
    watch.see(*stay(local(3, 2, 16), local(3, 2, 18), 900))

    watch.see(*stay(local(3, 3, 7), local(3, 3, 9), 900))

    assert [local(3, 2, 16, 5), local(3, 3, 8, 5)] == left_at(watch)


def test_home_while_nothing_counted_and_outside_again() -> None:
    """Left; hours over; at home meanwhile, which nobody judged; out at the beginning: raised."""
    watch = Watch(zones=(timed("Mon-Sun 08:00-17:00"),))
    watch.see(*stay(local(3, 2, 16), local(3, 2, 18), 900))
    watch.see(*stay(local(3, 2, 18), local(3, 3, 7), 0, every_min=30))

    watch.see(*stay(local(3, 3, 7, 30), local(3, 3, 9), 900))

    assert [local(3, 2, 16, 5), local(3, 3, 8, 5)] == left_at(watch)


def test_the_last_zone_is_given_up_and_drawn_again() -> None:
    """Left, the only zone given up, then one drawn again while they are still out: raised again."""
    watch = Watch(zones=(HOME_ZONE,)).see(*stay(local(3, 2, 9), local(3, 2, 10), 900))
    watch.zones = (replace(HOME_ZONE, valid_until=local(3, 2, 10)),)
    watch.see(*stay(local(3, 2, 10), local(3, 2, 12), 900))
    watch.zones = (replace(HOME_ZONE, id=5, valid_from=local(3, 2, 12)),)

    watch.see(*stay(local(3, 2, 12), local(3, 2, 13), 900))

    assert [local(3, 2, 9, 5), local(3, 2, 12, 5)] == left_at(watch)


def test_a_suspicion_outlives_the_hours() -> None:
    """One fix outside just before the hours end still stands: silence may confirm it."""
    watch = Watch(zones=(timed("Mon-Sun 08:00-17:00"),))
    watch.see(*stay(local(3, 2, 16), local(3, 2, 16, 59), 0), at(local(3, 2, 16, 59), 900))

    watch.see(*stay(local(3, 2, 17), local(3, 2, 18), 900))

    assert [SUSPECTED] == watch.kinds
    assert watch.belief.told.well_founded


def test_a_suspicion_of_yesterday_does_not_hide_todays() -> None:
    """Suspected, hours over; next day one fix outside and silence: suspected again, for silence."""
    watch = Watch(zones=(timed("Mon-Sun 08:00-17:00"),))
    watch.see(*stay(local(3, 2, 16), local(3, 2, 16, 59), 0), at(local(3, 2, 16, 59), 900))
    watch.see(*stay(local(3, 2, 17), local(3, 2, 18), 900))

    watch.see(at(local(3, 3, 8, 30), 900))

    assert [(SUSPECTED, True)] * 2 == [(one.kind, one.silence_confirms) for one in watch.changes]


def test_a_departure_of_yesterday_does_not_hide_todays_suspicion() -> None:
    """Left, hours over; next day one fix outside and silence: suspected, though told "left"."""
    watch = Watch(zones=(timed("Mon-Sun 08:00-17:00"),))
    watch.see(*stay(local(3, 2, 16), local(3, 2, 18), 900))
    then = len(watch.changes)

    watch.see(at(local(3, 3, 8, 30), 900))
    suspected = watch.kinds[then:]
    watch.see(at(local(3, 3, 8, 35), 0), at(local(3, 3, 8, 40), 0))

    assert ([SUSPECTED], RETURNED) == (suspected, watch.kinds[-1])
    assert not watch.belief.told.suspicious
