"""The ingest role's worker: batches in, acknowledgements out only after the commit.

A batch that fails is tried message by message, so that a bad message costs only itself; while the
database is away nothing is acknowledged and the same batch is tried again.
"""

import json
import logging
import queue
import threading
from collections.abc import Callable, Sequence

from prometheus_client import Counter, Histogram
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from core.clock import Clock, monotonic, pause
from core.pings import RejectReason
from ingest.broker_link import Arrival, BrokerLink
from ingest.pipeline import Batch, process
from ingest.topics import command_topic, seen_topic
from store import commands, rejects, workers
from store.database import reading

log = logging.getLogger(__name__)

#: a batch is closed at this many messages or this long after its first, whichever comes first
MOST_MESSAGES = 256
LONGEST_WAIT_S = 0.05
#: while nothing arrives, orders that other roles queued are looked for this often
IDLE_S = 0.5
_RETRY_S = 1.0
#: how often the role says that it is alive
BEAT_S = 5.0

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
        worker: str = "ingest",
        on_incident: Callable[[], None] = lambda: None,
    ) -> None:
        """*on_incident* is called after a commit that opened or changed an incident.

        *worker* is the name under which this role says that it is alive.
        """
        self._engine = engine
        self._clock = clock
        self._prefix = prefix
        self._worker_name = worker
        self._beat_due = 0.0
        self._on_incident = on_incident
        self._link = BrokerLink(clock, broker_url=broker_url, client_id=client_id, prefix=prefix)
        self._stopping = False
        self._worker = threading.Thread(target=self._work, name="ingest", daemon=True)

    @property
    def connected(self) -> threading.Event:
        """Set while there is a connection to the broker."""
        return self._link.connected

    def start(self) -> None:
        """Connect (and keep trying) and begin to work."""
        self._link.start()
        self._worker.start()

    def stop(self) -> None:
        """Finish the batch in hand, leave the rest to the broker, disconnect."""
        self._stopping = True
        if self._worker.is_alive():
            self._worker.join(timeout=10)
        self._link.stop()

    def _work(self) -> None:
        while not self._stopping:
            arrivals = self._take_batch()
            if arrivals:
                self._until_committed(arrivals)
            self._send_orders()
            self._beat()

    def _take_batch(self) -> list[Arrival]:
        try:
            arrivals = [self._link.arrivals.get(timeout=IDLE_S)]
        except queue.Empty:
            return []
        closes_at = monotonic() + LONGEST_WAIT_S
        while len(arrivals) < MOST_MESSAGES:
            try:
                arrivals.append(self._link.arrivals.get(timeout=max(0.0, closes_at - monotonic())))
            except queue.Empty:
                break
        return arrivals

    def _until_committed(self, arrivals: Sequence[Arrival]) -> None:
        """Try until the batch is committed; only stopping gives up (the broker keeps it)."""
        while not self._stopping:
            try:
                self._commit_and_acknowledge(arrivals)
                return
            except OperationalError:
                log.exception(
                    "The database is away; nothing is acknowledged until it is back.",
                    extra={"action": "database_away"},
                )
                pause(_RETRY_S)
            except Exception as error:  # noqa: BLE001  one bad message must cost only itself
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    pause(_RETRY_S)
                elif len(arrivals) > 1:
                    for arrival in arrivals:
                        self._until_committed([arrival])
                    return
                else:
                    self._keep_poison(arrivals[0], error)
                    return

    def _commit_and_acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        with BATCH_SECONDS.time(), self._engine.begin() as connection:
            batch = process(
                connection,
                [arrival.message for arrival in arrivals],
                prefix=self._prefix,
                now=self._clock.now(),
            )
        self._acknowledge(arrivals)
        STORED.inc(len(batch.stored))
        REJECTED.inc(batch.rejected)
        if batch.incidents:
            self._on_incident()
        self._say_seen(batch)

    def _acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            self._link.acknowledge(arrival)

    def _keep_poison(self, arrival: Arrival, error: Exception) -> None:
        """A message that can never be stored: keep it, say so, go on."""
        log.exception("A message could not be stored.", extra={"action": "message_failed"})
        while not self._stopping:
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
                break
            except DBAPIError:
                pause(_RETRY_S)
        REJECTED.inc()
        self._acknowledge([arrival])

    def _say_seen(self, batch: Batch) -> None:
        by_device: dict[str, list[str]] = {}
        for device_id, report_id in batch.seen:
            by_device.setdefault(device_id, []).append(report_id)
        for device_id, report_ids in by_device.items():
            payload = json.dumps({"ids": report_ids}, separators=(",", ":"))
            self._link.publish(seen_topic(self._prefix, device_id), payload)

    def _beat(self) -> None:
        """Say that this role is alive and has the broker."""
        if not self.connected.is_set() or monotonic() < self._beat_due:
            return
        self._beat_due = monotonic() + BEAT_S
        try:
            with self._engine.begin() as connection:
                workers.beat(
                    connection, self._worker_name, role="ingest", detail={}, now=self._clock.now()
                )
        except DBAPIError:
            log.exception("No beat.", extra={"action": "beat_failed"})

    def _send_orders(self) -> None:
        """Hand queued orders to the broker. Twice is harmless: an order has an id."""
        if not self.connected.is_set():
            return
        try:
            now = self._clock.now()
            with reading(self._engine) as connection:
                waiting = commands.due(connection, now)
            if not waiting:
                return
            for order in waiting:
                payload = {
                    "v": 1,
                    "cmd": f"c-{order.id}",
                    "do": order.do,
                    "args": order.args,
                    "exp": round(order.expires_at.timestamp()),
                }
                self._link.publish(
                    command_topic(self._prefix, order.device_id),
                    json.dumps(payload, separators=(",", ":")),
                )
            with self._engine.begin() as connection:
                commands.mark_sent(connection, [order.id for order in waiting], now)
        except DBAPIError:
            log.exception("Orders to bands wait.", extra={"action": "orders_failed"})
