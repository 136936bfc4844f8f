"""The phone network's own record: every request it accepted, everything that happened, in order.

Append-only, one JSON object a line, kept in memory as well. It is written by the stand-in from what
reached it, so it says what truly left the service, whatever the service believes. The numbers in it
are synthetic.
"""

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.clock import Clock, SystemClock


class Happened(StrEnum):
    """What an entry of the record tells."""

    MESSAGE_ACCEPTED = "message_accepted"  #: the provider took an SMS from the service
    MESSAGE_STATUS = "message_status"
    CALL_ACCEPTED = "call_accepted"  #: the provider took a call from the service
    CALL_STATUS = "call_status"
    REQUEST_REFUSED = "request_refused"
    ANSWER_LOST = "answer_lost"  #: taken, but the service was told otherwise, or too late
    KEY_PRESSED = "key_pressed"
    TEXT_SENT = "text_sent"  #: a person texted the service
    LINK_OPENED = "link_opened"
    WEBHOOK = "webhook"  #: one try to reach the service, and its answer
    FAULT_SET = "fault_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened: service time, wall time and plain values."""

    number: int
    at: datetime
    wall_at: datetime
    happened: Happened
    detail: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy, as in the file."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "wall_at": self.wall_at.isoformat(),
            "happened": self.happened.value,
            **self.detail,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Entry":
        """Return the entry that `to_json` wrote."""
        rest = dict(data)
        return cls(
            number=rest.pop("number"),
            at=datetime.fromisoformat(rest.pop("at")),
            wall_at=datetime.fromisoformat(rest.pop("wall_at")),
            happened=Happened(rest.pop("happened")),
            detail=rest,
        )


def token_in(callback: str) -> str:
    """Return the correlation token in a callback's address, "" when there is none."""
    return parse_qs(urlsplit(callback).query).get("token", [""])[0]


class Record:
    """Grows only. Safe to read from another thread."""

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        """Append to the file at *path*; None keeps it in memory only."""
        self._clock = clock
        self._wall = SystemClock()
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._file = None if path is None else path.open("a", encoding="utf-8")

    def add(self, happened: Happened, **detail: Any) -> Entry:
        """Write down that something *happened* now."""
        with self._lock:
            entry = Entry(
                number=len(self._entries) + 1,
                at=self._clock.now(),
                wall_at=self._wall.now(),
                happened=happened,
                detail=detail,
            )
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(entry.to_json(), ensure_ascii=False) + "\n")
                self._file.flush()
        return entry

    def entries(self, *, after: int = 0) -> list[Entry]:
        """Return the entries with a number above *after*, in order."""
        with self._lock:
            return self._entries[after:]

    def close(self) -> None:
        """Close the file; the entries stay readable."""
        if self._file is not None:
            self._file.close()


def read_record(path: Path) -> list[Entry]:
    """Return the entries of the record kept in the file at *path*."""
    with path.open(encoding="utf-8") as lines:
        return [Entry.from_json(json.loads(line)) for line in lines]
