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
from ingest.codecs.optional import decimal, entries, record, text, whole, yes_no
from ingest.codecs.surroundings import read_health, read_network
from ingest.messages import CommandAnswer, Complaint, Decoded, Message, Presence

MOST_REPORT_BYTES = 8 * 1024
MOST_BATCH_BYTES = 64 * 1024
MOST_BATCH_REPORTS = 50
#: a fix that the band itself calls older than this is never judged, seconds
STALE_FIX_S = 600
LATEST_UNIX = 253_402_300_799  # the year 9999
MOST_ALARMS = 20
MOST_FLAGS = 20

_ALARMS = {alarm.value: alarm for alarm in Alarm}
_SOURCES = {source.value: source for source in FixSource}
#: what a decoder on the way may have found; that the broker kept a message only we can see, and
#: a claim of it would silence the sender's own SOS
_FLAGS = {doubt.value: doubt for doubt in Doubt if doubt is not Doubt.RETAINED}
_NO_CLOCK = frozenset({Doubt.BAD_CLOCK, Doubt.FUTURE_CLOCK, Doubt.WRONG_ZONE})
_OLD_PLACE = frozenset({Doubt.STALE_FIX, Doubt.FROZEN_FIX})


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
    doubts = _read_flags(report)
    alarms = _read_alarms(report, doubts)
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
    measured_at = _read_time(report, doubts)
    fix, complaints = _read_fix(report, doubts)
    battery = record(report, "bat", doubts)
    why = text(report, "why", 20, doubts) or ""
    command = text(report, "cmd", 40, doubts)
    worn = yes_no(report, "worn", doubts)
    record(report, "via", doubts)  # for technicians, in the bytes
    ping = Ping(
        device_id=device_id,
        report_id=report_id,
        measured_at=measured_at,
        received_at=message.received_at,
        fix=fix,
        battery_pct=whole(battery, "pct", 0, 100, doubts),
        charging=yes_no(battery, "charging", doubts),
        worn=False if Alarm.REMOVED in alarms else worn,
        steps=whole(report, "steps", 0, 1_000_000, doubts),
        alarms=alarms,
        why=why,
        command=command if why == "reply" else None,
        network=read_network(report, doubts),
        health=read_health(report, doubts),
        is_backlog=why == "backlog" or Doubt.LATE in doubts,
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


def _read_time(report: dict[str, Any], doubts: set[Doubt]) -> datetime | None:
    said = report.get("t")
    if doubts & _NO_CLOCK or (said is None and report.get("via") is not None):
        return None  # a gateway says of a clock that it is bad; a heartbeat just has none
    seconds = number(said, 1, LATEST_UNIX)
    if seconds is None:
        doubts.add(Doubt.BAD_CLOCK)
        return None
    return from_unix(seconds)


def _read_fix(
    report: dict[str, Any], doubts: set[Doubt]
) -> tuple[Fix | None, tuple[Complaint, ...]]:
    said = report.get("fix")
    if said is None:
        return None, ()
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
    accuracy_m = decimal(said, "acc_m", 0, 100_000, doubts) or None
    if accuracy_m is None:
        doubts.add(Doubt.NO_ACCURACY)
    age_s = said.get("age_s")
    if age_s is not None and number(age_s, 0, STALE_FIX_S) is None:
        doubts.add(Doubt.STALE_FIX)
    fix = Fix(
        position=Position(lon, lat),
        accuracy_m=accuracy_m,
        source=_read_source(said.get("src"), doubts),
        is_current=yes_no(said, "current", doubts) is not False and not doubts & _OLD_PLACE,
        satellites=whole(said, "sat", 0, 100, doubts),
        speed_kmh=decimal(said, "kmh", 0, 1500, doubts),
        course_deg=decimal(said, "deg", 0, 360, doubts),
    )
    return fix, ()


def _read_source(value: object, doubts: set[Doubt]) -> FixSource:
    if value is None:
        return FixSource.UNKNOWN
    source = _SOURCES.get(value) if isinstance(value, str) else None
    if source is None:
        doubts.add(Doubt.BAD_FIELD)
    return source or FixSource.UNKNOWN


def _read_flags(report: dict[str, Any]) -> set[Doubt]:
    """Return the doubts that the report itself names; unknown names stay in its bytes."""
    doubts: set[Doubt] = set()
    for name in entries(report, "flags", MOST_FLAGS, doubts):
        if not isinstance(name, str):
            doubts.add(Doubt.BAD_FIELD)
        elif name in _FLAGS:
            doubts.add(_FLAGS[name])
    return doubts


def _read_alarms(report: dict[str, Any], doubts: set[Doubt]) -> frozenset[Alarm]:
    """Return the alarms of our names; others (`other:…`, `other_alarms`) are only kept."""
    found = set()
    for name in entries(report, "alarms", MOST_ALARMS, doubts):
        if isinstance(name, str) and name in _ALARMS:
            found.add(_ALARMS[name])
        elif not (isinstance(name, str) and name.startswith("other:")):
            doubts.add(Doubt.BAD_FIELD)
    entries(report, "other_alarms", MOST_ALARMS, doubts)
    return frozenset(found)


def _object(document: object) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise BadMessage(RejectReason.WRONG_SHAPE, "a report is a JSON object")
    return document
