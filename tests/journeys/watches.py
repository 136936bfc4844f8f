"""Watches that call the gateway, and say again whatever was not answered.

Each says a few positions (`UD`, which nobody answers) and then an `AL`, whose answer vouches for
all of them: the gateway answers in order, after everything before is safe.
"""

import random
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import SystemClock, pause
from tests.journeys.ledger import Key, Ledger
from tests.servers import PATIENCE_S

#: the first words of each are about so long ago; one report a second brings it up to date
_BEGAN = timedelta(minutes=15)
_MOST_POSITIONS = 4
#: without an answer for so long it calls again, seconds; a real watch waits 30
_ANSWER_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all watches have in common."""

    port: int
    turn_s: float
    ledger: Ledger = field(default_factory=Ledger)
    #: nothing new is to be said
    silent: threading.Event = field(default_factory=threading.Event)
    #: even what was not answered is to be left
    stopping: threading.Event = field(default_factory=threading.Event)


class Watches:
    """Several watches, each on a thread; what they say and are answered goes into `ledger`."""

    def __init__(self, port: int, number: int, *, seed: int, turn_s: float) -> None:
        """*turn_s*: a watch speaks so often, seconds."""
        self._shared = _Shared(port, turn_s)
        self.ledger = self._shared.ledger
        began = SystemClock().now().replace(microsecond=0) - _BEGAN
        watches = [
            _Watch(self._shared, f"{8800000000 + one}", began, random.Random(seed + one))
            for one in range(number)
        ]
        self._threads = [threading.Thread(target=watch.live, daemon=True) for watch in watches]

    def start(self) -> None:
        """Begin to speak."""
        for thread in self._threads:
            thread.start()

    def fall_silent(self) -> None:
        """Say nothing new."""
        self._shared.silent.set()

    def is_done(self) -> bool:
        """Say whether everything was answered."""
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Hang up."""
        self._shared.silent.set()
        self._shared.stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(PATIENCE_S)


class _Watch:
    """One of them."""

    def __init__(
        self, shared: _Shared, device_id: str, began: datetime, rng: random.Random
    ) -> None:
        self._shared = shared
        self._device_id = device_id
        self._at = began
        self._rng = rng
        self._line: socket.socket | None = None

    def live(self) -> None:
        clock, shared = SystemClock(), self._shared
        while not shared.silent.is_set():
            if self._at < clock.now() - timedelta(seconds=_MOST_POSITIONS):
                self._report()
            pause(shared.turn_s)
        self._hang_up()

    def _report(self) -> None:
        instants = [self._next() for _ in range(self._rng.randint(1, _MOST_POSITIONS))]
        words = [self._position("UD", at) for at in instants[:-1]]
        words.append(self._position("AL", instants[-1]))
        keys: list[Key] = [(self._device_id, word_of(at)) for at in instants]
        while not self._is_answered(b"".join(words), keys):
            if self._shared.stopping.is_set():
                return
            pause(self._rng.uniform(0.1, 0.3))
        self._shared.ledger.promise(keys)

    def _next(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at

    def _is_answered(self, words: bytes, keys: list[Key]) -> bool:
        try:
            if self._line is None:
                address = ("127.0.0.1", self._shared.port)
                self._line = socket.create_connection(address, timeout=_ANSWER_WITHIN_S)
            self._shared.ledger.say(keys)
            self._line.sendall(words)
            heard = b""
            while b"*AL]" not in heard:
                some = self._line.recv(4096)
                if not some:
                    raise ConnectionError
                heard += some
        except OSError:  # refused, cut, or nothing heard for too long
            self._hang_up()
            return False
        return True

    def _hang_up(self) -> None:
        if self._line is not None:
            with suppress(OSError):
                self._line.close()
            self._line = None

    def _position(self, word: str, at: datetime) -> bytes:
        content = (
            f"{word},{at:%d%m%y},{at:%H%M%S},A,30.532600,N,120.688000,E,0.0,0,5,9,80,64,100,0,"
            "00000000,0,0"
        )
        return f"[3G*{self._device_id}*{len(content):04X}*{content}]".encode()


def word_of(at: datetime) -> str:
    """Return how a watch's report is called in the ledger: the second that it speaks of."""
    return f"{at:%Y-%m-%d %H:%M:%S}"
