"""Position reports of Watch bands: every field, and every way in which it is told wrongly."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import FixSource
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Flag, Reading, TimeQuality
from tests.ingest.watch_frames import POSITION, RADIO, place, read


def ud(radio: str = RADIO, *, profile: Profile | None = None, **changed: str) -> Reading:
    """Return what a good report with some fields *changed* says."""
    return read(f"UD,{place(**changed)},{radio}", profile)


def test_a_report_tells_all_it_has() -> None:
    """A live report becomes one reading with all its figures and no doubts."""
    reading = read("UD," + POSITION)

    assert {
        "device_id": "8800000015",
        "kind": "position",
        "type": "UD",
        "fix_time": "2026-03-01T02:11:09Z",
        "fix_time_quality": "ok",
        "position": {
            "lon": 120.68945,
            "lat": 30.52811,
            "accuracy_m": 18.5,
            "source": "gnss",
            "is_current": True,
        },
        "satellites": 9,
        "speed_kmh": 2.1,
        "course_deg": 71.0,
        "altitude_m": 6.0,
        "battery_pct": 64,
        "charging": None,
        "worn": None,
        "steps": 2210,
        "alarms": [],
        "network": {
            "cells": [
                {"mcc": 460, "mnc": 0, "lac": 22633, "cid": 4082, "level": 131},
                {"mcc": 460, "mnc": 0, "lac": 22633, "cid": 4092, "level": 148},
            ],
            "wifi": [
                {"mac": "00:00:5e:00:53:6d", "dbm": -61},
                {"mac": "00:00:5e:00:53:01", "dbm": -80},
            ],
        },
        "health": None,
        "is_backlog": False,
        "flags": [],
    } == reading.to_json()


def test_a_report_may_end_anywhere() -> None:
    """What is missing or empty is not told; what is there still counts."""
    fields = f"{place()},{RADIO}".split(",")
    for n in range(len(fields) + 1):
        cut = read("UD," + ",".join(fields[:n]))

        assert (n >= 6) is (cut.position is not None)
        assert (64 if n > 12 else None) == cut.battery_pct
        assert Flag.BAD_FIELD not in cut.flags

    empty = read("UD" + "," * len(fields))

    assert (None, TimeQuality.NONE) == (empty.fix_time, empty.fix_time_quality)
    assert empty.position is None
    assert frozenset() == empty.flags


# -- when ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "time"),
    [
        ("010170", "000000"),  # 1970
        ("010100", "081500"),  # 2000
        ("010120", "235959"),  # 2020
        ("000000", "000000"),
        ("300226", "120000"),
        ("011326", "120000"),
        ("010326", "240000"),
        ("010326", "126000"),
        ("1326", "120000"),
        ("010326", ""),
        ("01O326", "120000"),
        ("٠١٠٣٢٦".encode().decode("latin-1"), "120000"),  # digits, but not these
    ],
)
def test_a_clock_that_was_never_set_tells_no_time(day: str, time: str) -> None:
    """Power-on dates and impossible ones are no time; the position stands."""
    reading = ud(day=day, time=time)

    assert (None, TimeQuality.BAD_CLOCK) == (reading.fix_time, reading.fix_time_quality)
    assert Flag.BAD_CLOCK in reading.flags
    assert reading.position is not None


def test_the_profile_says_which_zone_and_which_order() -> None:
    """China time and year first, where a model writes so."""
    local = ud(profile=profile_of("watch", "local-time"))
    year_first = ud(profile=profile_of("watch", "yx"), day="260301")
    assumed = ud(profile=Profile(protocol="watch", utc_offset_min=480, zone_is_assumed=True))

    assert datetime(2026, 2, 28, 18, 11, 9, tzinfo=UTC) == local.fix_time
    assert datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC) == year_first.fix_time
    assert TimeQuality.ASSUMED_ZONE == assumed.fix_time_quality


def test_the_day_after_a_power_on_date_is_a_time() -> None:
    """Only the first day is refused here; how fresh a time is, is judged later."""
    assert datetime(2020, 1, 2, tzinfo=UTC) == ud(day="020120", time="000000").fix_time


# -- where -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "ns", "lon", "ew", "expected"),
    [
        ("30.5", "N", "120.5", "E", (30.5, 120.5)),
        ("30.5", "S", "120.5", "W", (-30.5, -120.5)),
        ("-30.5", "S", "-120.5", "W", (-30.5, -120.5)),  # the sign twice
        ("-30.5", "N", "-120.5", "E", (-30.5, -120.5)),  # the number's sign is kept
        ("030.50000", "n", " 9.5", "e", (30.5, 9.5)),
        ("30.5", "N", "0.0", "E", (30.5, 0.0)),
        ("-3.0E-5", "S", "120.5", "E", (-3e-5, 120.5)),  # as Java writes small numbers
        ("30.5", "N", "0.40000000000000002", "W", (30.5, -0.4)),
    ],
)
def test_letter_and_sign_tell_the_hemisphere(
    lat: str, ns: str, lon: str, ew: str, expected: tuple[float, float]
) -> None:
    """S and W are negative whatever the sign; N and E keep the sign."""
    reading = ud(lat=lat, ns=ns, lon=lon, ew=ew)

    assert reading.position is not None
    assert expected == (reading.position.lat, reading.position.lon)
    assert frozenset() == reading.flags


def test_a_missing_letter_is_read_as_north_and_east_and_flagged() -> None:
    """The position stands; that its side was assumed is said."""
    reading = ud(ns="", ew="")

    assert reading.position is not None
    assert (30.52811, 120.68945) == (reading.position.lat, reading.position.lon)
    assert {Flag.NO_HEMISPHERE} == reading.flags


@pytest.mark.parametrize(
    ("lat", "lon", "flag"),
    [
        ("0.000000", "000.0000000", Flag.NULL_ISLAND),
        ("120.68945", "30.52811", Flag.OFF_THE_GLOBE),  # swapped
        ("30.5", "180.1", Flag.OFF_THE_GLOBE),
        ("nan", "30.5", Flag.BAD_FIELD),
        ("1e1", "30.5", Flag.BAD_FIELD),
        ("30.5", "12345678901234567890", Flag.BAD_FIELD),
    ],
)
def test_what_cannot_be_a_place_is_none(lat: str, lon: str, flag: Flag) -> None:
    """No position; battery, network and time are kept."""
    reading = ud(lat=lat, lon=lon)

    assert reading.position is None
    assert {flag} == reading.flags
    assert (64, True, True) == (
        reading.battery_pct,
        reading.network is not None,
        reading.fix_time is not None,
    )


@pytest.mark.parametrize(
    ("valid", "sats", "source", "is_current", "flags"),
    [
        ("A", "9", FixSource.GNSS, True, set()),
        ("A", "0", FixSource.UNKNOWN, True, {Flag.NO_SATELLITES}),
        ("A", "", FixSource.UNKNOWN, True, set()),
        ("V", "0", FixSource.UNKNOWN, False, set()),
        ("V", "9", FixSource.UNKNOWN, False, set()),
        ("", "9", FixSource.UNKNOWN, False, set()),
        ("X", "9", FixSource.UNKNOWN, False, {Flag.BAD_FIELD}),
    ],
)
def test_only_a_located_band_with_satellites_has_a_satellite_fix(
    valid: str, sats: str, source: FixSource, is_current: bool, flags: set[Flag]
) -> None:
    """Not located keeps its coordinates as not current; located without satellites is doubted."""
    reading = ud(valid=valid, sats=sats)

    assert reading.position is not None
    assert (source, is_current) == (reading.position.source, reading.position.is_current)
    assert flags == reading.flags


@pytest.mark.parametrize(
    ("field", "said", "name"),
    [
        ("battery", "255", "battery_pct"),
        ("battery", "-1", "battery_pct"),
        ("battery", "full", "battery_pct"),
        ("steps", "-5", "steps"),
        ("speed", "fast", "speed_kmh"),
        ("course", "361", "course_deg"),
        ("sats", "1234", "satellites"),
        ("alt", "1e9", "altitude_m"),
    ],
)
def test_a_bad_field_costs_only_itself(field: str, said: str, name: str) -> None:
    """It is left out and flagged; the position stands."""
    reading = read(f"UD,{place(**{field: said})},{RADIO}")

    assert getattr(reading, name) is None
    assert {Flag.BAD_FIELD} == reading.flags - {Flag.NO_SATELLITES}
    assert reading.position is not None


# -- the status word -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "alarms"),
    [
        ("00000000", set()),
        ("0000FFFF", set()),  # states, not alarms
        ("001F", set()),  # the older, short word
        ("00010000", {"sos"}),
        ("00020000", {"low_battery"}),
        ("00040000", {"fence_exit"}),
        ("00080000", {"fence_enter"}),
        ("00100000", {"removed"}),
        ("00200010", {"fall"}),
        ("00210000", {"sos", "fall"}),
    ],
)
def test_alarms_are_the_high_half_of_the_status_word(status: str, alarms: set[str]) -> None:
    """Each documented bit has its name."""
    assert alarms == ud(status=status).alarms


def test_only_a_profile_names_the_upper_bits() -> None:
    """Bit 22 is a heart rate here and a fall there: unspecified until somebody tried."""
    named = Profile(protocol="watch", alarm_map={"22": "heart_rate", "17": "power_off"})

    assert {"unspecified"} == ud(status="00400000").alarms
    assert Flag.UNPROFILED_ALARM in ud(status="00400000").flags
    assert {"heart_rate", "power_off"} == ud(status="00420000", profile=named).alarms
    assert Flag.UNPROFILED_ALARM not in ud(status="00420000", profile=named).flags


@pytest.mark.parametrize(
    ("status", "trusting", "worn"),
    [
        ("00000008", False, False),
        ("00100000", False, False),
        ("0008", True, False),
        ("00000000", False, None),  # a clear bit proves nothing
        ("00000000", True, True),
        ("", True, None),
        ("xyz", True, None),
    ],
)
def test_worn_has_three_values(status: str, trusting: bool, worn: bool | None) -> None:
    """Taken off is said; worn is believed of a trusted model only."""
    profile = Profile(protocol="watch", trust_worn_bit=trusting)

    assert worn is ud(status=status, profile=profile).worn


_field = st.sampled_from([*POSITION.split(","), "", "A", "-", "FFFF", "0", "1", "::::", "٣"])


@given(st.lists(_field | st.text(st.characters(max_codepoint=255), max_size=8), max_size=40))
def test_no_fields_break_a_report(fields: list[str]) -> None:
    """Any values are read or left out."""
    said = ",".join(fields).encode("latin-1", "replace")
    reading = read(b"AL," + said)

    assert reading.alarms
    assert (reading.fix_time is None) is (
        reading.fix_time_quality in (TimeQuality.NONE, TimeQuality.BAD_CLOCK)
    )
