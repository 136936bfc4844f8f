"""The gateway's connection to the broker, for all of its bands.

QoS 1, a fixed client id, a kept session: orders and `seen` that come while we are away wait for us.
The client is driven by our event loop. Its own thread waits with `select`, which knows no file
descriptor above 1023: after a lost connection it would never come back beside a thousand bands.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.broker_tls import tls_context
from ingest.topics import command_topic, seen_topic

log = logging.getLogger(__name__)

#: so many topics in one request to subscribe
_MOST_TOPICS = 200
#: the broker is asked whether it lives when nothing was said for so long, seconds
_KEEPALIVE_S = 30
#: the client looks after its timers this often
_LOOK_AFTER_S = 1.0
_FIRST_RETRY_S = 0.5
_LAST_RETRY_S = 10.0
#: a parting word has so long to go out
_PARTING_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who is told what the broker says; all of it in the event loop."""

    #: connected; did the broker still know us?
    connected: Callable[[bool], None]
    lost: Callable[[], None]
    #: the broker has the message with this number
    thanked: Callable[[int], None]
    #: (topic, payload)
    message: Callable[[str, bytes], None]


class MqttLink:
    """One connection, made again whenever it is lost. Used in one event loop only."""

    def __init__(
        self, broker_url: str, *, client_id: str, prefix: str, ears: Ears, ca_file: str = ""
    ) -> None:
        """Nothing is connected before `run`; *ca_file* vouches for an `mqtts` broker."""
        self._ca_file = ca_file
        self._address = urlsplit(broker_url)
        self._prefix = prefix
        self._ears = ears
        self._loop = asyncio.get_running_loop()
        self._devices: set[str] = set()
        self._is_connected = False
        self._is_stopping = False
        #: set while there is no socket
        self._gone = asyncio.Event()
        self._client = self._make_client(client_id)

    async def run(self) -> None:
        """Connect, and again whenever the connection is lost, without end."""
        retry_s = _FIRST_RETRY_S
        while True:
            try:
                self._gone.clear()
                await asyncio.to_thread(self._connect)
            except OSError:
                self._say_missing()
            else:
                retry_s = _FIRST_RETRY_S if await self._look_after() else retry_s
            await asyncio.sleep(retry_s)
            retry_s = min(_LAST_RETRY_S, retry_s * 2)

    async def leave(self) -> None:
        """Disconnect in good order."""
        self._is_stopping = True
        if self._client.disconnect() is mqtt.MQTT_ERR_SUCCESS:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PARTING_S):
                    await self._gone.wait()

    def publish(self, topic: str, payload: bytes) -> int:
        """Hand a message to the client and return its number; it tries until the broker has it.

        Only between `connected` and `lost`.
        """
        return self._client.publish(topic, payload, qos=1).mid

    def follow(self, devices: Iterable[str]) -> None:
        """Hear orders and `seen` of these bands from now on."""
        fresh = [device for device in devices if device not in self._devices]
        self._devices.update(fresh)
        if self._is_connected:
            self._subscribe(fresh)

    def let_go(self, devices: Sequence[str]) -> None:
        """Hear nothing more for these bands."""
        self._devices.difference_update(devices)
        if self._is_connected:
            for device in devices:
                self._client.unsubscribe(self._topics(device))

    # -- the connection ----------------------------------------------------------------------------

    def _connect(self) -> None:
        """Open a socket and say who we are; blocks, so it has a thread of its own."""
        port = self._address.port or (8883 if self._address.scheme == "mqtts" else 1883)
        self._client.connect(self._address.hostname or "127.0.0.1", port, keepalive=_KEEPALIVE_S)

    async def _look_after(self) -> bool:
        """Keep the client's timers until the connection is gone; return whether it ever stood."""
        stood = False
        while not self._gone.is_set():
            self._client.loop_misc()
            stood = stood or self._is_connected
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AFTER_S):
                    await self._gone.wait()
        return stood

    def _make_client(self, client_id: str) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
        client.max_inflight_messages_set(0)  # how many are under way is decided by who publishes
        if self._address.username:
            password = unquote(self._address.password or "")
            client.username_pw_set(unquote(self._address.username), password)
        if self._address.scheme == "mqtts":
            client.tls_set_context(tls_context(self._ca_file))
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_publish = lambda _client, _data, mid, _reason, _props: self._ears.thanked(mid)
        client.on_message = self._arrived
        client.on_socket_open = self._opened
        client.on_socket_register_write = self._has_words
        client.on_socket_unregister_write = self._has_no_words
        client.on_socket_close = self._closed
        return client

    def _opened(self, _client: mqtt.Client, _userdata: object, sock: "mqtt.SocketLike") -> None:
        # In the thread that connects; whatever follows happens in the loop.
        self._loop.call_soon_threadsafe(self._loop.add_reader, sock.fileno(), self._read, sock)

    def _has_words(self, _client: mqtt.Client, _userdata: object, sock: "mqtt.SocketLike") -> None:
        self._loop.call_soon_threadsafe(self._write_when_it_can, sock)

    def _has_no_words(
        self, _client: mqtt.Client, _userdata: object, sock: "mqtt.SocketLike"
    ) -> None:
        self._loop.remove_writer(sock.fileno())

    def _closed(self, _client: mqtt.Client, _userdata: object, sock: "mqtt.SocketLike") -> None:
        self._loop.remove_reader(sock.fileno())
        self._loop.remove_writer(sock.fileno())
        self._gone.set()

    def _read(self, sock: "mqtt.SocketLike") -> None:
        self._client.loop_read()
        # What TLS has unpacked already makes no socket readable again.
        while isinstance(sock, ssl.SSLSocket) and sock.fileno() >= 0 and sock.pending():
            self._client.loop_read()

    def _write_when_it_can(self, sock: "mqtt.SocketLike") -> None:
        if sock.fileno() >= 0:  # it may be closed by now
            self._loop.add_writer(sock.fileno(), self._client.loop_write)

    # -- what the broker says ----------------------------------------------------------------------

    def _connected(
        self,
        _client: mqtt.Client,
        _userdata: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.error(
                "The broker refused us: %s. Are name and password in"
                " AIHUIJIA_GATEWAY_BROKER_URL right?",
                reason,
                extra={"action": "broker_refused"},
            )
            return
        self._is_connected = True
        # Before anything is published, so that no `seen` can come too early to be heard.
        self._subscribe(sorted(self._devices))
        self._ears.connected(bool(flags.session_present))
        log.info("Connected to the broker.", extra={"action": "broker_connected"})

    def _disconnected(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not self._is_connected:
            return
        self._is_connected = False
        self._ears.lost()
        if not self._is_stopping:
            log.warning(
                "Lost the broker (%s); trying again.", reason, extra={"action": "broker_lost"}
            )

    def _say_missing(self) -> None:
        log.warning(
            "The MQTT broker at %s does not answer: start it (systemctl start mosquitto) or mend"
            " AIHUIJIA_GATEWAY_BROKER_URL, or AIHUIJIA_BROKER_URL. Trying again.",
            self._address.hostname,
            extra={"action": "broker_missing"},
        )

    def _arrived(self, _client: mqtt.Client, _userdata: object, packet: mqtt.MQTTMessage) -> None:
        try:
            topic = packet.topic
        except UnicodeDecodeError:
            return
        if not packet.retain:
            self._ears.message(topic, bytes(packet.payload))

    def _subscribe(self, devices: Sequence[str]) -> None:
        topics = [topic for device in devices for topic in self._topics(device)]
        for start in range(0, len(topics), _MOST_TOPICS):
            self._client.subscribe([(topic, 1) for topic in topics[start : start + _MOST_TOPICS]])

    def _topics(self, device_id: str) -> list[str]:
        return [command_topic(self._prefix, device_id), seen_topic(self._prefix, device_id)]
