"""A zip file that is never whole in memory: written while it is read."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: so much is gathered before it goes out, bytes
_CHUNK = 65_536


class ZipStream:
    """Write entries one after another; `taken` gives what is ready to go out."""

    def __init__(self) -> None:
        """Begin an empty file."""
        self._pipe = _Pipe()
        self._zip = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED)

    def add(self, name: str, content: bytes) -> Iterator[bytes]:
        """Write one small entry."""
        self._zip.writestr(name, content)
        yield self._pipe.taken()

    def add_rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
        """Write a JSON array, one object a line."""
        with self._zip.open(name, "w", force_zip64=True) as entry:
            entry.write(b"[")
            mark = b"\n"
            for row in rows:
                entry.write(mark + json.dumps(row, ensure_ascii=False, default=str).encode())
                mark = b",\n"
                if self._pipe.waiting >= _CHUNK:
                    yield self._pipe.taken()
            entry.write(b"\n]\n")
        yield self._pipe.taken()

    def end(self) -> Iterator[bytes]:
        """Write the list of entries, which ends the file."""
        self._zip.close()
        yield self._pipe.taken()


class _Pipe(io.RawIOBase):
    """What was written and not yet taken; cannot be gone back in."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self.waiting = 0

    def writable(self) -> bool:
        """It can be written."""
        return True

    def write(self, data: Any, /) -> int:
        """Keep *data* until it is taken."""
        part = bytes(data)
        self._parts.append(part)
        self.waiting += len(part)
        return len(part)

    def taken(self) -> bytes:
        """Return what waits, once."""
        data, self._parts, self.waiting = b"".join(self._parts), [], 0
        return data
