"""`aihuijia broker-access`: keeps the broker's logins equal to the registry.

All is compared after each connection, and every hour; in between only what changed is looked for.
Exactly one process does this: two would take each other's connection away.
"""

import logging
import os
import socket
import threading

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from core.clock import Clock, monotonic
from core.errors import ServerMissing
from core.settings import Settings
from ingest.broker_access import BrokerAccess
from ingest.control_link import ControlLink
from store import workers

log = logging.getLogger(__name__)

#: how often changes in the registry are looked for, wall seconds
LOOK_EVERY_S = 2.0
ALIGN_EVERY_S = 3600.0
_AGAIN_S = 5.0
_BEAT_S = 5.0


class BrokerAccessRole:
    """Runs until it is stopped; survives the broker's and the database's absence."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        *,
        look_every_s: float = LOOK_EVERY_S,
        again_s: float = _AGAIN_S,
    ) -> None:
        """SettingError when a setting is missing."""
        settings.require_broker_admin()
        settings.require_band_key()
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._look_every_s = look_every_s
        self._again_s = again_s
        self._worker = f"{socket.gethostname()}:{os.getpid()}:broker-access"
        self._beat_due = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker-access", daemon=True)

    def start(self) -> None:
        """Begin to compare in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the message in hand and stop."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._while_connected()
            except ServerMissing as missing:
                log.warning("%s Trying again.", missing, extra={"action": "broker_access_missing"})
            except DBAPIError:
                log.exception(
                    "The database is away.", extra={"action": "broker_access_no_database"}
                )
            self._stopping.wait(self._again_s)

    def _while_connected(self) -> None:
        with open_link(self._settings) as link:
            access = access_over(link, self._settings, self._engine, self._clock)
            stopping = self._stopping.is_set
            align_at = 0.0
            while not stopping() and not link.lost.is_set():
                if monotonic() >= align_at:
                    align_at = monotonic() + ALIGN_EVERY_S
                    access.align(stopping=stopping)
                else:
                    access.apply_due(stopping=stopping)
                self._beat()
                self._stopping.wait(self._look_every_s)

    def _beat(self) -> None:
        if monotonic() >= self._beat_due:
            self._beat_due = monotonic() + _BEAT_S
            with self._engine.begin() as connection:
                workers.beat(
                    connection,
                    self._worker,
                    role="broker-access",
                    detail={},
                    now=self._clock.now(),
                )


def run_once(settings: Settings, engine: Engine, clock: Clock, console: Console) -> bool:
    """Compare all, put right what differs, print it; say whether the broker is as wanted now."""
    with open_link(settings) as link:
        outcome = access_over(link, settings, engine, clock).align()
    console.print(f"Logins changed: {outcome.changed}.", markup=False)
    for device_id, problem in outcome.problems.items():
        console.print(f"{device_id}: {problem}", markup=False, soft_wrap=True)
    return not outcome.problems


def show_differences(settings: Settings, engine: Engine, clock: Clock, console: Console) -> None:
    """Print what would be changed; change nothing."""
    with open_link(settings) as link:
        todo = access_over(link, settings, engine, clock).compare()
    if not todo.changes and not todo.problems:
        console.print("The broker's logins are as the registry wants them.")
        return
    table = Table("band", "would be", "why not")
    for change in todo.changes:
        table.add_row(change.name, f"{change.act.value}d", "")
    for access, problem in todo.problems.items():
        table.add_row(access.device_id, "", problem)
    console.print(table)


def open_link(settings: Settings) -> ControlLink:
    """Return the link to the broker that the settings name, not connected yet."""
    return ControlLink(settings.require_broker_admin(), ca_file=settings.broker_ca)


def access_over(
    link: ControlLink, settings: Settings, engine: Engine, clock: Clock
) -> BrokerAccess:
    """Return what compares and tells over an open link."""
    return BrokerAccess(
        engine, clock, link, key=settings.require_band_key(), prefix=settings.topic_prefix
    )
