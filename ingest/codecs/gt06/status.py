"""Read the status words of GT06 devices: battery, charging, alarms. Pure.

    info 1 | voltage 1 | GSM 1 | alarm 1 | language 1

Info byte: bits 5 to 3 alarm, 2 charging. An alarm that stands in the info byte and in the alarm
byte is one alarm. A model's own meanings are in its profile: the key `0x19` names an alarm byte,
`info:7` the info byte's three bits; the meaning "" is "no alarm".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.pings import Alarm
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag

STATUS_BYTES = 5
LONG_HEARTBEAT_BYTES = 14
_LONG_VOLTAGE = slice(7, 9)

#: alarm byte to our names; what concerns vehicles is `other:<name>` (Concox's alarm table)
_ALARMS: Mapping[int, str] = MappingProxyType(
    {
        0x01: Alarm.SOS,
        0x02: Alarm.POWER_CUT,
        0x03: Alarm.VIBRATION,
        0x04: Alarm.FENCE_ENTER,
        0x05: Alarm.FENCE_EXIT,
        0x06: "other:overspeed",
        0x09: "other:moved",
        0x0A: "other:gps_lost",
        0x0B: "other:gps_found",
        0x0C: "other:power_on",
        0x0D: "other:first_fix",
        0x0E: Alarm.LOW_BATTERY,
        0x0F: Alarm.LOW_BATTERY,
        0x10: "other:sim_changed",
        0x11: Alarm.POWER_OFF,
        0x12: "other:airplane_mode",
        0x13: "other:tamper",
        0x14: "other:door",
        0x15: Alarm.POWER_OFF,
        0x16: "other:sound",
        0x17: "other:rogue_cell",
        0x18: Alarm.REMOVED,
        0x19: Alarm.LOW_BATTERY,
        0x20: "other:sleep",
        0x23: Alarm.FALL,
        0x25: "other:tamper",
        0x29: "other:hard_acceleration",
        0x2A: "other:hard_cornering",
        0x2B: "other:hard_cornering",
        0x2C: "other:collision",
        0x30: "other:hard_braking",
        0x32: "other:unplugged",
        0x90: "other:hard_acceleration",
        0x91: "other:hard_braking",
        0x92: "other:hard_cornering",
        0x93: "other:accident",
        0xFE: "other:acc_on",
        0xFF: "other:acc_off",
    }
)
#: the info byte's bits 5 to 3; 5 and 6 are states of single models
_INFO_ALARMS: Mapping[int, str] = MappingProxyType(
    {1: Alarm.VIBRATION, 2: Alarm.POWER_CUT, 3: Alarm.LOW_BATTERY, 4: Alarm.SOS, 7: Alarm.REMOVED}
)
_CHARGING = 1 << 2

#: full, in steps of the voltage byte
_MOST_LEVEL = 6
_MOST_GSM, _MOST_GSM_PCT, _MOST_LANGUAGE = 4, 100, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStatus:
    """What a device says of itself."""

    battery_pct: int | None = None
    charging: bool | None = None
    alarms: frozenset[str] = frozenset()
    flags: frozenset[Flag] = frozenset()


def read_alarm_status(status: bytes, profile: Profile) -> ReadStatus:
    """Return what the status of an alarm frame says; bytes at its end may be missing.

    A frame that names no alarm at all, not even "none", is the profile's bare alarm.
    """
    told = read_status(status, profile)
    if len(status) > 3:
        named, flags = name_alarm(status[3], profile)
        return replace(told, alarms=told.alarms | named, flags=flags)
    if told.alarms:
        return told
    return replace(
        told,
        alarms=frozenset({profile.bare_alarm}),
        flags=frozenset({Flag.UNPROFILED_ALARM}),
    )


def read_heartbeat_status(status: bytes, profile: Profile) -> ReadStatus:
    """Return what a heartbeat of the plain form says. Models put other things behind its voltage.

    So its alarm byte is believed only between a GSM byte and a language byte that can be.
    """
    told = read_status(status, profile)
    is_plain = len(status) >= STATUS_BYTES and (
        status[2] <= _MOST_GSM and status[4] <= _MOST_LANGUAGE
    )
    named = _known_alarm(status[3], profile) if is_plain else frozenset()
    return replace(told, alarms=told.alarms | named)


def read_long_heartbeat_status(status: bytes, profile: Profile) -> ReadStatus:
    """Return what a heartbeat of at least LONG_HEARTBEAT_BYTES says.

    info 1 | satellites 2 | alarm 1 | language 1 | battery % 1 | mode 1 | voltage 2 | …

    Other makers fill as many bytes with other things, and have nothing where the voltage stands.
    """
    told = read_status(status[:1], profile)
    if not any(status[_LONG_VOLTAGE]):
        return told
    return replace(
        told,
        alarms=told.alarms | _known_alarm(status[3], profile),
        battery_pct=status[5] if status[5] <= 100 else None,
    )


def read_status(status: bytes, profile: Profile) -> ReadStatus:
    """Return what the info and the voltage byte say, as far as they are there."""
    if not status:
        return ReadStatus()
    said = status[0] >> 3 & 0b111
    name = profile.alarm_map.get(f"info:{said}", _INFO_ALARMS.get(said, ""))
    return ReadStatus(
        battery_pct=None if len(status) < 2 else battery_pct(status[1], profile),
        charging=bool(status[0] & _CHARGING),
        alarms=frozenset({name} - {""}),
    )


def battery_pct(value: int, profile: Profile) -> int | None:
    """Return the battery's percent; None for what is none.

    The protocol has six even steps, clones write percent into the same byte: where the profile does
    not tell, 0 to 6 are steps.
    """
    is_steps = profile.battery_scale == "level6" or (
        profile.battery_scale == "auto" and value <= _MOST_LEVEL
    )
    if is_steps:
        return value * 100 // _MOST_LEVEL if value <= _MOST_LEVEL else None
    return value if value <= 100 else None


def name_alarm(code: int, profile: Profile) -> tuple[frozenset[str], frozenset[Flag]]:
    """Return our name of an alarm byte, none for 0; what nobody knows is `unspecified`."""
    if _is_known(code, profile):
        name = profile.alarm_map.get(f"0x{code:02x}", _ALARMS.get(code, ""))
        return frozenset({name} - {""}), frozenset()
    return frozenset({Alarm.UNSPECIFIED}), frozenset({Flag.UNPROFILED_ALARM})


def looks_like_status(status: bytes, profile: Profile) -> bool:
    """Say whether *status* reads as the end of an alarm frame."""
    return (
        len(status) >= STATUS_BYTES
        and status[2] <= _MOST_GSM_PCT
        and _is_known(status[3], profile)
        and status[4] <= _MOST_LANGUAGE
    )


def is_plain_status(status: bytes, profile: Profile) -> bool:
    """Say whether *status* reads so in the vendor's own figures, which clones stretch."""
    return (
        looks_like_status(status, profile) and status[1] <= _MOST_LEVEL and status[2] <= _MOST_GSM
    )


def _known_alarm(code: int, profile: Profile) -> frozenset[str]:
    return name_alarm(code, profile)[0] if _is_known(code, profile) else frozenset()


def _is_known(code: int, profile: Profile) -> bool:
    return code == 0 or code in _ALARMS or f"0x{code:02x}" in profile.alarm_map
