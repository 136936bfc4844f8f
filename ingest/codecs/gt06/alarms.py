"""Read GT06 alarms into readings. Pure.

Types 16, 26, 27 (4G: A3, A4) have the GPS block, LBS length 1, a cell and the status; types 19 and
A5 have no GPS. Type 95 comes from cameras in vehicles: clock, place, alarm 1, file names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.pings import Alarm
from ingest.codecs.gt06.assembly import with_clock, with_fix, with_gps, with_network, with_status
from ingest.codecs.gt06.clock import CLOCK_BYTES, Zone, read_clock
from ingest.codecs.gt06.fix import GPS_BYTES, make_fix
from ingest.codecs.gt06.radio import MIDDLE, NARROW, WIDE, CellForm, is_country, read_one_cell
from ingest.codecs.gt06.reports import cell_place, gps_at
from ingest.codecs.gt06.status import (
    STATUS_BYTES,
    ReadStatus,
    is_plain_status,
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
    layout = _alarm_layout(kind, body, profile)
    if layout.form is not None:
        radio = read_one_cell(body, layout.cell_at, layout.form)
        reading = with_network(reading, radio.network, radio.flags)
    return with_status(reading, read_alarm_status(layout.status_of(body), profile))


# -- layouts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where an alarm's cell and status stand behind its GPS block."""

    #: None: there is no cell
    form: CellForm | None
    cell_at: int
    status_at: int

    def status_of(self, body: bytes) -> bytes:
        """Return the status; bytes at its end may be missing."""
        return body[self.status_at : self.status_at + STATUS_BYTES]


def _alarm_layout(kind: int, body: bytes, profile: Profile) -> _Layout:
    """Return the documented layout, or that of a model which differs and reads as a status.

    One byte too early or too late, an SOS is a fence or nothing at all.
    """
    cell_at = GPS_BYTES + 1
    if body[GPS_BYTES:cell_at] == b"\0" and len(body) <= cell_at + STATUS_BYTES + 1:
        return _Layout(None, cell_at, cell_at)
    documented, *others = _layouts(_ALARMS[kind], body)
    if is_plain_status(documented.status_of(body), profile):
        return documented
    if kind == _CLONED_ALARM:
        # A clone's cell id is a byte longer; nothing stands behind the status then.
        cloned = _Layout(MIDDLE, cell_at, read_one_cell(body, cell_at, MIDDLE).end)
        is_last = len(body) - cloned.status_at == STATUS_BYTES
        if is_last and looks_like_status(cloned.status_of(body), profile):
            return cloned
    for is_likely in (is_plain_status, looks_like_status):
        for layout in (documented, *others):
            if is_likely(layout.status_of(body), profile):
                return layout
    return documented


def _layouts(form: CellForm, body: bytes) -> Iterator[_Layout]:
    """Yield the documented layout, then those that its length byte may mean."""
    cell_at = GPS_BYTES + 1
    if is_country(body[GPS_BYTES : cell_at + 1]) and not is_country(body[cell_at : cell_at + 2]):
        yield _Layout(form, GPS_BYTES, read_one_cell(body, GPS_BYTES, form).end)
        return  # there is no length byte
    documented = read_one_cell(body, cell_at, form).end
    yield _Layout(form, cell_at, documented)
    counted = cell_at + body[GPS_BYTES] if len(body) > GPS_BYTES else documented
    if documented in (counted, counted - 1):  # makers count the byte itself, or do not
        return
    long_mnc = replace(form, is_mnc_long=True)
    end = read_one_cell(body, cell_at, long_mnc).end
    if end in (counted, counted - 1):
        yield _Layout(long_mnc, cell_at, end)
    for end in (counted - 1, counted):
        if end > documented:
            yield _Layout(form, cell_at, end)


def _read_cell_alarm(
    base: Reading, body: bytes, zone: Zone, profile: Profile, form: CellForm
) -> Reading:
    """[clock 6,] [length 1,] cell, status."""
    has_clock, at = cell_place(body) or (False, 0)
    reading = with_clock(base, read_clock(body[:CLOCK_BYTES], zone)) if has_clock else base
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
