"""What one ping says beside its coordinates: home, strange, or nothing; and whether it rests."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geofence.surroundings import NOTHING_HEARD, UNLEARNED, Heard, Home, Radio, listen
from tests.geofence.airs import (
    BEDROOM,
    DAWN,
    HOME_CELL,
    HOTSPOT,
    MARKET,
    NEIGHBOUR,
    ROUTER,
    TOWN_CELL,
    Pupil,
    day_at_home,
    hearing,
)
from tests.geofence.walks import HOME_ZONE, circle, ping

KNOWN = Home(
    access_points=frozenset({ROUTER, BEDROOM}),
    cells=frozenset({HOME_CELL}),
    charger_tells=True,
    steps_tell=True,
)
#: minutes from `START` to three in the morning
NIGHT = 13 * 60


@pytest.mark.parametrize(
    ("points", "cells", "expected"),
    [
        ([], [], Radio.SILENT),
        ([ROUTER], [], Radio.HOME),
        ([MARKET, NEIGHBOUR, BEDROOM], [TOWN_CELL], Radio.HOME),  # one is enough
        ([MARKET], [], Radio.STRANGE),
        ([MARKET], [HOME_CELL], Radio.STRANGE),  # a cell reaches far beyond the home
        ([HOTSPOT], [], Radio.SILENT),  # it travels in a pocket: neither here nor there
        ([], [HOME_CELL], Radio.SILENT),
        ([], [TOWN_CELL], Radio.STRANGE),
        ([], [TOWN_CELL, HOME_CELL], Radio.SILENT),
        ([HOTSPOT], [TOWN_CELL], Radio.STRANGE),
    ],
)
def test_radio(points: list[str], cells: list[str], expected: Radio) -> None:
    """An access point of the home proves it; a cell can only speak against it."""
    heard = listen(KNOWN, hearing(ping(0, 3), *points, cells=cells))

    assert expected is heard.radio


@pytest.mark.parametrize(
    "home",
    [
        UNLEARNED,
        Home(),
        Home(access_points=frozenset({ROUTER}), points_tell=False),
        Home(cells=frozenset({HOME_CELL}), cells_tell=False),
    ],
    ids=["unlearned", "empty", "a home often unheard", "cells often unheard"],
)
def test_nothing_is_strange_before_it_is_known(home: Home) -> None:
    """Where little is learned, or the home's own radio is often not heard, others mean nothing."""
    with_points = listen(home, hearing(ping(0, 300), MARKET))
    with_cells = listen(home, hearing(ping(0, 300), cells=[TOWN_CELL]))

    assert (NOTHING_HEARD, NOTHING_HEARD) == (with_points, with_cells)


@pytest.mark.parametrize("charging", [True, False])
def test_a_band_that_is_not_worn_says_nothing(charging: bool) -> None:
    """A band that lies at home does not prove that its wearer is there."""
    lying = replace(ping(NIGHT, 3), worn=False, charging=charging, steps=0)

    assert NOTHING_HEARD == listen(KNOWN, hearing(lying, ROUTER))


@pytest.mark.parametrize(
    ("minute", "steps", "charging", "expected"),
    [
        (NIGHT, 0, None, True),
        (NIGHT, 1, None, False),
        (NIGHT, None, None, False),
        (NIGHT, 12, True, True),
        (NIGHT, 12, False, False),
        (10 * 60 + 5, 0, None, False),  # just after midnight: the counter has begun anew
        (DAWN + 4 * 60, 0, None, False),  # by day a watch of another zone may have begun anew
    ],
)
def test_rest(minute: float, steps: int | None, charging: bool | None, expected: bool) -> None:
    """On the charger, or at night without a step since midnight, the wearer rests."""
    said = replace(ping(minute, 3), steps=steps, charging=charging)

    assert Heard(is_resting=expected) == listen(KNOWN, said)


def test_rest_counts_only_where_it_was_learned() -> None:
    """A pedometer that never counts, or a charger in a car, says nothing."""
    home = replace_home(charger_tells=False, steps_tell=False)

    assert NOTHING_HEARD == listen(home, replace(ping(NIGHT, 3), steps=0, charging=True))


def replace_home(**fields: bool) -> Home:
    """Return the known home with other *fields*."""
    return Home(**{name: getattr(KNOWN, name) for name in Home.__struct_fields__} | fields)


# -- learned ---------------------------------------------------------------------------------------


def test_a_pedometer_and_a_charger_are_learned() -> None:
    """Steps count when some were seen, the charger when it stands at home."""
    walked = Pupil().hear(day_at_home(steps=40, charging=True)).wake_on_day(1).home
    still = Pupil().hear(day_at_home(steps=0, charging=False)).wake_on_day(1).home

    assert (True, True) == (walked.steps_tell, walked.charger_tells)
    assert (False, False) == (still.steps_tell, still.charger_tells)


def test_a_charger_that_travels_says_nothing() -> None:
    """Who is charged on the way, too, is not at rest because of it."""
    day = [*day_at_home(charging=True)][:130]
    ride = [replace(ping(DAWN + 1350 + n, 400 + 90 * n), charging=True) for n in range(10)]

    assert not Pupil().hear(day).hear(ride).wake_on_day(1).home.charger_tells


def test_strange_needs_a_home_that_is_nearly_always_heard() -> None:
    """Strange is what a second day has shown to be rare at home."""
    pupil = Pupil().hear(day_at_home(ROUTER, cells=[HOME_CELL])).wake_on_day(1)

    assert (False, False) == (pupil.home.points_tell, pupil.home.cells_tell)

    pupil.hear(day_at_home(ROUTER, day=1, cells=[HOME_CELL])).wake_on_day(2)

    assert (True, True) == (pupil.home.points_tell, pupil.home.cells_tell)

    half = [hearing(one, MARKET, cells=[TOWN_CELL]) for one in day_at_home(day=2)][::2]
    pupil.hear([*[*day_at_home(ROUTER, day=2)][1::2], *half], at_once=200).wake_on_day(3)

    assert (False, False) == (pupil.home.points_tell, pupil.home.cells_tell)


def test_a_zone_that_was_not_learned_makes_nothing_strange() -> None:
    """Who visits a second safe zone hears others there: that is no sign of having left."""
    pupil = Pupil(zones=(HOME_ZONE, circle(zone_id=2, east_m=2000)))
    for day in range(2):
        pupil.hear(day_at_home(ROUTER, day=day)).wake_on_day(day + 1)

    there = hearing(ping(DAWN + 2 * 1440, 2003), MARKET)

    assert {ROUTER} == pupil.home.access_points
    assert Radio.SILENT is listen(pupil.home, there).radio


def test_a_band_without_a_clock_rests_by_our_clock() -> None:
    """The hour is that of arrival where the band has none."""
    said = replace(ping(NIGHT, 3), measured_at=None, steps=0)

    assert listen(KNOWN, said).is_resting
    assert not listen(
        KNOWN, replace(said, received_at=said.received_at + timedelta(hours=9))
    ).is_resting
