"""GT06 (Concox and its many clones): pendants, belt and shoe trackers. Pure.

Binary frames over TCP. Only the login names the device, by its IMEI, and the connection is its from
then on. A login or heartbeat that hears no answer is repeated, and after a few the device starts
anew; answering a location is harmless. The protocol has no word for accuracy.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ingest.codecs.gt06 import framing
from ingest.codecs.gt06.clock import read_zone_word, zone_of
from ingest.codecs.gt06.clones import (
    is_clone_frame,
    order_for_clone,
    read_clone,
    reply_to_clone,
)
from ingest.codecs.gt06.framing import Gt06Frame, build_frame, read_frame
from ingest.codecs.gt06.messages import answered, read_message
from ingest.codecs.gt06.orders import ANSWERS, build_command, read_answer, text_of
from ingest.codecs.gt06.reports import ADDRESS_REQUESTS
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import (
    Confirmation,
    Flag,
    Frame,
    Kind,
    Order,
    Reading,
    Session,
    Split,
)

_MOST_RAW = 2048
_BAD_CRC = "the CRC does not fit, and the profile requires it"
_MOST_SERIAL = 0xFFFF

_LOGIN, _TIME_REQUEST = 0x01, 0x8A
_IMEI_BYTES = 8
#: what follows the IMEI in a login: model 2, zone 2
_ZONE_AT = _IMEI_BYTES + 2
_ANSWERED = {Kind.HEARTBEAT, Kind.POSITION, Kind.ALARM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gt06Session(Session):
    """What is known of a device's connection."""

    #: minutes ahead of UTC, as its login told
    zone_min: int | None = None
    #: it logged in like the clones that send neither serial nor CRC
    is_clone: bool = False


class Gt06Codec:
    """GT06 as one of the languages that bands speak."""

    name = "gt06"
    most_buffer = 16 * 1024
    idle_s = 15 * 60.0  # three heartbeats; they come each 3 to 5 minutes

    def recognises(self, start: bytes) -> bool:
        """Say whether a connection that begins with *start* speaks this."""
        return framing.recognises(start)

    def split(self, buffer: bytes) -> Split:
        """Take whole frames off *buffer*."""
        return framing.split(buffer)

    def open(self, profile: Profile) -> Gt06Session:
        """Return the session of a new connection."""
        return Gt06Session(profile=profile)

    def decode(self, frame: bytes, session: Session, received_at: datetime) -> Frame:
        """Return what one frame says; whether its time is fresh is judged later, by screening."""
        assert isinstance(session, Gt06Session)
        told = read_frame(frame)
        if told is None:
            return Frame(session=session, reason="no start mark, or no stop mark at its end")
        is_clone = is_clone_frame(told, speaks_so=session.is_clone)
        if told.type == _LOGIN:
            return _log_in(told, session, frame, received_at, is_clone=is_clone)
        base = _base(told, session, frame, is_clone=is_clone)
        if is_clone:
            reading = read_clone(base, told, zone_of(session.profile, session.zone_min))
            reply = reply_to_clone(told, frame, received_at)
            return Frame(session=session, readings=(reading,), reply=reply)
        if session.profile.crc_required and not told.is_sound:
            return Frame(session=session, reason=_BAD_CRC)
        return _hear(base, told, session, received_at)

    def encode(self, order: Order, session: Session) -> tuple[bytes, Session] | None:
        """Return *order* in this model's text; None where its profile has none for it.

        Raises BadOrder for arguments that cannot be sent.
        """
        assert isinstance(session, Gt06Session)
        if session.is_clone:
            frame = order_for_clone(order)
            return None if frame is None else (frame, session)
        text = text_of(order, session.profile)
        if text is None:
            return None
        # 0 is what a device repeats that repeats nothing.
        serial = (session.next_serial - 1) % _MOST_SERIAL + 1
        return build_command(text, serial), replace(session, next_serial=serial + 1)


GT06 = Gt06Codec()


# -- login -----------------------------------------------------------------------------------------


def _log_in(
    told: Gt06Frame,
    session: Gt06Session,
    frame: bytes,
    received_at: datetime,
    *,
    is_clone: bool,
) -> Frame:
    """Let the device name itself; without a name it hears nothing, and tries again."""
    if session.profile.crc_required and not (told.is_sound or is_clone):
        return Frame(session=session, reason=_BAD_CRC)
    body = told.content if is_clone else told.body
    imei = _imei(body[:_IMEI_BYTES])
    if imei is None:
        return Frame(session=session, reason="a login whose IMEI is not eight BCD bytes")
    zone_word = b"" if is_clone else body[_ZONE_AT : _ZONE_AT + 2]
    zone_min = read_zone_word(int.from_bytes(zone_word, "big")) if len(zone_word) == 2 else None
    session = replace(session, device_id=imei, zone_min=zone_min, is_clone=is_clone)
    reading = replace(_base(told, session, frame, is_clone=is_clone), kind=Kind.INFO)
    if len(zone_word) == 2 and zone_min is None:
        reading = replace(reading, flags=reading.flags | {Flag.BAD_FIELD})
    reply = reply_to_clone(told, frame, received_at) if is_clone else _short_reply(told)
    return Frame(session=session, readings=(reading,), reply=reply)


def _imei(said: bytes) -> str | None:
    """Return the digits of eight BCD bytes, without the zero that fills them up."""
    digits = said.hex()
    if len(said) < _IMEI_BYTES or not digits.isdecimal():
        return None
    return digits[1:] if digits.startswith("0") else digits


# -- what a frame says -----------------------------------------------------------------------------


def _base(told: Gt06Frame, session: Gt06Session, frame: bytes, *, is_clone: bool) -> Reading:
    flags = set()
    if not is_clone:
        flags |= set() if told.length_fits else {Flag.BAD_LENGTH}
        flags |= set() if told.is_sound else {Flag.BAD_CHECKSUM}
    return Reading(
        device_id=session.device_id,
        kind=Kind.UNKNOWN,
        type=f"0x{told.type:02x}",
        flags=frozenset(flags),
        raw=frame[:_MOST_RAW],
    )


def _hear(base: Reading, told: Gt06Frame, session: Gt06Session, received_at: datetime) -> Frame:
    """Return what a frame other than a login says."""
    body = told.body
    if told.type == _TIME_REQUEST and told.serial is not None:
        now = received_at.astimezone(UTC)
        clock = bytes((now.year % 100, *now.timetuple()[1:6]))
        return Frame(
            session=session,
            readings=(replace(base, kind=Kind.INFO),),
            reply=build_frame(_TIME_REQUEST, clock, told.serial),
        )
    zone = zone_of(session.profile, session.zone_min)
    answer = read_answer(told.type, body) if told.type in ANSWERS else None
    if answer is not None:
        return Frame(
            session=session,
            readings=(answered(base, answer, zone),),
            confirmations=(Confirmation(serial=answer.serial, ok=answer.is_ok),),
        )
    reading = read_message(base, told, zone, session.profile)
    if reading is None:
        return Frame(session=session, reason=f"type {base.type} with a body too short for it")
    if reading.kind is Kind.UNKNOWN and not told.is_sound:
        return Frame(session=session, reason="an unknown type, and the CRC does not fit")
    # An empty body is the form of our own replies: to answer an echo would never end.
    is_due = reading.kind in _ANSWERED and body and told.type not in ADDRESS_REQUESTS
    return Frame(session=session, readings=(reading,), reply=_short_reply(told) if is_due else None)


def _short_reply(told: Gt06Frame) -> bytes | None:
    return None if told.serial is None else build_frame(told.type, b"", told.serial)
