"""`aihuijia decode`: what a device's bytes mean, at the technician's bench or for a whole file.

Nothing is stored and no server is asked. In a file each line is a record with at least `frame`;
`encoding` is `text` (one Latin-1 character a byte; OwnTracks UTF-8) or `hex`, `mode` is `uplink`,
`stream` (bytes off a socket, to be split) or `downlink`.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from core.clock import Clock
from core.errors import Refused
from ingest.codecs import owntracks
from ingest.codecs.profiles import PROTOCOLS, Profile, models, profile_of
from ingest.codecs.readings import Codec, Frame, Reading
from ingest.codecs.settling import settle

#: where the codec of each protocol that is spoken over TCP stands
_CODECS = {
    "watch": "ingest.codecs.watch:WATCH",
    "gt06": "ingest.codecs.gt06:GT06",
    "jt808": "ingest.codecs.jt808:JT808",
    "h02": "ingest.codecs.h02:H02",
    "iw": "ingest.codecs.iw:IW",
}
_MOST_FRAME_BYTES = 1 << 20
_HEX = frozenset("0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One protocol and model on the bench."""

    profile: Profile
    clock: Clock

    @property
    def protocol(self) -> str:
        """Return the protocol's name."""
        return self.profile.protocol

    @property
    def is_binary(self) -> bool:
        """Say whether people write this protocol's frames as hexadecimal."""
        return self.protocol in ("gt06", "jt808")


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What was understood of one record."""

    id: str | None
    readings: tuple[Reading, ...] = ()
    reply: str | None = None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the line that is printed."""
        line: dict[str, Any] = {
            "id": self.id,
            "readings": [reading.to_json() for reading in self.readings],
            "reply": self.reply,
        }
        if self.reason is not None:
            line["reason"] = self.reason
        return line


def bench(protocol: str, model: str | None, clock: Clock) -> Bench:
    """Return the bench for *protocol*; Refused, with what there is, when it is unknown."""
    if protocol not in PROTOCOLS:
        raise Refused(f"There is no protocol {protocol!r}. There are: {', '.join(PROTOCOLS)}")
    if model is not None and model not in models()[protocol]:
        raise Refused(
            f"There is no model {model!r} for {protocol}. There are:"
            f" {', '.join(models()[protocol])}; more go into ingest/data/profiles.toml"
        )
    return Bench(profile=profile_of(protocol, model), clock=clock)


def decode_source(bench: Bench, source: str, lines: Iterable[str] | None) -> Iterator[Understood]:
    """Decode a file of records, the *lines* of standard input, or one frame given as text."""
    if lines is not None:
        yield from _decode_lines(bench, lines)
    elif Path(source).is_file():
        with Path(source).open(encoding="utf-8", errors="replace") as file:
            yield from _decode_lines(bench, file)
    elif source.endswith((".jsonl", ".json", ".txt")):
        raise Refused(f"There is no file {source}")
    else:
        text = source.strip()
        bare = text.replace(" ", "")
        as_hex = bench.protocol != "owntracks" and bool(bare) and set(bare) <= _HEX
        encoding = "hex" if as_hex or bench.is_binary else "text"
        frame = bare if encoding == "hex" else text
        yield decode_record(bench, {"id": "argument", "encoding": encoding, "frame": frame})


def decode_record(bench: Bench, record: dict[str, Any]) -> Understood:
    """Decode one record; whatever is wrong with it becomes the reason, never an error."""
    name = record.get("id")
    record_id = str(name) if isinstance(name, str | int) else None
    frame, mode = record.get("frame"), record.get("mode", "uplink")
    if not isinstance(frame, str):
        return Understood(id=record_id, reason="the record has no text `frame`")
    encoding = record.get("encoding", "text")
    try:
        payload = _bytes_of(bench, frame, encoding)
    except ValueError as error:
        return Understood(id=record_id, reason=f"the frame is not {encoding}: {error}")
    if len(payload) > _MOST_FRAME_BYTES:
        return Understood(id=record_id, reason=f"more than {_MOST_FRAME_BYTES} bytes")
    if mode == "downlink":
        return Understood(id=record_id, reason="a message of the server to the device")
    if bench.protocol == "owntracks":
        frames = [_phone_message(bench, payload, record)]
    else:
        frames = list(_talk(bench, payload, is_stream=mode == "stream"))
    readings = tuple(
        settle(reading, bench.profile) for frame in frames for reading in frame.readings
    )
    reply = b"".join(frame.reply for frame in frames if frame.reply)
    reasons = [frame.reason for frame in frames if frame.reason]
    if not frames:
        reasons = ["no whole frame in these bytes"]
    return Understood(
        id=record_id,
        readings=readings,
        reply=_text_of(reply, encoding) if reply else None,
        reason="; ".join(dict.fromkeys(reasons)) if reasons and not readings else None,
    )


async def listen(bench: Bench, port: int, console: Console, *, pretty: bool) -> None:
    """Answer devices on *port* of every address and print what they say, until cancelled."""
    codec = _codec(bench)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = ":".join(str(part) for part in writer.get_extra_info("peername")[:2])
        console.print(f"{peer} connected", style="green", markup=False)
        session, buffer = codec.open(bench.profile), b""
        try:
            while data := await reader.read(4096):
                split = codec.split(buffer + data)
                buffer = split.rest[-codec.most_buffer :]
                for raw in split.frames:
                    frame = codec.decode(raw, session, bench.clock.now())
                    session = frame.session
                    if frame.reply:
                        writer.write(frame.reply)
                        await writer.drain()
                    said = _understood(bench, frame)
                    show(console, said, pretty=pretty)
        except ConnectionError:
            pass
        finally:
            writer.close()
            console.print(f"{peer} gone", style="dim", markup=False)

    try:
        server = await asyncio.start_server(serve, host=None, port=port)
    except OSError as error:
        raise Refused(f"Port {port} cannot be listened on: {error.strerror or error}") from None
    console.print(
        f"Listening for {bench.protocol} on port {port}; point the device here. Ctrl-C stops.",
        markup=False,
    )
    async with server:
        await server.serve_forever()


def show(console: Console, said: Understood, *, pretty: bool) -> None:
    """Print one result: a JSON line, or a table for people."""
    if not pretty:
        console.print_json(data=said.to_json(), indent=None, highlight=False)
        return
    console.rule(str(said.id or ""))
    if said.reason is not None:
        console.print(f"Nothing could be understood: {said.reason}", style="red", markup=False)
    for reading in said.readings:
        table = Table(show_header=False, box=None)
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, value in reading.to_json().items():
            if value not in (None, [], False):
                table.add_row(name, json.dumps(value, ensure_ascii=False).strip('"'))
        console.print(table)
    if said.reply is not None:
        console.print("reply", repr(said.reply)[1:-1], markup=False, soft_wrap=True)


def _decode_lines(bench: Bench, lines: Iterable[str]) -> Iterator[Understood]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            record = None
        if not isinstance(record, dict):
            yield Understood(id=None, reason=f"line {number}: not a JSON object")
            continue
        yield decode_record(bench, record)


def _talk(bench: Bench, payload: bytes, *, is_stream: bool) -> Iterator[Frame]:
    codec = _codec(bench)
    session = codec.open(bench.profile)
    for raw in codec.split(payload).frames if is_stream else (payload,):
        frame = codec.decode(raw, session, bench.clock.now())
        session = frame.session
        yield frame


def _phone_message(bench: Bench, payload: bytes, record: dict[str, Any]) -> Frame:
    topic, secret = record.get("topic"), record.get("secret")
    levels = topic.split("/") if isinstance(topic, str) else []
    return owntracks.read(
        payload,
        topic_device=levels[1] if len(levels) >= 3 else None,
        profile=bench.profile,
        received_at=bench.clock.now(),
        secret=secret.encode() if isinstance(secret, str) else None,
    )


def _understood(bench: Bench, frame: Frame) -> Understood:
    encoding = "hex" if bench.is_binary else "text"
    return Understood(
        id=None,
        readings=tuple(settle(reading, bench.profile) for reading in frame.readings),
        reply=_text_of(frame.reply, encoding) if frame.reply else None,
        reason=frame.reason if not frame.readings else None,
    )


def _bytes_of(bench: Bench, frame: str, encoding: object) -> bytes:
    if encoding == "hex":
        return bytes.fromhex(frame)
    return frame.encode("utf-8" if bench.protocol == "owntracks" else "latin-1")


def _text_of(reply: bytes, encoding: object) -> str:
    return reply.hex() if encoding == "hex" else reply.decode("latin-1")


def _codec(bench: Bench) -> Codec:
    module, _, name = _CODECS[bench.protocol].partition(":")
    codec: Codec = getattr(import_module(module), name)
    return codec
