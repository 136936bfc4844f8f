"""An MQTT client that a test holds in its hand: a band, an ear on a topic, somebody in between."""

import json
import queue
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import PATIENCE_S, Mosquitto


class Wire:
    """One connection to the broker. It does not come back by itself when it is cut."""

    def __init__(
        self, broker: Mosquitto, *, client_id: str = "", keeps_session: bool = False
    ) -> None:
        """Connect; with *keeps_session* the broker keeps what *client_id* does not acknowledge."""
        self.heard: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self._subscribed: queue.Queue[int] = queue.Queue()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=not keeps_session,
            manual_ack=keeps_session,
            reconnect_on_failure=False,
        )
        self._client.on_message = lambda _client, _data, message: self.heard.put(message)
        self._client.on_subscribe = lambda _client, _data, mid, _codes, _props: (
            self._subscribed.put(mid)
        )
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect in good order."""
        self._client.disconnect()
        self._client.loop_stop()

    def listen(self, *topics: str) -> None:
        """Subscribe and wait until the broker has it."""
        self._client.subscribe([(topic, 1) for topic in topics])
        self._subscribed.get(timeout=PATIENCE_S)

    def say(self, topic: str, said: object, *, retain: bool = False) -> None:
        """Publish at QoS 1 and wait until the broker has it."""
        payload = said if isinstance(said, bytes) else json.dumps(said).encode()
        handed = self._client.publish(topic, payload, qos=1, retain=retain)
        handed.wait_for_publish(PATIENCE_S)

    def hear(self) -> mqtt.MQTTMessage:
        """Return the next message heard; queue.Empty when none comes."""
        return self.heard.get(timeout=PATIENCE_S)

    def hear_json(self) -> tuple[str, Any]:
        """Return topic and document of the next message heard."""
        message = self.hear()
        return message.topic, json.loads(message.payload)
