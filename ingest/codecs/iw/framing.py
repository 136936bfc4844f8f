"""Find messages of IW in a stream: from `IWAP` to `#`. Pure; linear in the bytes given.

The name of an access point may hold a `#`, and so may a voice clip or picture: those say how many
bytes they have. A message that was cut off ends where the next one begins, so that an SOS never
waits behind half a report.
"""

import re

from ingest.codecs.readings import Split

LETTERS = b"IWAP"
_MOST_FRAME = 4096
#: a `#` with this behind it, before the next one, belongs to the name of an access point
_REST_OF_POINT = re.compile(rb"[^#]*?\|(?:[0-9A-Fa-f]{1,2}[:-]){5}[0-9A-Fa-f]{1,2}\|")
#: a part of a clip or picture: time, how many parts, which part, how many bytes follow
MEDIA_HEADER = re.compile(rb"IWAP(?:07|42),([0-9]{14}),([0-9]{1,5}),([0-9]{1,5}),([0-9]{1,5}),")
_MOST_MEDIA = _MOST_FRAME - 64
_BETWEEN = b"\r\n\t \0"


def split(buffer: bytes) -> Split:
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


def _next_start(buffer: bytes, at: int) -> int:
    """Return where the next message begins, perhaps only its first letters; the end if nowhere."""
    found = buffer.find(LETTERS, at)
    if found >= 0:
        return found
    for size in range(min(len(LETTERS) - 1, len(buffer) - at), 0, -1):
        if buffer.endswith(LETTERS[:size]):
            return len(buffer) - size
    return len(buffer)


def _end(buffer: bytes, start: int) -> int | None:
    """Return the end of the message at *start*; *start* itself if it has none, None to wait."""
    limit = start + _MOST_FRAME
    following = buffer.find(LETTERS, start + 1, limit)
    until = min(limit, following if following >= 0 else limit)
    media = MEDIA_HEADER.match(buffer, start, start + 64)
    if media is not None and int(media[4]) <= _MOST_MEDIA:
        closing = media.end() + int(media[4])
        if closing < until and (closing >= len(buffer) or buffer[closing : closing + 1] == b"#"):
            return None if closing >= len(buffer) else closing + 1
    end = buffer.find(b"#", start, until)
    while end >= 0:
        if not _REST_OF_POINT.match(buffer, end + 1, until):
            return end + 1
        end = buffer.find(b"#", end + 1, until)
    if following >= 0:
        return start  # it broke off, and another began
    return start if len(buffer) - start >= _MOST_FRAME else None


def _lost(between: bytes) -> int:
    return len(between.strip(_BETWEEN))
