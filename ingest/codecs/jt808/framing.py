"""JT/T 808 on the wire: marks, escapes, check byte and header. Pure; raises BadMessage only.

Facts: JT/T 808-2011, -2013 and -2019. The header of 2019 (attribute bit 14) has a version byte and
a phone number of 10 bytes instead of 6. Vendors add frames between E7 marks, whose phone number has
7 bytes, messages whose serial number has one byte (5501, 5502), and texts in brackets.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from types import MappingProxyType

from core.errors import BadMessage
from core.pings import RejectReason
from ingest.codecs.readings import Flag, Split

STANDARD_MARK = 0x7E
VENDOR_MARK = 0xE7
_BRACKET = ord("(")
_CLOSING = MappingProxyType(
    {STANDARD_MARK: b"\x7e", VENDOR_MARK: b"\xe7", _BRACKET: b")"},
)
#: a body of 1 023 bytes, its header and check byte, each byte escaped, are 2 090
MOST_FRAME_BYTES = 4096
#: two marks, the shortest header (one-byte serial), the check byte
_LEAST_FRAME_BYTES = 14
#: attribute bits: 0 to 9 the body's length, 10 to 12 encryption, 13 fragments, 14 edition of 2019
_MOST_BODY_BYTES = 0x03FF
_ENCRYPTED, _IS_PART, _IS_2019 = 0x1C00, 0x2000, 0x4000
_LONG_BODY = _MOST_BODY_BYTES | _ENCRYPTED

#: vendors' location messages with a serial number of one byte and attribute bits of their own
LOCK_LOCATION, LOCK_BACKLOG = 0x5501, 0x5502
_SHORT_SERIAL = frozenset({LOCK_LOCATION, LOCK_BACKLOG})

#: what stands on the wire for what is meant; in this order a step never undoes an earlier one
_ESCAPES: Mapping[int, tuple[tuple[bytes, bytes], ...]] = MappingProxyType(
    {
        STANDARD_MARK: ((b"\x7d\x02", b"\x7e"), (b"\x7d\x01", b"\x7d")),
        VENDOR_MARK: (
            *((b"\xe6\x02", b"\xe7"), (b"\xe6\x01", b"\xe6")),
            *((b"\x3e\x02", b"\x3d"), (b"\x3e\x01", b"\x3e")),
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whose message it is and in which edition: what the header of a reply repeats."""

    #: the phone number as sent: 6 bytes, 10 in the 2019 edition, 7 between E7 marks
    phone: bytes
    #: the protocol version byte; None before 2019
    version: int | None = None
    mark: int = STANDARD_MARK
    #: serial numbers of one byte
    is_short: bool = False

    @property
    def device_id(self) -> str:
        """The phone number without leading zeros ("0" if there is nothing else).

        Some makers pack the first 14 digits of the IMEI as a number instead; then it is the IMEI
        with its check digit, as printed on the device.
        """
        digits = self.phone.hex()
        if not digits.isdecimal():
            packed = str(int(digits, 16))
            digits = packed + _luhn_digit(packed) if len(packed) == 14 else digits
        return digits.lstrip("0") or "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: its header understood, its body not yet."""

    message_id: int
    sender: Sender
    serial: int
    body: bytes
    #: number (from 1) and total, of a message sent in fragments
    part: tuple[int, int] | None = None
    is_encrypted: bool = False
    #: attribute bit 15; only 5501 and 5502 use it
    wants_answer: bool = True
    flags: frozenset[Flag] = frozenset()

    @property
    def type(self) -> str:
        """The message id as the standard writes it."""
        return f"{self.message_id:04X}"


# -- frames in a stream ----------------------------------------------------------------------------


def split_stream(buffer: bytes) -> Split:
    """Take whole frames off *buffer*, marks included and escapes left in.

    A mark may close one frame and open the next; then the next frame is returned with both.
    """
    frames: list[bytes] = []
    at = skipped = 0
    may_share = True  # the start of a segment may follow a mark that we took already
    while at < len(buffer):
        is_opened = buffer[at] in _CLOSING
        frame = _frame_at(buffer, at, may_share=may_share)
        if frame:
            frames.append(frame)
            at += len(frame) if is_opened else len(frame) - 1
            may_share = True
            continue
        following = _next_start(buffer, at + 1)
        if frame is not None and (is_opened or following == len(buffer)):
            break  # its end has not come yet
        at, skipped, may_share = following, skipped + following - at, False
    return Split(frames=tuple(frames), rest=buffer[at:], skipped=skipped)


def _frame_at(buffer: bytes, at: int, *, may_share: bool) -> bytes | None:
    """Return the frame that begins at *at*; empty while its end is awaited, None if none can be.

    With *may_share* its mark may be one that closed another frame; then it has to be sound.
    """
    closing = _CLOSING.get(buffer[at])
    if closing is None and not may_share:
        return None
    end = buffer.find(closing or b"\x7e", at + 1, at + MOST_FRAME_BYTES)
    if end < 0:
        waits = len(buffer) - at < MOST_FRAME_BYTES and _may_be_frame(buffer[at:])
        return b"" if waits else None
    frame = buffer[at : end + 1]
    if closing is None:
        frame = b"\x7e" + frame
        return frame if _is_sound(frame) else None
    return frame if len(frame) > 2 and _may_be_frame(frame) else None


def _next_start(buffer: bytes, at: int) -> int:
    """Return where a frame may begin: at the next 7E, or an E7 that begins a sound one."""
    standard = buffer.find(STANDARD_MARK, at)
    standard = len(buffer) if standard < 0 else standard
    start = buffer.find(VENDOR_MARK, at, standard)
    while start >= 0:
        end = buffer.find(VENDOR_MARK, start + 1, start + MOST_FRAME_BYTES)
        if end > 0 and _is_sound(buffer[start : end + 1]):
            return start
        start = end if 0 < end < standard else -1
    return standard


def _may_be_frame(frame: bytes) -> bool:
    """Say whether bytes from a mark on may stand: what begins with a bracket must be a text."""
    return frame[0] != _BRACKET or (frame.isascii() and frame.decode("ascii").isprintable())


def _is_sound(frame: bytes) -> bool:
    if len(frame) < _LEAST_FRAME_BYTES:
        return False
    try:
        return not read_message(frame).flags
    except BadMessage:
        return False


# -- one frame -------------------------------------------------------------------------------------


def unescape(content: bytes, mark: int = STANDARD_MARK) -> bytes:
    """Return what *content* (between the marks) means; a stray escape byte stays as it is."""
    for sent, meant in _ESCAPES[mark]:
        content = content.replace(sent, meant)
    return content


def escape(content: bytes, mark: int = STANDARD_MARK) -> bytes:
    """Return *content* as it is sent between the marks."""
    for sent, meant in reversed(_ESCAPES[mark]):
        content = content.replace(meant, sent)
    return content


def read_message(frame: bytes) -> Message:
    """Return the message in *frame* (marks included); BadMessage when there is none.

    A wrong check byte or length costs nothing but a flag: the body is what stands there.
    """
    if len(frame) < 2 or frame[0] not in _ESCAPES or frame[0] != frame[-1]:
        raise _unreadable("no marks around it")
    if len(frame) > MOST_FRAME_BYTES:
        raise _unreadable("too long")
    mark = frame[0]
    content = unescape(frame[1:-1], mark)
    if len(content) < 5:
        raise _unreadable("too short for a header")
    message_id, attributes = struct.unpack_from(">HH", content)
    is_short = message_id in _SHORT_SERIAL
    header = _header_of(content, attributes, mark, is_short=is_short)
    if len(content) <= header.body_at:
        raise _unreadable("too short for a header")
    body = content[header.body_at : -1]
    # A body that is too long for its ten bits runs over into those that tell of encryption.
    has_long_body = len(body) == attributes & _LONG_BODY
    flags = set()
    if reduce(xor, content, 0):  # all bytes with their check byte
        flags.add(Flag.BAD_CHECKSUM)
    if len(body) != attributes & _MOST_BODY_BYTES and not has_long_body:
        flags.add(Flag.BAD_LENGTH)
    return Message(
        message_id=message_id,
        sender=Sender(
            phone=content[header.phone_at : header.serial_at],
            version=content[4] if header.is_2019 else None,
            mark=mark,
            is_short=is_short,
        ),
        serial=int.from_bytes(content[header.serial_at : header.part_at], "big"),
        body=body,
        part=_part(content[header.part_at : header.body_at]),
        is_encrypted=bool(attributes & _ENCRYPTED) and not is_short and not has_long_body,
        wants_answer=bool(attributes & 0x8000) or not is_short,
        flags=frozenset(flags),
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """Where the parts of a header begin."""

    is_2019: bool
    phone_at: int
    serial_at: int
    part_at: int
    body_at: int


def _header_of(content: bytes, attributes: int, mark: int, *, is_short: bool) -> _Header:
    """Return the header that *attributes* tell of.

    Where only the older header makes the declared length right, the bit of 2019 is a mistake.
    """
    older = _header(attributes, mark, is_2019=False, is_short=is_short)
    if is_short or not attributes & _IS_2019:
        return older
    told = _header(attributes, mark, is_2019=True, is_short=False)
    declared = attributes & _MOST_BODY_BYTES
    is_mistaken = len(content) - 1 == older.body_at + declared
    return older if is_mistaken else told


def _header(attributes: int, mark: int, *, is_2019: bool, is_short: bool) -> _Header:
    phone_at = 5 if is_2019 else 4
    serial_at = phone_at + (10 if is_2019 else 7 if mark == VENDOR_MARK else 6)
    part_at = serial_at + (1 if is_short else 2)
    is_part = bool(attributes & _IS_PART) and not is_short
    return _Header(is_2019, phone_at, serial_at, part_at, part_at + (4 if is_part else 0))


def write_message(sender: Sender, message_id: int, body: bytes, serial: int) -> bytes:
    """Return the frame that tells *sender* so; ValueError for a body of more than 1 023 bytes."""
    if len(body) > _MOST_BODY_BYTES:
        raise ValueError(f"a body has at most {_MOST_BODY_BYTES} bytes, not {len(body)}")
    is_2019 = sender.version is not None
    content = struct.pack(">HH", message_id, len(body) | (_IS_2019 if is_2019 else 0))
    if sender.version is not None:
        content += bytes([sender.version])
    width = 1 if sender.is_short else 2
    content += sender.phone + (serial % (1 << 8 * width)).to_bytes(width, "big") + body
    mark = bytes([sender.mark])
    return mark + escape(content + bytes([reduce(xor, content, 0)]), sender.mark) + mark


def _part(said: bytes) -> tuple[int, int] | None:
    if not said:
        return None
    total, number = struct.unpack(">HH", said)
    # "Part 1 of 1", and what cannot be, are read as they are.
    return (number, total) if 1 <= number <= total and total > 1 else None


def _luhn_digit(digits: str) -> str:
    """Return the check digit of an IMEI's first 14 digits (Luhn, ISO/IEC 7812-1)."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def _unreadable(why: str) -> BadMessage:
    return BadMessage(RejectReason.UNKNOWN_FRAME, why)
