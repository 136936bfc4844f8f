"""Send notices: claim with a lease, call outside the transaction, record. At most twice in doubt.

A thread of its own with a few callers: however many notices wait, no ask of an incident waits for
them. What nobody can be sure of is asked of the provider before it is sent a second time.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from alerts import readiness_watch
from alerts.budget import Limits
from alerts.notice_claims import LEASE_S, Claimed, Claims
from alerts.notice_outcomes import FOUND, settle
from alerts.provider_health import note_health
from alerts.providers import Providers
from core.clock import Clock, monotonic
from core.notifications import AttemptResult, Found, SendResult
from store import notices, phone_use
from store.database import reading
from store.notices import Notice

log = logging.getLogger(__name__)

#: with less of the lease left than this a call could end after somebody else's began
_LEAST_LEASE_LEFT_S = 12.0
#: calls under way at once
PARALLEL_CALLS = 2
#: a notice that cannot even be prepared is looked at again after this, wall seconds
_PUT_OFF_S = 30.0
#: how often it is asked whether the weekly list is due, wall seconds
_READINESS_EVERY_S = 60.0
#: how often the queue is looked at, wall seconds
_LOOK_EVERY_S = 1.0


class NoticeSender:
    """Delivers due notices."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        providers: Providers,
        *,
        secret: bytes,
        limits: Limits | None = None,
    ) -> None:
        """*secret* is the service's key: codes are computed from it."""
        self._engine = engine
        self._clock = clock
        self._providers = providers
        self._claims = Claims(clock, providers, secret=secret, limits=limits or Limits())
        self._pool = ThreadPoolExecutor(PARALLEL_CALLS, thread_name_prefix="notice")
        self._calls: set[Future[None]] = set()
        self._readiness_at = 0.0
        #: while not, nothing is claimed: the database has another schema
        self.may_work: Callable[[], bool] = lambda: True
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def start(self) -> None:
        """Begin to look at the queue in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more and finish the calls under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self.finish()

    def wait_for_calls(self) -> None:
        """Wait until the calls under way are over and recorded."""
        wait(self._calls, timeout=LEASE_S)

    def finish(self) -> None:
        """Wait for the calls under way and take no more."""
        self.wait_for_calls()
        self._pool.shutdown(wait=True)

    def deliver_due(self) -> int:
        """Claim what is due and start the calls; return how many notices were looked at."""
        self._calls = {call for call in self._calls if not call.done()}
        room = PARALLEL_CALLS - len(self._calls)
        if room <= 0:
            return 0
        with reading(self._engine) as connection:
            due = notices.due(connection, self._clock.now(), room)
        for notice in due:
            with self._engine.begin() as connection:
                claimed = self._claim_alone(connection, notice)
            if claimed is not None:
                self._calls.add(self._pool.submit(self._call_and_record, claimed))
        return len(due)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if not self.may_work():
                    self._stopped.wait(_LOOK_EVERY_S)
                    continue
                self._look_at_readiness()
                pause_s = 0.05 if self.deliver_due() > 0 else _LOOK_EVERY_S
            except Exception:
                log.exception(
                    "Looking at the notices failed and will be tried again.",
                    extra={"action": "notices_failed"},
                )
                pause_s = _PUT_OFF_S
            self._stopped.wait(pause_s)

    def _look_at_readiness(self) -> None:
        """Once a week somebody hears who is not ready; asked a little more often."""
        if self._readiness_at > monotonic():
            return
        self._readiness_at = monotonic() + _READINESS_EVERY_S
        with self._engine.begin() as connection:
            readiness_watch.tell_weekly(connection, self._clock.now())

    # -- claim: one short transaction ------------------------------------------------------------

    def _claim_alone(self, connection: Connection, notice: Notice) -> Claimed | None:
        try:
            with connection.begin_nested():
                return self._claims.claim(connection, notice)
        except OperationalError:
            raise  # the database is away, not this row
        except Exception:
            log.exception(
                "A notice could not be prepared; it is tried again in half a minute.",
                extra={"action": "notice_prepare_failed", "notice": notice.id},
            )
            later = self._clock.now() + timedelta(seconds=_PUT_OFF_S * self._clock.speed)
            notices.put_off(connection, notice.id, until=later)
            return None

    # -- call and record: another thread, another transaction ------------------------------------

    def _call_and_record(self, item: Claimed) -> None:
        sent = self._send(item)
        try:
            with self._engine.begin() as connection:
                self._record(connection, item, sent, self._clock.now())
        except Exception:
            log.exception(
                "A notice's send could not be recorded; its lease will bring it back.",
                extra={"action": "notice_record_failed", "notice": item.notice.id},
            )

    def _send(self, item: Claimed) -> SendResult:
        if item.doubtful is not None:
            sender, message, requested_at = item.doubtful
            finding = sender.find(message, requested_at=requested_at)
            if finding.found is Found.YES:
                return SendResult(
                    result=AttemptResult.NOT_SENT,
                    provider_id=finding.provider_id,
                    reason=FOUND,
                )
        if item.lease_ends_monotonic - monotonic() < _LEAST_LEASE_LEFT_S:
            return SendResult(result=AttemptResult.NOT_SENT, reason="lease_nearly_over")
        return item.sender.send(item.outgoing)

    def _record(
        self, connection: Connection, item: Claimed, sent: SendResult, now: datetime
    ) -> None:
        if sent.result not in (AttemptResult.ACCEPTED, AttemptResult.AMBIGUOUS):
            phone_use.take_back(connection, item.use_id)
        note_health(
            connection,
            item.sender.provider,
            item.notice.channel,
            sent,
            now,
            speed=self._clock.speed,
        )
        notice = notices.record(connection, item.notice.id, item.number, sent, now)
        if notice is None:
            return  # a receipt was faster, or a later attempt took over
        everyone = self._providers.keys()
        several = sum(key.endswith(f"/{notice.channel.value}") for key in everyone)
        settle(connection, notice, sent, now, providers=several)
