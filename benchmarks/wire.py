"""MQTT 3.1.1 by hand, as little as a benchmark's publisher needs (OASIS standard, section 3)."""

import select
import socket
import struct
from types import TracebackType

from core.clock import pause

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90

_THANKS_BYTES = 4
_REST_S = 0.003


class Wire:
    """One connection with a clean session; what it hears at QoS 0 needs no thanks."""

    def __init__(self, port: int, client_id: str) -> None:
        """Connect to the broker on this machine."""
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        #: how many of our messages the broker has taken
        self.thanks = 0
        self.send(_packet(_CONNECT, _text("MQTT") + b"\x04\x02\x00\x00" + _text(client_id)))
        while not self._socket.recv(4).startswith(b"\x20"):
            pass

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, packets: bytes) -> None:
        """Hand whole packets to the broker."""
        self._socket.sendall(packets)

    def subscribe(self, topic: str) -> None:
        """Ask for a topic at QoS 0."""
        self.send(_packet(_SUBSCRIBE, b"\x00\x01" + _text(topic) + b"\x00"))

    def await_thanks(self, number: int) -> None:
        """Wait until the broker has taken *number* messages in all; nothing is subscribed."""
        while self.thanks < number:
            pause(_REST_S)  # woken for each of them, waiting would cost more than sending
            self._unread += self._socket.recv(1 << 16)
            packets, left = divmod(len(self._unread), _THANKS_BYTES)
            self.thanks += packets
            self._unread = self._unread[len(self._unread) - left :]

    def read(self, *, timeout_s: float = 60.0) -> list[tuple[str, bytes]]:
        """Wait for something; return the messages heard, topic and payload."""
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return []
        received = self._socket.recv(1 << 16)
        if not received:
            raise ConnectionError("the broker hung up")
        data = self._unread + received
        heard, start = [], 0
        while (bounds := _bounds(data, start)) is not None:
            kind, (begin, end) = data[start] & 0xF0, bounds
            if kind == _PUBACK:
                self.thanks += 1
            elif kind == _PUBLISH:
                (length,) = struct.unpack_from("!H", data, begin)
                topic = data[begin + 2 : begin + 2 + length].decode()
                heard.append((topic, data[begin + 2 + length : end]))
            start = end
        self._unread = data[start:]
        return heard


def publish_packet(topic: str, payload: bytes, number: int) -> bytes:
    """Return a PUBLISH at QoS 1 with the packet id *number*."""
    return _packet(_PUBLISH | 0x02, _text(topic) + struct.pack("!H", number) + payload)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("!H", len(encoded)) + encoded


def _packet(kind: int, body: bytes) -> bytes:
    length, rest = bytearray(), len(body)
    while True:
        rest, digit = divmod(rest, 128)
        length.append(digit | (0x80 if rest else 0))
        if not rest:
            return bytes([kind]) + bytes(length) + body


def _bounds(data: bytes, start: int) -> tuple[int, int] | None:
    """Return where the body of the packet at *start* begins and ends, if all of it is there."""
    length, shift, at = 0, 0, start + 1
    while at < len(data):
        length |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 0x80:
            return (at, at + length) if at + length <= len(data) else None
    return None
