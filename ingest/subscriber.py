"""The connection to the broker: batches in, acknowledgements out only after the commit.

QoS 1, a fixed client id and a persistent session: what we have not acknowledged, the broker keeps.
A batch that fails is tried message by message, so that a bad message costs only itself; while the
database is away nothing is acknowledged and the same batch is tried again.
"""

import json
import logging
import queue
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from prometheus_client import Counter, Histogram
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from core.clock import Clock, monotonic, pause
from core.errors import ServerMissing
from core.pings import RejectReason
from ingest.messages import Message
from ingest.pipeline import Batch, process
from ingest.topics import command_topic, seen_topic, subscriptions
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


@dataclass(frozen=True, slots=True)
class _Arrival:
    message: Message
    mid: int
    qos: int
    #: a packet id means something only within the connection it came on
    connection: int


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
        self._address = urlsplit(broker_url)
        self._arrivals: queue.Queue[_Arrival] = queue.Queue(maxsize=4 * MOST_MESSAGES)
        self._connection = 0
        self._stopping = False
        self.connected = threading.Event()
        self._worker = threading.Thread(target=self._work, name="ingest", daemon=True)
        self._client = self._make_client(client_id)

    def start(self) -> None:
        """Connect (and keep trying) and begin to work."""
        self._client.connect_async(self._address.hostname or "127.0.0.1", self._port, keepalive=30)
        self._client.loop_start()
        self._worker.start()

    def stop(self) -> None:
        """Finish the batch in hand, leave the rest to the broker, disconnect."""
        self._stopping = True
        if self._worker.is_alive():
            self._worker.join(timeout=10)
        self._client.disconnect()
        self._client.loop_stop()

    def check_reachable(self) -> None:
        """Raise ServerMissing, with how to mend it, while there is no connection."""
        if not self.connected.is_set():
            where = f"{self._address.hostname}:{self._port}"
            raise ServerMissing(
                f"The MQTT broker at {where} does not answer: start it"
                " (systemctl start mosquitto) or mend AIHUIJIA_BROKER_URL"
            )

    @property
    def _port(self) -> int:
        return self._address.port or (8883 if self._address.scheme == "mqtts" else 1883)

    def _make_client(self, client_id: str) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(1000)
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        if self._address.username:
            password = unquote(self._address.password or "")
            client.username_pw_set(unquote(self._address.username), password)
        if self._address.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_connect_fail = self._connect_failed
        client.on_message = self._arrived
        return client

    # -- the broker's thread -----------------------------------------------------------------------

    def _connected(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.error(
                "The broker refused us: %s. Are name and password in AIHUIJIA_BROKER_URL right?",
                reason,
                extra={"action": "broker_refused"},
            )
            return
        client.subscribe([(topic, 1) for topic in subscriptions(self._prefix)])
        self.connected.set()
        log.info("Connected to the broker.", extra={"action": "broker_connected"})

    def _disconnected(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connection += 1  # packet ids of the old connection mean nothing any more
        self.connected.clear()
        if not self._stopping:
            log.warning(
                "Lost the broker (%s); trying again.", reason, extra={"action": "broker_lost"}
            )

    def _connect_failed(self, _client: mqtt.Client, _userdata: object) -> None:
        try:
            self.check_reachable()
        except ServerMissing as missing:
            log.warning("%s. Trying again.", missing, extra={"action": "broker_missing"})

    def _arrived(self, _client: mqtt.Client, _userdata: object, packet: mqtt.MQTTMessage) -> None:
        try:
            topic = packet.topic
        except UnicodeDecodeError:
            topic = "(not UTF-8)"
        message = Message(
            topic=topic,
            payload=bytes(packet.payload),
            received_at=self._clock.now(),
            retained=bool(packet.retain),
        )
        arrival = _Arrival(message, packet.mid, packet.qos, self._connection)
        # A full queue blocks this thread, so the broker waits: that is our back-pressure.
        while not self._stopping:
            try:
                self._arrivals.put(arrival, timeout=0.5)
                return
            except queue.Full:
                continue

    # -- the worker's thread ----------------------------------------------------------------------

    def _work(self) -> None:
        while not self._stopping:
            arrivals = self._take_batch()
            if arrivals:
                self._until_committed(arrivals)
            self._send_orders()
            self._beat()

    def _take_batch(self) -> list[_Arrival]:
        try:
            arrivals = [self._arrivals.get(timeout=IDLE_S)]
        except queue.Empty:
            return []
        closes_at = monotonic() + LONGEST_WAIT_S
        while len(arrivals) < MOST_MESSAGES:
            try:
                arrivals.append(self._arrivals.get(timeout=max(0.0, closes_at - monotonic())))
            except queue.Empty:
                break
        return arrivals

    def _until_committed(self, arrivals: Sequence[_Arrival]) -> None:
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

    def _commit_and_acknowledge(self, arrivals: Sequence[_Arrival]) -> None:
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

    def _acknowledge(self, arrivals: Sequence[_Arrival]) -> None:
        for arrival in arrivals:
            if arrival.qos > 0 and arrival.connection == self._connection:
                self._client.ack(arrival.mid, arrival.qos)

    def _keep_poison(self, arrival: _Arrival, error: Exception) -> None:
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
            self._client.publish(seen_topic(self._prefix, device_id), payload, qos=1)

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
                waiting = commands.queued(connection, now)
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
                self._client.publish(
                    command_topic(self._prefix, order.device_id),
                    json.dumps(payload, separators=(",", ":")),
                    qos=1,
                )
            with self._engine.begin() as connection:
                commands.mark_sent(connection, [order.id for order in waiting], now)
        except DBAPIError:
            log.exception("Orders to bands wait.", extra={"action": "orders_failed"})
