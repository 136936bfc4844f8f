"""Questions and answers with Mosquitto's dynamic security plugin, over `$CONTROL`.

The plugin answers each message with one of its own, in order. One question is under way at a time;
whoever gets no answer does not know what was done, and compares anew.
"""

import itertools
import json
import queue
import ssl
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.errors import ServerMissing
from ingest.broker_tls import tls_context

_TOPIC = "$CONTROL/dynamic-security/v1"
_CONNECT_S = 20.0
#: the plugin writes its whole file after each command; with 300 000 bands that takes it 2 s
_ANSWER_S = 120.0

Json = dict[str, Any]


class ControlLink:
    """One connection of the login that manages logins; open while the `with` block runs."""

    def __init__(self, broker_url: str, *, ca_file: str = "") -> None:
        """Nothing is connected before the `with` block; SettingError when *ca_file* is bad."""
        self._address = urlsplit(broker_url)
        self._where = f"{self._address.hostname}:{self._port}"
        self._answers: queue.Queue[list[Json]] = queue.Queue()
        self._numbers = itertools.count(1)
        self._ready = threading.Event()
        self._refusal = ""
        #: set when the connection has ended, by whomever
        self.lost = threading.Event()
        name = unquote(self._address.username or "")
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False
        )
        self._client.username_pw_set(name, unquote(self._address.password or ""))
        if self._address.scheme == "mqtts":
            self._client.tls_set_context(tls_context(ca_file))
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._arrived
        self._client.on_disconnect = lambda *_: self._ended()

    def __enter__(self) -> Self:
        """Connect and sign in; ServerMissing, with how to mend it, when that does not work."""
        try:
            self._client.connect(self._address.hostname or "", self._port, keepalive=60)
        except ssl.SSLError as error:
            raise ServerMissing(
                f"The MQTT broker at {self._where} has no certificate we believe"
                f" ({error.reason}): is AIHUIJIA_BROKER_CA the authority it is from?"
            ) from error
        except OSError as error:
            raise ServerMissing(
                f"The MQTT broker at {self._where} does not answer: start it"
                " (systemctl start mosquitto) or mend AIHUIJIA_BROKER_ADMIN_URL"
            ) from error
        self._client.loop_start()
        try:
            if not self._ready.wait(_CONNECT_S) or self._refusal:
                raise ServerMissing(
                    f"The MQTT broker at {self._where} does not let us in"
                    f" ({self._refusal or 'no answer'}): are name and password in"
                    " AIHUIJIA_BROKER_ADMIN_URL right?"
                )
            self.ask([{"command": "getDefaultACLAccess"}], within_s=_CONNECT_S)
        except ServerMissing:
            self._close()
            raise
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self._close()

    def ask(self, commands: Sequence[Json], *, within_s: float = _ANSWER_S) -> list[Json]:
        """Have the plugin do these and return its answer to each; ServerMissing without answers.

        A command that failed has the key `error` in its answer.
        """
        number = str(next(self._numbers))
        body = {"commands": [{**command, "correlationData": number} for command in commands]}
        self._client.publish(_TOPIC, json.dumps(body), qos=1)
        while True:
            try:
                answers = self._answers.get(timeout=within_s)
            except queue.Empty:
                raise ServerMissing(
                    f"The MQTT broker at {self._where} does not answer on {_TOPIC}: is its plugin"
                    " dynamic security loaded, and has our login the role admin?"
                ) from None
            if self.lost.is_set():
                raise ServerMissing(f"The MQTT broker at {self._where} ended the connection.")
            if [number] * len(commands) == [a.get("correlationData") for a in answers]:
                return answers

    @property
    def _port(self) -> int:
        return self._address.port or (8883 if self._address.scheme == "mqtts" else 1883)

    def _close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _ended(self) -> None:
        self.lost.set()
        self._ready.set()
        self._answers.put([])  # whoever waits need not

    def _connected(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            self._ready.set()
        else:
            client.subscribe(f"{_TOPIC}/response", 1)

    def _arrived(self, _client: mqtt.Client, _userdata: object, packet: mqtt.MQTTMessage) -> None:
        try:
            answers = json.loads(packet.payload)["responses"]
        except (ValueError, KeyError, TypeError):
            return
        if isinstance(answers, list) and all(isinstance(answer, dict) for answer in answers):
            self._answers.put(answers)
