"""Many bands over one real MQTT connection, on the schedule of the given clock.

QoS 1, MQTT 3.1.1, topics `{prefix}/up/{device}/report|ack|state`; commands and `seen` come from
`{prefix}/down/+/cmd` and `/seen`. One thread wakes whichever band is due; paho's thread only puts
what arrived into a queue. When the broker goes away, paho connects again and hands over what it
kept, and the bands say their alarms again until they are seen.
"""

import heapq
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.clock import Clock, monotonic
from core.errors import ServerMissing
from simulators.bands import Band
from simulators.days import Life
from simulators.scripts import Event
from simulators.uplinks import Kind, Uplink

#: the longest nap of the thread, wall seconds: a changed clock speed is noticed this soon
_NAP_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is and who we are there."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = ""
    tls: bool = False

    @classmethod
    def from_url(cls, url: str) -> "Broker":
        """Return the broker at *url*, `mqtt://user:password@host:port` or `mqtts://…`."""
        parts = urlsplit(url)
        tls = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or (8883 if tls else 1883),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What went over the wire so far. A report said again counts under `resent` only."""

    reports: int = 0
    resent: int = 0
    acks: int = 0
    states: int = 0
    commands: int = 0
    seen: int = 0


class Fleet:
    """All bands of a town on one connection."""

    def __init__(
        self,
        bands: Iterable[Band],
        clock: Clock,
        *,
        broker: Broker,
        topic_prefix: str = "121/v1",
        client_id: str = "simulated-fleet",
    ) -> None:
        """Own the *bands*; nothing is connected before `start`."""
        self._bands = {band.device_id: band for band in bands}
        self._clock = clock
        self._broker = broker
        self._prefix = topic_prefix
        self._counts = Counts()
        self._inbox: deque[Callable[[], None]] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated-fleet", daemon=True)
        self._due: list[tuple[float, str]] = []
        #: when each band is to be woken; an entry of the heap that says otherwise is outdated
        self._planned: dict[str, float] = {}
        self._handed = self._taken = 0
        self._client = self._new_client(client_id)

    @property
    def counts(self) -> Counts:
        """What went over the wire so far."""
        return self._counts

    @property
    def waiting(self) -> int:
        """How many messages the broker has not taken yet."""
        return self._handed - self._taken

    @property
    def late_s(self) -> float:
        """How late the band is that is longest due, seconds of service time."""
        due = self._due[:1]
        return max(0.0, self._clock.now().timestamp() - due[0][0]) if due else 0.0

    def start(self, *, timeout_s: float = 10) -> None:
        """Connect and let the bands speak; ServerMissing when the broker does not answer."""
        try:
            self._client.connect(self._broker.host, self._broker.port, keepalive=120)
        except OSError as error:
            where = f"{self._broker.host}:{self._broker.port}"
            raise ServerMissing(
                f"The MQTT broker at {where} does not answer: start it, or name another one"
            ) from error
        self._client.loop_start()
        if not self._connected.wait(timeout_s):
            self._client.loop_stop()
            raise ServerMissing("The MQTT broker did not let the simulated bands in")
        self._thread.start()

    def add(self, bands: Iterable[Band]) -> None:
        """Let more bands join while the fleet runs."""
        joining = list(bands)
        self._later(lambda: self._join(joining))

    def direct(self, device_id: str, life: Life, events: Sequence[Event]) -> None:
        """Let a band live like this from now on: a story begins on this wrist."""

        def take_over() -> None:
            band = self._bands[device_id]
            band.direct(life, events, self._clock.now())
            self._plan(band)

        self._later(take_over)

    def stop(self, *, timeout_s: float = 5) -> None:
        """Let no band speak any more, hand over what was said, disconnect."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        deadline_s = monotonic() + timeout_s
        with self._wake:
            while self.waiting and self._client.is_connected() and monotonic() < deadline_s:
                self._wake.wait(0.02)
        self._client.disconnect()
        self._client.loop_stop()

    # -- paho's thread: only hand over -----------------------------------------------------------

    def _new_client(self, client_id: str) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv311,
            clean_session=False,  # commands wait for us while we are away, as for a real band
        )
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            client.tls_set()
        client.max_inflight_messages_set(200)
        client.reconnect_delay_set(min_delay=1, max_delay=4)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            return
        # Subscribed anew each time: the broker may have forgotten our session.
        client.subscribe([(f"{self._prefix}/down/+/cmd", 1), (f"{self._prefix}/down/+/seen", 1)])
        self._connected.set()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        topic, payload = message.topic, bytes(message.payload)
        self._later(lambda: self._hear(topic, payload))

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _mid: int,
        _reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._taken += 1

    def _later(self, action: Callable[[], None]) -> None:
        with self._wake:
            self._inbox.append(action)
            self._wake.notify()

    # -- the fleet's own thread ------------------------------------------------------------------

    def _run(self) -> None:
        self._join(list(self._bands.values()))
        while True:
            with self._wake:
                if not self._inbox and not self._stopping:
                    self._wake.wait(self._nap_s())
                if self._stopping:
                    return
                actions = list(self._inbox)
                self._inbox.clear()
            for action in actions:
                action()
            self._let_speak()

    def _join(self, bands: list[Band]) -> None:
        now = self._clock.now()
        for band in bands:
            self._bands[band.device_id] = band
            self._say([band.birth(now)])
            self._plan(band)

    def _plan(self, band: Band) -> None:
        due_s = band.due_at().timestamp()
        if self._planned.get(band.device_id) != due_s:
            self._planned[band.device_id] = due_s
            heapq.heappush(self._due, (due_s, band.device_id))

    def _nap_s(self) -> float:
        if not self._due:
            return _NAP_S
        until_s = (self._due[0][0] - self._clock.now().timestamp()) / self._clock.speed
        return min(_NAP_S, max(0.0, until_s))

    def _let_speak(self) -> None:
        now = self._clock.now()
        while self._due and self._due[0][0] <= now.timestamp():
            due_s, device_id = heapq.heappop(self._due)
            if self._planned.get(device_id) == due_s:
                del self._planned[device_id]
                self._say(self._bands[device_id].wake(now))
                self._plan(self._bands[device_id])

    def _hear(self, topic: str, payload: bytes) -> None:
        *_, device_id, what = topic.split("/")
        band = self._bands.get(device_id)
        if band is None:
            return
        body = json.loads(payload)
        if what == "cmd":
            self._counts = replace(self._counts, commands=self._counts.commands + 1)
            self._say(band.command(body, self._clock.now()))
        else:
            self._counts = replace(self._counts, seen=self._counts.seen + len(body["ids"]))
            band.seen(body["ids"])
        self._plan(band)  # an order may have made it due earlier

    def _say(self, uplinks: Iterable[Uplink]) -> None:
        for uplink in uplinks:
            topic = f"{self._prefix}/up/{uplink.device_id}/{uplink.kind.value}"
            payload = json.dumps(uplink.body, separators=(",", ":"))
            info = self._client.publish(topic, payload, qos=1, retain=uplink.kind is Kind.STATE)
            # Without a connection paho keeps the message and sends it later.
            if info.rc in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
                self._handed += 1
                self._counts = _counted(self._counts, uplink)


def _counted(counts: Counts, uplink: Uplink) -> Counts:
    match uplink.kind:
        case Kind.ACK:
            return replace(counts, acks=counts.acks + 1)
        case Kind.STATE:
            return replace(counts, states=counts.states + 1)
        case Kind.REPORT if uplink.is_resend:
            return replace(counts, resent=counts.resent + 1)
        case _:
            return replace(counts, reports=counts.reports + 1)
