"""An MQTT broker inside this process (amqtt), on the loopback address only.

For the demo, a laptop, one township's first week. It keeps its queues in memory: with this process
they are gone, so a real service runs Mosquitto (docs/architecture.md).
"""

import asyncio
import logging
import socket
import threading

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig

from core.errors import SettingError

log = logging.getLogger(__name__)

_START_S = 15


class EmbeddedBroker:
    """A broker on its own thread and event loop."""

    def __init__(self, port: int) -> None:
        """Listen on 127.0.0.1:*port* after `start`."""
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._broker: Broker | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    @property
    def url(self) -> str:
        """Return the address of this broker."""
        return f"mqtt://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start and wait until it listens; SettingError when the port is taken."""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                raise SettingError(
                    f"Setting AIHUIJIA_EMBEDDED_BROKER_PORT: port {self._port} is in use by another"
                    " program. Example: AIHUIJIA_EMBEDDED_BROKER_PORT=18830"
                )
        # It complains of every PUBACK that takes 5 s; ours come after a commit, and this broker
        # cannot outlive the process that still holds those messages.
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        log.warning(
            "The broker inside this process keeps its queue in memory: what bands sent and we have"
            " not stored yet is gone when this process dies. A real service runs Mosquitto.",
            extra={"action": "embedded_broker"},
        )
        self._thread.start()
        self._ready.wait(_START_S)
        if self._failure is not None or not self._ready.is_set():
            raise SettingError(
                f"The embedded broker did not start on port {self._port}: {self._failure}"
            )

    def stop(self) -> None:
        """Disconnect everyone and end."""
        if self._broker is None:
            return
        asyncio.run_coroutine_threadsafe(self._broker.shutdown(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._start())
        except BaseException as error:  # noqa: BLE001  handed to the thread that waits in start()
            self._failure = error
            self._ready.set()
            return
        self._ready.set()
        self._loop.run_forever()
        self._loop.close()

    async def _start(self) -> None:
        config = BrokerConfig(
            listeners={"default": ListenerConfig(bind=f"127.0.0.1:{self._port}")},
            plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        )
        self._broker = Broker(config)
        await self._broker.start()
