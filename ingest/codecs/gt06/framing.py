"""Find GT06 frames in a stream, take one apart, build one. Pure; linear in the bytes given.

    78 78 | length 1 | type 1 | body | serial 2 | CRC 2 | 0D 0A
    79 79 | length 2 | type 1 | body | serial 2 | CRC 2 | 0D 0A

All numbers are big-endian. The length counts from the type to the CRC, and where a stop mark stands
at its end it is believed. Some clones send no serial and no CRC, some put another number where the
length should be, and samples with a wrong length exist: such a frame ends at the first stop mark
behind which another frame, or nothing, follows. A stop mark may occur inside a body.
"""

import re
from binascii import crc_hqx
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import Enum, auto

from ingest.codecs.readings import Split

#: more than this declared is no length, bytes; the longest frames seen have a few hundred
LONGEST = 4096
#: where the stop mark of a frame with a wrong length is looked for, bytes
_WINDOW = 320

_SHORT, _LONG, _STOP = b"xx", b"yy", b"\r\n"
#: serial and CRC
_TAIL = 4

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

#: where the stop mark of a clone's frame stands, by type; its length may say anything. Login,
#: heartbeat, time request, charging, vibration, SOS
_CLONE_STOPS = {0x01: 13, 0x08: 4, 0x30: 4, 0x81: 4, 0x82: 4, 0x83: 4, 0x94: 4, 0x99: 4}


class _Open(Enum):
    """Why no end of a frame was found."""

    WAIT = auto()  #: it may still come
    BROKEN = auto()  #: it will not


@dataclass(frozen=True, slots=True, kw_only=True)
class Gt06Frame:
    """One frame, taken apart; nothing in it is understood yet."""

    type: int
    #: what stands in the place of the length
    declared: int
    #: from behind the type to the stop mark, serial and CRC included where there are any
    content: bytes
    is_long: bool
    #: does the declared length fit?
    length_fits: bool
    #: does the CRC fit?
    is_sound: bool

    @property
    def body(self) -> bytes:
        """Return what stands between type and serial."""
        return self.content[:-_TAIL]

    @property
    def serial(self) -> int | None:
        """Return the number that a reply repeats; None where there is no room for it."""
        if len(self.content) < _TAIL:
            return None
        return int.from_bytes(self.content[-_TAIL:-2], "big")


def checksum(data: bytes) -> int:
    """Return the CRC-16/X-25 of *data*: polynomial 0x1021 reflected, start and final XOR 0xFFFF."""
    # The library's CRC has the same polynomial, but reads each byte from its other end.
    turned = crc_hqx(data.translate(_REVERSED), 0xFFFF)
    return (_REVERSED[turned & 0xFF] << 8 | _REVERSED[turned >> 8]) ^ 0xFFFF


def build_frame(kind: int, body: bytes, serial: int) -> bytes:
    """Return a short frame of type *kind*, ready for the wire."""
    checked = bytes((1 + len(body) + _TAIL, kind)) + body + serial.to_bytes(2, "big")
    return _SHORT + checked + checksum(checked).to_bytes(2, "big") + _STOP


def build_clone_frame(kind: int, content: bytes, *, declared: int | None = None) -> bytes:
    """Return a frame as the clones know it: no serial, no CRC."""
    length = 1 + len(content) if declared is None else declared
    return _SHORT + bytes((length, kind)) + content + _STOP


def read_frame(frame: bytes) -> Gt06Frame | None:
    """Take one frame apart; None when it is none."""
    header = _header_bytes(frame, 0)
    if header is None or len(frame) < header + 3 or not frame.endswith(_STOP):
        return None
    inner = frame[header:-2]
    declared = int.from_bytes(frame[2:header], "big")
    return Gt06Frame(
        type=inner[0],
        declared=declared,
        content=inner[1:],
        is_long=header == 4,
        length_fits=declared == len(inner),
        is_sound=len(inner) > _TAIL and _crc_fits(frame, 0, len(frame)),
    )


def split(buffer: bytes) -> Split:
    """Take whole frames off *buffer*; what is passed over is counted."""
    marks = _Marks(buffer)
    frames: list[bytes] = []
    at = skipped = 0
    while (start := marks.start_from(at)) >= 0:
        skipped += start - at
        end = _end_of(buffer, start, marks.sound)
        if end is _Open.WAIT:
            return Split(frames=tuple(frames), rest=buffer[start:], skipped=skipped)
        if isinstance(end, int) and buffer[end - 2 : end] == _STOP:
            frames.append(buffer[start:end])
            at = end
        else:
            at = end if isinstance(end, int) else start + 1
            skipped += at - start
    rest = buffer[-1:] if at < len(buffer) and buffer[-1:] in (b"x", b"y") else b""
    return Split(frames=tuple(frames), rest=rest, skipped=skipped + len(buffer) - at - len(rest))


class _Marks:
    """Where marks stand in a buffer: one look over it, so that no flood of them costs more."""

    def __init__(self, buffer: bytes) -> None:
        self._size = len(buffer)
        self._stops = [stop.start() for stop in re.finditer(_STOP, buffer)]
        self._short = [mark.start() for mark in re.finditer(rb"(?=xx)", buffer)]
        self._long = [mark.start() for mark in re.finditer(rb"(?=yy)", buffer)]
        #: where a frame begins whose CRC fits
        self.sound = sorted(at for at in (*self._short, *self._long) if _is_sound(buffer, at))

    def start_from(self, at: int) -> int:
        """Return the next start mark near enough to a stop mark, or to what is to come; -1: none.

        No frame can begin at the others, whatever comes.
        """
        stop = _next_of(self._stops, at)
        horizon = self._size if stop is None else stop
        short = _next_of(self._short, max(at, horizon - _WINDOW))
        long = _next_of(self._long, max(at, horizon - LONGEST))
        return min((mark for mark in (short, long) if mark is not None), default=-1)


def _next_of(places: list[int], at: int) -> int | None:
    """Return the first of *places* (ascending) from *at* on."""
    index = bisect_left(places, at)
    return places[index] if index < len(places) else None


def recognises(start: bytes) -> bool:
    """Say whether *start* (1 byte or more) is, or may become, a start mark."""
    return start[:2] in (_SHORT, _LONG, b"x", b"y")


# -- where a frame ends ----------------------------------------------------------------------------


def _end_of(buffer: bytes, start: int, sound: list[int]) -> int | _Open:
    """Return the position behind the frame at *start*, or of the frame that cuts it short."""
    end = _declared_end(buffer, start)
    if end is not None and end - start > LONGEST:
        end = start  # no length at all
    later = bisect_right(sound, start)
    is_sound = later > 0 and sound[later - 1] == start
    cut = sound[later] if later < len(sound) else None
    if end is not None and start < end <= len(buffer) and buffer[end - 2 : end] == _STOP:
        # A frame whose CRC fits is one; where it begins inside another, that one was cut off.
        return cut if cut is not None and cut < end and not is_sound else end
    is_due = end is None or end > len(buffer)
    stopped = _clone_end(buffer, start)
    if stopped is None and is_due:
        stopped = _proven_end(buffer, start)
    elif stopped is None:
        stopped = _stopped_end(buffer, start, len(buffer) if cut is None else cut)
    if stopped is not None:
        return stopped
    if cut is not None:
        return cut
    may_grow = is_due or len(buffer) - start < _WINDOW
    return _Open.WAIT if may_grow else _Open.BROKEN


def _stopped_end(buffer: bytes, start: int, limit: int) -> int | None:
    """Return the position behind the first stop mark that a start mark, or nothing, follows."""
    limit = min(limit, start + _WINDOW)
    at = buffer.find(_STOP, start + 4, limit)
    while at >= 0:
        if _ends_here(buffer, at + 2):
            return at + 2
        at = buffer.find(_STOP, at + 1, limit)
    return None


def _proven_end(buffer: bytes, start: int) -> int | None:
    """Return the buffer's end where a frame that declares more than it has proves to end there."""
    size = len(buffer) - start
    if not 10 <= size <= _WINDOW or not buffer.endswith(_STOP):
        return None
    return len(buffer) if _crc_fits(buffer, start, len(buffer)) else None


def _clone_end(buffer: bytes, start: int) -> int | None:
    """Return the position behind a clone's frame whose length byte is wrong by custom."""
    stop = _CLONE_STOPS.get(buffer[start + 3]) if len(buffer) > start + 3 else None
    if stop is None or not buffer.startswith(_SHORT, start):
        return None
    end = start + stop + 2
    return end if buffer[end - 2 : end] == _STOP and _ends_here(buffer, end) else None


def _ends_here(buffer: bytes, end: int) -> bool:
    return end == len(buffer) or recognises(buffer[end : end + 2])


def _declared_end(buffer: bytes, start: int) -> int | None:
    """Return where the frame at *start* ends by its length; None while that is not to be seen."""
    header = _header_bytes(buffer, start)
    if header is None or len(buffer) < start + header:
        return None
    declared = int.from_bytes(buffer[start + 2 : start + header], "big")
    # The shortest frame has a type; what stands for less is no length.
    return start + header + max(declared, 1) + 2


def _header_bytes(buffer: bytes, start: int) -> int | None:
    """Return how many bytes stand before the type; None where no frame starts."""
    mark = buffer[start : start + 2]
    return 3 if mark == _SHORT else 4 if mark == _LONG else None


def _is_sound(buffer: bytes, start: int) -> bool:
    header = 3 if buffer[start] == _SHORT[0] else 4
    end = start + header + int.from_bytes(buffer[start + 2 : start + header], "big") + 2
    return (
        buffer[end - 2 : end] == _STOP
        and header + _TAIL + 3 <= end - start <= LONGEST
        and _crc_fits(buffer, start, end)
    )


def _crc_fits(buffer: bytes, start: int, end: int) -> bool:
    return checksum(buffer[start + 2 : end - 4]) == int.from_bytes(buffer[end - 4 : end - 2], "big")
