"""Tell somebody outside, every minute, that the service keeps its promise; silence is the alarm.

The ping leaves only when the last audit was clean, the tick is fresh, the broker is connected and
at least one provider works. Its receiver stands on another machine (Healthchecks.io or the like),
and alarms by another way when it hears nothing.
"""

import http.client
import logging
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import Engine

from alerts.guard import LOOK_EVERY_S, Guard
from core.clock import Clock, monotonic
from store import providers, workers
from store.database import reading
from store.providers import ProviderState

log = logging.getLogger(__name__)

#: how often the ping leaves, and how long its receiver may take; wall seconds
EVERY_S = 60.0
TIMEOUT_S = 5.0
#: an audit older than this says nothing any more, three of them were missed; wall seconds
_AUDIT_OLD_S = 3 * LOOK_EVERY_S + 10
#: a tick that was not done for this long hangs, wall seconds
_TICK_OLD_S = 60.0
#: the ingest role beats every 5 wall seconds while it has the broker
_INGEST_GONE_S = 30.0
#: a provider that failed is not believed to be back before this, wall seconds, unless it was seen
_STILL_OUT_S = 600.0


class Silence(StrEnum):
    """Why no ping leaves."""

    AUDIT = "audit"  #: the last audit found something
    NO_AUDIT = "no_audit"  #: there was none of late
    TICK = "tick"  #: the ticks hang
    SCHEMA = "schema"  #: the database has another schema
    BROKER = "broker"  #: nobody listens to bands
    PROVIDERS = "providers"  #: every provider rests
    DATABASE = "database"  #: it does not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What decides whether the ping leaves; ages in wall seconds."""

    audit_age_s: float | None
    problems: int
    tick_age_s: float
    schema_fits: bool
    hears_bands: bool
    provider_works: bool


class Pulse(Protocol):
    """What the ticker shows of itself."""

    @property
    def ticked_at(self) -> float:
        """Return when it last did its round, on the monotonic clock."""
        ...

    @property
    def schema_fits(self) -> bool:
        """Say whether it may work at all."""
        ...


def why_silent(vitals: Vitals) -> tuple[Silence, ...]:
    """Return every reason to keep silent; none: the ping may leave."""
    no_audit = vitals.audit_age_s is None or vitals.audit_age_s > _AUDIT_OLD_S
    reasons = {
        Silence.AUDIT: vitals.problems > 0,
        Silence.NO_AUDIT: no_audit,
        Silence.TICK: vitals.tick_age_s > _TICK_OLD_S,
        Silence.SCHEMA: not vitals.schema_fits,
        Silence.BROKER: not vitals.hears_bands,
        Silence.PROVIDERS: not vitals.provider_works,
    }
    return tuple(reason for reason, is_so in reasons.items() if is_so)


def any_works(
    keys: Collection[str], states: Mapping[str, ProviderState], now: datetime, *, speed: float
) -> bool:
    """Say whether one of the providers *keys* is at work.

    One that rested is not believed at the end of its rest, only after a success or ten minutes.
    """
    still_out = timedelta(seconds=_STILL_OUT_S * speed)
    out = {
        key
        for key, state in states.items()
        if state.resting_until is not None and now < state.resting_until + still_out
    }
    return not keys or any(key not in out for key in keys)


class DeadMan:
    """Pings in a thread of its own; only reads the database."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        guard: Guard,
        pulse: Pulse,
        *,
        url: str,
        provider_keys: Collection[str] = (),
        every_s: float = EVERY_S,
    ) -> None:
        """Ping *url* every *every_s* wall seconds; *provider_keys* as in table `provider_state`."""
        self._engine = engine
        self._clock = clock
        self._guard = guard
        self._pulse = pulse
        self._url = url
        self._provider_keys = tuple(provider_keys)
        self._every_s = every_s
        self._pinged_at: datetime | None = None
        self._silent: tuple[Silence, ...] = ()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dead-man", daemon=True)

    def start(self) -> None:
        """Begin; the first ping waits for the first audit."""
        self._thread.start()

    def stop(self) -> None:
        """End; a ping under way is not waited for longer than it may take."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=TIMEOUT_S)

    def figures(self) -> dict[str, Any]:
        """Return what a beat tells: when the last ping was taken, and why none leaves now."""
        pinged_at = self._pinged_at
        return {
            "heartbeat_at": None if pinged_at is None else pinged_at.isoformat(),
            "heartbeat_silent": [reason.value for reason in self._silent],
        }

    def beat(self) -> tuple[Silence, ...]:
        """Ping once if all is well; return why not."""
        silent = self._why_silent()
        if silent and silent != self._silent:
            log.error(
                "No word goes to the outside heartbeat: %s.",
                ", ".join(silent),
                extra={"action": "heartbeat_withheld"},
            )
        self._silent = silent
        if not silent and self._ping():
            self._pinged_at = self._clock.now()
        return silent

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            self.beat()

    def _why_silent(self) -> tuple[Silence, ...]:
        now, speed = self._clock.now(), self._clock.speed
        looked = self._guard.looked
        try:
            with reading(self._engine) as connection:
                since = workers.listening_since(
                    connection, now=now, gone_after=timedelta(seconds=_INGEST_GONE_S * speed)
                )
                states = providers.states(connection)
        except Exception:  # noqa: BLE001  whatever it is: nothing is known, so nothing is said
            return (Silence.DATABASE,)
        return why_silent(
            Vitals(
                audit_age_s=None if looked is None else monotonic() - looked.at_monotonic,
                problems=0 if looked is None else len(looked.problems),
                tick_age_s=monotonic() - self._pulse.ticked_at,
                schema_fits=self._pulse.schema_fits,
                hears_bands=since is not None,
                provider_works=any_works(self._provider_keys, states, now, speed=speed),
            )
        )

    def _ping(self) -> bool:
        """Say whether the receiver took it. What is logged never holds the address: it opens it."""
        try:
            status = _get(self._url)
        except Exception as error:  # noqa: BLE001  an outside server may answer anything
            problem = type(error).__name__
        else:
            if 200 <= status < 300:
                return True
            problem = f"HTTP {status}"
        log.error(
            "The outside heartbeat was not taken (%s).",
            problem,
            extra={"action": "heartbeat_failed"},
        )
        return False


def _get(url: str) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"User-Agent": "aihuijia"})
        return connection.getresponse().status
    finally:
        connection.close()
