"""The sentences of H02: `*HQ,id,V1,…#` and their relatives. Pure.

`position` finds the position in one, `cells` reads those that name radio cells instead; here are
the rest, and what is kept, confirmed and answered.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ingest.codecs.h02 import cells
from ingest.codecs.h02.cells import Values
from ingest.codecs.h02.position import (
    SIM_CARD,
    find_position,
    read_position,
    read_position_or_wifi,
    read_short_position,
)
from ingest.codecs.h02.status import is_urgent
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Confirmation, Flag, Kind, Reading
from ingest.codecs.sentences import serial_of, whole, with_bytes

#: words with which a device says that an order was not carried out
_REFUSALS = frozenset({"ERROR", "FAIL", "FAILED", "NO"})
#: free text, sent as an answer or handed on
_TEXTS = frozenset({"SMS", "I1"})
#: alarm messages whose status may name no alarm
_ALARM_TYPES = frozenset({"ALRM", "ALARM", "SOS"})
#: a telephone number; `V19` has one two fields before the SIM card's number
_TELEPHONE = re.compile(r"\+?[0-9]{7,15}")
#: sentences that are echoed: a login, and heartbeats
_ECHOED = frozenset({"V0", "HTBT"})
#: one longer than this is none, bytes
_MOST_ECHO = 128
#: an id, a type
_WORD = re.compile(r"[A-Za-z0-9_-]{0,32}")


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
    """Return the parts of a frame with or without its closing `#`; None when it is none.

    Some leave their id empty once the connection knows them.
    """
    text = frame.decode("latin-1").strip(" \r\n\t\0")
    if not text.startswith("*"):
        return None
    maker, *rest = text[1:].removesuffix("#").split(",")
    if len(rest) < 2 or not re.fullmatch(r"[A-Za-z0-9]{2}", maker):
        return None
    device_id, kind, *fields = rest
    device_id, kind = device_id.strip(), kind.strip()
    if not _WORD.fullmatch(device_id) or not _WORD.fullmatch(kind) or not (device_id or kind):
        return None
    return Sentence(maker, device_id, kind[:16], tuple(fields))


def read(sentence: Sentence, frame: bytes, profile: Profile) -> Reading:
    """Return what a sentence says; of *frame* it keeps what is nobody's secret."""
    kind = sentence.type.upper()
    reader = _READERS.get(kind, read_position)
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
        device_id=sentence.device_id or None,
        type=sentence.type,
        is_backlog=kind == "BC",
        **values,
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
    at = find_position(fields)
    return fields if at is None else fields[: max(at - 1, 0)]


def _kept(kind: str, fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields that may be kept: text messages name people, answers repeat passwords."""
    if kind in _TEXTS:
        return ()
    if kind == "V4":
        answer = _answered(fields)
        fields = (*answer[:2], *answer[2:][-1:], *fields[len(answer) :])
    return tuple("" if _is_private(fields, at) else field for at, field in enumerate(fields))


def _is_private(fields: Sequence[str], at: int) -> bool:
    if SIM_CARD.fullmatch(fields[at].strip()):
        return True
    before_card = at + 2 < len(fields) and SIM_CARD.fullmatch(fields[at + 2].strip())
    return bool(before_card) and _TELEPHONE.fullmatch(fields[at].strip()) is not None


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
    return read_position(fields, profile) | {"kind": Kind.COMMAND_REPLY}


def _text(_fields: Sequence[str], _profile: Profile) -> Values:
    return {"kind": Kind.COMMAND_REPLY}


def _info(fields: Sequence[str], profile: Profile) -> Values:
    """Read what tells of the device itself; `V0`, a login, may have a position all the same."""
    values = read_position(fields, profile)
    return values | {"kind": Kind.INFO} if values["kind"] is Kind.UNKNOWN else values


_READERS: dict[str, Callable[[Sequence[str], Profile], Values]] = {
    "BASE": cells.read_base,
    "BS": cells.read_hex_neighbours,
    "HTBT": _heartbeat,
    "I1": _info,
    "ICCID": _info,
    "LINK": _link,
    "NBR": cells.read_neighbours,
    "SMS": _text,
    "V0": _info,
    "V3": cells.read_counted,
    "V4": _answer,
    "V5": read_position_or_wifi,
    "VP1": read_short_position,
    "XT": _status_heartbeat,
}


def reply(sentence: Sentence, frame: bytes, maker: str, received_at: datetime) -> bytes | None:
    """Return what the device waits to hear: its position is confirmed, its heartbeat echoed."""
    kind = sentence.type.upper()
    if kind in _ECHOED and len(frame) <= _MOST_ECHO:
        return frame.strip(b" \r\n\t\0").removesuffix(b"#") + b"#"
    if kind == "V1":
        now = f"{received_at.astimezone(UTC):%Y%m%d%H%M%S}"
        return f"*{maker},{sentence.device_id},V4,V1,{now}#".encode("ascii")
    return None
