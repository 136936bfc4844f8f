"""The status word and the battery level of H02. Pure.

Bits are active low: FFFFFFFF is "all well". Three vendor documents agree on the bits named here
unless a comment says otherwise (they are compared in traccar issue 2920).
"""

import re

from core.pings import Alarm
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag

_WORD = re.compile(r"[0-9A-Fa-f]{8}")

#: bit to alarm; ignition, doors, arming and cut oil are states of a vehicle and left alone
_ALARMS: dict[int, str] = {
    0: Alarm.VIBRATION,  # "thief alarm": it was moved
    1: Alarm.SOS,
    2: "other:overspeed",
    3: "other:ignition",
    4: Alarm.FENCE_ENTER,
    5: "other:gps_antenna",
    6: "other:gps_antenna",
    7: Alarm.FENCE_EXIT,
    16: "other:gps_fault",
    17: Alarm.LOW_BATTERY,  # shock in another document
    18: Alarm.SOS,  # open servers read SOS, one document says tilt; a lost SOS is worse
    19: Alarm.POWER_CUT,  # it runs on its own battery
    20: Alarm.POWER_CUT,  # the main battery is gone
}
#: bits on which the documents disagree: only the model's profile can tell
_DISPUTED = frozenset({17, 18})

#: what lasts while nothing is done about it: no reason to call the message an alarm
_STATES = frozenset({Alarm.LOW_BATTERY, Alarm.POWER_CUT})

#: six steps, as percent: vendors call them very low, low, …, full
_LEVELS = {1: 5, 2: 10, 3: 20, 4: 60, 5: 80, 6: 100}


def alarms_in(word: str, profile: Profile) -> tuple[frozenset[str], frozenset[Flag]]:
    """Return the alarms of a status word of eight hexadecimal digits."""
    word = word.strip()
    if not word:
        return frozenset(), frozenset()
    if not _WORD.fullmatch(word) or word == "00000000":
        # All zeros would be every alarm at once: a model without a status fills in nothing else.
        return frozenset(), frozenset({Flag.BAD_FIELD})
    status = int(word, 16)
    alarms = set()
    flags = set()
    for bit in range(32):
        if status >> bit & 1:
            continue
        alarm = profile.alarm_map.get(str(bit))
        if alarm is None:
            alarm = _ALARMS.get(bit)
            if bit in _DISPUTED:
                flags.add(Flag.UNPROFILED_ALARM)
        if alarm:  # a profile silences a bit with an empty name
            alarms.add(str(alarm))
    return frozenset(alarms), frozenset(flags)


def is_urgent(alarms: frozenset[str]) -> bool:
    """Say whether these alarms make the message that carries them an alarm message."""
    return any(not name.startswith("other:") for name in alarms - _STATES)


def level_pct(level: int | None, profile: Profile) -> int | None:
    """Return percent for a level of 1 to 6, or of what is percent already; 0 says nothing."""
    if level is None or level == 0 or level > 100:
        return None
    if profile.battery_scale == "percent" or (profile.battery_scale == "auto" and level > 6):
        return level
    return _LEVELS.get(level)
