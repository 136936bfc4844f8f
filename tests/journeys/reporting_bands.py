"""Bands over MQTT that write down every promise: singles, batches, some said twice, some SOS.

Each band has its own connection and says one message a turn, as long as not too much of what it
said is uncommitted. A band that `keeps` says a report again until it hears `seen`, as bands should;
one that does not trusts the broker's thanks alone, which is the harder test of them.
"""

import json
import queue
import random
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.clock import SystemClock, monotonic
from core.places import Position
from ingest.topics import report_topic, seen_topic
from tests.journeys.ledger import Ledger
from tests.scenes import HOME, report
from tests.servers import PATIENCE_S

#: reports of one band that may be uncommitted before it waits …
_MOST_UNSEEN = 60
#: … so long; then it goes on: `seen` may be lost with the process that would have said it
_HOLD_S = 0.5
_BATCH_ODDS, _REPEAT_ODDS, _SOS_ODDS = 0.25, 0.1, 0.01
_MOST_TOGETHER = 12
#: what is not seen is said again after so long, seconds; a real band is in less of a hurry
_AGAIN_AFTER_S = 1.0


@dataclass(slots=True)
class _Band:
    """One band's connection and memory."""

    device_id: str
    client: mqtt.Client
    clock_at: datetime
    number: int = 0
    is_connected: bool = False
    spoke_at: float = 0.0
    #: reports that are not known to be committed, oldest first, and when they were said last
    unseen: dict[str, float] = field(default_factory=dict)
    #: every report as JSON, to be said again
    bodies: dict[str, str] = field(default_factory=dict)
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    #: what is on its way, by the client's number
    under_way: dict[int, list[str]] = field(default_factory=dict)


class ReportingBands:
    """Several bands on one thread; everything they say and hear goes into `ledger`."""

    def __init__(
        self, port: int, prefix: str, devices: list[str], *, seed: int, turn_s: float, keeps: bool
    ) -> None:
        """*turn_s*: each band says a message so often, seconds; *keeps*: say again until seen."""
        self.ledger = Ledger()
        self._prefix = prefix
        self._rng = random.Random(seed)
        self._turn_s = turn_s
        self._keeps = keeps
        self._clock = SystemClock()
        # Callbacks only put down what happened: the bands' memory belongs to one thread.
        self._events: queue.SimpleQueue[tuple[_Band, str, Any]] = queue.SimpleQueue()
        self._is_silent = threading.Event()
        self._stopping = threading.Event()
        self._bands = [self._connect(port, device_id) for device_id in devices]
        self._thread = threading.Thread(target=self._work, name="bands", daemon=True)

    def start(self) -> None:
        """Begin to speak."""
        self._thread.start()

    def fall_silent(self) -> None:
        """Say nothing new; what was said is still brought to its end."""
        self._is_silent.set()

    def is_done(self) -> bool:
        """Say whether the broker has thanked for everything and, if they keep, all is seen."""
        owed = self.ledger.seen_count if self._keeps else self.ledger.promised_count
        return self._is_silent.is_set() and owed == self.ledger.said_count

    def stop(self) -> None:
        """Disconnect."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)
        for band in self._bands:
            band.client.disconnect()
            band.client.loop_stop()

    # -- the bands' thread -----------------------------------------------------------------------

    def _work(self) -> None:
        due = monotonic()
        while not self._stopping.is_set():
            self._listen(until=due)
            due = max(due + self._turn_s, monotonic())
            for band in self._bands:
                if not self._is_silent.is_set() and self._may_speak(band):
                    self._speak(band)
                if self._keeps and band.is_connected:
                    self._say_unseen(band)

    def _listen(self, *, until: float) -> None:
        while (patience := until - monotonic()) > 0:
            try:
                band, what, said = self._events.get(timeout=patience)
            except queue.Empty:
                return
            if what == "thanked":
                words = band.under_way.pop(said, [])
                self.ledger.promise((band.device_id, word) for word in words)
            elif what == "seen":
                self._take_seen(band, said)
            else:
                band.is_connected = what == "connected"
                # The broker may have forgotten what it thanked for.
                band.unseen = dict.fromkeys(band.unseen, float("-inf"))

    def _take_seen(self, band: _Band, words: list[str]) -> None:
        self.ledger.see((band.device_id, word) for word in words)
        for word in words:
            band.unseen.pop(word, None)
        if not self._keeps:
            # What was said before is committed, too; its `seen` may never have been said.
            newest = max(words)
            band.unseen = {word: at for word, at in band.unseen.items() if word > newest}

    def _may_speak(self, band: _Band) -> bool:
        return len(band.unseen) < _MOST_UNSEEN or monotonic() - band.spoke_at > _HOLD_S

    def _speak(self, band: _Band) -> None:
        if band.recent and self._rng.random() < _REPEAT_ODDS:
            self._say(band, [self._rng.choice(band.recent)])
            return
        together = 1
        if self._rng.random() < _BATCH_ODDS:
            together = self._rng.randint(2, _MOST_TOGETHER)
        words = [self._think_of(band) for _ in range(together)]
        band.spoke_at = monotonic()
        band.unseen.update(dict.fromkeys(words, band.spoke_at))
        self._say(band, words)

    def _say_unseen(self, band: _Band) -> None:
        late = monotonic() - _AGAIN_AFTER_S
        words = [word for word, said_at in band.unseen.items() if said_at < late]
        band.unseen.update(dict.fromkeys(words, monotonic()))
        for start in range(0, len(words), _MOST_TOGETHER):
            self._say(band, words[start : start + _MOST_TOGETHER])

    def _think_of(self, band: _Band) -> str:
        """Make a report of this instant; a band's reports have rising times and numbers."""
        band.number += 1
        word = f"{band.number:06d}"
        band.clock_at = max(band.clock_at + timedelta(milliseconds=1), self._clock.now())
        alarms = ["sos"] if self._rng.random() < _SOS_ODDS else []
        place = _somewhere(self._rng)
        said = report(word, at=band.clock_at, position=place, alarms=alarms)
        band.bodies[word] = json.dumps(said)
        band.recent.append(word)
        return word

    def _say(self, band: _Band, words: list[str]) -> None:
        self.ledger.say((band.device_id, word) for word in words)
        bodies = [band.bodies[word] for word in words]
        payload = bodies[0] if len(bodies) == 1 else f"[{','.join(bodies)}]"
        topic = report_topic(self._prefix, band.device_id)
        band.under_way[band.client.publish(topic, payload, qos=1).mid] = words

    # -- the connections -------------------------------------------------------------------------

    def _connect(self, port: int, device_id: str) -> _Band:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._prefix}/{device_id}",
            clean_session=False,
        )
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        band = _Band(device_id=device_id, client=client, clock_at=self._clock.now())

        def connected(*_: object) -> None:
            client.subscribe(seen_topic(self._prefix, device_id), 1)
            self._events.put((band, "connected", None))

        def heard(_client: object, _data: object, message: mqtt.MQTTMessage) -> None:
            self._events.put((band, "seen", json.loads(message.payload)["ids"]))

        client.on_connect = connected
        client.on_disconnect = lambda *_: self._events.put((band, "disconnected", None))
        client.on_publish = lambda _client, _data, mid, *_: self._events.put((band, "thanked", mid))
        client.on_message = heard
        client.connect_async("127.0.0.1", port, keepalive=30)
        client.loop_start()
        return band


def _somewhere(rng: random.Random) -> Position:
    """Return a place at home, now and then one far outside."""
    far = 600.0 if rng.random() < 0.05 else 0.0
    return HOME.moved(east_m=far + rng.uniform(-40, 40), north_m=rng.uniform(-40, 40))
