"""What the messages of IW say, one reader a message type. Pure.

The body is what stands between `IWAP01` and the closing `#`. A position and the state of the device
are written without separators; cells, alarm and Wi-Fi follow, separated by commas. `health` reads
what is measured of the wearer.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType

from core.clock import from_unix
from core.pings import Alarm
from core.radio import AccessPoint, Cell, Network
from ingest.codecs.iw.health import HEALTH_READERS, Reader, Values
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind, TimeQuality
from ingest.codecs.sentences import cell, decimal, degrees, instant, mac, place, whole

#: date, A or V, ddmm.mmmm N, dddmm.mmmm E: all that a place needs
_PLACE = re.compile(
    r"(?P<date>[0-9]{6})(?P<valid>[A-Za-z])"
    r"(?P<lat>[0-9]{2,4}\.[0-9]{1,6})(?P<north>[NSns])"
    r"(?P<lon>[0-9]{2,5}\.[0-9]{1,6})(?P<east>[EWew])"
)
#: what follows it: speed km/h, time, course in six characters, state of the device
_MOTION = re.compile(
    r"(?P<speed>[0-9]{1,4}\.[0-9])(?P<time>[0-9]{6})(?P<course>[0-9.]{6})(?P<state>[^,]*)"
)
#: the first nine figures of a state: GSM signal, satellites, battery %; then modes of the device
_STATE = re.compile(r"([0-9]{3})([0-9]{3})([0-9]{3})[0-9]{0,15}")
_MOST_SIGNAL, _MOST_SATELLITES = 100, 99
#: an access point behind its name, which is private, may hold anything and is never read
_POINT = re.compile(r"\|((?:[0-9A-Fa-f]{1,2}[:-]){5}[0-9A-Fa-f]{1,2})\|(-?[0-9]{1,3})(?![0-9])")
_CELL = re.compile(r"([0-9]{1,10})\|([0-9]{1,10})\|(-?[0-9]{1,4})")
_MOST_CELLS, _MOST_POINTS = 32, 64
_IMEI = re.compile(r",?([0-9]{10,17})(?![0-9])")
#: Unix time, in seconds or thousandths
_UNIX = re.compile(r"([0-9]{9,10})([0-9]{3})?")

#: alarm codes of AP10. On 1, 5 and 6 documents agree that somebody may need help (one calls 5
#: tampering, one 6 speeding, and both are worn on the wrist); the rest by the usual vendor table
_ALARMS: Mapping[int, str] = MappingProxyType(
    {
        1: Alarm.SOS,
        2: Alarm.LOW_BATTERY,
        3: Alarm.REMOVED,
        4: Alarm.REMOVED,
        5: Alarm.FALL,
        6: Alarm.FALL,
        **dict.fromkeys((7, 8, 9), Alarm.HEART_RATE),
        **dict.fromkeys((10, 11, 12, 13), "other:blood_pressure"),
        14: "other:sedentary",
        16: "other:opened",
        19: Alarm.POWER_OFF,
        20: Alarm.FENCE_EXIT,
        21: Alarm.FENCE_ENTER,
    }
)
_AGREED = frozenset({1, 5, 6})


def _login(body: str, _profile: Profile) -> Values:
    """Read `AP00`: the IMEI; some add the numbers of the SIM card, which are not kept."""
    imei = _IMEI.match(body)
    if imei is None:
        return {"kind": Kind.INFO, "flags": frozenset({Flag.BAD_FIELD})}
    flags = {Flag.PRIVATE_CONTENT} if body[imei.end() :].strip(",") else set()
    return {"kind": Kind.INFO, "device_id": imei[1], "flags": frozenset(flags)}


def _position(body: str, profile: Profile) -> Values:
    """Read `AP01`: a position, then mcc, mnc, lac, cell, then Wi-Fi."""
    fields = body.split(",", 6)
    network = _network([cell(*fields[1:5])] if len(fields) > 4 else [], _points(body))
    told = _PLACE.match(body)
    if told is None:
        flags = frozenset({Flag.BAD_FIELD})
        return {"kind": Kind.POSITION, "network": network, "flags": flags}
    motion = _MOTION.match(body, told.end())
    said = {} if motion is None else motion.groupdict()
    state = _state(said.get("state", ""))
    position, flags = place(
        degrees(told["lat"], told["north"]),
        degrees(told["lon"], told["east"]),
        located=told["valid"].upper() == "A",
        satellites=state.get("satellites"),
    )
    fix_time, quality = instant(told["date"], said.get("time", ""), profile)
    course_deg = decimal(said.get("course", ""), 0, 360)
    is_whole = course_deg is not None and bool(state)
    return state | {
        "kind": Kind.POSITION,
        "fix_time": fix_time,
        "fix_time_quality": quality,
        "position": position,
        "speed_kmh": decimal(said.get("speed", ""), 0, 1500),
        "course_deg": course_deg,
        "network": network,
        "flags": flags if is_whole else flags | {Flag.BAD_FIELD},
    }


def _alarm(body: str, profile: Profile) -> Values:
    """Read `AP10`: as `AP01`, with the alarm, a language and a mark before the Wi-Fi."""
    values = _position(body, profile)
    fields = body.split(",", 6)
    code = fields[5].strip() if len(fields) > 5 else ""
    if whole(code, 0, 0) == 0:
        return values
    alarm = profile.alarm_map.get(code)
    if alarm is None:
        number = whole(code, 0, 99)
        # One that names no alarm is the model's own; where nobody knows, somebody needs help.
        alarm = profile.bare_alarm if number is None else _ALARMS.get(number, Alarm.UNSPECIFIED)
        if number not in _AGREED:
            values["flags"] |= {Flag.UNPROFILED_ALARM}
    return values | {"kind": Kind.ALARM, "alarms": frozenset({str(alarm)})}


def _surroundings(body: str, _profile: Profile) -> Values:
    """Read `AP02`: language, mark, n, mcc, mnc, n times lac|cell|level, m, m times name|MAC|dBm."""
    fields = body.split(",", 6)
    towers = _CELL.finditer(fields[6]) if len(fields) > 6 else iter(())
    cells = [cell(*fields[4:6], *tower.groups()) for tower in islice(towers, _MOST_CELLS)]
    return {"kind": Kind.INFO, "network": _network(cells, _points(body))}


def _heartbeat(body: str, _profile: Profile) -> Values:
    """Read `AP03`: state, steps, turn-overs."""
    fields = [*body.split(","), "", "", ""]
    state = _state(fields[1])
    odd = {Flag.BAD_FIELD} if fields[1] and not state else set()
    return state | {
        "kind": Kind.HEARTBEAT,
        "steps": whole(fields[2], 0, 1_000_000),
        "flags": frozenset(odd),
    }


def _low_battery(body: str, _profile: Profile) -> Values:
    """Read `AP04`: the battery is low; how low."""
    level = whole(body.strip(",").split(",")[0], 0, 100)
    alarms = frozenset({Alarm.LOW_BATTERY.value})
    return {"kind": Kind.ALARM, "alarms": alarms, "battery_pct": level}


def _fall(body: str, profile: Profile) -> Values:
    """Read `APFD`: a fall, with the IMEI and when; some send a position."""
    if _PLACE.match(body):
        values = _position(body, profile)
        values["flags"] |= {Flag.UNPROFILED_ALARM}  # children's watches find friends with it
    else:
        fields = [*body.split(","), "", ""]
        values = _unix_time(fields[2])
    return values | {"kind": Kind.ALARM, "alarms": frozenset({Alarm.FALL.value})}


def _wearing(body: str, profile: Profile) -> Values:
    """Read `APWR`: IMEI, 1 worn or 0 taken off, when. "Worn" is believed of models tried for it."""
    fields = [*body.split(","), "", "", ""]
    said = whole(fields[2], 0, 1)
    worn = False if said == 0 else True if said and profile.trust_worn_bit else None
    return {"kind": Kind.INFO, "worn": worn} | _unix_time(fields[3])


def _unix_time(text: str) -> Values:
    shape = _UNIX.fullmatch(text.strip())
    if shape is None:
        return {}
    return {"fix_time": from_unix(int(shape[1])), "fix_time_quality": TimeQuality.OK}


def _state(figures: str) -> Values:
    """Return satellites and battery; nothing when the figures are none, or stand elsewhere."""
    shape = _STATE.fullmatch(figures.strip())
    if shape is None or int(shape[1]) > _MOST_SIGNAL or int(shape[2]) > _MOST_SATELLITES:
        return {}
    return {"satellites": int(shape[2]), "battery_pct": whole(shape[3], 0, 100)}


# -- radio -----------------------------------------------------------------------------------------


def _points(text: str) -> list[AccessPoint]:
    found: list[AccessPoint] = []
    for point in _POINT.finditer(text):
        address = mac(point[1])
        if address is not None and len(found) < _MOST_POINTS:
            # Some forget the minus sign.
            found.append(AccessPoint(mac=address, dbm=-abs(int(point[2]))))
    return found


def _network(cells: Iterable[Cell | None], points: list[AccessPoint]) -> Network | None:
    known = tuple(tower for tower in cells if tower is not None)
    return Network(cells=known, wifi=tuple(points)) if known or points else None


# -- the rest --------------------------------------------------------------------------------------


def _base(body: str, _profile: Profile) -> Values:
    """Read what asks for help with finding satellites or the time: mcc, mnc, lac, cell."""
    fields = body.split(",")
    cells = [cell(*fields[1:5])] if len(fields) > 4 else []
    return {"kind": Kind.INFO, "network": _network(cells, [])}


def _media(_body: str, _profile: Profile) -> Values:
    return {"kind": Kind.MEDIA, "flags": frozenset({Flag.PRIVATE_CONTENT})}


def _cardiogram(_body: str, _profile: Profile) -> Values:
    return {"kind": Kind.HEALTH, "flags": frozenset({Flag.PRIVATE_CONTENT})}


#: message type to its reader
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "AP00": _login,
        "AP01": _position,
        "AP02": _surroundings,
        "AP03": _heartbeat,
        "AP04": _low_battery,
        "AP06": _base,
        "AP07": _media,
        "AP10": _alarm,
        "AP42": _media,
        "AP53": _base,
        "APFD": _fall,
        "APHD": _cardiogram,
        "APLN": _login,
        "APLO": _login,
        "APTM": _base,
        "APWR": _wearing,
        **HEALTH_READERS,
    }
)
