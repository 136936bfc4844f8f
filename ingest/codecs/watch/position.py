"""Read what UD and AL reports have in common: when, where, how fast, how full, which alarm. Pure.

The fields, in order: date, time, A (located) or V (not), latitude, N or S, longitude, E or W,
speed km/h, course, altitude m, satellites, signal, battery %, steps, tumbles, status word; then the
radio surroundings. Coordinates are decimal degrees. Alarms are the high half of the status word
only; its low half repeats states.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from core.pings import Alarm, FixSource
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Reading, ReadPosition, TimeQuality
from ingest.codecs.watch.fields import Fields
from ingest.codecs.watch.radio import read_radio

#: behind these fields come the radio surroundings
_RADIO_AT = 16
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_STATUS = re.compile(r"[0-9A-Fa-f]{1,8}")

#: the first day of a clock that was never set
_POWER_ON_DATES = {date(1970, 1, 1), date(2000, 1, 1), date(2020, 1, 1)}
#: two digits of a year from here on mean 19xx
_FIRST_OLD_YEAR = 70

_ALARM_BITS = {
    16: Alarm.SOS,
    17: Alarm.LOW_BATTERY,
    18: Alarm.FENCE_EXIT,
    19: Alarm.FENCE_ENTER,
    20: Alarm.REMOVED,
    21: Alarm.FALL,
}
_FIRST_ALARM_BIT = 16
_OFF_THE_WRIST = 1 << 3 | 1 << 20


def looks_like_position(values: Sequence[str]) -> bool:
    """Say whether *values* begin with a date, a time and A or V."""
    return (
        len(values) > 2
        and _SIX_DIGITS.fullmatch(values[0]) is not None
        and _SIX_DIGITS.fullmatch(values[1]) is not None
        and values[2].upper() in ("A", "V")
    )


def read_position(base: Reading, values: Sequence[str], profile: Profile) -> Reading:
    """Return *base* with what *values* tell; what makes no sense is left out and flagged."""
    fields = Fields(values)
    fix_time, quality = _read_time(fields, profile)
    satellites = fields.whole(10, 0, 100)
    network, accuracy_m = read_radio(values[_RADIO_AT:])
    position = _read_place(fields, satellites, accuracy_m)
    status = _read_status(fields)
    return replace(
        base,
        fix_time=fix_time,
        fix_time_quality=quality,
        position=position,
        satellites=satellites,
        speed_kmh=fields.number(7, 0, 1500),
        course_deg=fields.number(8, 0, 360),
        altitude_m=fields.number(9, -1000, 20_000),
        battery_pct=fields.whole(12, 0, 100),
        worn=_read_worn(status, profile),
        steps=fields.whole(13, 0, 1_000_000),
        alarms=_read_alarms(status, profile, fields.flags),
        network=network,
        flags=base.flags | fields.flags,
    )


# -- when ------------------------------------------------------------------------------------------


def _read_time(fields: Fields, profile: Profile) -> tuple[datetime | None, TimeQuality]:
    said = fields.text(0), fields.text(1)
    if said == ("", ""):
        return None, TimeQuality.NONE
    shown = _shown_time(*said, order=profile.date_order)
    if shown is None or shown.date() in _POWER_ON_DATES:
        fields.flags.add(Flag.BAD_CLOCK)
        return None, TimeQuality.BAD_CLOCK
    quality = TimeQuality.ASSUMED_ZONE if profile.zone_is_assumed else TimeQuality.OK
    return shown - timedelta(minutes=profile.utc_offset_min), quality


def _shown_time(day: str, time: str, *, order: str) -> datetime | None:
    """Return what the watch's clock shows, as if it were UTC; None for what no clock shows."""
    if not (_SIX_DIGITS.fullmatch(day) and _SIX_DIGITS.fullmatch(time)):
        return None
    first, month, last = (int(day[i : i + 2]) for i in (0, 2, 4))
    year, of_month = (first, last) if order == "YMD" else (last, first)
    hour, minute, second = (int(time[i : i + 2]) for i in (0, 2, 4))
    century = 1900 if year >= _FIRST_OLD_YEAR else 2000
    try:
        return datetime(century + year, month, of_month, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


# -- where -----------------------------------------------------------------------------------------


def _read_place(
    fields: Fields, satellites: int | None, accuracy_m: float | None
) -> ReadPosition | None:
    validity = fields.text(2).upper()
    if validity not in ("A", "V", ""):
        fields.flags.add(Flag.BAD_FIELD)
    lat = _degrees(fields, 3, positive="N", negative="S")
    lon = _degrees(fields, 5, positive="E", negative="W")
    if lat is None or lon is None:
        return None
    if lat == 0 and lon == 0:
        fields.flags.add(Flag.NULL_ISLAND)
        return None
    if abs(lat) > 90 or abs(lon) > 180:
        fields.flags.add(Flag.OFF_THE_GLOBE)
        return None
    is_current = validity == "A"
    if is_current and satellites == 0:
        fields.flags.add(Flag.NO_SATELLITES)
    if accuracy_m is None:
        fields.flags.add(Flag.NO_ACCURACY)
    return ReadPosition(
        lon=lon,
        lat=lat,
        accuracy_m=accuracy_m,
        source=FixSource.GNSS if is_current and satellites else FixSource.UNKNOWN,
        is_current=is_current,
    )


def _degrees(fields: Fields, at: int, *, positive: str, negative: str) -> float | None:
    """Return the degrees at place *at*; the letter behind them decides the sign where it can."""
    degrees = fields.number(at, -1e6, 1e6)
    if degrees is None:
        return None
    letter = fields.text(at + 1).upper()
    if letter == negative:
        return -abs(degrees)  # some send the sign twice
    if letter != positive:
        fields.flags.add(Flag.NO_HEMISPHERE)
        if letter:
            fields.flags.add(Flag.BAD_FIELD)
    return degrees


# -- the status word -------------------------------------------------------------------------------


def _read_status(fields: Fields) -> int | None:
    text = fields.text(15)
    if _STATUS.fullmatch(text):
        return int(text, 16)
    if text:
        fields.flags.add(Flag.BAD_FIELD)
    return None


def _read_worn(status: int | None, profile: Profile) -> bool | None:
    """Return False when it says "taken off". A clear bit proves nothing on most models."""
    if status is None:
        return None
    if status & _OFF_THE_WRIST:
        return False
    return True if profile.trust_worn_bit else None


def _read_alarms(status: int | None, profile: Profile, flags: set[Flag]) -> frozenset[str]:
    alarms: set[str] = set()
    for bit in range(_FIRST_ALARM_BIT, 32):
        if not (status or 0) >> bit & 1:
            continue
        name = profile.alarm_map.get(str(bit)) or _ALARM_BITS.get(bit)
        if name is None:
            name = Alarm.UNSPECIFIED
            flags.add(Flag.UNPROFILED_ALARM)
        alarms.add(name)
    return frozenset(alarms)
