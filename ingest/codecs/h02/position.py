"""Find the position in a sentence of H02, whatever a maker put around it. Pure.

It is known by its shape, not by counting: validity, latitude, N or S, longitude, E or W stand
together in every variant (a command's answer stands before it in `V4`, nothing in `VP1`). Date and
status follow, then a tail that differs by model.
"""

import re
from collections.abc import Sequence

from core.radio import Network
from ingest.codecs.h02.cells import Values, read_access_points, read_end, read_joined
from ingest.codecs.h02.status import alarms_in, level_pct
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind
from ingest.codecs.sentences import (
    KMH_PER_KNOT,
    cell,
    decimal,
    degrees,
    instant,
    place,
    whole,
)

_DATE = re.compile(r"[0-9]{6}")
_STATUS = re.compile(r"[0-9A-Fa-f]{8}")
_COORDINATE = re.compile(r"[+-]?[0-9][0-9.-]{0,24}|")
_TIME = re.compile(r"[0-9]{6}(?:\.[0-9]+)?|")
#: by GPS, and by BeiDou
_LOCATED = ("A", "B")
_NOT_LOCATED = ("V", "D", "")
#: reports of some (`V2`, `VI1`) have a figure where validity stands; they come with a fix
_FIGURE = re.compile(r"[0-9]{1,2}")
#: the number of the SIM card; `V19` has it between date and status, with a telephone number before
SIM_CARD = re.compile(r"89[0-9]{16,18}[0-9A-Fa-f]?")
_MOST_COUNTRY = 799


def find_position(fields: Sequence[str]) -> int | None:
    """Return where validity stands, with a latitude and a longitude behind it."""
    for at in range(len(fields) - 4):
        valid, lat, north, lon, east = (field.strip() for field in fields[at : at + 5])
        if (
            north.upper() in ("N", "S", "0", "")
            and east.upper() in ("E", "W", "0", "")
            and _COORDINATE.fullmatch(lat)
            and _COORDINATE.fullmatch(lon)
            and _is_validity(valid.upper(), lettered=(_letter(north), _letter(east)))
        ):
            return at
    return None


def read_position(fields: Sequence[str], profile: Profile) -> Values:
    """Read what has a position; of what has none, the date and the status at its end."""
    at = find_position(fields)
    if at is None:
        return {"kind": Kind.UNKNOWN} | read_end(fields, profile)[1]
    valid, lat_text, north, lon_text, east = fields[at : at + 5]
    end = _date_at(fields, at)
    date = fields[end] if end < len(fields) else ""
    speed, course = [*fields[at + 5 : end], "", ""][:2]
    valid = valid.strip().upper()
    located = valid in _LOCATED or _FIGURE.fullmatch(valid) is not None
    position, flags = place(degrees(lat_text, north), degrees(lon_text, east), located=located)
    if position is not None and not (_letter(north) and _letter(east)):
        flags |= {Flag.NO_HEMISPHERE}
    time = fields[at - 1] if at and _TIME.fullmatch(fields[at - 1].strip()) else ""
    fix_time, quality = instant(date, time, profile)
    knots, course_deg = decimal(speed, 0, 800), decimal(course, 0, 360)
    if (speed.strip() and knots is None) or (course.strip() and course_deg is None):
        flags |= {Flag.BAD_FIELD}
    status, tail = _behind_date(fields, end, profile)
    alarms, odd = alarms_in(status, profile)
    return {
        "kind": Kind.POSITION,
        "fix_time": fix_time,
        "fix_time_quality": quality,
        "position": position,
        "speed_kmh": None if knots is None else knots * KMH_PER_KNOT,
        "course_deg": course_deg,
        "alarms": alarms,
        "flags": flags | odd,
    } | tail


def read_short_position(fields: Sequence[str], profile: Profile) -> Values:
    """Read `VP1`: a position without a time of day, or cells."""
    if find_position(fields) is None and len(fields) > 3:
        return read_joined(fields)
    return read_position(fields, profile)


def read_position_or_wifi(fields: Sequence[str], profile: Profile) -> Values:
    """Read `V5`: a position of some makers, the access points in reach of others."""
    if find_position(fields) is None:
        return read_access_points(fields, profile)
    return read_position(fields, profile)


def _is_validity(text: str, *, lettered: tuple[bool, bool]) -> bool:
    """Say whether *text* can be validity, given which hemispheres have their letter."""
    if text in _LOCATED or text in _NOT_LOCATED:
        return text != "" or any(lettered)
    return _FIGURE.fullmatch(text) is not None and all(lettered)


def _letter(hemisphere: str) -> bool:
    return hemisphere.strip().upper() in ("N", "S", "E", "W")


def _date_at(fields: Sequence[str], anchor: int) -> int:
    """Return where the date stands: behind speed and course, seldom one field nearer or farther."""
    usual = anchor + 7
    for at in (usual, usual + 1, usual - 1):
        if at < len(fields) and _DATE.fullmatch(fields[at].strip()):
            return at
    return usual


# -- behind the date -------------------------------------------------------------------------------


def _behind_date(fields: Sequence[str], date_at: int, profile: Profile) -> tuple[str, Values]:
    """Return the status word, "" when there is none, and what the tail behind it says.

    `V19` has a telephone number, an address and the SIM card's number before its status; `VP1` has
    none.
    """
    rest = fields[date_at + 1 :]
    if len(rest) > 3 and SIM_CARD.fullmatch(rest[2].strip()) and _STATUS.fullmatch(rest[3].strip()):
        rest = rest[3:]
    status = rest[0] if rest else ""
    if not _STATUS.fullmatch(status.strip()) and (tail := _tail(rest, profile)):
        return "", tail
    return status, _tail(rest[1:], profile)


def _tail(tail: Sequence[str], profile: Profile) -> Values:
    """Read `mcc,mnc,lac,cell[,battery]`, the one tail whose numbers prove themselves.

    Only where its country is decimal, or left out, a battery level follows; others send the number
    of the SIM card there, which is not kept.
    """
    if len(tail) < 4:
        return {}
    tower = cell(*tail[:4])
    values: Values = {} if tower is None else {"network": Network(cells=(tower,))}
    country = whole(tail[0], 0, _MOST_COUNTRY)
    known = tower is not None and country == tower.mcc
    if len(tail) == 5 and (known or (tower is None and _names_no_cell(tail))):
        level = level_pct(whole(tail[4], 0, 100), profile)
        values |= {} if level is None else {"battery_pct": level}
    return values


def _names_no_cell(tail: Sequence[str]) -> bool:
    """Say whether *tail* is of that form, though its cell cannot be used."""
    country = tail[0].strip()
    return country == "" or whole(country, 200, _MOST_COUNTRY) is not None
