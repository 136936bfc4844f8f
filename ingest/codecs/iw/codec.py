"""IW: sentences `IWAP01…#` over TCP, the language of many 4G elders' watches. Pure.

A watch says its IMEI once, in `AP00`; it belongs to the connection from then on. Every message is
answered with the same two letters or figures behind `IWBP`; only what answers an order of ours is
not, or the two would answer each other for ever.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime

from ingest.codecs.iw.fields import READERS
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Confirmation, Flag, Frame, Kind, Order, Reading, Session, Split
from ingest.codecs.sentences import order_text, serial_of, time_tag, with_bytes

_MOST_FRAME = 4096
_LETTERS = b"IWAP"
_HEAD = re.compile(r"IW(AP[0-9A-Z]{2})")
#: the rest of an answer to an order: the time-like mark we gave it, perhaps a result
_ANSWER = re.compile(r",([0-9]{6})(?:,|$)")
#: answers to orders, whatever they carry
_ANSWERS = frozenset(f"AP{n}" for n in (12, 14, 33, 34, 40, 76, 77, 84, 85, 86, 87))
#: a `#` with this behind it, before the next one, belongs to the name of an access point
_REST_OF_POINT = re.compile(rb"[^#]*?\|(?:[0-9A-Fa-f]{1,2}[:-]){5}[0-9A-Fa-f]{1,2}\|")
#: the zone a watch is told at login, hours ahead of UTC (all of China)
_ZONE_H = 8


class IWCodec:
    """The codec of IW."""

    name = "iw"
    most_buffer = 8 * 1024
    idle_s = 1200.0

    def recognises(self, start: bytes) -> bool:
        """Say whether *start* is the beginning of a message."""
        return bool(start) and start.startswith(_LETTERS[: len(start)])

    def split(self, buffer: bytes) -> Split:
        """Take whole messages off *buffer*; line ends between them belong to nobody."""
        frames: list[bytes] = []
        at = skipped = 0
        while (start := _next_start(buffer, at)) < len(buffer):
            skipped += _lost(buffer[at:start])
            end = _end(buffer, start)
            if end is None:
                return Split(frames=tuple(frames), rest=buffer[start:], skipped=skipped)
            if end > start:
                frames.append(buffer[start:end])
            else:
                end = start + 1
                skipped += 1
            at = end
        return Split(frames=tuple(frames), skipped=skipped + _lost(buffer[at:]))

    def open(self, profile: Profile) -> Session:
        """Return the session of a new connection."""
        return Session(profile=profile)

    def decode(self, frame: bytes, session: Session, received_at: datetime) -> Frame:
        """Return what one message says, with or without its closing `#`."""
        text = frame.decode("latin-1").strip(" \r\n\t\0").removesuffix("#")
        head = _HEAD.match(text)
        if head is None:
            return Frame(session=session, reason="not of the form IWAP01…#")
        kind, body = head[1], text[head.end() :]
        answer = _ANSWER.match(body)
        if answer is not None or kind in _ANSWERS:
            return _answered(session, kind, "" if answer is None else answer[1])
        reader = READERS.get(kind)
        values = {"kind": Kind.UNKNOWN} if reader is None else reader(body, session.profile)
        if kind == "AP00" and session.device_id is None and "device_id" in values:
            session = replace(session, device_id=values["device_id"])
        reading = Reading(type=kind, **({"device_id": session.device_id} | values))
        if Flag.PRIVATE_CONTENT in reading.flags:
            frame = f"IW{kind}#".encode("ascii")
        return Frame(
            session=session,
            readings=(with_bytes(reading, frame),),
            reply=_reply(kind, session.profile, received_at),
        )

    def encode(self, order: Order, session: Session) -> tuple[bytes, Session] | None:
        """Return *order* by the profile's template (`{id}`: the IMEI, `{t}`: our serial).

        None where the profile has no words for it, or before the watch said who it is.
        """
        if session.device_id is None:
            return None
        mark = time_tag(session.next_serial)
        text = order_text(order, session.profile, id=session.device_id, t=mark)
        if text is None:
            return None
        session = replace(session, next_serial=session.next_serial + 1)
        return f"IW{text}#".encode("ascii"), session


IW = IWCodec()


def _answered(session: Session, kind: str, mark: str) -> Frame:
    """Return what an echo says: an order reached the watch. What it repeats is not kept."""
    words = "BP" + kind.removeprefix("AP")
    orders = session.profile.commands.items()
    do = next((do for do, text in orders if text.split(",")[0] == words), None)
    reading = Reading(
        device_id=session.device_id,
        kind=Kind.COMMAND_REPLY,
        type=kind,
        raw=f"IW{kind},{mark}#".encode("ascii"),
    )
    return Frame(
        session=session,
        readings=(reading,),
        confirmations=(Confirmation(do=do, serial=serial_of(mark)),),
    )


def _reply(kind: str, profile: Profile, received_at: datetime) -> bytes:
    words = profile.reply_names.get(kind, "BP" + kind.removeprefix("AP"))
    if kind == "AP00":
        words += f",{received_at.astimezone(UTC):%Y%m%d%H%M%S},{_ZONE_H}"
    return f"IW{words}#".encode("ascii")


# -- where messages end ----------------------------------------------------------------------------


def _next_start(buffer: bytes, at: int) -> int:
    """Return where the next message begins, perhaps only its first letters; the end if nowhere."""
    found = buffer.find(_LETTERS, at)
    if found >= 0:
        return found
    for size in range(min(len(_LETTERS) - 1, len(buffer) - at), 0, -1):
        if buffer.endswith(_LETTERS[:size]):
            return len(buffer) - size
    return len(buffer)


def _end(buffer: bytes, start: int) -> int | None:
    """Return the end of the message at *start*; *start* itself if it has none, None to wait."""
    limit = start + _MOST_FRAME
    following = buffer.find(_LETTERS, start + 1, limit)
    end = buffer.find(b"#", start, limit)
    while end >= 0 and (following < 0 or end < following):
        until = min(limit, following if following >= 0 else limit)
        if not _REST_OF_POINT.match(buffer, end + 1, until):
            return end + 1
        end = buffer.find(b"#", end + 1, limit)
    if following >= 0:
        return start  # it broke off, and another began
    return start if len(buffer) - start >= _MOST_FRAME else None


def _lost(between: bytes) -> int:
    return len(between.strip(b"\r\n\t \0"))
