"""One frame, heard: what is published for it and what is said back. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Codec, Confirmation, Frame, Kind, Reading, Session, Split
from ingest.codecs.settling import settle
from ingest.gateways.native_report import is_private, type_of
from ingest.gateways.outgoing import Origin, Outgoing, report, unread
from ingest.topics import DEVICE

#: finds a band's profile: (protocol, device id) to profile
ProfileFor = Callable[[str, str], Profile]

#: of bytes that belong to no frame, so many are shown to technicians
_MOST_PASSED_OVER = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of one frame."""

    session: Session
    messages: tuple[Outgoing, ...] = ()
    reply: bytes | None = None
    confirmations: tuple[Confirmation, ...] = ()
    kinds: tuple[Kind, ...] = ()
    #: the decoder broke on it: a fault of ours, for the log
    fault: Exception | None = None


def hear(
    codec: Codec,
    frame: bytes,
    session: Session,
    *,
    profile_for: ProfileFor,
    origin: Origin,
    number: int,
    at: datetime,
) -> Heard:
    """Decode the connection's *number*-th frame; it arrived *at*, an aware instant.

    Whose frame it is, is known only afterwards: when its profile turns out to be another than the
    session's, the frame is read once more with the right one.
    """
    try:
        said = codec.decode(frame, session, at)
        device_id = device_name(said.session.device_id)
        if device_id is not None:
            profile = profile_for(codec.name, device_id)
            if profile != said.session.profile:
                said = codec.decode(frame, replace(session, profile=profile), at)
    except Exception as fault:  # noqa: BLE001  a decoder's fault must cost only this frame
        reason = f"decoder failed: {type(fault).__name__}"
        said = Frame(session=session, reason=reason)
        return replace(_published(said, frame, origin, number, at), fault=fault)
    return _published(said, frame, origin, number, at)


def device_name(device_id: str | None) -> str | None:
    """Return the name under which a band is known to us; None when it cannot have one."""
    if device_id is None or not DEVICE.fullmatch(device_id.lower()):
        return None
    return device_id.lower()


def passed_over(buffer: bytes, split: Split) -> bytes:
    """Return the first of the bytes of *buffer* that are in none of its frames, nor its rest."""
    found = bytearray()
    at = 0
    for frame in split.frames:
        begin = buffer.find(frame, at)
        if begin < 0:
            break
        found += buffer[at:begin]
        at = begin + len(frame)
    end = len(buffer) - len(split.rest)
    found += buffer[at : max(at, end)]
    return bytes(found[:_MOST_PASSED_OVER])


def _published(said: Frame, frame: bytes, origin: Origin, number: int, at: datetime) -> Heard:
    messages: list[Outgoing] = []
    for reading in said.readings:
        device_id = device_name(reading.device_id) or device_name(said.session.device_id)
        reading = settle(reading, said.session.profile)
        if device_id is not None:
            messages.append(report(reading, device_id, origin, at))
        reason = _unread_because(reading, device_id)
        if reason is not None:
            kept = b"" if is_private(reading) else reading.raw or frame
            messages.append(
                unread(kept, device_id, origin, number=number, reason=reason, received_at=at)
            )
    if said.reason is not None:
        messages += _not_understood(said, said.reason, frame, origin, number, at)
    return Heard(
        session=said.session,
        messages=tuple(messages),
        reply=said.reply,
        confirmations=said.confirmations,
        kinds=tuple(reading.kind for reading in said.readings),
    )


def _unread_because(reading: Reading, device_id: str | None) -> str | None:
    if device_id is None:
        return "no device id"
    if reading.kind is Kind.MEDIA:
        return f"media: {type_of(reading)}"
    if reading.kind is Kind.UNKNOWN:
        return f"unknown type: {type_of(reading)}"
    return None


def _not_understood(
    said: Frame, reason: str, frame: bytes, origin: Origin, number: int, at: datetime
) -> list[Outgoing]:
    """Bytes that say nothing are kept, and still somebody is there who sent them."""
    device_id = device_name(said.session.device_id)
    messages = [unread(frame, device_id, origin, number=number, reason=reason, received_at=at)]
    if device_id is not None and not said.readings:
        alive = Reading(device_id=device_id, kind=Kind.UNKNOWN)
        messages.append(report(alive, device_id, origin, at))
    return messages
