"""A running gateway and the bands that call it: real sockets, a real spool, a real broker."""

import asyncio
import itertools
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

from core.clock import Clock, SystemClock
from ingest.gateways.languages import CODECS
from ingest.gateways.server import Gateway, Plan
from store import spool
from store.database import reading
from store.spool import Entry, open_spool
from tests.servers import PATIENCE_S, Mosquitto, until

_numbers = itertools.count(1)
EVERYTHING = {"after_id": 0, "up_to_id": 10**9, "limit": 10_000}


class Caller:
    """A band's end of a TCP connection."""

    def __init__(self, port: int) -> None:
        """Call the gateway."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._heard = b""

    def say(self, words: bytes) -> None:
        """Send *words*."""
        self._socket.sendall(words)

    def keep_saying(self, words: bytes) -> None:
        """Send *words* again and again until the gateway hangs up (or we do)."""
        try:
            while True:
                self._socket.sendall(words)
        except OSError:
            return

    def hear(self, count: int) -> bytes:
        """Return the next *count* bytes; AssertionError when the gateway hangs up before."""
        while len(self._heard) < count:
            some = self._socket.recv(4096)
            assert some, f"the gateway hung up after {self._heard!r}"
            self._heard += some
        words, self._heard = self._heard[:count], self._heard[count:]
        return words

    def hear_past(self, end: bytes) -> bytes:
        """Return what is heard up to and with *end*."""
        while end not in self._heard:
            some = self._socket.recv(4096)
            assert some, f"the gateway hung up after {self._heard!r}"
            self._heard += some
        return self.hear(self._heard.index(end) + len(end))

    def hears_nothing_now(self) -> bool:
        """Say whether nothing has come that was not taken."""
        self._socket.setblocking(False)
        try:
            self._heard += self._socket.recv(4096)
        except BlockingIOError:
            return not self._heard
        finally:
            self._socket.settimeout(PATIENCE_S)
        return False

    def is_hung_up_on(self) -> bool:
        """Wait until the gateway ends the connection; True when it does."""
        try:
            while some := self._socket.recv(4096):
                self._heard += some
        except ConnectionError:
            return True
        return True

    def finish(self) -> None:
        """Say that nothing more will come, and go on listening."""
        self._socket.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        """End the connection."""
        self._socket.close()


class Station:
    """A gateway in a thread of its own."""

    def __init__(
        self, broker_url: str, file: Path, *, clock: Clock | None = None, **plan: Any
    ) -> None:
        """Prepare one; `plan` changes single settings."""
        number = next(_numbers)
        #: first levels of its topics
        self.prefix = str(plan.setdefault("prefix", f"121/gateway-{number}"))
        self.file = file
        self.engine = open_spool(file, most_mib=plan.pop("most_mib", 64))
        defaults: dict[str, Any] = {
            "name": "g1",
            "host": "127.0.0.1",
            "port": 0,
            "broker_url": broker_url,
            "client_id": f"gateway-{number}",
            "codecs": CODECS,
        }
        self.gateway = Gateway(Plan(**(defaults | plan)), self.engine, clock or SystemClock())
        self._ready = threading.Event()
        self._callers: list[Caller] = []
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self.gateway.run(self._ready.set)), daemon=True
        )

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)

    def stop(self) -> None:
        """End it and what called it."""
        self.gateway.stop()
        self._thread.join(PATIENCE_S)
        for caller in self._callers:
            caller.hang_up()
        self.engine.dispose()

    def call(self) -> Caller:
        """Return a new connection to it."""
        caller = Caller(self.gateway.port)
        self._callers.append(caller)
        return caller

    def spooled(self) -> list[Entry]:
        """Return what is in its spool."""
        with reading(self.engine) as connection:
            return spool.unseen(connection, **EVERYTHING)  # type: ignore[arg-type]

    def until_spooled(self, count: int) -> None:
        """Wait until exactly *count* entries are in its spool."""
        until(lambda: len(self.spooled()) == count, f"{count} in the spool")


@contextmanager
def running(broker: Mosquitto | str, file: Path, **plan: Any) -> Iterator[Station]:
    """Run a gateway with its spool in *file*."""
    station = Station(broker if isinstance(broker, str) else broker.url, file, **plan)
    station.start()
    try:
        yield station
    finally:
        station.stop()


def watch(content: str, device_id: str = "8800000015") -> bytes:
    """Return a frame of the Watch protocol."""
    return f"[3G*{device_id}*{len(content.encode()):04X}*{content}]".encode()


def position(clock_time: str = "080000", *, word: str = "UD", status: str = "00000000") -> bytes:
    """Return a watch's position at *clock_time* (HHMMSS, UTC) of 23 November 2026."""
    return watch(
        f"{word},231126,{clock_time},A,30.532600,N,120.688000,E,0.0,0,5,9,80,64,100,0,{status},0,0"
    )


def jt808(message_id: int, body: bytes = b"", *, serial: int = 1) -> bytes:
    """Return a JT/T 808 frame (2013 edition) of the device 14000001234."""
    content = struct.pack(">HH", message_id, len(body)) + bytes.fromhex("014000001234")
    content += struct.pack(">H", serial) + body
    check = reduce(xor, content)
    inside = content + bytes([check])
    return b"~" + inside.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"~"


def jt808_location(*, alarm: int = 0) -> bytes:
    """Return the body of a location message: Haining, 23 November 2026, 16:00 in China."""
    body = struct.pack(">IIIIHHH", alarm, 0b10, 30_532_600, 120_688_000, 5, 0, 0)
    return body + bytes.fromhex("261123160000")


def gt06_login() -> bytes:
    """Return a GT06 login of the device 0860000000001234."""
    return bytes.fromhex("78780D010860000000001234 0001 C962 0D0A".replace(" ", ""))


def h02() -> bytes:
    """Return an H02 position of the device 8600000001."""
    return b"*HQ,8600000001,V1,080000,A,3031.9560,N,12041.2800,E,0.00,0,231126,FFFFFFFF#"


def iw() -> bytes:
    """Return the first words of an IW watch."""
    return b"IWAP00353456789012345#"
