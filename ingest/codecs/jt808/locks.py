"""The words of one maker's tracking locks beside JT/T 808: 5501, 5502 and texts in brackets. Pure.

Facts: real frames and what open servers do with them. Coordinates are degrees and minutes in BCD,
the date is day first and its clock shows UTC. 5502 was stored where there was no network.
"""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from core.pings import Alarm
from ingest.codecs.jt808.framing import LOCK_BACKLOG, Message
from ingest.codecs.jt808.location import MOST_RAW, kind_of, place, read_instant
from ingest.codecs.readings import Cell, Flag, Kind, Network, Reading, ReadPosition, TimeQuality

_FIXED_BYTES = 35
#: product number to its alarm bits
_ALARMS: Mapping[int, Mapping[int, str]] = MappingProxyType(
    {
        1: {0: Alarm.LOW_BATTERY.value},
        2: {0: Alarm.LOW_BATTERY.value},
        3: {
            0: "other:overspeed",
            1: Alarm.LOW_BATTERY.value,
            2: Alarm.VIBRATION.value,
            3: Alarm.LOW_BATTERY.value,
            5: Alarm.FENCE_ENTER.value,
            6: Alarm.FENCE_EXIT.value,
        },
    }
)
#: battery bytes that mean "on the charger"
_CHARGING = (0xAA, 0xAB, 0xFF)
_TIME_WORD = b"TIME"


def read_lock_location(message: Message, *, raw: bytes) -> Reading:
    """Return the reading of a 5501 or 5502; one that is too short is only a sign of life."""
    body, flags = message.body, set(message.flags)
    if len(body) < _FIXED_BYTES:
        return Reading(
            device_id=message.sender.device_id,
            kind=Kind.UNKNOWN,
            type=message.type,
            flags=frozenset(flags | {Flag.BAD_LENGTH}),
            raw=raw[:MOST_RAW],
        )
    # Day, month, year are turned round; hours, minutes, seconds stand as they do elsewhere.
    fix_time = read_instant(body[2::-1] + body[3:6], 0)
    if fix_time is None:
        flags.add(Flag.BAD_CLOCK)
    course, satellites, battery = body[16] * 2, body[18], body[23]
    cid, lac, product, _status, alarm_word = struct.unpack_from(">IHBHH", body, 24)
    names = _ALARMS.get(product, {})
    alarms = {names[bit] for bit in names if alarm_word >> bit & 1}
    altitude_m, network_code = _extras(body[_FIXED_BYTES:])
    mcc, mnc = network_code or (None, None)
    position = _position(body, satellites, flags)
    cells = (Cell(mcc=mcc, mnc=mnc, lac=lac, cid=cid),) if cid and lac else ()
    return Reading(
        device_id=message.sender.device_id,
        kind=kind_of(alarms),
        type=message.type,
        fix_time=fix_time,
        fix_time_quality=TimeQuality.BAD_CLOCK if fix_time is None else TimeQuality.ASSUMED_ZONE,
        position=position,
        satellites=satellites,
        # Documents do not agree on the unit of its speed.
        course_deg=float(course) if course <= 360 else None,
        altitude_m=altitude_m,
        battery_pct=battery if battery <= 100 else None,
        charging=True if battery in _CHARGING else None,
        alarms=frozenset(alarms),
        network=Network(cells=cells) if cells else None,
        is_backlog=message.message_id == LOCK_BACKLOG,
        flags=frozenset(flags),
        raw=raw[:MOST_RAW],
    )


def read_lock_text(text: bytes, received_at: datetime) -> tuple[Reading | None, bytes | None]:
    """Return the reading of `(id,…)`, and what to answer: the time where it asks for that."""
    fields = text.strip(b"()").split(b",")
    device_id = fields[0].decode("ascii", "replace")
    if not device_id.isdecimal() or len(device_id) > 20 or len(fields) < 2:
        return None, None
    reading = Reading(
        device_id=device_id.lstrip("0") or "0",
        kind=Kind.COMMAND_REPLY,
        type=_keyword(fields),
        raw=text[:MOST_RAW],
    )
    if b"BASE,2" not in text or _TIME_WORD not in text:
        return reading, None
    now = received_at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    return reading, text.replace(_TIME_WORD, now.encode(), 1)


def _keyword(fields: list[bytes]) -> str:
    words = (field.decode("ascii", "replace") for field in fields[1:5])
    return next((word for word in words if word.isidentifier() and len(word) <= 20), "text")


def _position(body: bytes, satellites: int, flags: set[Flag]) -> ReadPosition | None:
    """Eight digits of latitude, nine of longitude, then bits: 0 located, 1 north, 2 east."""
    digits, mark = body[6:15].hex()[:17], body[14]
    if not digits.isdecimal():
        flags.add(Flag.BAD_FIELD)
        return None
    lat = int(digits[:2]) + int(digits[2:8]) / 600_000
    lon = int(digits[8:11]) + int(digits[11:]) / 600_000
    return place(
        flags,
        lon=lon if mark & 0x04 else -lon,
        lat=lat if mark & 0x02 else -lat,
        is_located=bool(mark & 0x01),
        satellites=satellites,
    )


def _extras(data: bytes) -> tuple[float | None, tuple[int, int] | None]:
    """Return the altitude in metres and (MCC, MNC), as far as the items after the fixed part tell.

    Id, length, value: 02 altitude, 0A the network (MNC of one byte or two).
    """
    altitude_m, network_code = None, None
    at = 0
    while at + 2 <= len(data):
        item, value = data[at], data[at + 2 : at + 2 + data[at + 1]]
        if item == 0x02 and len(value) == 2:
            altitude_m = float(int.from_bytes(value, "big", signed=True))
        elif item == 0x0A and len(value) in (3, 4):
            network_code = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big")
        at += 2 + data[at + 1]
    return altitude_m, network_code
