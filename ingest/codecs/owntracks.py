"""OwnTracks JSON over MQTT: any phone with that app is a band. Pure.

Facts: OwnTracks Booklet, "JSON". `tst` is the time of the fix, `created_at` that of the message;
-1 means unknown; `acc` 0 is not a value and 2 000 or more is a cell guess. An empty payload (a
retained message being erased, or garbage: the two look alike) is kept as a reject like any other.
"""

import hashlib
from datetime import datetime

from core.clock import from_unix
from core.errors import BadMessage
from core.pings import Doubt, Fix, FixSource, Ping, RejectReason
from core.places import Position
from ingest.codecs.json_document import number, read_json
from ingest.codecs.native import STALE_FIX_S
from ingest.messages import Decoded, Message, Presence

_MOST_BYTES = 64 * 1024
_CELL_GUESS_M = 2000
_LATEST_UNIX = 253_402_300_799

#: kept by nobody, understood by the app's other end; no position to judge in them
_OTHER_TYPES = {
    "transition",
    "waypoint",
    "waypoints",
    "status",
    "steps",
    "beacon",
    "dump",
    "configuration",
    "card",
    "cmd",
    "request",
}


def decode(message: Message, device_id: str) -> Decoded:
    """Return the ping of a location message; BadMessage for what cannot be used."""
    document = read_json(message.payload, most_bytes=_MOST_BYTES)
    if not isinstance(document, dict) or not isinstance(document.get("_type"), str):
        raise BadMessage(RejectReason.WRONG_SHAPE, "an OwnTracks message is an object with _type")
    kind = document["_type"]
    if kind == "location":
        return Decoded(pings=(_location(document, message, device_id),))
    if kind == "lwt":
        return Decoded(presence=Presence(device_id=device_id, online=False))
    if kind == "encrypted":
        raise BadMessage(RejectReason.ENCRYPTED, "no key is known for this phone")
    if kind in _OTHER_TYPES:
        return Decoded()
    raise BadMessage(RejectReason.WRONG_SHAPE, "_type is none that OwnTracks documents")


def _location(document: dict[str, object], message: Message, device_id: str) -> Ping:
    lon = _quoted_number(document.get("lon"), -180, 180)
    lat = _quoted_number(document.get("lat"), -90, 90)
    measured_unix = _quoted_number(document.get("tst"), 1, _LATEST_UNIX)
    if lon is None or lat is None:
        raise BadMessage(RejectReason.IMPOSSIBLE_POSITION, "lon, lat: WGS-84 degrees")
    doubts: set[Doubt] = set()
    measured_at: datetime | None = None
    if measured_unix is None:
        doubts.add(Doubt.BAD_CLOCK)
    else:
        measured_at = from_unix(measured_unix)
        built_unix = _quoted_number(document.get("created_at"), 1, _LATEST_UNIX)
        if built_unix is not None and built_unix - measured_unix > STALE_FIX_S:
            doubts.add(Doubt.STALE_FIX)
    if lon == 0 and lat == 0:
        doubts.add(Doubt.NULL_ISLAND)
    accuracy_m = _quoted_number(document.get("acc"), 0, 1e6) or None
    if accuracy_m is None:
        doubts.add(Doubt.NO_ACCURACY)
    battery = _quoted_number(document.get("batt"), 0, 100)
    state = document.get("bs")
    fix = Fix(
        position=Position(lon, lat),
        accuracy_m=accuracy_m,
        source=_source(accuracy_m),
        is_current=Doubt.STALE_FIX not in doubts,
        speed_kmh=_quoted_number(document.get("vel"), 0, 1500),
        course_deg=_quoted_number(document.get("cog"), 0, 360),
    )
    return Ping(
        device_id=device_id,
        report_id="ot:" + hashlib.sha256(message.payload).hexdigest()[:32],
        measured_at=measured_at,
        received_at=message.received_at,
        fix=None if Doubt.NULL_ISLAND in doubts else fix,
        battery_pct=None if battery is None else int(battery),
        charging={1: False, 2: True, 3: True}.get(state) if isinstance(state, int) else None,
        why={"p": "timer", "t": "timer", "r": "reply", "u": "manual"}.get(
            str(document.get("t")), ""
        ),
        doubts=frozenset(doubts),
        raw=message.payload,
    )


def _source(accuracy_m: float | None) -> FixSource:
    if accuracy_m is not None and accuracy_m >= _CELL_GUESS_M:
        return FixSource.CELL
    return FixSource.UNKNOWN


def _quoted_number(value: object, least: float, most: float) -> float | None:
    """Return a number, also from senders that put it in quotes."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return number(value, least, most)
