"""What is wrong with a band, judged from values and the time."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.band_health import (
    find_troubles,
    is_confirmed_low,
    mass_silences,
    predict_empty,
    silent_after,
)
from core.bands import BandState, BatteryReading, Finding, Level, Trouble
from tests.conftest import NOON

LONG_AGO = NOON - timedelta(days=30)


def band(number: int = 1, /, **more: object) -> BandState:
    """Return a well band that was heard a moment ago; *more* replaces fields."""
    values: dict[str, object] = {
        "device_id": f"band-{number}",
        "elder_id": number,
        "organisation_id": "maqiao",
        "interval_s": 300,
        "registered_at": LONG_AGO,
        "heard_at": NOON,
    }
    return BandState(**(values | more))  # type: ignore[arg-type]


def troubles(
    state: BandState,
    *,
    now: datetime = NOON,
    hearing_since: datetime | None = LONG_AGO,
    already: frozenset[Trouble] = frozenset(),
) -> dict[Trouble, Finding]:
    """Return what was found, by trouble."""
    found = find_troubles(state, now=now, hearing_since=hearing_since, already=already)
    return {finding.trouble: finding for finding in found}


def silence(quiet: timedelta, **more: object) -> Finding | None:
    """Return the silence of a band that was heard last so long ago."""
    return troubles(band(heard_at=NOON - quiet, **more)).get(Trouble.SILENT)


def test_a_well_band_is_left_alone() -> None:
    """A band that reports, is worn, charged and placed is in no trouble."""
    assert {} == troubles(band(battery_pct=80, worn=True, reports=20.0))


@pytest.mark.parametrize(
    ("interval_s", "minutes", "level"),
    [
        (300, 16, None),  # three reports of 5 min and 2 min
        (300, 17, Level.NOTICE),
        (20, 14, None),  # never under a quarter of an hour
        (20, 15, Level.NOTICE),
        (3600, 181, None),
        (3600, 182, Level.SOON),
        (300, 120, Level.SOON),
        (300, 720, Level.NOW),
    ],
)
def test_silence_is_graded_by_the_band_s_own_interval(
    interval_s: int, minutes: int, level: Level | None
) -> None:
    """Three missed reports are silence; the longer it lasts the worse."""
    found = silence(timedelta(minutes=minutes), interval_s=interval_s)

    assert level is (None if found is None else found.level)


@given(st.integers(10, 86_400), st.integers(0, 200_000), st.integers(0, 200_000))
def test_nobody_is_silent_while_we_did_not_listen(
    interval_s: int, quiet_s: int, listening_s: int
) -> None:
    """Silence counts only while somebody listened without a break."""
    state = band(heard_at=NOON - timedelta(seconds=quiet_s), interval_s=interval_s)
    since = NOON - timedelta(seconds=listening_s)

    assert Trouble.SILENT not in troubles(state, hearing_since=None)
    found = Trouble.SILENT in troubles(state, hearing_since=since)
    assert found == (timedelta(seconds=min(quiet_s, listening_s)) >= silent_after(interval_s))


def test_a_band_that_was_never_heard_is_silent_too() -> None:
    """A registered band from which nothing ever came is found, from its registration on."""
    new = band(heard_at=None, registered_at=NOON - timedelta(minutes=5))
    old = band(heard_at=None, registered_at=NOON - timedelta(days=2))

    assert {} == troubles(new)
    assert Level.NOW is troubles(old)[Trouble.SILENT].level


@pytest.mark.parametrize(("minutes", "alarm"), [(29, False), (30, True)])
def test_silence_is_an_incident_where_the_policy_says_so(minutes: int, alarm: bool) -> None:
    """For a wearer at risk, silence becomes an incident after their own time."""
    found = silence(timedelta(minutes=minutes), silence_alarm_s=1800)

    assert found is not None
    assert alarm is found.is_alarm


@pytest.mark.parametrize(
    ("pct", "charging", "level"),
    [
        (31, None, None),
        (30, None, Level.NOTICE),
        (20, False, Level.SOON),
        (10, None, Level.NOW),
        (5, True, None),
        (None, None, None),
    ],
)
def test_a_battery_has_three_warnings(
    pct: int | None, charging: bool | None, level: Level | None
) -> None:
    """A battery is worth a visit, then today, then now; on the charger it is well."""
    found = troubles(band(battery_pct=pct, charging=charging)).get(Trouble.LOW_BATTERY)

    assert level is (None if found is None else found.level)


def test_a_battery_near_a_limit_does_not_flap() -> None:
    """A task that is open ends only well above where it began."""
    low = frozenset({Trouble.LOW_BATTERY})

    assert Trouble.LOW_BATTERY in troubles(band(battery_pct=35), already=low)
    assert Trouble.LOW_BATTERY not in troubles(band(battery_pct=40), already=low)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"worn": False, "worn_at": NOON - timedelta(minutes=59)}, set()),
        ({"worn": False, "worn_at": NOON - timedelta(minutes=60)}, {Trouble.NOT_WORN}),
        ({"worn": False, "worn_at": LONG_AGO, "charging": True}, set()),
        ({"reports": 12.0, "usable_share": 0.2}, {Trouble.POOR_FIXES}),
        ({"reports": 11.0, "usable_share": 0.0}, set()),
        ({"reports": 12.0, "bad_clock_share": 0.8}, {Trouble.WRONG_CLOCK}),
        ({"reports": 12.0, "bad_clock_share": 0.7}, set()),
    ],
)
def test_other_troubles(more: dict[str, object], found: set[Trouble]) -> None:
    """Off the wrist for an hour, hardly a position, or times nobody can use."""
    assert found == set(troubles(band(**more)))


@pytest.mark.parametrize(
    ("silent", "places"),
    [
        ([("a", 9)], frozenset()),  # fewer than ten, and no half of a street
        ([("a", 20), ("b", 5)], frozenset({""})),  # a quarter of all
        ([("a", 1), ("c", 5)], frozenset({"c"})),  # half of one street
    ],
)
def test_many_silent_bands_are_one_trouble(
    silent: list[tuple[str, int]], places: frozenset[str]
) -> None:
    """Where many bands fall silent at once it is the network, everywhere or in one street."""
    active = {"a": 50, "b": 40, "c": 10}
    bands = [band(n, organisation_id=place) for place, many in silent for n in range(many)]

    assert places == mass_silences(active, bands)


def test_a_mass_silence_ends_later_than_it_begins() -> None:
    """Bands that come back one by one do not end and begin it again."""
    active = {"a": 100}
    bands = [band(n, organisation_id="a") for n in range(13)]

    assert frozenset() == mass_silences(active, bands)
    assert frozenset({""}) == mass_silences(active, bands, already={""})
    assert frozenset() == mass_silences(active, bands[:12], already={""})


def discharge(*pcts: int, minutes: int = 30, charging: bool | None = None) -> list[BatteryReading]:
    """Return readings half an hour apart, the last at noon."""
    first = NOON - timedelta(minutes=minutes * (len(pcts) - 1))
    return [
        BatteryReading(at=first + timedelta(minutes=minutes * n), pct=pct, charging=charging)
        for n, pct in enumerate(pcts)
    ]


@given(st.integers(1, 20), st.integers(3, 12), st.integers(1, 60))
def test_an_even_discharge_is_prolonged(last_pct: int, readings: int, per_reading: int) -> None:
    """A battery that falls evenly is empty when the line says so."""
    pcts = [last_pct + per_reading * n for n in reversed(range(readings))]
    empty_at = predict_empty(discharge(*pcts))

    assert empty_at is not None
    expected = NOON + timedelta(minutes=30 * last_pct / per_reading)
    assert abs(empty_at - expected) < timedelta(seconds=1)


@pytest.mark.parametrize(
    "readings",
    [
        [],
        discharge(40, 30),
        discharge(30, 30, 30),
        discharge(10, 20, 30),
        discharge(40, 39, 38, minutes=5),
        discharge(90, 80, 70, charging=True),
    ],
)
def test_without_a_trend_nothing_is_predicted(readings: list[BatteryReading]) -> None:
    """Too few, too short, level, rising or charging: nobody knows."""
    assert None is predict_empty(readings)


def test_only_what_came_after_charging_counts() -> None:
    """The pace of yesterday's charge is not today's, and one wrong figure does not move it."""
    today = discharge(60, 55, 50, 1, 40)

    assert predict_empty(today) == predict_empty([*discharge(90, 30, minutes=600)[:1], *today])
    expected = NOON + timedelta(hours=4)
    found = predict_empty(today)
    assert found is not None
    assert abs(found - expected) < timedelta(minutes=1)


def test_one_low_reading_is_not_believed() -> None:
    """Batteries jump: two readings must agree."""
    assert not is_confirmed_low(discharge(9), 30)
    assert not is_confirmed_low(discharge(50, 9), 30)
    assert is_confirmed_low(discharge(50, 12, 9), 30)
