"""Find Watch frames in a stream, take one apart, build one. Pure; linear in the bytes given.

    [MM*ID*LEN*content]    or    [MM*ID*IDX*LEN*content]

The declared length is wrong in about one sample in five, so it is believed where a `]` stands at
its end, and else the brackets are counted: a network name may hold some. In voice and pictures a
bracket cannot stand (it is escaped) and the length is trusted. A frame that was cut off ends where
the next one begins, so that an SOS never waits behind half a report.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from ingest.codecs.readings import Split

#: the longest text between the brackets, bytes
_MOST_TEXT = 2048
#: how far behind its declared end a voice clip or picture may end, bytes
_MEDIA_SLACK = 64
_MOST_HEADER = 36

_WHOLE_HEADER = (
    rb"\[([0-9A-Za-z]{2})\*([0-9A-Za-z]{1,20})\*(?:([0-9A-Fa-f]{4})\*)?([0-9A-Fa-f]{4})\*"
)
_HALF_HEADER = (
    rb"\[(?:[0-9A-Za-z]{1,2}|[0-9A-Za-z]{2}\*(?:[0-9A-Za-z]{0,20}"
    rb"|[0-9A-Za-z]{1,20}\*[0-9A-Fa-f]{0,4}))?\Z"
)
_HEADER = re.compile(_WHOLE_HEADER)
#: a header, or at the very end one that is still coming in
_START = re.compile(_WHOLE_HEADER + b"|" + _HALF_HEADER)
_MEDIA = re.compile(rb"(?:TK|JXTK|IMG),", re.IGNORECASE)
_BRACKET = re.compile(rb"[\[\]]")
_ESCAPE = re.compile(rb"}[\x01-\x05]")
_KEYWORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,23}")
_BETWEEN = b"\r\n\t \0"


class _Open(Enum):
    """Why no end of a frame was found."""

    WAIT = auto()  #: it may still come
    BROKEN = auto()  #: it will not


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchFrame:
    """One frame, taken apart; nothing in it is understood yet."""

    #: the maker's two letters
    letters: str
    device_id: str
    #: the running index, four hex digits as sent; "" in the branch without one
    index: str
    #: does the declared length fit?
    length_fits: bool
    #: as sent; "" when the content does not begin with a word
    keyword: str
    #: what follows the keyword, blanks taken off; of voice and pictures nothing
    values: tuple[str, ...]
    #: how many bytes follow the keyword and its comma
    value_bytes: int
    #: the frame up to and with its keyword
    head: bytes


def split(buffer: bytes) -> Split:
    """Take whole frames off *buffer*; what is passed over is counted."""
    frames: list[bytes] = []
    at = skipped = 0
    while header := _START.search(buffer, at):
        start = header.start()
        skipped += start - at
        end = _end_of(buffer, header) if header[1] else _Open.WAIT
        if end is _Open.WAIT:
            return Split(frames=tuple(frames), rest=buffer[start:], skipped=skipped)
        if isinstance(end, int):
            frames.append(buffer[start:end])
            at = end
        else:
            skipped += 1
            at = start + 1
    return Split(frames=tuple(frames), skipped=skipped + len(buffer) - at)


def read_frame(frame: bytes) -> WatchFrame | None:
    """Take one frame apart; None when it is none."""
    frame = frame.strip(_BETWEEN)
    header = _HEADER.match(frame)
    if header is None or not frame.endswith(b"]"):
        return None
    content = frame[header.end() : -1]
    declared = int(header[4], 16)
    is_media = _MEDIA.match(content) is not None
    # Some count the bytes of a voice clip before they escape it.
    fits = declared == len(content) or (
        is_media and declared == len(content) - len(_ESCAPE.findall(content))
    )
    word, comma, said = content.partition(b",")
    keyword = word.decode("latin-1").strip()
    if not _KEYWORD.fullmatch(keyword):
        keyword = ""
    text = "" if is_media and len(said) > 1 else said.decode("latin-1")
    return WatchFrame(
        letters=header[1].decode(),
        device_id=header[2].decode(),
        index=(header[3] or b"").decode(),
        length_fits=fits,
        keyword=keyword,
        values=tuple(value.strip() for value in text.split(",")) if comma else (),
        value_bytes=len(said),
        head=frame[: header.end()] + word[: len(keyword)],
    )


def build_frame(*, letters: str, device_id: str, index: str, content: str) -> bytes:
    """Return *content* (ASCII, without brackets) as a frame; *index* "" leaves it out."""
    middle = f"{index}*" if index else ""
    return f"[{letters}*{device_id}*{middle}{len(content):04X}*{content}]".encode("ascii")


# -- where a frame ends ----------------------------------------------------------------------------


def _end_of(buffer: bytes, header: re.Match[bytes]) -> int | _Open:
    """Return the position behind the frame that *header* begins."""
    begin = header.end()
    declared = begin + int(header[4], 16)
    if buffer[declared : declared + 1] == b"]":
        return declared + 1
    is_media = _MEDIA.match(buffer, begin) is not None
    limit = declared + _MEDIA_SLACK if is_media else begin + _MOST_TEXT
    following = _HEADER.search(buffer, begin, limit + _MOST_HEADER)
    stop = min(limit, len(buffer), len(buffer) if following is None else following.start())
    may_grow = following is None and len(buffer) <= limit
    if is_media:
        closing = _closing_of_media(buffer, begin, declared, stop, may_grow=may_grow)
    else:
        closing = _closing_of_text(
            buffer, begin, stop, may_grow=may_grow and declared >= len(buffer)
        )
    if closing >= 0:
        return closing + 1
    return _Open.WAIT if may_grow else _Open.BROKEN


def _closing_of_text(buffer: bytes, begin: int, stop: int, *, may_grow: bool) -> int:
    """Return where the bracket stands that closes a text, counting brackets; -1: nowhere.

    A closing bracket with more text behind it may be part of a network name: another is preferred.
    """
    depth = 1
    first = last = -1
    for bracket in _BRACKET.finditer(buffer, begin, stop):
        at = bracket.start()
        depth += 1 if bracket[0] == b"[" else -1
        last = at if bracket[0] == b"]" else last
        if depth == 0:
            if at + 1 == stop or buffer[at + 1] in b"\r\n\0":
                return at
            first = at if first < 0 else first
            depth = 1
    if stop < len(buffer) and last >= 0 and not buffer[last + 1 : stop].strip(_BETWEEN):
        return last  # brackets do not pair up, but the next frame follows
    return -1 if may_grow else first


def _closing_of_media(
    buffer: bytes, begin: int, declared: int, stop: int, *, may_grow: bool
) -> int:
    """Return where the bracket stands that closes a clip or picture; -1: nowhere (yet)."""
    closing = buffer.find(b"]", declared, stop)
    if closing < 0 and not may_grow:
        closing = buffer.find(b"]", begin, stop)
    return closing
