"""Say what a GT06 frame with serial and CRC is about, and read it. Pure."""

from dataclasses import replace

from ingest.codecs.gt06.alarms import is_alarm, read_alarm
from ingest.codecs.gt06.assembly import with_clock, with_fix, with_status
from ingest.codecs.gt06.clock import Zone, clock_showing
from ingest.codecs.gt06.fix import GPS_BYTES, ReadFix, place
from ingest.codecs.gt06.framing import Gt06Frame
from ingest.codecs.gt06.orders import Answer
from ingest.codecs.gt06.reports import (
    ADDRESS_REQUESTS,
    is_location,
    is_surroundings,
    may_be_location,
    read_cell_request,
    read_location,
    read_surroundings,
    read_unknown,
)
from ingest.codecs.gt06.status import (
    LONG_HEARTBEAT_BYTES,
    STATUS_BYTES,
    read_heartbeat_status,
    read_long_heartbeat_status,
    read_status,
)
from ingest.codecs.gt06.vendors import (
    read_access_point_list,
    read_blocks,
    read_diagnostics,
    read_modules,
)
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind, Reading

_HEARTBEAT, _VOLTAGE_HEARTBEAT, _EXTENDED_HEARTBEAT = 0x13, 0x23, 0x36
_HEARTBEATS = {_HEARTBEAT, _VOLTAGE_HEARTBEAT, _EXTENDED_HEARTBEAT}
_MODULES, _ACCESS_POINTS, _BLOCKS = 0x70, 0xF3, {0x32, 0x33}
_INFO, _VOICE = 0x94, 0x8D
#: parts of 94 with telephone, subscriber and card numbers
_PRIVATE_INFO = {0x04, 0x0A}
#: satellites, batteries, what a serial port said
_INFO_TYPES = {_INFO, 0x14, 0x40, 0x98, 0x9B, 0x9C}
_DIAGNOSTICS = {0x65, 0x66, 0x8C}


def read_message(base: Reading, told: Gt06Frame, zone: Zone, profile: Profile) -> Reading | None:
    """Return what *told* says; None where its body is too short for its type."""
    kind, body = told.type, told.body
    if not body:
        return base
    if is_alarm(kind):
        return read_alarm(base, kind, body, zone, profile)
    if told.is_long and kind in _BLOCKS:
        return read_blocks(base, kind, body, zone, profile)
    if may_be_location(kind):
        located = read_location(base, kind, body, zone)
        if located is not None:
            return _without_number(located, told) if kind in ADDRESS_REQUESTS else located
    if is_location(kind):
        return None
    request = read_cell_request(base, kind, body)
    if request is not None:
        return _kept(request[0], body[: request[1]])
    if is_surroundings(kind):
        return read_surroundings(base, kind, body, zone)
    if kind in _HEARTBEATS:
        return _read_heartbeat(base, kind, body, profile)
    return _read_other(base, told, zone)


def answered(base: Reading, answer: Answer, zone: Zone) -> Reading:
    """Return the answer to a text as a reading, with the position that it may tell."""
    reading = replace(base, kind=Kind.COMMAND_REPLY)
    if answer.is_private:
        reading = _kept(reading, b"")
    if answer.shown is not None:
        reading = with_clock(reading, clock_showing(answer.shown, zone))
    if answer.place is None:
        return reading
    flags: set[Flag] = set()
    lat, lon = answer.place
    position = place(lat, lon, satellites=None, is_located=answer.is_current, flags=flags)
    fix = ReadFix(
        position=position,
        speed_kmh=answer.speed_kmh,
        course_deg=answer.course_deg,
        flags=frozenset(flags),
    )
    return with_fix(reading, fix)


def _read_heartbeat(base: Reading, kind: int, body: bytes, profile: Profile) -> Reading:
    if kind == _HEARTBEAT and len(body) >= LONG_HEARTBEAT_BYTES:
        status = read_long_heartbeat_status(body, profile)
    elif kind == _EXTENDED_HEARTBEAT or (kind == _VOLTAGE_HEARTBEAT and len(body) > STATUS_BYTES):
        status = read_status(body[:1], profile)  # a voltage follows, in hundredths of a volt
    else:
        status = read_heartbeat_status(body, profile)
    return with_status(replace(base, kind=Kind.HEARTBEAT), status)


def _read_other(base: Reading, told: Gt06Frame, zone: Zone) -> Reading:
    """Return what is neither a plain report nor a heartbeat."""
    kind, body = told.type, told.body
    if kind == _MODULES:
        return read_modules(base, body)
    if kind == _ACCESS_POINTS:
        return read_access_point_list(base, body, zone)
    if kind in _DIAGNOSTICS:
        return read_diagnostics(base, body, zone)
    if kind == _VOICE:
        return _kept(replace(base, kind=Kind.MEDIA), b"")
    if kind == _INFO and body[0] in _PRIVATE_INFO:
        base = _kept(base, body[:1])
    if kind in _INFO_TYPES:
        return replace(base, kind=Kind.INFO)
    located = read_unknown(base, body, zone) if told.is_sound else None
    return base if located is None else located


def _without_number(reading: Reading, told: Gt06Frame) -> Reading:
    """Return an address request without the telephone number of who asked."""
    return _kept(reading, told.body[:GPS_BYTES])


def _kept(reading: Reading, part: bytes) -> Reading:
    """Return *reading* with only the frame's header and *part* as its raw bytes."""
    header = reading.raw[: 5 if reading.raw.startswith(b"yy") else 4]
    return replace(reading, flags=reading.flags | {Flag.PRIVATE_CONTENT}, raw=header + part)
