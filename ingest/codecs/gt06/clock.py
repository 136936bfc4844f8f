"""Read the clock of a GT06 device: six bytes, binary or BCD, in a zone it may not tell. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.clock import from_unix
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, TimeQuality

CLOCK_BYTES = 6

#: the first day of a clock that was never set
_POWER_ON_DATES = {date(1970, 1, 1), date(2000, 1, 1), date(2020, 1, 1)}
#: two digits of a year from here on mean 19xx
_FIRST_OLD_YEAR = 70

_LONGEST_OFFSET_MIN = 14 * 60
_WEST = 1 << 3


@dataclass(frozen=True, slots=True)
class Zone:
    """What to take off a device's clock to have UTC."""

    offset_min: int
    #: the profile says so, not the device
    is_assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadClock:
    """When something was measured, as far as it can be known."""

    fix_time: datetime | None = None
    quality: TimeQuality = TimeQuality.BAD_CLOCK
    flags: frozenset[Flag] = frozenset({Flag.BAD_CLOCK})


def zone_of(profile: Profile, told_min: int | None) -> Zone:
    """Return the zone that a login told (minutes ahead of UTC), else the profile's."""
    if told_min is None:
        return Zone(profile.utc_offset_min, profile.zone_is_assumed)
    return Zone(told_min, is_assumed=False)


def read_zone_word(word: int) -> int | None:
    """Return the minutes ahead of UTC in a login's last word; None when they cannot be.

    Bits 15 to 4 are hours * 100 + minutes, bit 3 is set west of Greenwich.
    """
    hours, minutes = divmod(word >> 4, 100)
    offset_min = hours * 60 + minutes
    if minutes >= 60 or offset_min > _LONGEST_OFFSET_MIN:
        return None
    return -offset_min if word & _WEST else offset_min


def read_clock(six: bytes, zone: Zone, *, is_bcd: bool = False) -> ReadClock:
    """Return the time in *six* bytes: year, month, day, hour, minute, second."""
    return clock_showing(shown_time(six, is_bcd=is_bcd), zone)


def clock_showing(shown: datetime | None, zone: Zone) -> ReadClock:
    """Return the time of a clock that shows *shown*, as if it were UTC."""
    if shown is None or shown.date() in _POWER_ON_DATES:
        return ReadClock()
    return ReadClock(
        fix_time=shown - timedelta(minutes=zone.offset_min),
        quality=TimeQuality.ASSUMED_ZONE if zone.is_assumed else TimeQuality.OK,
        flags=frozenset(),
    )


def read_unix_clock(seconds: int) -> ReadClock:
    """Return the time *seconds* after 1970, UTC."""
    at = from_unix(seconds)
    if at.date() in _POWER_ON_DATES:
        return ReadClock()
    return ReadClock(fix_time=at, quality=TimeQuality.OK, flags=frozenset())


def shown_time(six: bytes, *, is_bcd: bool = False) -> datetime | None:
    """Return what the device's clock shows, as if it were UTC; None for what no clock shows."""
    if len(six) != CLOCK_BYTES:
        return None
    values = list(six)
    if is_bcd:
        digits = six.hex()
        if not digits.isdecimal():
            return None
        values = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    year, month, day, hour, minute, second = values
    if year > 99:
        return None
    century = 1900 if year >= _FIRST_OLD_YEAR else 2000
    try:
        return datetime(century + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
