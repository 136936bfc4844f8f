"""Deletes what is too old, each night, beside everything else; one worker of all does it.

It takes its time: between two transactions others have their turn. What was deleted is written
down kind by kind, and a run that was cut off begins anew.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine

from core.clock import LOCAL_ZONE, Clock
from core.retention import Kind, cutoffs, is_time
from store import erasing, retention, retention_runs
from store.database import reading

log = logging.getLogger(__name__)

#: how often it is asked whether it is time, wall seconds
_ASK_EVERY_S = 60.0
#: between two transactions others have their turn, wall seconds
_REST_S = 0.05
#: the turn is kept for so long without a sign of life
_LEASE = timedelta(minutes=30)
#: the last run may have missed incidents that were closed while it ran
_MARGIN = timedelta(days=2)


class Keeper:
    """Deletes at night, in a thread of its own."""

    def __init__(
        self, engine: Engine, clock: Clock, *, days: Mapping[Kind, int], worker: str
    ) -> None:
        """Keep each kind for so many days."""
        self._engine = engine
        self._clock = clock
        self._days = dict(days)
        self._worker = f"{worker}:keeper"
        #: says whether this worker may work on the database at all
        self.may_work: Callable[[], bool] = _always
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin to ask whether it is time."""
        self._thread.start()

    def stop(self) -> None:
        """End after the transaction under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> bool:
        """Delete if it is time and nobody else does it; say whether a whole run was made."""
        now = self._clock.now()
        with self._engine.begin() as connection:
            turn = retention_runs.look_after(connection, now)
        hour = now.astimezone(LOCAL_ZONE).hour
        if not is_time(local_hour=hour, since=turn.since_at, done_at=turn.done_at, now=now):
            return False
        return self.run() is not None

    def run(self, kinds: Iterable[Kind] = tuple(Kind)) -> dict[Kind, int] | None:
        """Delete now; return how many rows of each kind, None when it was not, or not all, done."""
        with self._engine.begin() as connection:
            retention_runs.look_after(connection, self._clock.now())
        if not self._take_turn():
            return None
        done_at: datetime | None = None
        try:
            counts = {kind: self._one(kind) for kind in kinds}
            erasing.erase_again(self._engine, self._clock.now())
            if None not in counts.values():
                done_at = self._clock.now()
        finally:
            with self._engine.begin() as connection:
                retention_runs.give_turn_back(connection, self._worker, done_at=done_at)
        whole = {kind: count for kind, count in counts.items() if count is not None}
        log.info(
            "What was too old is deleted.",
            extra={"action": "retention", **{k.value: n for k, n in whole.items() if n}},
        )
        return whole if done_at is not None else None

    def _one(self, kind: Kind) -> int | None:
        """Delete of one kind; return how many rows, None when it was stopped on the way."""
        now, deleted = self._clock.now(), 0
        until = cutoffs(self._days, now)
        with self._engine.begin() as connection:
            last = retention_runs.last_until(connection, kind)
            run_id = retention_runs.begin(connection, kind, until_at=until[kind], now=now)
        since = None if last is None else last - _MARGIN
        for count in retention.delete_old(self._engine, kind, until, since=since):
            deleted += count
            with self._engine.begin() as connection:
                retention_runs.progress(connection, run_id, deleted)
            if self._stopping.wait(_REST_S) or not self._take_turn():
                return None
        with self._engine.begin() as connection:
            retention_runs.progress(connection, run_id, deleted, ended_at=self._clock.now())
        return deleted

    def _take_turn(self) -> bool:
        with self._engine.begin() as connection:
            return retention_runs.take_turn(
                connection, self._worker, lease=_LEASE, now=self._clock.now()
            )

    def _run(self) -> None:
        while not self._stopping.wait(_ASK_EVERY_S):
            if not self.may_work():
                continue
            try:
                self.look()
            except Exception:
                log.exception(
                    "What is too old could not be deleted; tried again in a minute.",
                    extra={"action": "retention_failed"},
                )


def would_go(engine: Engine, days: Mapping[Kind, int], now: datetime) -> dict[Kind, int]:
    """Return how many rows of each kind a run would delete now; nothing is changed."""
    until = cutoffs(days, now)
    found = {}
    for kind in Kind:
        with reading(engine) as connection:
            last = retention_runs.last_until(connection, kind)
        since = None if last is None else last - _MARGIN
        found[kind] = sum(retention.delete_old(engine, kind, until, since=since, dry_run=True))
    return found


def _always() -> bool:
    return True
