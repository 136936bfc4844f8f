"""OwnTracks JSON over MQTT: any phone with that app is a band. Pure.

`read` gives what a message says in the words of all protocols; `decode` makes of it what the
pipeline takes. An empty payload (a retained message being erased, or garbage: the two look alike)
is kept as a reject like any other.
"""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.errors import BadMessage
from core.pings import Alarm, Doubt, Fix, Ping, RejectReason
from core.places import Position
from ingest.codecs.json_document import read_json
from ingest.codecs.owntracks.fields import READERS
from ingest.codecs.owntracks.sealed import unseal
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Flag, Frame, Kind, Reading, Session
from ingest.messages import Decoded, Message, Presence

_MOST_BYTES = 64 * 1024
_MOST_RAW_BYTES = 2048

#: a phone that says one of these is alive, though it does not say where it is
_SIGNS_OF_LIFE = frozenset({"transition", "waypoint", "waypoints", "status", "steps"})
#: what `why` says of a point that somebody sent
BY_HAND = "manual"
_WHY = {"p": "timer", "t": "timer", "r": "reply", "u": BY_HAND}
#: the model whose points sent by hand come from a map
_FROM_A_MAP = "ios"
_ALARMS = {alarm.value: alarm for alarm in Alarm}
_DOUBTS = {doubt.value: doubt for doubt in Doubt}


def read(
    payload: bytes,
    *,
    topic_device: str | None,
    profile: Profile,
    received_at: datetime,
    secret: bytes | None = None,
) -> Frame:
    """Return what one message says; never raises, `reason` says why when it says nothing.

    *topic_device* is who the topic says it is; without one, the message's own `topic` (as it has
    over HTTP) is asked. *secret* is the phone's, in UTF-8.
    """
    del received_at  # an `lwt` has no time but that; freshness is judged by screening
    try:
        document = _open(payload, secret)
    except BadMessage as error:
        session = Session(profile=profile, device_id=topic_device)
        return Frame(session=session, reason=f"{error.reason}: {error.detail}")
    device_id = _own_topic_device(document) if topic_device is None else topic_device
    reading = _read(document, payload, profile, device_id)
    return Frame(session=Session(profile=profile, device_id=device_id), readings=(reading,))


def decode(
    message: Message,
    device_id: str,
    *,
    profile: Profile | None = None,
    secret: bytes | None = None,
) -> Decoded:
    """Return the ping of a message, or whether the phone is there; BadMessage for the unusable."""
    document = _open(message.payload, secret)
    profile = profile or profile_of("owntracks")
    reading = _read(document, message.payload, profile, device_id)
    if reading.type == "lwt":
        return Decoded(presence=Presence(device_id=device_id, online=False))
    if reading.kind is Kind.UNKNOWN:
        raise BadMessage(RejectReason.WRONG_SHAPE, "_type is none that OwnTracks documents")
    if reading.type == "location":
        if Flag.OFF_THE_GLOBE in reading.flags:
            raise BadMessage(RejectReason.IMPOSSIBLE_POSITION, "lon, lat: WGS-84 degrees")
        why = _WHY.get(str(document.get("t")), "")
        return Decoded(pings=(_ping(reading, document, message, device_id, why=why),))
    if reading.type in _SIGNS_OF_LIFE:
        alive = replace(reading, position=None)
        return Decoded(pings=(_ping(alive, document, message, device_id, why="info"),))
    return Decoded()


def doubting_the_map(ping: Ping, model: str | None) -> Ping:
    """Return *ping*, doubted when an iPhone's owner sent it: that point may be GCJ-02."""
    if model != _FROM_A_MAP or ping.why != BY_HAND:
        return ping
    return replace(ping, doubts=ping.doubts | {Doubt.MAYBE_GCJ02})


def _open(payload: bytes, secret: bytes | None) -> dict[str, Any]:
    document = _typed(payload)
    if document["_type"] != "encrypted":
        return document
    document = _typed(unseal(document, secret))
    if document["_type"] == "encrypted":
        raise BadMessage(RejectReason.ENCRYPTED, "encrypted twice")
    return document


def _typed(payload: bytes) -> dict[str, Any]:
    document = read_json(payload, most_bytes=_MOST_BYTES)
    if not isinstance(document, dict) or not isinstance(document.get("_type"), str):
        raise BadMessage(RejectReason.WRONG_SHAPE, "an OwnTracks message is an object with _type")
    return document


def _read(
    document: dict[str, Any], payload: bytes, profile: Profile, device_id: str | None
) -> Reading:
    kind = document["_type"]
    flags: set[Flag] = set()
    reader = READERS.get(kind)
    values = {"kind": Kind.UNKNOWN} if reader is None else reader(document, flags)
    named = _own_topic_device(document)
    if named is not None and device_id is not None and named != device_id.lower():
        flags.add(Flag.BAD_FIELD)
    # By hand, an iPhone in mainland China takes the point from its map.
    if profile.model == "ios" and kind == "location" and document.get("t") == "u":
        flags.add(Flag.MAYBE_GCJ02)
    raw = b"" if Flag.PRIVATE_CONTENT in flags else payload[:_MOST_RAW_BYTES]
    return Reading(device_id=device_id, type=kind[:32], flags=frozenset(flags), raw=raw, **values)


def _own_topic_device(document: dict[str, Any]) -> str | None:
    """Return the user in a message's own `topic`, by which we know phones."""
    topic = document.get("topic")
    levels = topic.split("/", 3) if isinstance(topic, str) else []
    if len(levels) < 3 or levels[0] != "owntracks" or not 1 <= len(levels[1]) <= 32:
        return None
    return levels[1].lower()


def _ping(
    reading: Reading, document: dict[str, Any], message: Message, device_id: str, *, why: str
) -> Ping:
    told = reading.position
    fix = None
    if told is not None:
        fix = Fix(
            position=Position(told.lon, told.lat),
            accuracy_m=told.accuracy_m,
            source=told.source,
            is_current=told.is_current,
            speed_kmh=reading.speed_kmh,
            course_deg=reading.course_deg,
        )
    return Ping(
        device_id=device_id,
        report_id=_report_id(document, message.payload),
        measured_at=reading.fix_time,
        received_at=message.received_at,
        fix=fix,
        battery_pct=reading.battery_pct,
        charging=reading.charging,
        steps=reading.steps,
        alarms=frozenset(_ALARMS[name] for name in reading.alarms),
        why=why,
        network=reading.network,
        doubts=frozenset(_DOUBTS[flag] for flag in reading.flags if flag in _DOUBTS),
        raw=message.payload,
    )


def _report_id(document: dict[str, Any], payload: bytes) -> str:
    """Return the hash of the bytes; of a message with an `_id`, of that and what it reports.

    The app may build one report anew with another `created_at`. Time alone is no key: phones have
    sent several points with one `tst`.
    """
    own = document.get("_id")
    if isinstance(own, str) and own:
        same = [own, *(document.get(name) for name in ("_type", "tst", "lat", "lon"))]
        payload = json.dumps(same).encode()
    return "ot:" + hashlib.sha256(payload).hexdigest()[:32]
