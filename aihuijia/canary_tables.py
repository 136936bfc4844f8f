"""The canary's hands in the database; what must wait while it is away is done when it is back."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from core.canary import Sight
from core.clock import Clock, monotonic
from core.errors import Conflict
from store import canary, workers
from store.canary_cast import DEVICE_ID, Cast
from store.database import reading

log = logging.getLogger(__name__)

_BEAT_S = 5.0
#: after a failure it is tried again so often, wall seconds
AGAIN_S = 2.0

_Written = TypeVar("_Written")


class CanaryTables:
    """Reads and writes for one canary, and survives the database's absence."""

    def __init__(self, engine: Engine, clock: Clock, stopping: threading.Event) -> None:
        """Give up waiting when *stopping* is set."""
        self._engine = engine
        self._clock = clock
        self._stopping = stopping
        self._worker = f"{socket.gethostname()}:{os.getpid()}:canary"
        self._beat_due = 0.0
        self._is_away = False

    def look(self, cast: Cast, report_ids: list[str]) -> Sight | None:
        """Return what the tables say; None while the database is away."""
        try:
            with reading(self._engine) as connection:
                sight = canary.sight(
                    connection,
                    elder_id=cast.elder_id,
                    device_id=DEVICE_ID,
                    report_ids=report_ids,
                )
        except DBAPIError:
            self._say_away()
            return None
        self._is_away = False
        return sight

    def write(
        self, work: Callable[[Connection], _Written], *, at_last: bool = False
    ) -> _Written | None:
        """Do *work* in a transaction of its own, again until it works; None when stopped before.

        *at_last*: once more even when the role is being stopped.
        """
        while at_last or not self._stopping.is_set():
            try:
                with self._engine.begin() as connection:
                    written = work(connection)
                self._is_away = False
                return written
            except Conflict:
                continue  # the alerts role was first; look again
            except DBAPIError:
                self._say_away()
                if self._stopping.wait(AGAIN_S):
                    return None
        return None

    def beat(self) -> None:
        """Say now and then that the canary lives."""
        if monotonic() < self._beat_due:
            return
        self._beat_due = monotonic() + _BEAT_S
        try:
            with self._engine.begin() as connection:
                now = self._clock.now()
                workers.beat(connection, self._worker, role="canary", detail={}, now=now)
        except DBAPIError:
            self._say_away()

    def _say_away(self) -> None:
        if not self._is_away:
            self._is_away = True
            log.exception(
                "The canary has no database; it goes on when it is back.",
                extra={"action": "canary_no_database"},
            )
