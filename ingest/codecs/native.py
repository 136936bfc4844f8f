"""Our own JSON over MQTT, version 1 (docs/wire-format.md). Pure.

One bad optional field costs only itself: it is left out and the ping carries the doubt `bad_field`.
A report whose position makes no sense is kept without it (a sign of life, perhaps an SOS) and the
position is complained about.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from core.clock import from_unix
from core.errors import BadMessage
from core.pings import Alarm, Doubt, Fix, FixSource, Ping, RejectReason
from core.places import Position
from ingest.codecs.json_document import number, read_json, short_text
from ingest.messages import CommandAnswer, Complaint, Decoded, Message, Presence

MOST_REPORT_BYTES = 8 * 1024
MOST_BATCH_BYTES = 64 * 1024
MOST_BATCH_REPORTS = 50
#: a fix that the band itself calls older than this is never judged, seconds
STALE_FIX_S = 600
_LATEST_UNIX = 253_402_300_799  # the year 9999


def decode_report(message: Message, device_id: str) -> Decoded:
    """Return the pings of a report or of a batch of reports; BadMessage if there is none."""
    document = read_json(message.payload, most_bytes=MOST_BATCH_BYTES)
    if isinstance(document, list):
        return _decode_batch(document, message, device_id)
    if len(message.payload) > MOST_REPORT_BYTES:
        raise BadMessage(
            RejectReason.TOO_LARGE, f"one report has at most {MOST_REPORT_BYTES} bytes"
        )
    ping, complaints = _read_report(document, message, device_id, raw=message.payload)
    return Decoded(pings=(ping,), complaints=complaints)


def decode_ack(message: Message, device_id: str) -> Decoded:
    """Return a band's answer to an order; BadMessage if it is none."""
    document = _object(read_json(message.payload, most_bytes=MOST_REPORT_BYTES))
    command = short_text(document.get("cmd"), 40)
    if command is None or not isinstance(document.get("ok"), bool):
        raise BadMessage(RejectReason.WRONG_SHAPE, "an answer needs cmd (text) and ok (true/false)")
    error = None if document["ok"] else (short_text(document.get("err"), 80) or "failed")
    return Decoded(command_answer=CommandAnswer(device_id=device_id, command=command, error=error))


def decode_state(message: Message, device_id: str) -> Decoded:
    """Return a birth message or last will; BadMessage if it is none."""
    document = _object(read_json(message.payload, most_bytes=MOST_REPORT_BYTES))
    if not isinstance(document.get("online"), bool):
        raise BadMessage(RejectReason.WRONG_SHAPE, "a state needs online (true/false)")
    return Decoded(presence=Presence(device_id=device_id, online=document["online"]))


def _decode_batch(reports: list[Any], message: Message, device_id: str) -> Decoded:
    if not 1 <= len(reports) <= MOST_BATCH_REPORTS:
        raise BadMessage(
            RejectReason.WRONG_SHAPE,
            f"a batch has 1 to {MOST_BATCH_REPORTS} reports, not {len(reports)}",
        )
    pings: list[Ping] = []
    complaints: list[Complaint] = []
    for position, report in enumerate(reports):
        try:
            raw = json.dumps(report).encode()
            ping, more = _read_report(report, message, device_id, raw=raw)
        except BadMessage as error:  # one bad report costs only itself
            complaints.append(
                Complaint(reason=error.reason, detail=f"report {position}: {error.detail}")
            )
            continue
        pings.append(ping)
        complaints.extend(more)
    if not pings:
        raise BadMessage(complaints[0].reason, complaints[0].detail)
    return Decoded(pings=tuple(pings), complaints=tuple(complaints))


def _read_report(
    document: Any, message: Message, device_id: str, *, raw: bytes
) -> tuple[Ping, tuple[Complaint, ...]]:
    report = _object(document)
    doubts: set[Doubt] = set()
    alarms = _read_alarms(report.get("alarms"), doubts)
    # A cry for help is heard whatever else is wrong with it.
    is_cry = bool(alarms & {Alarm.SOS, Alarm.FALL})
    try:
        _check_version(report)
    except BadMessage:
        if not is_cry:
            raise
        doubts.add(Doubt.BAD_FIELD)
    report_id = short_text(report.get("id"), 40)
    if report_id is None:
        if not is_cry:
            raise BadMessage(RejectReason.WRONG_SHAPE, "id: a text of 1 to 40 characters")
        doubts.add(Doubt.BAD_FIELD)
        report_id = "sha:" + hashlib.sha256(raw).hexdigest()[:32]
    measured_at = _read_time(report.get("t"), doubts)
    fix, complaints = _read_fix(report, doubts)
    battery = _dict(report, "bat", doubts)
    why = short_text(report.get("why"), 20) or ""
    ping = Ping(
        device_id=device_id,
        report_id=report_id,
        measured_at=measured_at,
        received_at=message.received_at,
        fix=fix,
        battery_pct=_whole(battery, "pct", 0, 100, doubts),
        charging=_flag(battery, "charging", doubts),
        worn=False if Alarm.REMOVED in alarms else _flag(report, "worn", doubts),
        steps=_whole(report, "steps", 0, 1_000_000, doubts),
        alarms=alarms,
        why=why,
        is_backlog=why == "backlog",
        doubts=frozenset(doubts),
        raw=raw,
    )
    return ping, complaints


def _check_version(report: dict[str, Any]) -> None:
    version = report.get("v")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise BadMessage(RejectReason.WRONG_SHAPE, "v: the number 1")
    if version > 1:
        raise BadMessage(RejectReason.UNKNOWN_VERSION, "v: only version 1 is known here")


def _read_time(value: object, doubts: set[Doubt]) -> datetime | None:
    seconds = number(value, 1, _LATEST_UNIX)
    if seconds is None:
        doubts.add(Doubt.BAD_CLOCK)
        return None
    return from_unix(seconds)


def _read_fix(
    report: dict[str, Any], doubts: set[Doubt]
) -> tuple[Fix | None, tuple[Complaint, ...]]:
    if report.get("fix") is None:
        return None, ()
    said = report["fix"]
    lon = number(said.get("lon"), -180, 180) if isinstance(said, dict) else None
    lat = number(said.get("lat"), -90, 90) if isinstance(said, dict) else None
    if lon is None or lat is None:
        doubts.add(Doubt.BAD_FIELD)
        complaint = Complaint(
            reason=RejectReason.IMPOSSIBLE_POSITION,
            detail="fix: lon -180 to 180 and lat -90 to 90, WGS-84 degrees",
        )
        return None, (complaint,)
    if lon == 0 and lat == 0:
        doubts.add(Doubt.NULL_ISLAND)
        return None, ()
    accuracy_m = number(said.get("acc_m"), 0, 100_000) or None
    if accuracy_m is None:
        doubts.add(Doubt.NO_ACCURACY)
    age_s = number(said.get("age_s", 0), 0, 1e9)
    if age_s is None or age_s > STALE_FIX_S:
        doubts.add(Doubt.STALE_FIX)
    source = said.get("src")
    known = [s.value for s in FixSource]
    fix = Fix(
        position=Position(lon, lat),
        accuracy_m=accuracy_m,
        source=FixSource(source) if source in known else FixSource.UNKNOWN,
        is_current=Doubt.STALE_FIX not in doubts,
        satellites=_whole(said, "sat", 0, 100, doubts),
        speed_kmh=number(said.get("kmh"), 0, 1500),
        course_deg=number(said.get("deg"), 0, 360),
    )
    return fix, ()


def _read_alarms(value: object, doubts: set[Doubt]) -> frozenset[Alarm]:
    if value is None:
        return frozenset()
    if not isinstance(value, list):
        doubts.add(Doubt.BAD_FIELD)
        return frozenset()
    known = {alarm.value: alarm for alarm in Alarm}
    named = [known.get(name) if isinstance(name, str) else None for name in value[:20]]
    if None in named:
        doubts.add(Doubt.BAD_FIELD)
    return frozenset(alarm for alarm in named if alarm is not None)


def _object(document: object) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise BadMessage(RejectReason.WRONG_SHAPE, "a report is a JSON object")
    return document


def _dict(report: dict[str, Any], key: str, doubts: set[Doubt]) -> dict[str, Any]:
    value = report.get(key)
    if value is not None and not isinstance(value, dict):
        doubts.add(Doubt.BAD_FIELD)
    return value if isinstance(value, dict) else {}


def _whole(
    report: dict[str, Any], key: str, least: int, most: int, doubts: set[Doubt]
) -> int | None:
    value = number(report.get(key), least, most)
    if value is None and report.get(key) is not None:
        doubts.add(Doubt.BAD_FIELD)
    return None if value is None else int(value)


def _flag(report: dict[str, Any], key: str, doubts: set[Doubt]) -> bool | None:
    value = report.get(key)
    if value is not None and not isinstance(value, bool):
        doubts.add(Doubt.BAD_FIELD)
    return value if isinstance(value, bool) else None
