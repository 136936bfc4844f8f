"""H02: sentences `*HQ,id,V1,…#` over TCP, and the binary form that begins with `$`. Pure.

Spoken by small trackers and pendants of many makers (their two letters follow the star). Each
message carries its device's id. `text` and `binary` read the messages, `status` their
status word; here is what a connection needs: where a message ends, what is answered.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.codecs.h02 import binary, text
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Frame, Kind, Order, Session, Split
from ingest.codecs.sentences import order_text, time_tag, with_bytes

_MOST_TEXT = 2048
#: a binary message that nothing known follows ends where the next one begins, at most so far on
_MOST_BINARY = 80
_START = re.compile(rb"[*$]")
_SENTENCE = re.compile(rb"\*[A-Za-z0-9]{2},")
_BETWEEN = b"\r\n\t \0"


@dataclass(frozen=True, slots=True, kw_only=True)
class H02Session(Session):
    """What is known of a connection that speaks H02."""

    #: the two letters its maker puts in front
    maker: str = "HQ"


class H02Codec:
    """The codec of H02."""

    name = "h02"
    most_buffer = 8 * 1024
    idle_s = 1200.0

    def recognises(self, start: bytes) -> bool:
        """Say whether *start* is the beginning of a sentence or of a binary message."""
        sentence = start[:1] == b"*" and _may_be_sentence(start[:4])
        return sentence or binary.may_begin(start[:12])

    def split(self, buffer: bytes) -> Split:
        """Take whole messages off *buffer*; line ends between them belong to nobody."""
        frames: list[bytes] = []
        at = skipped = 0
        while (start := _START.search(buffer, at)) is not None:
            skipped += _lost(buffer[at : start.start()])
            at = start.start()
            end = _sentence_end(buffer, at) if buffer[at : at + 1] == b"*" else _end(buffer, at)
            if end is None:
                return Split(frames=tuple(frames), rest=buffer[at:], skipped=skipped)
            if end > at:
                frames.append(buffer[at:end])
            else:
                end = at + 1
                skipped += 1
            at = end
        return Split(frames=tuple(frames), skipped=skipped + _lost(buffer[at:]))

    def open(self, profile: Profile) -> H02Session:
        """Return the session of a new connection."""
        return H02Session(profile=profile)

    def decode(self, frame: bytes, session: Session, received_at: datetime) -> Frame:
        """Return what one message says. Only `V1`, `V0` and `HTBT` are answered."""
        if frame.startswith(b"$"):
            reading = binary.read(frame, session.profile)
            if reading is None:
                return Frame(session=session, reason="a $ without packed decimal figures")
            session = _known(session, reading.device_id)
            return Frame(session=session, readings=(with_bytes(reading, frame),))
        sentence = text.take_apart(frame)
        if sentence is None:
            return Frame(session=session, reason="not of the form *HQ,id,type,…#")
        session = _known(session, sentence.device_id or None, sentence.maker)
        sentence = replace(sentence, device_id=sentence.device_id or session.device_id or "")
        confirmation = text.confirmation(sentence, session.profile)
        reading = text.read(sentence, frame, session.profile)
        if reading.device_id is None and reading.kind is Kind.UNKNOWN:
            return Frame(session=session, reason="names no device and says nothing known")
        return Frame(
            session=session,
            readings=(reading,),
            reply=text.reply(sentence, frame, _letters(session), received_at),
            confirmations=() if confirmation is None else (confirmation,),
        )

    def encode(self, order: Order, session: Session) -> tuple[bytes, Session] | None:
        """Return *order* by the profile's template (`{t}`: our serial, shaped like a time).

        None where the profile has no words for it, or before the device said who it is.
        """
        if session.device_id is None:
            return None
        words = order_text(order, session.profile, t=time_tag(session.next_serial))
        if words is None:
            return None
        line = f"*{_letters(session)},{session.device_id},{words}#"
        return line.encode("ascii"), replace(session, next_serial=session.next_serial + 1)


H02 = H02Codec()


def _known(session: Session, device_id: str | None, maker: str | None = None) -> Session:
    if session.device_id is None and device_id is not None:
        session = replace(session, device_id=device_id)
    if maker is not None and isinstance(session, H02Session):
        session = replace(session, maker=maker)
    return session


def _letters(session: Session) -> str:
    spoken = session.maker if isinstance(session, H02Session) else "HQ"
    return session.profile.letters_down or spoken


# -- where messages end ----------------------------------------------------------------------------


def _sentence_end(buffer: bytes, at: int) -> int | None:
    """Return the end of the sentence at *at*; *at* itself if there is none, None to wait."""
    if not _may_be_sentence(buffer[at : at + 4]):
        return at
    end = buffer.find(b"#", at, at + _MOST_TEXT)
    within = _SENTENCE.search(buffer, at + 4, end if end >= 0 else at + _MOST_TEXT)
    if within is not None:
        return at  # it broke off, and another began
    if end >= 0:
        return end + 1
    return at if len(buffer) - at >= _MOST_TEXT else None


def _may_be_sentence(start: bytes) -> bool:
    return _SENTENCE.match((start + b"HQ,"[len(start) - 1 :])[:4]) is not None


def _end(buffer: bytes, at: int) -> int | None:
    """Return the end of the binary message at *at*; *at* itself if there is none, None to wait."""
    if not binary.may_begin(buffer[at : at + 12]):
        return at
    if len(buffer) - at < binary.SHORTEST:
        return None
    end = _known_end(buffer, at)
    if buffer[at + 1 : at + 2] == b"$" and (
        binary.begins_later(buffer[at : at + 16])
        or (end is None and _known_end(buffer, at + 1) is not None)
    ):
        return at  # the end of something else
    if end is not None:
        return end
    if len(buffer) - at < _MOST_BINARY:
        return None
    for start in _START.finditer(buffer, at + binary.SHORTEST, at + _MOST_BINARY):
        if _may_end(buffer, start.start()):
            return start.start()
    return at


def _known_end(buffer: bytes, at: int) -> int | None:
    """Return where a message of a known length ends: nothing, or another message, comes behind."""
    start = buffer[at : at + binary.SHORTEST]
    if not binary.may_begin(start[:12]):
        return None
    ends = (at + length for length in binary.lengths(start))
    return next((end for end in ends if end <= len(buffer) and _may_end(buffer, end)), None)


def _may_end(buffer: bytes, end: int) -> bool:
    following = buffer[end : end + 12]
    if not following or following.startswith(b"\r\n"):
        return True
    if following[:1] == b"*":
        return _may_be_sentence(following[:4])
    return binary.may_begin(following)


def _lost(between: bytes) -> int:
    return len(between.strip(_BETWEEN))
