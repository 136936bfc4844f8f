"""A clock that several processes read: eight bytes in a file, moved by whoever owns time now."""

import mmap
import struct
from datetime import datetime
from pathlib import Path

from core.clock import from_unix

_FORM = struct.Struct("<d")


class SharedClock:
    """Stands still until one of its processes moves it."""

    speed = 1.0

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        """Share the file at *path*; with *start* make it, standing there."""
        if start is not None:
            path.write_bytes(_FORM.pack(start.timestamp()))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _FORM.size)

    def now(self) -> datetime:
        """Return the instant it stands at."""
        (seconds,) = _FORM.unpack_from(self._shared)
        return from_unix(seconds)

    def advance(self, seconds: float) -> datetime:
        """Move on by *seconds* (not negative) and return the new instant."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        _FORM.pack_into(self._shared, 0, self.now().timestamp() + seconds)
        return self.now()
