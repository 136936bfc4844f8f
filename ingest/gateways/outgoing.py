"""What a gateway publishes: reports, answers to orders, and what it could not read. Pure."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.codecs.readings import Reading
from ingest.gateways.native_report import MOST_RAW_BYTES, native_report
from ingest.topics import answer_topic, raw_topic, report_topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a gateway's words come from: itself, the connection, the protocol spoken on it."""

    prefix: str
    gateway: str
    connection: str
    #: "unknown" while nobody could tell
    protocol: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message for the broker."""

    topic: str
    payload: bytes
    device_id: str
    #: with one, it is kept until the ingest role has committed it; without, until the broker has it
    report_id: str | None = None


def report(reading: Reading, device_id: str, origin: Origin, received_at: datetime) -> Outgoing:
    """Return a reading of the band *device_id* as its report."""
    said = native_report(
        reading, received_at=received_at, gateway=origin.gateway, protocol=origin.protocol
    )
    return Outgoing(
        topic=report_topic(origin.prefix, device_id),
        payload=_bytes(said),
        device_id=device_id,
        report_id=said["id"],
    )


def unread(
    frame: bytes,
    device_id: str | None,
    origin: Origin,
    *,
    number: int,
    reason: str,
    received_at: datetime,
) -> Outgoing:
    """Return bytes that no report could be made of; ingest keeps and counts them by *reason*.

    (gateway, connection, *number*) is their key. What is private comes as an empty *frame*.
    """
    said = {
        "v": 1,
        "gw": origin.gateway,
        "conn": origin.connection,
        "n": number,
        "at": round(received_at.timestamp(), 3),
        "proto": origin.protocol,
        "id": device_id,
        "reason": reason[:80],
        "raw": base64.b64encode(frame[:MOST_RAW_BYTES]).decode(),
    }
    return Outgoing(
        topic=raw_topic(origin.prefix, origin.gateway, origin.protocol, device_id),
        payload=_bytes(said),
        device_id=device_id or "unknown",
    )


def order_answer(prefix: str, device_id: str, command: str, error: str | None) -> Outgoing:
    """Return a band's answer to the order *command*: heard, or why not."""
    said = {"cmd": command, "ok": error is None, "err": None if error is None else error[:80]}
    return Outgoing(
        topic=answer_topic(prefix, device_id), payload=_bytes(said), device_id=device_id
    )


def _bytes(said: dict[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()
