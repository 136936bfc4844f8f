"""The canary's own band: one connection to the broker, as any band has it, and nothing kept.

It says where it is, answers `locate` and `interval` as a real band does, and notes when the broker
thanked for a report and when the service said that it is stored. What it cannot hand to the broker
at once it does not say at all: an old position would tell of an old round.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.clock import Clock
from core.places import Position
from ingest.broker_tls import tls_context
from ingest.topics import (
    answer_topic,
    command_topic,
    read_down_topic,
    report_topic,
    seen_topic,
)

#: a position asked for takes this long to find, seconds of service time
LOCATE_S = 8.0
#: an ordered interval that a band can keep, seconds
_SHORTEST_S, _LONGEST_S = 5, 86_400
#: notes about reports, and names of orders done, are kept for so many
_MOST_NOTES = 500

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where the broker is, and who the band is there. Without a password nobody is asked."""

    url: str
    device_id: str
    password: str = ""
    ca_file: str = ""


class CanaryBand:
    """Speaks when it is told to; hears by itself. Safe to use from one thread beside paho's."""

    def __init__(self, login: Login, clock: Clock, *, prefix: str) -> None:
        """Nothing is connected before `start`."""
        self.connected = threading.Event()
        #: what the server wants: seconds between reports, None as long as it never said
        self.interval_s: float | None = None
        self._login = login
        self._clock = clock
        self._prefix = prefix
        self._lock = threading.Lock()
        self._boot = f"{int(clock.now().timestamp() * 1000):x}"
        self._number = 0
        #: the broker's number of each report, and when it thanked for a number
        self._mids: dict[str, int] = {}
        self._thanked: dict[int, datetime] = {}
        self._seen: dict[str, datetime] = {}
        self._done: dict[str, None] = {}
        self._locates: list[tuple[datetime, str]] = []
        self._client = self._make_client()

    def start(self) -> None:
        """Connect, and keep trying."""
        where = urlsplit(self._login.url)
        port = where.port or (8883 if where.scheme == "mqtts" else 1883)
        self._client.connect_async(where.hostname or "127.0.0.1", port, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, where: Position, *, why: str = "timer", command: str | None = None) -> str | None:
        """Report a good fix at *where*; return the report's id, None while there is no broker."""
        if not self.connected.is_set():
            return None
        now = self._clock.now()
        self._number += 1
        report_id = f"{self._boot}-{self._number}"
        # No two fixes of a real receiver are the same.
        here = where.moved(east_m=self._number % 7 - 3.0, north_m=self._number % 5 - 2.0)
        body = {
            "v": 1,
            "id": report_id,
            "t": round(now.timestamp(), 3),
            "why": why,
            **({} if command is None else {"cmd": command}),
            "fix": {
                "src": "gnss",
                "lat": round(here.lat, 6),
                "lon": round(here.lon, 6),
                "acc_m": 8,
                "age_s": 0,
                "sat": 11,
            },
            "bat": {"pct": 90, "charging": False},
            "worn": True,
        }
        topic = report_topic(self._prefix, self._login.device_id)
        said = self._client.publish(topic, json.dumps(body), qos=1)
        if said.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        with self._lock:
            _note(self._mids, report_id, said.mid)
        return report_id

    def locate_due(self, now: datetime) -> str | None:
        """Return the name of an order to say where it is that is due by *now*, once."""
        with self._lock:
            if self._locates and self._locates[0][0] <= now:
                return self._locates.pop(0)[1]
        return None

    def taken_at(self, report_id: str) -> datetime | None:
        """Return when the broker thanked for a report."""
        with self._lock:
            mid = self._mids.get(report_id)
            return None if mid is None else self._thanked.get(mid)

    def seen_at(self, report_id: str) -> datetime | None:
        """Return when the service said that a report is stored."""
        with self._lock:
            return self._seen.get(report_id)

    # -- paho's thread ---------------------------------------------------------------------------

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._login.device_id,
            clean_session=True,  # an order from before a crash belongs to a round that is over
        )
        if self._login.password:
            client.username_pw_set(self._login.device_id, self._login.password)
        if urlsplit(self._login.url).scheme == "mqtts":
            client.tls_set_context(tls_context(self._login.ca_file))
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            return  # the round says that it did not get past the broker
        device_id = self._login.device_id
        topics = (command_topic(self._prefix, device_id), seen_topic(self._prefix, device_id))
        client.subscribe([(topic, 1) for topic in topics])
        self.connected.set()

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.DisconnectFlags,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.connected.clear()

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        mid: int,
        _reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        with self._lock:
            _note(self._thanked, mid, self._clock.now())

    def _on_message(
        self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage
    ) -> None:
        now = self._clock.now()
        try:
            body = json.loads(message.payload)
        except ValueError:
            return
        if not isinstance(body, dict):
            return
        # The embedded broker also hands on what others retained, whoever subscribes to whatever.
        match read_down_topic(message.topic, self._prefix):
            case (self._login.device_id, "seen"):
                self._hear_seen(body.get("ids"), now)
            case (self._login.device_id, "cmd"):
                self._obey(body, now)

    def _hear_seen(self, ids: object, now: datetime) -> None:
        if isinstance(ids, Sequence):
            with self._lock:
                for report_id in ids:
                    self._seen.setdefault(str(report_id), now)
                _shorten(self._seen)

    def _obey(self, order: dict[str, Any], now: datetime) -> None:
        name, expires = str(order.get("cmd", "")), order.get("exp")
        if isinstance(expires, int | float) and expires < now.timestamp():
            return
        error = None
        if name not in self._done:
            error = self._do(name, order, now)
            _note(self._done, name, None)
        answer = {"cmd": name, "ok": error is None, "err": error}
        topic = answer_topic(self._prefix, self._login.device_id)
        self._client.publish(topic, json.dumps(answer), qos=1)

    def _do(self, name: str, order: dict[str, Any], now: datetime) -> str | None:
        arguments = order.get("args")
        match order.get("do"):
            case "locate":
                with self._lock:
                    self._locates.append((now + timedelta(seconds=LOCATE_S), name))
            case "interval":
                seconds = arguments.get("s") if isinstance(arguments, dict) else None
                if not isinstance(seconds, int | float) or not _SHORTEST_S <= seconds <= _LONGEST_S:
                    return "bad_args"
                self.interval_s = float(seconds)
            case _:
                return "unknown"
        return None


def _note(notes: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    notes[key] = value
    _shorten(notes)


def _shorten(notes: dict[_Key, _Value]) -> None:
    while len(notes) > _MOST_NOTES:
        del notes[next(iter(notes))]
