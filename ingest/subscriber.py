"""The ingest role's worker: batches in, acknowledgements out only after the commit.

A batch that fails is tried in halves, and these likewise, so that a bad message costs only itself;
while the database is away nothing is acknowledged and the same batch is tried again.
"""

import gc
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from prometheus_client import Counter, Histogram
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from core.clock import Clock, monotonic, pause
from core.errors import Outdated
from core.pings import RejectReason
from ingest.broker_link import Arrival, BrokerLink
from ingest.canary import can_store
from ingest.locating import Locator
from ingest.memory import Memory
from ingest.orders import Orders
from ingest.pipeline import Batch, process
from ingest.topics import seen_topic
from store import rejects, workers
from store.failures import is_databases_fault
from store.schema_guard import SchemaGuard

log = logging.getLogger(__name__)

#: a batch is closed at this many messages or this long after its first, whichever comes first
MOST_MESSAGES = 2000
LONGEST_WAIT_S = 0.05
#: while nothing arrives, orders that other roles queued are looked for this often
IDLE_S = 0.5
_RETRY_S = 1.0
#: a message that failed so often alone will never be stored; once may be a lost race
_TRIES = 3
#: new objects before Python looks for unreachable ones; its own default is 700
_COLLECT_AFTER = 100_000
#: how often the role says that it is alive
BEAT_S = 5.0
#: under load the database is asked this often for orders to bands
ORDERS_EVERY_S = 0.2

STORED = Counter("aihuijia_pings_stored_total", "Pings committed.")
REJECTED = Counter("aihuijia_messages_rejected_total", "Messages kept as rejects.")
BATCH_SECONDS = Histogram("aihuijia_batch_seconds", "From taking a batch to its commit.")


class Subscriber:
    """The ingest role: one connection, one worker, in order."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        broker_url: str,
        client_id: str,
        prefix: str,
        broker_ca: str = "",
        worker: str = "ingest",
        locator: Locator | None = None,
        phones_secret: bytes | None = None,
        on_incident: Callable[[], None] = lambda: None,
        schema_guard: SchemaGuard | None = None,
    ) -> None:
        """*on_incident* is called after a commit that opened or changed an incident.

        *worker* is the name under which this role says that it is alive, *broker_ca* the file with
        the authority of an `mqtts://` broker. *locator* knows places by what bands hear there;
        *phones_secret* opens what OwnTracks phones seal, *schema_guard* asks whether the database
        is still of this version.
        """
        self._engine = engine
        self._clock = clock
        self._prefix = prefix
        self._worker_name = worker
        self._beat_due = 0.0
        #: since when everything that came was stored without a break; None while it is not
        self._storing_since: datetime | None = None
        self._locator = locator
        self._phones_secret = phones_secret
        self._memory = Memory()
        self._on_incident = on_incident
        self._link = BrokerLink(
            clock, broker_url=broker_url, client_id=client_id, prefix=prefix, ca_file=broker_ca
        )
        self._schema = schema_guard or SchemaGuard(engine)
        self._orders = Orders(engine, clock, self._link, prefix=prefix)
        self._orders_due = 0.0
        self._stopping = False
        self._worker = threading.Thread(target=self._work, name="ingest", daemon=True)

    @property
    def connected(self) -> threading.Event:
        """Set while there is a connection to the broker."""
        return self._link.connected

    def start(self) -> None:
        """Connect (and keep trying) and begin to work."""
        self._schema.watch_connections()
        self._link.start()
        self._worker.start()

    def stop(self) -> None:
        """Finish the batch in hand, leave the rest to the broker, disconnect."""
        self._stopping = True
        if self._worker.is_alive():
            self._worker.join(timeout=10)
        self._link.stop()
        self._schema.end()

    def _work(self) -> None:
        _collect_seldom()
        while not self._stopping:
            arrivals = self._take_batch()
            if arrivals:
                self._until_committed(arrivals)
            self._send_orders()
            self._beat()

    def _take_batch(self) -> list[Arrival]:
        return self._link.take(MOST_MESSAGES, first_within_s=IDLE_S, rest_within_s=LONGEST_WAIT_S)

    def _until_committed(self, arrivals: Sequence[Arrival]) -> None:
        """Try until the batch is committed; only stopping gives up (the broker keeps it)."""
        failures = outdated = 0
        is_to_blame = False
        while not self._stopping:
            try:
                if not self._schema.fits():
                    self._storing_since = None
                    pause(_RETRY_S)  # the broker keeps what comes for the version that fits
                    continue
                self._commit_and_acknowledge(arrivals)
                return
            except Outdated:
                # Another worker was here, or a commit went through of which we did not hear.
                self._memory.forget()
                outdated += 1
                if outdated >= _TRIES:
                    pause(_RETRY_S)
            except Exception as error:  # noqa: BLE001  one bad message must cost only itself
                if is_databases_fault(error):
                    self._wait_for_database(error)
                elif len(arrivals) > 1:
                    middle = len(arrivals) // 2
                    for half in (arrivals[:middle], arrivals[middle:]):
                        self._until_committed(half)
                    return
                else:
                    failures += 1
                    if is_to_blame and self._set_aside(arrivals[0], error):
                        return
                    # The last try comes after others were seen to work.
                    is_to_blame = failures >= _TRIES and self._others_work(error)

    def _wait_for_database(self, error: Exception) -> None:
        log.error(
            "The database is away (%s); nothing is acknowledged until it is back.",
            _kind(error),
            extra={"action": "database_away"},
        )
        self._storing_since = None
        pause(_RETRY_S)

    def _commit_and_acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        with BATCH_SECONDS.time(), self._engine.begin() as connection:
            batch = process(
                connection,
                [arrival.message for arrival in arrivals],
                prefix=self._prefix,
                now=self._clock.now(),
                locator=self._locator,
                phones_secret=self._phones_secret,
                memory=self._memory,
            )
        self._memory.keep(batch.shown, batch.judged, batch.learned)
        STORED.inc(len(batch.stored))
        REJECTED.inc(batch.rejected)
        self._link.acknowledge(arrivals, self._seen(batch))
        self._orders.hear(arrival.message for arrival in arrivals)
        if batch.incidents:
            self._on_incident()

    def _others_work(self, error: Exception) -> bool:
        """Say whether other messages than the one that failed with *error* could be stored."""
        if can_store(self._engine, prefix=self._prefix, now=self._clock.now()):
            return True
        log.error(
            "No message can be stored (%s); nothing is acknowledged until one can.",
            _kind(error),
            exc_info=_traceback(error),
            extra={"action": "nothing_storable"},
        )
        self._storing_since = None
        pause(_RETRY_S)
        return False

    def _set_aside(self, arrival: Arrival, error: Exception) -> bool:
        """Keep a message that can never be stored as a reject; False when not even that works."""
        log.error(
            "A message could not be stored (%s).",
            _kind(error),
            exc_info=_traceback(error),
            extra={"action": "message_failed"},
        )
        try:
            with self._engine.begin() as connection:
                rejects.add(
                    connection,
                    topic=arrival.message.topic.replace("\0", "?"),
                    payload=arrival.message.payload,
                    reason=RejectReason.FAILED,
                    detail=type(error).__name__,
                    now=self._clock.now(),
                )
        except SQLAlchemyError as unkept:
            self._wait_for_database(unkept)
            return False
        REJECTED.inc()
        self._link.acknowledge([arrival])
        return True

    def _seen(self, batch: Batch) -> list[tuple[str, bytes]]:
        by_device: dict[str, list[str]] = {}
        for device_id, report_id in batch.seen:
            by_device.setdefault(device_id, []).append(report_id)
        return [
            (seen_topic(self._prefix, device_id), msgspec.json.encode({"ids": report_ids}))
            for device_id, report_ids in by_device.items()
        ]

    def _send_orders(self) -> None:
        if self.connected.is_set() and monotonic() >= self._orders_due:
            self._orders_due = monotonic() + ORDERS_EVERY_S
            self._orders.send_due()

    def _beat(self) -> None:
        """Say that this role is alive, has the broker, and since when it misses nothing."""
        connected_at = self._link.connected_at
        if connected_at is None or monotonic() < self._beat_due:
            return
        self._beat_due = monotonic() + BEAT_S
        now = self._clock.now()
        if self._storing_since is None:
            self._storing_since = now
        since = max(connected_at, self._storing_since)
        waiting, oldest_at = self._link.waiting()
        detail = {
            "listening_since": since.isoformat(),
            "waiting": waiting,
            "oldest_waiting_at": None if oldest_at is None else oldest_at.isoformat(),
        }
        try:
            with self._engine.begin() as connection:
                workers.beat(
                    connection,
                    self._worker_name,
                    role="ingest",
                    detail=detail,
                    now=now,
                )
        except SQLAlchemyError:
            self._storing_since = None
            log.exception("No beat.", extra={"action": "beat_failed"})


def _collect_seldom() -> None:
    """Look for unreachable cycles once in a large batch, not thirty times.

    A batch makes thousands of objects and next to no cycles; looking for them, among everything
    that was imported and is remembered, took a third of the worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 50)


def _kind(error: Exception) -> str:
    """Return what went wrong, in the driver's words where they cannot repeat a value."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    known = type(cause).__name__ + (f", {code}" if code else "")
    if not isinstance(error, SQLAlchemyError) or isinstance(error, DataError | IntegrityError):
        return known
    return f"{known}: {str(cause).partition(chr(10))[0]}"


def _traceback(error: Exception) -> Exception | None:
    """Return what to log in full: not a database's words, which may repeat a row's position."""
    return None if isinstance(error, SQLAlchemyError) else error
