"""Read the frames of GT06 clones that send neither serial nor CRC (Topin, Zhongxun, 365GPS). Pure.

    78 78 | length, or count of access points, or anything 1 | type 1 | content | 0D 0A

Such a device reconnects unless login, locations, status and surroundings are answered. A frame is
taken for one of these when its CRC does not fit and its form does, or when the device has logged in
like one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from core.errors import BadOrder
from core.pings import Alarm
from ingest.codecs.gt06.assembly import with_clock, with_gps, with_network
from ingest.codecs.gt06.clock import CLOCK_BYTES, Zone, read_clock
from ingest.codecs.gt06.fix import GPS_BYTES
from ingest.codecs.gt06.framing import Gt06Frame, build_clone_frame
from ingest.codecs.gt06.radio import ReadRadio, read_access_points, read_scan
from ingest.codecs.readings import Flag, Kind, Network, Order, Reading

LOGIN = 0x01
_HEARTBEAT, _GPS, _STORED_GPS, _STATUS = 0x08, 0x10, 0x11, 0x13
_STORED_SCAN, _STORED_4G_SCAN, _TIME_REQUEST = 0x17, 0x1B, 0x30
_SCANS = {_STORED_SCAN, _STORED_4G_SCAN, 0x18, 0x19, 0x1A, 0x69}
#: reported again when connected: measured some time ago
_STORED = {_STORED_GPS, _STORED_SCAN, _STORED_4G_SCAN}
_ALARMS: Mapping[int, str] = MappingProxyType({0x94: Alarm.VIBRATION, 0x99: Alarm.SOS})
#: put on its charger, taken off it
_CHARGING: Mapping[int, bool] = MappingProxyType({0x82: True, 0x83: False})
#: so short that they could be no frames of another device
_SHORT = {
    *{_HEARTBEAT, _STATUS, 0x14, 0x15, 0x16, _TIME_REQUEST, 0x33, 0x42, 0x43, 0x49, 0x56, 0x57},
    *{0x80, 0x81, 0x97, 0x98, *_ALARMS, *_CHARGING},
}
#: an IMEI, and perhaps the version of its software
_LOGIN_BYTES = (8, 9)
#: a standard frame has at least serial and CRC behind its type
_TAIL = 4

_DOUBT = frozenset({Flag.BAD_FIELD})

_LOCATE = build_clone_frame(0x80, b"")
_REBOOT = build_clone_frame(0x48, b"\x01")
_INTERVAL_S = range(10, 7201)


def is_clone_frame(told: Gt06Frame, *, speaks_so: bool) -> bool:
    """Say whether *told* is such a frame; *speaks_so*: the device has logged in as a clone."""
    if told.is_sound or told.is_long:
        return False
    size = len(told.content)
    if speaks_so or (told.type == LOGIN and size in _LOGIN_BYTES):
        return True
    if size < _TAIL:
        return told.type in _SHORT
    if told.type in (_GPS, _STORED_GPS):
        return GPS_BYTES <= size <= GPS_BYTES + 3
    if told.type == _STATUS:
        return told.length_fits and size <= 7
    return told.type in _SCANS and _scan_of(told) is not None


def read_clone(base: Reading, told: Gt06Frame, zone: Zone) -> Reading:
    """Return *base* with what *told* says."""
    kind, content = told.type, told.content
    base = replace(base, is_backlog=kind in _STORED)
    if kind in (_GPS, _STORED_GPS) and len(content) >= GPS_BYTES:
        return _read_gps(base, content, zone)
    if kind in _SCANS and len(content) > CLOCK_BYTES:
        return _read_surroundings(base, told, zone)
    if kind == _STATUS:
        battery_pct = content[0] if content and content[0] <= 100 else None
        charging = bool(content[5]) if len(content) > 5 else None
        return replace(base, kind=Kind.HEARTBEAT, battery_pct=battery_pct, charging=charging)
    if kind == _HEARTBEAT:
        return replace(base, kind=Kind.HEARTBEAT)
    if kind in _ALARMS:
        return replace(base, kind=Kind.ALARM, alarms=frozenset({_ALARMS[kind]}))
    return replace(base, kind=Kind.INFO, charging=_CHARGING.get(kind))


def reply_to_clone(told: Gt06Frame, raw: bytes, received_at: datetime) -> bytes | None:
    """Return what the device waits to hear; None when nothing is due."""
    clock = told.content[:CLOCK_BYTES]
    if told.type == LOGIN:
        return build_clone_frame(LOGIN, b"")
    if told.type in (_GPS, _STORED_GPS) and len(told.content) >= GPS_BYTES:
        return build_clone_frame(told.type, clock)
    if told.type in _SCANS and len(clock) == CLOCK_BYTES:
        return build_clone_frame(told.type, clock, declared=0)
    if told.type == _STATUS and told.content:
        return raw
    if told.type == _TIME_REQUEST:
        now = received_at.astimezone(UTC)
        year = now.year.to_bytes(2, "big")
        return build_clone_frame(_TIME_REQUEST, year + bytes(now.timetuple()[1:6]))
    return None


def order_for_clone(order: Order) -> bytes | None:
    """Return *order* in a clone's bytes; None where it has none. Raises BadOrder."""
    if order.do == "interval":
        seconds: Any = order.args.get("s")
        is_whole = isinstance(seconds, int) and not isinstance(seconds, bool)
        if not is_whole or seconds not in _INTERVAL_S:
            raise BadOrder(
                "interval: s is a whole number of seconds, "
                f"{_INTERVAL_S.start} to {_INTERVAL_S.stop - 1}"
            )
        return build_clone_frame(0x97, seconds.to_bytes(2, "big"))
    return {"locate": _LOCATE, "reboot": _REBOOT}.get(order.do)


def _read_gps(base: Reading, content: bytes, zone: Zone) -> Reading:
    reading = with_gps(replace(base, kind=Kind.POSITION), content[:GPS_BYTES], zone)
    more = content[GPS_BYTES:]
    if len(more) < 2:
        return reading
    reading = replace(reading, altitude_m=int.from_bytes(more[:2], "big", signed=True))
    return _with_alarm(reading, more[2:])


def _read_surroundings(base: Reading, told: Gt06Frame, zone: Zone) -> Reading:
    clock = read_clock(told.content[:CLOCK_BYTES], zone, is_bcd=True)
    reading = with_clock(replace(base, kind=Kind.POSITION), clock)
    radio = _scan_of(told)
    if radio is None:  # the access points are counted in the frame's header
        wifi = read_access_points(told.content[CLOCK_BYTES:], most=told.declared)
        return with_network(reading, Network(wifi=wifi) if wifi else None, _DOUBT)
    reading = replace(reading, network=radio.network)
    return _with_alarm(reading, told.content[CLOCK_BYTES + radio.end :])


def _with_alarm(reading: Reading, behind: bytes) -> Reading:
    """Return *reading* with the alarm byte of newer firmware; what its bits mean nobody tells."""
    if not any(behind):
        return reading
    return replace(
        reading,
        kind=Kind.ALARM,
        alarms=frozenset({Alarm.UNSPECIFIED}),
        flags=reading.flags | {Flag.UNPROFILED_ALARM},
    )


def _scan_of(told: Gt06Frame) -> ReadRadio | None:
    return read_scan(told.declared, told.content[CLOCK_BYTES:])
