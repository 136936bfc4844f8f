"""JT/T 808: the Chinese national standard that tenders ask for, 2011, 2013 and 2019. Pure.

A device forgets a location when our 8001 arrives, so what decodes here is answered only after it
was committed. Its SOS bit stays set until a person has taken the incident and the device has
heard `general_answer` with result 4.

Never kept: pictures and sound, parameters (telephone numbers stand in them), attributes (the SIM
card's number), a driver's card.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from core.errors import BadMessage
from ingest.codecs.jt808.fragments import Assembly, add_part
from ingest.codecs.jt808.framing import (
    LOCK_BACKLOG,
    LOCK_LOCATION,
    MOST_FRAME_BYTES,
    STANDARD_MARK,
    VENDOR_MARK,
    Message,
    Sender,
    read_message,
    split_stream,
    write_message,
)
from ingest.codecs.jt808.locks import read_lock_text
from ingest.codecs.jt808.messages import (
    ANSWER,
    ASK_STANDARD_TIME,
    ASK_TIME,
    LOCATED,
    MEDIA,
    REGISTER,
    TEXT_ANSWER,
    VENDOR_PHOTO,
    read_aside,
    read_confirmations,
    read_readings,
)
from ingest.codecs.jt808.orders import (
    DONE,
    GENERAL_ANSWER,
    NOT_SUPPORTED,
    REGISTRATION_ANSWER,
    general_body,
    order_message,
    registration_body,
    standard_time_body,
    time_body,
)
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import (
    Codec,
    Confirmation,
    Flag,
    Frame,
    Order,
    Reading,
    Session,
    Split,
)

#: what we say, beside the general answer
_TELL_TIME, _TELL_STANDARD_TIME, _LOCK_ANSWER = 0x8109, 0x8004, 0x4401
_FIRST_SERVER_ID = 0x8000
_UNANSWERED = frozenset({ANSWER, LOCATED, TEXT_ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Jt808Session(Session):
    """What is known of one connection, and the messages whose parts are still coming in."""

    next_serial: int = 0
    #: how the device writes its headers; None before its first message
    sender: Sender | None = None
    assemblies: tuple[Assembly, ...] = ()


def plain_auth_code(device_id: str) -> str:
    """Return the device's own id. No secret: whoever knows the id knows the code."""
    return device_id


class Jt808Codec:
    """JT/T 808 as one of the languages that bands speak."""

    name = "jt808"
    most_buffer = MOST_FRAME_BYTES
    idle_s = 600.0

    def __init__(self, auth_code: Callable[[str], str] = plain_auth_code) -> None:
        """Give each device the code *auth_code* makes of its id; pass a keyed hash in earnest.

        A code that comes back is not checked: devices bring those of earlier platforms, and an id
        is never trusted alone.
        """
        self._auth_code = auth_code

    def recognises(self, start: bytes) -> bool:
        """Say whether a connection that begins with *start* speaks this."""
        if start[:1] == b"(":  # a lock's text begins with its number
            return start[1:].split(b",", 1)[0].isdigit() or len(start) == 1
        return start[:1] in (bytes([STANDARD_MARK]), bytes([VENDOR_MARK]))

    def split(self, buffer: bytes) -> Split:
        """Take whole frames off *buffer*, escapes left in."""
        return split_stream(buffer)

    def open(self, profile: Profile) -> Jt808Session:
        """Return the session of a new connection."""
        return Jt808Session(profile=profile)

    def decode(self, frame: bytes, session: Session, received_at: datetime) -> Frame:
        """Return what one frame says. *received_at*: aware, UTC."""
        known = _own(session)
        if frame[:1] == b"(":
            return _hear_text(frame, known, received_at)
        try:
            message = read_message(frame)
        except BadMessage as error:
            return Frame(session=known, reason=error.detail)
        if Flag.BAD_CHECKSUM in message.flags and known.profile.crc_required:
            return Frame(session=known, reason="wrong check byte")
        if _is_servers(message):
            return Frame(session=known, reason="a server's message")
        return self._hear(message, frame, _introduced(known, message.sender), received_at)

    def encode(self, order: Order, session: Session) -> tuple[bytes, Session] | None:
        """Return *order* as a frame; None before the device's first message, and without words.

        Raises BadOrder for arguments that cannot be sent.
        """
        known = _own(session)
        if known.sender is None or known.sender.is_short:
            return None
        words = order_message(order, known.profile, is_2019=known.sender.version is not None)
        return None if words is None else _write(known.sender, *words, known)

    # -- hearing and answering ---------------------------------------------------------------------

    def _hear(
        self, message: Message, frame: bytes, session: Jt808Session, received_at: datetime
    ) -> Frame:
        raw = frame
        readings: tuple[Reading, ...] | None = None
        if message.is_encrypted:
            readings = (read_aside(message, raw, Flag.ENCRYPTED),)
        elif message.part is not None and message.message_id not in MEDIA:
            assemblies, body = add_part(session.assemblies, message, received_at)
            session = replace(session, assemblies=assemblies)
            if body is None:
                readings = (read_aside(message, raw, Flag.FRAGMENT),)
            else:
                raw, message = body, replace(message, body=body)
        confirmations: tuple[Confirmation, ...] = ()
        if readings is None:
            readings = read_readings(message, raw, session.profile)
            confirmations = read_confirmations(message)
        reply, session = self._reply(message, session, received_at)
        return Frame(session=session, readings=readings, reply=reply, confirmations=confirmations)

    def _reply(
        self, message: Message, session: Jt808Session, received_at: datetime
    ) -> tuple[bytes | None, Jt808Session]:
        sender, asked = message.sender, message.message_id
        if asked in _UNANSWERED or not message.wants_answer:
            return None, session
        if asked in (LOCK_LOCATION, LOCK_BACKLOG):
            words = _LOCK_ANSWER, struct.pack(">HB", asked, DONE)
        elif asked == REGISTER:
            code = self._auth_code(sender.device_id)
            words = REGISTRATION_ANSWER, registration_body(message.serial, code)
        elif asked == ASK_TIME:
            words = _TELL_TIME, time_body(received_at)
        elif asked == ASK_STANDARD_TIME:
            words = _TELL_STANDARD_TIME, standard_time_body(received_at)
        else:
            result = NOT_SUPPORTED if message.is_encrypted else DONE
            words = GENERAL_ANSWER, general_body(message.serial, asked, result)
        return _write(sender, *words, session)


def general_answer(
    frame: bytes, session: Session, result: int
) -> tuple[bytes, Jt808Session] | None:
    """Return the 8001 that answers *frame* with *result*; None where nobody waits for one.

    Result 4 ends a device's SOS: only when a person has taken the incident.
    """
    known = _own(session)
    try:
        message = read_message(frame)
    except BadMessage:
        return None
    if _is_servers(message) or message.sender.is_short or message.message_id in _UNANSWERED:
        return None
    body = general_body(message.serial, message.message_id, result)
    return _write(message.sender, GENERAL_ANSWER, body, known)


# -- sessions --------------------------------------------------------------------------------------


def _own(session: Session) -> Jt808Session:
    if isinstance(session, Jt808Session):
        return session
    return Jt808Session(
        profile=session.profile, device_id=session.device_id, next_serial=session.next_serial
    )


def _hear_text(text: bytes, session: Jt808Session, received_at: datetime) -> Frame:
    reading, reply = read_lock_text(text, received_at)
    if reading is None:
        return Frame(session=session, reason="a text of no known form")
    session = replace(session, device_id=session.device_id or reading.device_id)
    return Frame(session=session, readings=(reading,), reply=reply)


def _introduced(session: Jt808Session, sender: Sender) -> Jt808Session:
    """Return the session with its first device's way of writing headers."""
    if session.device_id not in (None, sender.device_id):
        return session  # a second device behind one connection is answered, not remembered
    return replace(session, device_id=sender.device_id, sender=sender)


def _is_servers(message: Message) -> bool:
    asked = message.message_id
    return asked == _LOCK_ANSWER or (asked >= _FIRST_SERVER_ID and asked != VENDOR_PHOTO)


def _write(
    sender: Sender, message_id: int, body: bytes, session: Jt808Session
) -> tuple[bytes, Jt808Session]:
    frame = write_message(sender, message_id, body, session.next_serial)
    return frame, replace(session, next_serial=(session.next_serial + 1) % (1 << 16))


#: with an authentication code that is no secret; the gateway makes its own
JT808: Codec = Jt808Codec()
