"""The one thread that writes the spool: many connections' messages in one commit.

While a commit waits for the disk the next messages gather, so a commit costs the same for one as
for a thousand. While the file cannot be written nothing is promised: whoever waits goes on waiting,
its band is not answered and its socket not read.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from core.clock import Clock, monotonic
from store import spool
from store.spool import Entry

log = logging.getLogger(__name__)

_MOST_JOBS = 2000
_RETRY_S = 0.5
#: while it cannot write it says so this often, seconds
_COMPLAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class _Keep:
    entries: Sequence[Entry]
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Seen:
    reports: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Remove:
    ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Repeated:
    ids: Sequence[int]


_Job = _Keep | _Seen | _Remove | _Repeated


@dataclass(slots=True)
class _Batch:
    keeps: list[_Keep] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)

    def add(self, job: _Job) -> None:
        match job:
            case _Keep():
                self.keeps.append(job)
            case _Seen(reports):
                self.seen.extend(reports)
            case _Remove(ids):
                self.removed.extend(ids)
            case _Repeated(ids):
                self.repeated.extend(ids)


class Spooler:
    """Writes the spool. Everything is handed over from any thread and done in order."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Nothing is written before `start`."""
        self._engine = engine
        self._clock = clock
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="spool", daemon=True)
        self._complained_at = -_COMPLAIN_S
        self._in_trouble = False
        #: when the newest report that ingest has committed was kept
        self.newest_seen: datetime | None = None

    @property
    def in_trouble(self) -> bool:
        """Say whether the last write failed."""
        return self._in_trouble

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was handed over, if the file can be written, and end."""
        self._stopping = True
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(10)

    def keep(self, entries: Sequence[Entry], done: Callable[[], None]) -> None:
        """Write *entries*; *done* is called in the writer's thread when they are on disk."""
        self._jobs.put(_Keep(entries, done))

    def remove_seen(self, reports: Sequence[tuple[str, str]]) -> None:
        """Forget reports (device, id) that ingest has committed."""
        self._jobs.put(_Seen(reports))

    def remove(self, ids: Sequence[int]) -> None:
        """Forget entries by number."""
        self._jobs.put(_Remove(ids))

    def note_repeated(self, ids: Sequence[int]) -> None:
        """Record that entries were published once more."""
        self._jobs.put(_Repeated(ids))

    def _work(self) -> None:
        batch = _Batch()
        while True:
            self._gather(batch)
            if self._write(batch):
                batch = _Batch()
                if self._stopping and self._jobs.empty():
                    return
            elif self._stopping:
                return  # nobody was promised anything

    def _gather(self, batch: _Batch) -> None:
        """Add what waits. Wait while there is nothing to do, and a while after a failure."""
        is_idle = batch == _Batch()
        wait = is_idle or self._in_trouble
        for _ in range(_MOST_JOBS):
            try:
                job = self._jobs.get(block=wait, timeout=None if is_idle else _RETRY_S)
            except queue.Empty:
                return
            wait = False
            if job is not None:
                batch.add(job)

    def _write(self, batch: _Batch) -> bool:
        """Write *batch*; False when something of it is left, which is then still in it."""
        try:
            with self._engine.begin() as connection:
                spool.add(connection, [e for k in batch.keeps for e in k.entries], self._now())
                self._tidy(connection, batch)
        except Exception as error:  # noqa: BLE001  without this thread no band is ever answered
            self._complain(error)
            self._make_room(batch)
            return False
        if self._in_trouble:
            self._in_trouble = False
            log.info("The spool can be written again.", extra={"action": "spool_back"})
        for kept in batch.keeps:
            kept.done()
        return True

    def _make_room(self, batch: _Batch) -> None:
        """A full file still lets go of what is not needed any more."""
        try:
            with self._engine.begin() as connection:
                self._tidy(connection, batch)
        except DBAPIError:  # nor can anything be removed from it
            return
        batch.seen, batch.removed, batch.repeated = [], [], []

    def _tidy(self, connection: Connection, batch: _Batch) -> None:
        newest = spool.remove_seen(connection, batch.seen)
        spool.remove(connection, batch.removed)
        spool.note_repeated(connection, batch.repeated, self._now())
        if newest is not None:
            self.newest_seen = max(newest, self.newest_seen or newest)

    def _now(self) -> datetime:
        return self._clock.now()

    def _complain(self, error: Exception) -> None:
        self._in_trouble = True
        if monotonic() < self._complained_at + _COMPLAIN_S:
            return
        self._complained_at = monotonic()
        log.error(
            "The spool cannot be written (%s): no band is answered and none is read until it can."
            " Is the disk full, or AIHUIJIA_GATEWAY_SPOOL_MIB reached?",
            error.orig if isinstance(error, DBAPIError) else type(error).__name__,
            extra={"action": "spool_unwritable"},
        )
