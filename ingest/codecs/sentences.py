"""What protocols of sentences share: degrees and minutes, dates, cells, orders. Pure.

Digits are looked for with patterns, never with `str.isdigit`: frames are read as Latin-1, where a
superscript counts as a digit and no number can be made of it.
"""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.pings import FixSource
from ingest.codecs.order_words import fill
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Cell, Flag, Order, Reading, ReadPosition, TimeQuality

MOST_RAW_BYTES = 2048
KMH_PER_KNOT = 1.852

#: mobile country codes that exist (ITU-T E.212): tells decimal from hexadecimal cells
_COUNTRY_CODES = range(200, 800)
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{0,12})?")
_DEGREES = re.compile(r"([+-]?)(?:([0-9]{1,3})-)?([0-9]{1,9}(?:\.[0-9]{0,12})?)")
#: so many whole figures and no point: the last four are decimals of a minute
_LEAST_WITHOUT_POINT = 8
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?:[:-][0-9A-Fa-f]{1,2}){5}")
#: a LAC or TAC has 16 bits, on 5G 24
_LARGEST_AREA = 0xFF_FFFF


# -- numbers ---------------------------------------------------------------------------------------


def decimal(text: str, least: float, most: float) -> float | None:
    """Return the number in *text* if it lies from *least* to *most*, else None."""
    text = text.strip()
    value = float(text) if _DECIMAL.fullmatch(text) else math.nan
    return value if least <= value <= most else None


def whole(text: str, least: int, most: int, *, base: int = 10) -> int | None:
    """Return the whole number in *text* if it lies from *least* to *most*, else None."""
    text = text.strip()
    if not re.fullmatch(r"-?[0-9A-Fa-f]{1,12}", text):
        return None
    try:
        value = int(text, base)
    except ValueError:
        return None
    return value if least <= value <= most else None


# -- positions -------------------------------------------------------------------------------------


def degrees(text: str, letter: str) -> float | None:
    """Return `ddmm.mmmm` or `dd-mm.mmmm` in degrees; None when blank, NaN when it cannot be.

    The last two whole digits are minutes, however many stand before them (`38.65` is 0° 38.65').
    Some makers leave the point out: `30316866` is 30° 31.6866'.
    A sign *and* `S` or `W`: the letter wins; otherwise the number keeps its own sign.
    """
    text = text.strip()
    if not text:
        return None
    shape = _DEGREES.fullmatch(text)
    if shape is None:
        return math.nan
    sign, before, rest = shape.groups()
    figures, point, fraction = rest.partition(".")
    if before is None and not point and len(figures) >= _LEAST_WITHOUT_POINT:
        figures, fraction = figures[:-4], figures[-4:]
    if before is None:
        before, figures = figures[:-2], figures[-2:]
    minutes = float(f"{figures}.{fraction or 0}")
    if minutes >= 60:
        return math.nan
    value = int(before or 0) + minutes / 60
    south_or_west = letter.strip().upper() in ("S", "W")
    return -value if south_or_west or sign == "-" else value


def place(
    lat: float | None, lon: float | None, *, located: bool, satellites: int | None = None
) -> tuple[ReadPosition | None, frozenset[Flag]]:
    """Return a receiver's position and what is odd about it; these sentences say no accuracy."""
    if lat is None or lon is None:
        return None, frozenset()
    if lat == 0 and lon == 0:
        return None, frozenset({Flag.NULL_ISLAND})
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None, frozenset({Flag.OFF_THE_GLOBE})
    flags = {Flag.NO_ACCURACY}
    if located and satellites == 0:
        flags.add(Flag.NO_SATELLITES)
    by_satellite = located and satellites != 0
    position = ReadPosition(
        lon=lon,
        lat=lat,
        source=FixSource.GNSS if by_satellite else FixSource.UNKNOWN,
        is_current=located,
    )
    return position, frozenset(flags)


# -- time ------------------------------------------------------------------------------------------


def instant(date: str, time: str, profile: Profile) -> tuple[datetime | None, TimeQuality]:
    """Return the UTC instant of a six-digit date and time, read as *profile* says."""
    date, time = date.strip(), time.strip()
    if not date or not time:
        return None, TimeQuality.NONE
    if not _SIX_DIGITS.fullmatch(date) or not _SIX_DIGITS.fullmatch(time[:6]):
        return None, TimeQuality.BAD_CLOCK
    first, month, last = (int(date[at : at + 2]) for at in (0, 2, 4))
    day, year = (last, first) if profile.date_order == "YMD" else (first, last)
    year += 1900 if year >= 70 else 2000
    hour, minute, second = (int(time[at : at + 2]) for at in (0, 2, 4))
    try:
        shown = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        at = shown - timedelta(minutes=profile.utc_offset_min)
    except (ValueError, OverflowError):
        return None, TimeQuality.BAD_CLOCK
    if _never_set(shown):
        return None, TimeQuality.BAD_CLOCK
    return at, TimeQuality.ASSUMED_ZONE if profile.zone_is_assumed else TimeQuality.OK


def _never_set(shown: datetime) -> bool:
    """Say whether a clock shows what it shows after power-on: defaults seen in real frames."""
    if (shown.month, shown.day) != (1, 1):
        return False
    return shown.year in (1970, 2000) or (shown.year == 2020 and shown.hour == 0)


# -- radio -----------------------------------------------------------------------------------------


def cell(mcc: str, mnc: str, lac: str, cid: str, level: str = "") -> Cell | None:
    """Return a cell written in decimal or in hexadecimal; None when it names no cell.

    Hexadecimal is known by a letter, or by a country code that exists only when read so. Some
    write the operator in decimal and only area and cell in hexadecimal.
    """
    words = [word.strip() for word in (mcc, mnc, lac, cid)]
    letters = re.search("[A-Fa-f]", "".join(words)) is not None
    decimal_country = whole(words[0], 0, 0xFFFF) in _COUNTRY_CODES
    if decimal_country and not letters:
        operator_base, cell_base = 10, 10
    elif whole(words[0], 0, 0xFFFF, base=16) in _COUNTRY_CODES:
        operator_base, cell_base = 16, 16
    elif decimal_country:
        operator_base, cell_base = 10, 16
    else:
        return None
    country, network = (whole(word, 0, 0xFFFF, base=operator_base) for word in words[:2])
    area = whole(words[2], 0, _LARGEST_AREA, base=cell_base)
    number = whole(words[3], 0, 0xFFFF_FFFF, base=cell_base)
    if None in (country, network, area, number) or not (area or number):
        return None
    return Cell(mcc=country, mnc=network, lac=area, cid=number, level=whole(level, -1000, 1000))


def mac(text: str) -> str | None:
    """Return a hardware address in our form; None for a broken one, or one that stands for none."""
    if not _MAC.fullmatch(text):
        return None
    octets = [int(octet, 16) for octet in re.split("[:-]", text)]
    # Android gives 02:00:00:00:00:00 when an app may not know.
    if octets[1:] == [0] * 5 or set(octets) == {0xFF}:
        return None
    return ":".join(f"{octet:02x}" for octet in octets)


# -- what every reading of ours gets, and what we send ---------------------------------------------


def with_bytes(reading: Reading, raw: bytes) -> Reading:
    """Return *reading* with the bytes that said it, and flagged when their clock is of no use."""
    flags = reading.flags
    if reading.fix_time_quality is TimeQuality.BAD_CLOCK:
        flags |= {Flag.BAD_CLOCK}
    return replace(reading, flags=flags, raw=raw[:MOST_RAW_BYTES])


def time_tag(serial: int) -> str:
    """Return a serial number as `hhmmss`: what a device echoes, by which we know our orders."""
    minutes, second = divmod(serial % 86_400, 60)
    return f"{minutes // 60:02}{minutes % 60:02}{second:02}"


def serial_of(tag: str) -> int | None:
    """Return the serial number in an echoed *tag*; None when it is none of ours."""
    if not _SIX_DIGITS.fullmatch(tag):
        return None
    hour, minute, second = (int(tag[at : at + 2]) for at in (0, 2, 4))
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second


def order_text(order: Order, profile: Profile, **known: str) -> str | None:
    """Return *order* in the words of the profile's template; None where it has none for it.

    Raises BadOrder for arguments that cannot be sent. What the codec has *known* is filled in too.
    """
    template = profile.commands.get(order.do)
    if template is None:
        return None
    text = fill(template, order)
    for name, value in known.items():
        text = text.replace("{" + name + "}", value)
    return None if "{" in text else text
