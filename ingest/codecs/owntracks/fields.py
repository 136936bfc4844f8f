"""What an OwnTracks message says: a reading for each type of message. Pure.

Facts: OwnTracks Booklet, "JSON". -1 means unknown; some senders put numbers in quotes; `acc` 0 is
not a value and 2 000 or more is a cell guess. The name of a Wi-Fi network is private, never read.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.clock import from_unix
from core.pings import Alarm, FixSource
from core.radio import AccessPoint, Network
from ingest.codecs.json_document import number
from ingest.codecs.native import STALE_FIX_S
from ingest.codecs.readings import Flag, Kind, ReadPosition, TimeQuality
from ingest.codecs.sentences import mac

_CELL_GUESS_M = 2000
#: `bs`: 0 unknown, 1 unplugged, 2 charging, 3 full
_CHARGING = 2
_MOST_FIGURES = 40
_LATEST_UNIX = 253_402_300_799  # the year 9999
#: from here on it is thousandths of a second: as seconds, the year 5138
_LEAST_MILLISECONDS = 1e11

Json = dict[str, Any]
Values = dict[str, Any]


def quoted_number(value: object, least: float, most: float) -> float | None:
    """Return a number from *least* to *most*, also from senders that put it in quotes."""
    if isinstance(value, str) and len(value) <= _MOST_FIGURES and "_" not in value:
        try:
            value = float(value)
        except ValueError:
            return None
    return number(value, least, most)


def read_location(document: Json, flags: set[Flag]) -> Values:
    """Read `location`: where the phone was at `tst`, and how it is."""
    accuracy_m = _optional(document, "acc", 0, 1e6, flags) or None
    stale = _is_stale(document)
    position = _place(document, accuracy_m, is_current=not stale, flags=flags)
    if position is not None and position.source is FixSource.UNKNOWN:
        position = replace(position, source=_source(document))
    if stale:
        flags.add(Flag.STALE_FIX)
    if position is not None and accuracy_m is None:
        flags.add(Flag.NO_ACCURACY)
    battery = _optional(document, "batt", 0, 100, flags)
    state = _optional(document, "bs", 0, 3, flags)
    return _fix_time(document, flags) | {
        "kind": Kind.POSITION,
        "position": position,
        "speed_kmh": _optional(document, "vel", 0, 1500, flags),
        "course_deg": _optional(document, "cog", 0, 360, flags),
        "altitude_m": quoted_number(document.get("alt"), -1000, 20_000),
        "battery_pct": None if battery is None else int(battery),
        "charging": None if not state else state >= _CHARGING,
        "network": _network(document),
    }


def read_transition(document: Json, flags: set[Flag]) -> Values:
    """Read `transition`: the phone's own fence, only recorded; our geofence decides.

    A beacon's coordinates are the beacon's, or 0,0.
    """
    by_beacon = document.get("t") == "b"
    accuracy_m = _optional(document, "acc", 0, 1e6, flags) or None
    event = {"enter": Alarm.FENCE_ENTER, "leave": Alarm.FENCE_EXIT}.get(str(document.get("event")))
    if event is None:
        flags.add(Flag.BAD_FIELD)
    has_place = not by_beacon and document.get("lat") is not None
    return _fix_time(document, flags) | {
        "kind": Kind.INFO,
        "position": _place(document, accuracy_m, is_current=False, flags=flags)
        if has_place
        else None,
        "alarms": frozenset() if event is None else frozenset({event.value}),
    }


def read_steps(document: Json, flags: set[Flag]) -> Values:
    """Read `steps`: how many from `from` to `to`."""
    steps = _optional(document, "steps", 0, 1_000_000, flags)
    counted = document | {"tst": document.get("to", document.get("tst"))}
    return _fix_time(counted, set()) | {
        "kind": Kind.INFO,
        "steps": None if steps is None else int(steps),
    }


def read_gone(_document: Json, _flags: set[Flag]) -> Values:
    """Read `lwt`: the phone is gone. Its `tst` is when it came, so it has no time of its own."""
    return {"kind": Kind.INFO}


def read_private(_document: Json, flags: set[Flag]) -> Values:
    """Read what may hold a face, a name, passwords or addresses: that it came, and no more."""
    flags.add(Flag.PRIVATE_CONTENT)
    return {"kind": Kind.INFO}


def read_other(_document: Json, _flags: set[Flag]) -> Values:
    """Read what is only counted. A waypoint is the app's own, never one of our zones."""
    return {"kind": Kind.INFO}


#: `_type` to its reader
READERS: dict[str, Callable[[Json, set[Flag]], Values]] = {
    "location": read_location,
    "transition": read_transition,
    "steps": read_steps,
    "lwt": read_gone,
    "card": read_private,
    "configuration": read_private,
    "dump": read_private,
    "beacon": read_other,
    "cmd": read_other,
    "request": read_other,
    "status": read_other,
    "waypoint": read_other,
    "waypoints": read_other,
}


def _optional(
    document: Json, name: str, least: float, most: float, flags: set[Flag]
) -> float | None:
    said = document.get(name)
    found = quoted_number(said, least, most)
    if found is None and said is not None and quoted_number(said, -1, -1) is None:
        flags.add(Flag.BAD_FIELD)
    return found


def _unix(document: Json, name: str) -> float | None:
    said = quoted_number(document.get(name), 1, _LATEST_UNIX * 1000)
    return said / 1000 if said is not None and said >= _LEAST_MILLISECONDS else said


def _fix_time(document: Json, flags: set[Flag]) -> Values:
    seconds = _unix(document, "tst")
    if seconds is not None:
        return {"fix_time": from_unix(seconds), "fix_time_quality": TimeQuality.OK}
    flags.add(Flag.BAD_CLOCK)
    unsaid = quoted_number(document.get("tst") or 0, -_LATEST_UNIX, 1) is not None
    return {"fix_time_quality": TimeQuality.NONE if unsaid else TimeQuality.BAD_CLOCK}


def _is_stale(document: Json) -> bool:
    """Say whether the message was built so much later than its fix that it repeats an old one."""
    measured, built = _unix(document, "tst"), _unix(document, "created_at")
    return measured is not None and built is not None and built - measured > STALE_FIX_S


def _place(
    document: Json, accuracy_m: float | None, *, is_current: bool, flags: set[Flag]
) -> ReadPosition | None:
    lon = quoted_number(document.get("lon"), -180, 180)
    lat = quoted_number(document.get("lat"), -90, 90)
    if lon is None or lat is None:
        flags.add(Flag.OFF_THE_GLOBE)
        return None
    if lon == 0 and lat == 0:
        flags.add(Flag.NULL_ISLAND)
        return None
    guessed = accuracy_m is not None and accuracy_m >= _CELL_GUESS_M
    return ReadPosition(
        lon=lon,
        lat=lat,
        accuracy_m=accuracy_m,
        source=FixSource.CELL if guessed else FixSource.UNKNOWN,
        is_current=is_current,
    )


def _source(document: Json) -> FixSource:
    """Return how the phone came by the position; what it mixed ("fused") remains unknown."""
    return FixSource.GNSS if document.get("source") == "gps" else FixSource.UNKNOWN


def _network(document: Json) -> Network | None:
    said = document.get("BSSID")
    address = mac(said) if isinstance(said, str) else None
    return None if address is None else Network(wifi=(AccessPoint(mac=address),))
