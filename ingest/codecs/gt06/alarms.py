"""Read GT06 alarms into readings. Pure.

Types 16, 26, 27 (4G: A3, A4) have the GPS block, LBS length 1, a cell and the status; types 19 and
A5 have no GPS. Type 95 comes from cameras in vehicles: clock, place, alarm 1, file names.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from core.pings import Alarm
from ingest.codecs.gt06.assembly import with_clock, with_fix, with_gps, with_network, with_status
from ingest.codecs.gt06.clock import CLOCK_BYTES, Zone, read_clock, shown_time
from ingest.codecs.gt06.fix import GPS_BYTES, make_fix
from ingest.codecs.gt06.radio import MIDDLE, NARROW, WIDE, CellForm, is_country, read_one_cell
from ingest.codecs.gt06.reports import gps_at
from ingest.codecs.gt06.status import (
    STATUS_BYTES,
    ReadStatus,
    looks_like_status,
    name_alarm,
    read_alarm_status,
)
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind, Reading

_ALARMS: Mapping[int, CellForm] = MappingProxyType(
    {0x16: NARROW, 0x26: NARROW, 0x27: NARROW, 0xA3: WIDE, 0xA4: WIDE}
)
_CELL_ALARMS: Mapping[int, CellForm] = MappingProxyType({0x19: NARROW, 0xA5: WIDE})
_CLONED_ALARM, _DRIVING_ALARM = 0x16, 0x95


def is_alarm(kind: int) -> bool:
    """Say whether type *kind* is for alarms."""
    return kind in _ALARMS or kind in _CELL_ALARMS or kind == _DRIVING_ALARM


def read_alarm(base: Reading, kind: int, body: bytes, zone: Zone, profile: Profile) -> Reading:
    """Return *base* as an alarm. An alarm cut off too early to name itself is the profile's."""
    base = replace(base, kind=Kind.ALARM)
    if kind in _CELL_ALARMS:
        return _read_cell_alarm(base, body, zone, profile, _CELL_ALARMS[kind])
    if kind == _DRIVING_ALARM:
        return _read_driving_alarm(base, body, zone, profile)
    if len(body) < GPS_BYTES:
        return with_status(base, read_alarm_status(b"", profile))
    body = body[gps_at(body) or 0 :]
    reading = with_gps(base, body[:GPS_BYTES], zone)
    form, status_at = _alarm_layout(kind, body, profile)
    if form is not None:
        radio = read_one_cell(body, GPS_BYTES + 1, form)
        reading = with_network(reading, radio.network, radio.flags)
    status = body[status_at : status_at + STATUS_BYTES]
    return with_status(reading, read_alarm_status(status, profile))


# -- layouts ---------------------------------------------------------------------------------------


def _alarm_layout(kind: int, body: bytes, profile: Profile) -> tuple[CellForm | None, int]:
    """Return how wide an alarm's cell is (None: there is none), and where its status begins."""
    length_at = GPS_BYTES
    if body[length_at : length_at + 1] == b"\0" and len(body) <= length_at + STATUS_BYTES + 2:
        return None, length_at + 1
    form = _ALARMS[kind]
    if kind == _CLONED_ALARM:
        # A clone's cell id is a byte longer; nothing stands behind the status then.
        end = read_one_cell(body, length_at + 1, MIDDLE).end
        if len(body) - end == STATUS_BYTES and looks_like_status(body[end:], profile):
            return MIDDLE, end
    return form, read_one_cell(body, length_at + 1, form).end


def _read_cell_alarm(
    base: Reading, body: bytes, zone: Zone, profile: Profile, form: CellForm
) -> Reading:
    """[clock 6,] cell, status."""
    has_clock = is_country(body[6:8]) and (
        shown_time(body[:CLOCK_BYTES]) is not None or not is_country(body[:2])
    )
    at = CLOCK_BYTES if has_clock else 0
    reading = with_clock(base, read_clock(body[:at], zone)) if has_clock else base
    radio = read_one_cell(body, at, form)
    reading = with_network(reading, radio.network, radio.flags)
    status = body[radio.end : radio.end + STATUS_BYTES]
    return with_status(reading, read_alarm_status(status, profile))


def _read_driving_alarm(base: Reading, body: bytes, zone: Zone, profile: Profile) -> Reading:
    """[mark 3,] clock 6, [[satellites 1,] latitude 4, longitude 4, word 2,] alarm 1, file names."""
    is_marked = body.startswith(b"\xff\xff")
    body = body[3:] if is_marked else body
    reading = with_clock(base, read_clock(body[:CLOCK_BYTES], zone))
    rest = body[CLOCK_BYTES:]
    # Vehicles send it: a code we cannot find is nobody's cry for help.
    code = rest[0] if len(rest) == 1 else None
    place = rest[1:] if is_marked else rest
    if len(place) > 10:
        fix = make_fix(
            satellites=rest[0] & 0x0F if is_marked else None,
            lat_units=int.from_bytes(place[:4], "big"),
            lon_units=int.from_bytes(place[4:8], "big"),
            speed_kmh=None,
            word=int.from_bytes(place[8:10], "big"),
        )
        reading = with_fix(reading, fix)
        behind = 14 if is_marked else 10
        code = place[behind] if len(place) > behind else None
    if code is None:
        return with_status(
            reading,
            ReadStatus(
                alarms=frozenset({Alarm.UNSPECIFIED}), flags=frozenset({Flag.UNPROFILED_ALARM})
            ),
        )
    alarms, flags = name_alarm(code, profile)
    return with_status(reading, ReadStatus(alarms=alarms, flags=flags))
