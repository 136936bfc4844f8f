"""The body of a JT/T 808 location: alarms, status, place, time, items. Pure; never raises.

Facts: JT/T 808-2019, "location report". 28 bytes are fixed; of a shorter body what stands there is
read, since its first bit may be a cry for help. Coordinates are 1e-6 degree, unsigned, with their
hemispheres in the status word.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from core.pings import Alarm, FixSource
from ingest.codecs.jt808.framing import Message
from ingest.codecs.jt808.items import read_items
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind, Reading, ReadPosition, TimeQuality

FIXED_BYTES = 28
MOST_RAW = 2048
_MOST_SPEED_KMH = 1500

#: status bits
_LOCATED, _SOUTH, _WEST, _SHIFTED = 1 << 1, 1 << 2, 1 << 3, 1 << 5

#: alarm bit to name. The other bits differ by edition and model: only a profile names them.
_ALARMS: Mapping[int, str] = MappingProxyType(
    {
        0: Alarm.SOS.value,
        1: "other:overspeed",
        2: "other:fatigue",
        3: "other:danger",
        4: "other:gnss_fault",
        5: "other:antenna_cut",
        6: "other:antenna_short",
        7: Alarm.LOW_BATTERY.value,
        8: Alarm.POWER_CUT.value,
        18: "other:day_driving_timeout",
        19: "other:parking_timeout",
        20: "other:area",
        21: "other:route",
        22: "other:route_time",
        23: "other:route_deviation",
        26: "other:stolen",
        27: "other:illegal_ignition",
        28: "other:illegal_move",
        29: "other:collision",
        30: "other:roll_over",
    }
)
#: what a clock shows that was never set: these days, and every year before 2001
_NEVER_SET = frozenset({(2020, 1, 1)})
_FIRST_YEAR = 2001


@dataclass(slots=True, kw_only=True)
class _Told:
    """The fields of a reading, as they are found."""

    values: dict[str, Any] = field(default_factory=dict)
    flags: set[Flag] = field(default_factory=set)
    alarms: set[str] = field(default_factory=set)


def read_location(
    body: bytes, message: Message, profile: Profile, *, raw: bytes, is_backlog: bool = False
) -> Reading:
    """Return the reading of one location *body*, a part of *message* or all of it."""
    told = _Told(flags=set(message.flags))
    if len(body) < FIXED_BYTES:
        told.flags.add(Flag.BAD_LENGTH)
    items = read_items(body[FIXED_BYTES:])
    told.flags |= items.flags
    if len(body) >= 4:
        _take_alarms(told, int.from_bytes(body[:4], "big"), profile)
    told.alarms |= items.alarms
    told.alarms |= {profile.alarm_map.get(code, "") for code in items.codes} - {""}
    if len(body) >= 16:
        told.values["position"] = _position(told, body, items.satellites)
    if len(body) >= FIXED_BYTES:
        _take_movement(told, body)
        _take_time(told, body[22:FIXED_BYTES], profile)
    return Reading(
        device_id=message.sender.device_id,
        kind=_kind(told),
        type=message.type,
        satellites=items.satellites,
        battery_pct=items.battery_pct,
        charging=items.charging,
        worn=False if Alarm.REMOVED.value in told.alarms else None,
        steps=items.steps,
        network=items.network,
        alarms=frozenset(told.alarms),
        is_backlog=is_backlog,
        flags=frozenset(told.flags),
        raw=raw[:MOST_RAW],
        **told.values,
    )


def kind_of(alarms: set[str]) -> Kind:
    """Return `alarm` when one of *alarms* is ours; those of vehicles leave it a position."""
    return Kind.ALARM if any(":" not in alarm for alarm in alarms) else Kind.POSITION


def read_instant(written: bytes, offset_min: int) -> datetime | None:
    """Return the UTC instant of `YYMMDDhhmmss` in BCD; None for one that no set clock shows.

    *offset_min* is how many minutes the writer's clock is ahead of UTC.
    """
    digits = written.hex()
    if len(digits) != 12 or not digits.isdecimal():
        return None
    year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    year += 1900 if year >= 70 else 2000
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    if year < _FIRST_YEAR or (year, month, day) in _NEVER_SET:
        return None
    return local - timedelta(minutes=offset_min)


def place(
    flags: set[Flag], *, lon: float, lat: float, is_located: bool, satellites: int | None
) -> ReadPosition | None:
    """Return the position at *lon*, *lat*, WGS-84 degrees; None, and a flag, where none can be.

    The protocol has no accuracy, so the position has none.
    """
    if lon == 0 and lat == 0:
        flags.add(Flag.NULL_ISLAND)
        return None
    if abs(lat) > 90 or abs(lon) > 180:  # as when the two are swapped
        flags.add(Flag.OFF_THE_GLOBE)
        return None
    flags.add(Flag.NO_ACCURACY)
    if is_located and satellites == 0:
        flags.add(Flag.NO_SATELLITES)
    is_gnss = is_located and satellites != 0
    return ReadPosition(
        lon=lon,
        lat=lat,
        source=FixSource.GNSS if is_gnss else FixSource.UNKNOWN,
        is_current=is_located and Flag.SHIFTED not in flags,
    )


def _kind(told: _Told) -> Kind:
    kind = kind_of(told.alarms)
    is_whole = "fix_time" in told.values
    return kind if is_whole or kind is Kind.ALARM else Kind.UNKNOWN


# -- the fixed part --------------------------------------------------------------------------------


def _take_alarms(told: _Told, word: int, profile: Profile) -> None:
    for bit in range(32):
        if word >> bit & 1:
            name = profile.alarm_map.get(str(bit), _ALARMS.get(bit))
            if name is None:
                told.flags.add(Flag.UNPROFILED_ALARM)
            elif name:  # "" in a profile: no alarm on this model
                told.alarms.add(name)


def _position(told: _Told, body: bytes, satellites: int | None) -> ReadPosition | None:
    status, north, east = struct.unpack_from(">III", body, 4)
    if status & _SHIFTED:
        told.flags.add(Flag.SHIFTED)
    return place(
        told.flags,
        lon=(-east if status & _WEST else east) / 1e6,
        lat=(-north if status & _SOUTH else north) / 1e6,
        is_located=bool(status & _LOCATED),
        satellites=satellites,
    )


def _take_movement(told: _Told, body: bytes) -> None:
    altitude_m, speed, course_deg = struct.unpack_from(">hHH", body, 16)
    told.values["altitude_m"] = float(altitude_m)
    if speed / 10 <= _MOST_SPEED_KMH:
        told.values["speed_kmh"] = speed / 10
    if course_deg <= 360:
        told.values["course_deg"] = float(course_deg)
    if speed / 10 > _MOST_SPEED_KMH or course_deg > 360:
        told.flags.add(Flag.BAD_FIELD)


def _take_time(told: _Told, written: bytes, profile: Profile) -> None:
    fix_time = read_instant(written, profile.utc_offset_min)
    told.values["fix_time"] = fix_time
    if fix_time is None:
        told.flags.add(Flag.BAD_CLOCK)
        told.values["fix_time_quality"] = TimeQuality.BAD_CLOCK
    else:
        assumed = profile.zone_is_assumed
        told.values["fix_time_quality"] = TimeQuality.ASSUMED_ZONE if assumed else TimeQuality.OK
