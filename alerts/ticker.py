"""Time passes: a loop that asks the database what is due, and does it.

There is no other timer. A restart loses nothing, because due rows are due. A wake-up after a commit
only makes it faster.
"""

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from alerts import crediting, desk, false_alarms, health_watch, outcomes, watching
from alerts.failing import FailingRows
from alerts.inbox import process_answers, process_receipts
from alerts.notices import NoticeKind, tell_operators
from alerts.outbox import Outbox
from core.clock import Clock, monotonic
from core.errors import Conflict
from store import awaited_receipts, incidents, timeline, workers
from store.database import lost_a_race, reading
from store.failures import is_databases_fault
from store.schema_guard import SchemaGuard

log = logging.getLogger(__name__)

#: how often the worker says that it is alive, wall seconds
_BEAT_EVERY_S = 5.0
#: how often what watched bands were told is compared with what they should do, wall seconds
_LOOK_AT_BANDS_EVERY_S = 2.0
#: how often the bands' own state is examined, wall seconds; and without a beat of the ingest role
#: for so many wall seconds nobody is called silent
_EXAMINE_BANDS_EVERY_S = 15.0
_INGEST_GONE_S = 30.0
#: how often it is asked whose past days should be studied, wall seconds
_STUDY_EVERY_S = 10.0


class Ticker:
    """One worker of the alerts role."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        outbox: Outbox,
        *,
        tick_s: float,
        worker: str,
        failing: FailingRows | None = None,
        schema: SchemaGuard | None = None,
    ) -> None:
        """Look every *tick_s* wall seconds, or at once after `wake`.

        *failing* and *schema*: for those who are less patient than a service.
        """
        self._engine = engine
        self._clock = clock
        self._outbox = outbox
        self._tick_s = tick_s
        self._worker = worker
        self._bell = threading.Event()
        self._stopping = False
        self._parcels = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self.decide, self._bell), name="ticker", daemon=True
        )
        # What must go out does not wait for what must be decided: a thousand steps take seconds.
        self._courier = threading.Thread(
            target=self._run, args=(self.deliver, self._parcels), name="courier", daemon=True
        )
        self._failing = failing or FailingRows()
        self._schema = schema or SchemaGuard(engine)
        #: when the last tick of each thread was done, on the monotonic clock
        self._decided_at = self._delivered_at = monotonic()
        self._beat_at = 0.0
        self._look_at_bands_at = 0.0
        self._examine_bands_at = 0.0
        self._stopped = threading.Event()
        outbox.on_room = self._parcels.set
        self._studies = threading.Thread(target=self._study, name="studies", daemon=True)

    def start(self) -> None:
        """Begin to tick in a thread, and to study past days in another."""
        self._schema.watch_connections()
        for thread in (self._thread, self._courier, self._studies):
            thread.start()

    def wake(self) -> None:
        """Look now: something was committed that may be due."""
        self._bell.set()
        self._parcels.set()

    def stop(self) -> None:
        """Stop looking, finish the calls under way, return."""
        self._stopping = True
        self.wake()
        self._stopped.set()
        for thread in (self._thread, self._courier, self._studies):
            if thread.is_alive():
                thread.join()
        self._outbox.finish()
        self._schema.end()

    @property
    def ticked_at(self) -> float:
        """Return when the slower thread was last done, on the monotonic clock."""
        return min(self._decided_at, self._delivered_at)

    @property
    def schema_fits(self) -> bool:
        """Say whether the database has our schema, as last seen; without it nothing is done."""
        return not self._schema.problem

    def wait_for_calls(self) -> None:
        """Wait until the provider calls under way are over and recorded."""
        self._outbox.wait_for_calls()

    def tick(self) -> int:
        """Do everything that is due now; return how many things were done."""
        return self.decide() + self.deliver()

    def decide(self) -> int:
        """Take what people said and what time brings; return how many things were done."""
        done = 0
        if self._guarded(lambda: int(self._schema.fits())):
            # What people said comes before what time does.
            for work in (self._answers, self._timers, self._watched_bands, self._band_health):
                done += self._guarded(work)
        self._guarded(self._beat)
        self._decided_at = monotonic()
        if done:
            self._parcels.set()
        return done

    def deliver(self) -> int:
        """Send what must go out, and take what providers say of it; return how many things."""
        done = 0
        if self.schema_fits:
            for work in (self._outbox.deliver_due, self._receipts, self._missed_receipts):
                done += self._guarded(work)
        self._delivered_at = monotonic()
        return done

    def _run(self, work: Callable[[], int], bell: threading.Event) -> None:
        while not self._stopping:
            if not work():
                bell.wait(self._tick_s)
            bell.clear()

    def _guarded(self, work: Callable[[], int]) -> int:
        try:
            return work()
        except Exception:
            log.exception("A tick failed and will be tried again.", extra={"action": "tick_failed"})
            self._bell.wait(self._tick_s)
            return 0

    def _answers(self) -> int:
        return process_answers(self._engine, self._clock)

    def _receipts(self) -> int:
        return process_receipts(self._engine, self._clock)

    def _missed_receipts(self) -> int:
        with reading(self._engine) as connection:
            if not awaited_receipts.without_receipt(connection, self._clock.now(), limit=1):
                return 0
        with self._engine.begin() as connection, timeline.written_last(connection):
            return outcomes.miss_receipts(connection, self._clock.now())

    def _timers(self) -> int:
        with reading(self._engine) as connection:
            due = incidents.due(connection, self._clock.now())
        return sum(self._advance(incident_id) for incident_id in due)

    def _advance(self, incident_id: int) -> int:
        if self._failing.rests(incident_id):
            return 0
        try:
            with self._engine.begin() as connection:
                moved = int(desk.advance(connection, incident_id, self._clock.now()))
            self._failing.worked(incident_id)
            return moved
        except Conflict:
            return 0  # somebody else did it
        except OperationalError as error:
            if lost_a_race(error):
                return 0
            raise
        except Exception as error:
            needs_person = self._failing.failed(incident_id) and not is_databases_fault(error)
            log.exception(
                "An incident's step failed; it is tried again in half a minute.",
                extra={"action": "advance_failed", "incident": incident_id},
            )
            if needs_person:
                self._guarded(lambda: self._tell_failing(incident_id))
            return 0

    def _tell_failing(self, incident_id: int) -> int:
        with self._engine.begin() as connection:
            no = str(incident_id)
            values = {"no": no}
            return tell_operators(connection, NoticeKind.STEP_FAILED, no, values, self._clock.now())

    def _watched_bands(self) -> int:
        if self._look_at_bands_at > monotonic():
            return 0
        self._look_at_bands_at = monotonic() + _LOOK_AT_BANDS_EVERY_S
        with self._engine.begin() as connection:
            watching.look_again(connection, self._clock.now())
        return 0

    def _band_health(self) -> int:
        if self._examine_bands_at > monotonic():
            return 0
        self._examine_bands_at = monotonic() + max(2.0, _EXAMINE_BANDS_EVERY_S / self._clock.speed)
        with self._engine.begin() as connection:
            health_watch.look(
                connection, self._clock.now(), ingest_gone_s=_INGEST_GONE_S * self._clock.speed
            )
        return 0

    def _study(self) -> None:
        """Study past days beside the ticks: one takes seconds, and nobody waits for it."""
        while not self._stopped.wait(_STUDY_EVERY_S):
            self._guarded(lambda: int(false_alarms.study_next(self._engine, self._clock.now())))
            self._guarded(lambda: crediting.derive_next(self._engine, self._clock.now()))

    def _beat(self) -> int:
        if self._beat_at > monotonic():
            return 0
        self._beat_at = monotonic() + _BEAT_EVERY_S
        with self._engine.begin() as connection:
            now = self._clock.now()
            detail = self._schema.problem
            workers.beat(connection, self._worker, role="alerts", detail=detail, now=now)
        return 0
