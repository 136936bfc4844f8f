"""The connection to the broker: messages in, acknowledgements and orders out.

QoS 1, a fixed client id and a persistent session: what we have not acknowledged, the broker keeps.
"""

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.clock import Clock, monotonic
from core.errors import ServerMissing
from ingest.broker_tls import tls_context
from ingest.messages import Message
from ingest.topics import subscriptions

log = logging.getLogger(__name__)

#: messages that may wait for the worker; more stay with the broker
MOST_WAITING = 4096


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message and what is needed to acknowledge it."""

    message: Message
    mid: int
    qos: int
    #: a packet id means something only within the connection it came on
    connection: int


class BrokerLink:
    """One connection. The broker's thread fills a queue that the worker empties with `take`."""

    def __init__(
        self, clock: Clock, *, broker_url: str, client_id: str, prefix: str, ca_file: str = ""
    ) -> None:
        """Nothing is connected before `start`; *ca_file* as in `tls_context`."""
        self._clock = clock
        self._prefix = prefix
        self._address = urlsplit(broker_url)
        self._arrivals: queue.Queue[Arrival] = queue.Queue(maxsize=MOST_WAITING)
        self._connection = 0
        #: since when there has been a connection without a break; None while there is none
        self.connected_at: datetime | None = None
        self._stopping = False
        self.connected = threading.Event()
        self._client = self._make_client(client_id, ca_file)

    def start(self) -> None:
        """Connect, and keep trying."""
        self._client.connect_async(self._address.hostname or "127.0.0.1", self._port, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect; what was not acknowledged stays with the broker."""
        self._stopping = True
        self._client.disconnect()
        self._client.loop_stop()

    def take(self, most: int, *, first_within_s: float, rest_within_s: float) -> list[Arrival]:
        """Wait for a message, then for *most* or until the time is over; return what is here."""
        try:
            arrivals = [self._arrivals.get(timeout=first_within_s)]
        except queue.Empty:
            return []
        closes_at = monotonic() + rest_within_s
        while len(arrivals) < most:
            try:
                arrivals.append(self._arrivals.get(timeout=max(0.0, closes_at - monotonic())))
            except queue.Empty:
                break
        return arrivals

    def waiting(self) -> tuple[int, datetime | None]:
        """Return how many messages wait to be taken, and when the oldest of them came."""
        with self._arrivals.mutex:
            waiting = self._arrivals.queue
            return len(waiting), waiting[0].message.received_at if waiting else None

    def acknowledge(
        self, arrivals: Sequence[Arrival], said: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        """Tell the broker that messages are safe, as far as they came on this connection.

        After that goes what is *said* to bands (topic and payload).
        """
        for arrival in arrivals:
            if arrival.qos > 0 and arrival.connection == self._connection:
                self._client.ack(arrival.mid, arrival.qos)
        for topic, payload in said:
            self._client.publish(topic, payload, qos=1)

    def publish(self, topic: str, payload: str) -> None:
        """Hand a message to the broker, at least once."""
        self._client.publish(topic, payload, qos=1)

    def check_reachable(self) -> None:
        """Raise ServerMissing, with how to mend it, while there is no connection."""
        if not self.connected.is_set():
            where = f"{self._address.hostname}:{self._port}"
            tls = self._address.scheme == "mqtts"
            raise ServerMissing(
                f"The MQTT broker at {where} does not answer: start it"
                " (systemctl start mosquitto) or mend AIHUIJIA_BROKER_URL"
                + (" (or its certificate is not from AIHUIJIA_BROKER_CA)" if tls else "")
            )

    @property
    def _port(self) -> int:
        return self._address.port or (8883 if self._address.scheme == "mqtts" else 1883)

    def _make_client(self, client_id: str, ca_file: str) -> mqtt.Client:
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
            client.tls_set_context(tls_context(ca_file))
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_connect_fail = self._connect_failed
        client.on_message = self._arrived
        return client

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
        self.connected_at = self._clock.now()
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
        self.connected_at = None
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
        arrival = Arrival(message, packet.mid, packet.qos, self._connection)
        # A full queue blocks this thread, so the broker waits: that is our back-pressure.
        while not self._stopping:
            try:
                self._arrivals.put(arrival, timeout=0.5)
                return
            except queue.Full:
                continue
