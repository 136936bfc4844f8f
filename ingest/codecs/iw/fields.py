"""What the messages of IW say, one reader a message type. Pure.

The body is what stands between `IWAP01` and the closing `#`. A position and the state of the device
are written without separators; cells, alarm and Wi-Fi follow, separated by commas.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any

from core.pings import Alarm, Health
from core.radio import AccessPoint, Cell, Network
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind
from ingest.codecs.sentences import cell, decimal, degrees, instant, mac, place, whole

#: date, A or V, ddmm.mmmm N, dddmm.mmmm E, speed km/h, time, course, state of the device
_POSITION = re.compile(
    r"(?P<date>[0-9]{6})(?P<valid>[A-Za-z])"
    r"(?P<lat>[0-9]{4}\.[0-9]{1,6})(?P<north>[NSns])(?P<lon>[0-9]{5}\.[0-9]{1,6})(?P<east>[EWew])"
    r"(?P<speed>[0-9]{3}\.[0-9])(?P<time>[0-9]{6})(?P<course>[0-9]{3}\.[0-9]{2})"
    r"(?P<state>[0-9]{9,24})(?=,|$)"
)
#: the first nine figures of a state: GSM signal, satellites, battery %; then modes of the device
_STATE = re.compile(r"([0-9]{3})([0-9]{3})([0-9]{3})[0-9]{0,15}")
#: an access point behind its name, which is private, may hold anything and is never read
_POINT = re.compile(r"\|((?:[0-9A-Fa-f]{1,2}[:-]){5}[0-9A-Fa-f]{1,2})\|(-?[0-9]{1,3})(?![0-9])")
_CELL = re.compile(r"([0-9]{1,10})\|([0-9]{1,10})\|(-?[0-9]{1,4})")
_MOST_CELLS, _MOST_POINTS = 32, 64

#: alarm codes of AP10
_ALARMS: Mapping[int, str] = MappingProxyType(
    {1: Alarm.SOS, 2: Alarm.LOW_BATTERY, 3: Alarm.REMOVED, 5: Alarm.FALL, 6: Alarm.FALL}
)
#: codes whose meaning is not in our notes of the protocol: by the usual vendor table
_UNSURE = frozenset({2, 3})

Values = dict[str, Any]


def _login(body: str, _profile: Profile) -> Values:
    imei = re.match(r",?([0-9]{10,17})(?![0-9])", body)
    if imei is None:
        return {"kind": Kind.INFO, "flags": frozenset({Flag.BAD_FIELD})}
    return {"kind": Kind.INFO, "device_id": imei[1]}


def _position(body: str, profile: Profile) -> Values:
    """Read `AP01`: a position, then mcc, mnc, lac, cell, then Wi-Fi."""
    shape = _POSITION.match(body)
    rest = body if shape is None else body[shape.end() :]
    told = rest.split(",", 6)[1:5]
    network = _network([cell(*told)] if len(told) == 4 else [], _points(rest))
    if shape is None:
        return {
            "kind": Kind.POSITION,
            "network": network,
            "flags": frozenset({Flag.BAD_FIELD}),
        }
    state = _state(shape["state"])
    position, flags = place(
        degrees(shape["lat"], shape["north"]),
        degrees(shape["lon"], shape["east"]),
        located=shape["valid"].upper() == "A",
        satellites=state["satellites"],
    )
    fix_time, quality = instant(shape["date"], shape["time"], profile)
    course_deg = decimal(shape["course"], 0, 360)
    return state | {
        "kind": Kind.POSITION,
        "fix_time": fix_time,
        "fix_time_quality": quality,
        "position": position,
        "speed_kmh": decimal(shape["speed"], 0, 1500),
        "course_deg": course_deg,
        "network": network,
        "flags": flags | ({Flag.BAD_FIELD} if course_deg is None else set()),
    }


def _alarm(body: str, profile: Profile) -> Values:
    """Read `AP10`: as `AP01`, with the alarm, a language and a mark before the Wi-Fi."""
    values = _position(body, profile)
    shape = _POSITION.match(body)
    fields = body[0 if shape is None else shape.end() :].split(",", 6)
    code = fields[5].strip() if len(fields) > 5 else ""
    if whole(code, 0, 0) == 0:
        return values
    alarm = profile.alarm_map.get(code)
    if alarm is None:
        number = whole(code, 0, 99)
        # One that names no alarm is the model's own; where nobody knows, somebody needs help.
        alarm = profile.bare_alarm if number is None else _ALARMS.get(number, Alarm.UNSPECIFIED)
        if number is None or number not in _ALARMS or number in _UNSURE:
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
    odd = {Flag.BAD_FIELD} if fields[1] and not _STATE.fullmatch(fields[1]) else set()
    return state | {
        "kind": Kind.HEARTBEAT,
        "steps": whole(fields[2], 0, 1_000_000),
        "flags": frozenset(odd),
    }


def _state(figures: str) -> Values:
    shape = _STATE.fullmatch(figures.strip())
    if shape is None:
        return {"satellites": None, "battery_pct": None}
    return {"satellites": whole(shape[2], 0, 99), "battery_pct": whole(shape[3], 0, 100)}


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


# -- health ----------------------------------------------------------------------------------------


def _health(*names: str) -> Callable[[str, Profile], Values]:
    """Return a reader of comma-separated figures; 0, and what no body has, is a failed one."""

    def read(body: str, _profile: Profile) -> Values:
        said = dict(zip(names, body.split(",")[1:], strict=False))
        health = Health(
            bpm=whole(said.get("bpm", ""), 20, 300),
            sys=whole(said.get("sys", ""), 40, 300),
            dia=whole(said.get("dia", ""), 20, 200),
            spo2_pct=whole(said.get("spo2", ""), 50, 100),
            temp_c=decimal(said.get("temp", ""), 25, 45),
        )
        return {
            "kind": Kind.HEALTH,
            "health": health,
            "battery_pct": whole(said.get("battery", ""), 0, 100),
        }

    return read


def _voice(_body: str, _profile: Profile) -> Values:
    return {"kind": Kind.MEDIA, "flags": frozenset({Flag.PRIVATE_CONTENT})}


#: message type to its reader
READERS: Mapping[str, Callable[[str, Profile], Values]] = MappingProxyType(
    {
        "AP00": _login,
        "AP01": _position,
        "AP02": _surroundings,
        "AP03": _heartbeat,
        "AP07": _voice,
        "AP10": _alarm,
        "AP49": _health("bpm"),
        "AP50": _health("temp", "battery"),
        "APHT": _health("bpm", "sys", "dia"),
        "APHP": _health("bpm", "sys", "dia", "spo2", "sugar", "temp"),
    }
)
