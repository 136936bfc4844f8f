"""A reading in the words of our own protocol (docs/wire-format.md). Pure.

The id of a report is made of what it says, so that a band that says the same again (it did not
hear our answer, or empties its memory) says nothing new. A reading without a time of its own is
told apart by its arrival: each heartbeat is a sign of life.
"""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

from core.pings import Alarm, FixSource
from ingest.codecs.native import MOST_ALARMS
from ingest.codecs.readings import Flag, Kind, Reading, ReadPosition, network_json
from ingest.codecs.surroundings import MOST_ACCESS_POINTS, MOST_CELLS

#: so much of a frame goes along, so that it can be read again when a decoder was mended
MOST_RAW_BYTES = 2048
#: how and when it was said; the same words are the same words
_MANNER = ("is_backlog", "flags", "type", "fix_time_quality")

_KNOWN_ALARMS = frozenset(alarm.value for alarm in Alarm)


def native_report(
    reading: Reading, *, received_at: datetime, gateway: str, protocol: str
) -> dict[str, Any]:
    """Return *reading* as a native report; what the band did not say is left out."""
    via: dict[str, Any] = {"gw": gateway, "proto": protocol, "type": type_of(reading)}
    if not is_private(reading):
        via["raw"] = base64.b64encode(reading.raw[:MOST_RAW_BYTES]).decode()
    report = {
        "v": 1,
        "id": report_id(reading, received_at),
        "t": None if reading.fix_time is None else round(reading.fix_time.timestamp(), 3),
        "why": _why(reading),
        "fix": None if reading.position is None else _fix(reading.position, reading),
        "bat": _said({"pct": reading.battery_pct, "charging": reading.charging}),
        "worn": reading.worn,
        "steps": reading.steps,
        "alarms": sorted(reading.alarms & _KNOWN_ALARMS),
        "other_alarms": sorted(reading.alarms - _KNOWN_ALARMS)[:MOST_ALARMS],
        "flags": sorted(flag.value for flag in reading.flags),
        **_surroundings(reading),
        "health": _health(reading),
        "via": via,
    }
    return {name: value for name, value in report.items() if value not in (None, [], {})}


def report_id(reading: Reading, received_at: datetime) -> str:
    """Return an id of 32 characters that is the same whenever *reading* means the same."""
    meaning = reading.to_json()
    for name in _MANNER:
        del meaning[name]
    if meaning["position"] is not None:
        del meaning["position"]["is_current"]
    if reading.fix_time is None:
        meaning["received_at"] = received_at.isoformat()
    text = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def is_private(reading: Reading) -> bool:
    """Say whether the words themselves (a voice, a picture, a phone book) may not be kept."""
    return reading.kind is Kind.MEDIA or Flag.PRIVATE_CONTENT in reading.flags


def type_of(reading: Reading) -> str:
    """Return the message's type as its protocol names it, fit to be shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in reading.type[:40])


def _why(reading: Reading) -> str:
    if reading.is_backlog:
        return "backlog"
    if reading.kind is Kind.COMMAND_REPLY:
        return "reply"
    return "alarm" if reading.alarms else "timer"


def _fix(position: ReadPosition, reading: Reading) -> dict[str, Any]:
    known = position.source is not FixSource.UNKNOWN
    return _said(
        {
            "src": position.source.value if known else None,
            "lat": round(position.lat, 7),
            "lon": round(position.lon, 7),
            "acc_m": position.accuracy_m,
            "sat": reading.satellites,
            "kmh": reading.speed_kmh,
            "deg": reading.course_deg,
            "current": None if position.is_current else False,
        }
    )


def _surroundings(reading: Reading) -> dict[str, Any]:
    if reading.network is None:
        return {}
    around = network_json(reading.network)
    named = [cell for cell in around["cells"] if "cid" in cell]  # else it is no place
    return {"cells": named[:MOST_CELLS], "wifi": around["wifi"][:MOST_ACCESS_POINTS]}


def _health(reading: Reading) -> dict[str, Any] | None:
    health = reading.health
    if health is None:
        return None
    return _said({name: getattr(health, name) for name in health.__dataclass_fields__})


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
