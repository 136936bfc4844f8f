"""The sentences of H02: `*HQ,id,V1,…#` and their relatives. Pure.

A position is found by its shape, not by counting: validity, latitude, N or S, longitude, E or W
stand together in every variant, whatever a maker put before (a command's answer in `V4`, nothing in
`VP1`, the time elsewhere). Date and status follow it, then a tail that differs by model.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.radio import Network
from ingest.codecs.h02 import cells
from ingest.codecs.h02.cells import Values
from ingest.codecs.h02.status import alarms_in, is_urgent, level_pct
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Confirmation, Flag, Kind, Reading
from ingest.codecs.sentences import (
    KMH_PER_KNOT,
    cell,
    decimal,
    degrees,
    instant,
    place,
    serial_of,
    whole,
    with_bytes,
)

_DATE = re.compile(r"[0-9]{6}")
_COORDINATE = re.compile(r"[+-]?[0-9][0-9.-]{0,24}|")
_TIME = re.compile(r"[0-9]{6}(?:\.[0-9]+)?|")
#: words with which a device says that an order was not carried out
_REFUSALS = frozenset({"ERROR", "FAIL", "FAILED", "NO"})
#: alarm messages whose status may name no alarm
_ALARM_TYPES = frozenset({"ALRM", "ALARM", "SOS"})
#: the number of the SIM card, at the end of some positions
_SIM_CARD = re.compile(r"89[0-9]{16,18}[0-9A-Fa-f]?")
#: a heartbeat longer than this is none, bytes
_MOST_ECHO = 128


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence taken apart, its meaning not yet looked at."""

    maker: str
    device_id: str
    type: str
    fields: tuple[str, ...]

    def encode(self) -> bytes:
        """Return the sentence as it goes over the wire."""
        parts = (f"*{self.maker}", self.device_id, self.type, *self.fields)
        return ",".join(parts).encode("latin-1") + b"#"


def take_apart(frame: bytes) -> Sentence | None:
    """Return the parts of a frame with or without its closing `#`; None when it is none."""
    text = frame.decode("latin-1").strip(" \r\n\t\0")
    if not text.startswith("*"):
        return None
    maker, *rest = text[1:].removesuffix("#").split(",")
    if len(rest) < 2 or not re.fullmatch(r"[A-Za-z0-9]{2}", maker):
        return None
    device_id, kind, *fields = rest
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", device_id.strip()):
        return None
    return Sentence(maker, device_id.strip(), kind.strip()[:16], tuple(fields))


def read(sentence: Sentence, frame: bytes, profile: Profile) -> Reading:
    """Return what a sentence says; of *frame* it keeps what is nobody's secret."""
    kind = sentence.type.upper()
    reader = _READERS.get(kind, _position)
    values = reader(sentence.fields, profile)
    if kind in _ALARM_TYPES and not values.get("alarms"):
        values["alarms"] = frozenset({profile.bare_alarm})
        values["flags"] = values.get("flags", frozenset()) | {Flag.UNPROFILED_ALARM}
    if values["kind"] is not Kind.COMMAND_REPLY and is_urgent(values.get("alarms", frozenset())):
        values["kind"] = Kind.ALARM
    kept = _kept(kind, sentence.fields)
    if kept != sentence.fields:
        values["flags"] = values.get("flags", frozenset()) | {Flag.PRIVATE_CONTENT}
        frame = replace(sentence, fields=kept).encode()
    reading = Reading(
        device_id=sentence.device_id, type=sentence.type, is_backlog=kind == "BC", **values
    )
    return with_bytes(reading, frame)


def confirmation(sentence: Sentence, profile: Profile) -> Confirmation | None:
    """Return a device's word on an order of ours, if the sentence is one."""
    kind = sentence.type.upper()
    if kind == "SMS":
        return Confirmation()
    if kind != "V4" or not sentence.fields:
        return None
    answer = _answered(sentence.fields)
    words = {word.strip().upper() for word in answer[1:]}
    order = answer[0].strip() if answer else ""
    return Confirmation(
        do=next((do for do, text in profile.commands.items() if text.split(",")[0] == order), None),
        serial=serial_of(answer[-1]) if len(answer) > 1 else None,
        ok=not words & _REFUSALS,
    )


def _answered(fields: Sequence[str]) -> Sequence[str]:
    """Return what stands before a `V4`'s position: the order, its result, the time we gave it."""
    at = _anchor(fields)
    return fields if at is None else fields[: max(at - 1, 0)]


def _kept(kind: str, fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields that may be kept: text messages name people, answers repeat passwords."""
    if kind == "SMS":
        return ()
    if kind == "V4":
        answer = _answered(fields)
        return (*answer[:2], *answer[2:][-1:], *fields[len(answer) :])
    return tuple("" if _SIM_CARD.fullmatch(field) else field for field in fields)


# -- positions -------------------------------------------------------------------------------------


def _anchor(fields: Sequence[str]) -> int | None:
    """Return where validity stands, with a latitude and a longitude behind it."""
    for at in range(len(fields) - 4):
        valid, lat, north, lon, east = (field.strip() for field in fields[at : at + 5])
        if (
            valid.upper() in ("A", "V", "B", "D", "")
            and north.upper() in ("N", "S", "0", "")
            and east.upper() in ("E", "W", "0", "")
            and _COORDINATE.fullmatch(lat)
            and _COORDINATE.fullmatch(lon)
            and (valid or _letter(north) or _letter(east))
        ):
            return at
    return None


def _position(fields: Sequence[str], profile: Profile) -> Values:
    at = _anchor(fields)
    if at is None:
        return {"kind": Kind.UNKNOWN} | cells.read_end(fields, profile)[1]
    valid, lat_text, north, lon_text, east = fields[at : at + 5]
    end = _date_at(fields, at)
    date, status = [*fields[end : end + 2], "", ""][:2]
    speed, course = [*fields[at + 5 : end], "", ""][:2]
    located = valid.strip().upper() == "A"
    position, flags = place(degrees(lat_text, north), degrees(lon_text, east), located=located)
    if position is not None and not (_letter(north) and _letter(east)):
        flags |= {Flag.NO_HEMISPHERE}
    time = fields[at - 1] if at and _TIME.fullmatch(fields[at - 1].strip()) else ""
    fix_time, quality = instant(date, time, profile)
    knots, course_deg = decimal(speed, 0, 800), decimal(course, 0, 360)
    if (speed.strip() and knots is None) or (course.strip() and course_deg is None):
        flags |= {Flag.BAD_FIELD}
    alarms, odd = alarms_in(status, profile)
    return {
        "kind": Kind.POSITION,
        "fix_time": fix_time,
        "fix_time_quality": quality,
        "position": position,
        "speed_kmh": None if knots is None else knots * KMH_PER_KNOT,
        "course_deg": course_deg,
        "alarms": alarms,
        "flags": flags | odd,
    } | _tail(fields[end + 2 :], profile)


def _date_at(fields: Sequence[str], anchor: int) -> int:
    """Return where the date stands: behind speed and course, seldom one field nearer or farther."""
    usual = anchor + 7
    for at in (usual, usual + 1, usual - 1):
        if at < len(fields) and _DATE.fullmatch(fields[at].strip()):
            return at
    return usual


def _letter(hemisphere: str) -> bool:
    return hemisphere.strip().upper() in ("N", "S", "E", "W")


def _tail(tail: Sequence[str], profile: Profile) -> Values:
    """Read `mcc,mnc,lac,cell[,battery]`, the one tail whose numbers prove themselves.

    Only its decimal form is followed by a battery level; behind it other models send the number of
    the SIM card, which is not kept.
    """
    if len(tail) < 4:
        return {}
    tower = cell(*tail[:4])
    if tower is None:
        return {}
    values: Values = {"network": Network(cells=(tower,))}
    if len(tail) == 5 and whole(tail[0], 0, 999) == tower.mcc:
        values["battery_pct"] = level_pct(whole(tail[4], 0, 100), profile)
    return values


def _short_position(fields: Sequence[str], profile: Profile) -> Values:
    """Read `VP1`: a position without a time of day, or cells."""
    if _anchor(fields) is None and len(fields) > 3:
        return cells.read_joined(fields)
    return _position(fields, profile)


# -- the rest --------------------------------------------------------------------------------------


def _link(fields: Sequence[str], profile: Profile) -> Values:
    """Read `LINK`: time, signal, satellites, battery %, steps, turn-overs, date, status."""
    _, values = cells.read_end(fields, profile)
    padded = [*fields, *[""] * 5]
    return values | {
        "kind": Kind.HEARTBEAT,
        "satellites": whole(padded[2], 0, 99),
        "battery_pct": whole(padded[3], 0, 100),
        "steps": whole(padded[4], 0, 1_000_000),
    }


def _heartbeat(fields: Sequence[str], _profile: Profile) -> Values:
    battery = whole(fields[0], 0, 100) if len(fields) == 1 else None
    return {"kind": Kind.HEARTBEAT, "battery_pct": battery}


def _status_heartbeat(_fields: Sequence[str], _profile: Profile) -> Values:
    """Read `XT`: its fields differ by model."""
    return {"kind": Kind.HEARTBEAT}


def _answer(fields: Sequence[str], profile: Profile) -> Values:
    """Read `V4`: what was ordered and how it went, then perhaps a whole position."""
    return _position(fields, profile) | {"kind": Kind.COMMAND_REPLY}


def _text(_fields: Sequence[str], _profile: Profile) -> Values:
    return {"kind": Kind.COMMAND_REPLY}


_READERS: dict[str, Callable[[Sequence[str], Profile], Values]] = {
    "BASE": cells.read_base,
    "BS": cells.read_hex_neighbours,
    "HTBT": _heartbeat,
    "LINK": _link,
    "NBR": cells.read_neighbours,
    "SMS": _text,
    "V3": cells.read_counted,
    "V4": _answer,
    "VP1": _short_position,
    "XT": _status_heartbeat,
}


def reply(sentence: Sentence, frame: bytes, maker: str, received_at: datetime) -> bytes | None:
    """Return what the device waits to hear: its position is confirmed, its heartbeat echoed."""
    kind = sentence.type.upper()
    if kind == "HTBT" and len(frame) <= _MOST_ECHO:
        return frame.strip(b" \r\n\t\0").removesuffix(b"#") + b"#"
    if kind == "V1":
        now = f"{received_at.astimezone(UTC):%Y%m%d%H%M%S}"
        return f"*{maker},{sentence.device_id},V4,V1,{now}#".encode("ascii")
    return None
