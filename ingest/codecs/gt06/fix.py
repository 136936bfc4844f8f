"""Read the GPS block that most GT06 reports begin with. Pure.

    clock 6 | length and satellites, a nibble each | latitude 4 | longitude 4 | speed 1 | word 2

Degrees are WGS-84 times 1 800 000; speed is km/h. Word: bits 0 to 9 course, 10 north, 11 west,
12 located, 13 not real time (or found with differential corrections).
"""

from dataclasses import dataclass

from core.pings import FixSource
from ingest.codecs.gt06.clock import CLOCK_BYTES, shown_time
from ingest.codecs.readings import Flag, ReadPosition

#: the clock included
GPS_BYTES = 18
#: without the clock
FIX_BYTES = GPS_BYTES - CLOCK_BYTES
#: the nibble in front of the satellites: a GPS block's length, by the vendor's documents
GPS_LENGTH = FIX_BYTES

_PER_DEGREE = 1_800_000
_COURSE, _NORTH, _WEST = 0x3FF, 1 << 10, 1 << 11
_LOCATED, _NOT_REAL_TIME = 1 << 12, 1 << 13

#: a clock that shows an earlier year does not prove that a GPS block begins here
_FIRST_YEAR = 2005


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFix:
    """A place and how it was found, as a device told it."""

    position: ReadPosition | None = None
    satellites: int | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    altitude_m: float | None = None
    flags: frozenset[Flag] = frozenset()


def read_fix(block: bytes) -> ReadFix:
    """Return what a GPS block without its clock says (12 bytes)."""
    return make_fix(
        satellites=block[0] & 0x0F,
        lat_units=int.from_bytes(block[1:5], "big"),
        lon_units=int.from_bytes(block[5:9], "big"),
        speed_kmh=block[9],
        word=int.from_bytes(block[10:12], "big"),
    )


def make_fix(
    *,
    satellites: int | None,
    lat_units: int,
    lon_units: int,
    speed_kmh: int | None,
    word: int,
    altitude_m: float | None = None,
) -> ReadFix:
    """Return a fix of its raw figures; units are 1/1 800 000 degree."""
    flags = set()
    if word & _NOT_REAL_TIME:
        flags.add(Flag.NOT_REAL_TIME)
    course_deg = word & _COURSE
    if course_deg > 360:
        flags.add(Flag.BAD_FIELD)
    lat = lat_units / _PER_DEGREE * (1 if word & _NORTH else -1)
    lon = lon_units / _PER_DEGREE * (-1 if word & _WEST else 1)
    return ReadFix(
        position=place(
            lat, lon, satellites=satellites, is_located=bool(word & _LOCATED), flags=flags
        ),
        satellites=satellites,
        speed_kmh=speed_kmh,
        course_deg=None if course_deg > 360 else course_deg,
        altitude_m=altitude_m,
        flags=frozenset(flags),
    )


def place(
    lat: float, lon: float, *, satellites: int | None, is_located: bool, flags: set[Flag]
) -> ReadPosition | None:
    """Return the position, degrees WGS-84; None, and the reason in *flags*, where there is none."""
    if lat == 0 and lon == 0:
        flags.add(Flag.NULL_ISLAND)
        return None
    if abs(lat) > 90 or abs(lon) > 180:
        flags.add(Flag.OFF_THE_GLOBE)
        return None
    flags.add(Flag.NO_ACCURACY)  # the protocol has no word for it
    if is_located and satellites == 0:
        flags.add(Flag.NO_SATELLITES)
    return ReadPosition(
        lon=lon,
        lat=lat,
        source=FixSource.GNSS if is_located and satellites != 0 else FixSource.UNKNOWN,
        is_current=is_located,
    )


def is_gps(body: bytes, at: int) -> bool:
    """Say whether the bytes from *at* read as a GPS block: a date that can be, a place on earth."""
    block = body[at : at + GPS_BYTES]
    if len(block) < GPS_BYTES or not _is_place(block):
        return False
    shown = shown_time(block[:CLOCK_BYTES])
    return shown is not None and shown.year >= _FIRST_YEAR


def may_be_gps(body: bytes, at: int) -> bool:
    """Say whether the bytes from *at* may be a GPS block of a clock or a place that went wrong."""
    block = body[at : at + GPS_BYTES]
    if len(block) < GPS_BYTES:
        return False
    return _is_place(block) or shown_time(block[:CLOCK_BYTES]) is not None


def _is_place(block: bytes) -> bool:
    return (
        int.from_bytes(block[7:11], "big") <= 90 * _PER_DEGREE
        and int.from_bytes(block[11:15], "big") <= 180 * _PER_DEGREE
        and int.from_bytes(block[16:18], "big") & _COURSE <= 360
    )
