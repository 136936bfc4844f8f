"""Measure what a gateway with 10,000 bands costs: memory, answers, CPU, messages a second.

A real gateway process, real Mosquitto with the production limits, the spool on a real disk, and a
stand-in for the ingest role that says `seen` for every report. Bands are sockets of this process.

- *calling*: every band connects and says its first heartbeat, all at once, as after a mast's
  outage. Memory per connection is what the process grew by.
- *talking*: every band says a position and a heartbeat in its turn; how long until the answer.
- *flat out*: 400 bands that say the next as soon as they are answered. Beside it the same number
  of messages from one MQTT client that waits for the broker's thanks: the ratio is what TCP,
  decoding and the spool cost, and travels better than a figure of one machine.

    .venv/bin/python -m benchmarks.gateway
    .venv/bin/python -m benchmarks.gateway --bands 1000 --seconds 10
"""

import asyncio
import json
import multiprocessing
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import paho.mqtt.client as mqtt
import typer
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console

from aihuijia.gateway_role import raise_file_limit
from benchmarks.servers import mosquitto
from core.clock import SystemClock, monotonic
from core.settings import PREFIX
from tests.servers import free_port, until

PREFIX_LEVELS = "121/bench-gateway"
JSON_PATH = Path("var/bench-gateway.json")
#: bands that talk without a pause
FLAT_OUT_BANDS = 400
_AT_ONCE = 500


class Band:
    """A watch: one socket."""

    def __init__(self, number: int) -> None:
        """Be the *number*-th."""
        self._id = f"88{number:08}"
        self._heartbeat = f"[3G*{self._id}*0002*LK]".encode()
        self._turn = 0

    async def call(self, port: int) -> float:
        """Connect, say the first heartbeat; return how long until its answer, seconds."""
        began = monotonic()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._writer.write(self._heartbeat)
        await self._reader.readexactly(len(self._heartbeat))
        return monotonic() - began

    async def talk(self) -> float:
        """Say a position and a heartbeat; return how long until the answer, seconds."""
        self._turn += 1
        began = monotonic()
        now = SystemClock().now()
        said = (
            f"UD,{now:%d%m%y,%H%M%S},A,30.53{self._turn % 10_000:04},N,120.688000,E,"
            "0.0,0,5,9,80,64,100,0,00000000,1,1,460,0,22633,61712131,55,0"
        )
        frame = f"[3G*{self._id}*{len(said):04X}*{said}]".encode()
        self._writer.write(frame + self._heartbeat)
        await self._reader.readexactly(len(self._heartbeat))
        return monotonic() - began

    def hang_up(self) -> None:
        """End the connection."""
        self._writer.transport.abort()


def main(
    bands: Annotated[int, typer.Option(min=FLAT_OUT_BANDS, help="Connections.")] = 10_000,
    every_s: Annotated[float, typer.Option(min=0.1, help="Each band talks so often.")] = 30.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long they talk.")] = 30.0,
    flat_out: Annotated[int, typer.Option(min=400, help="Turns of all bands, flat out.")] = 20_000,
    path: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = JSON_PATH,
) -> None:
    """Measure and print; the figures are kept as JSON."""
    console = Console()
    raise_file_limit(bands)
    with mosquitto() as broker, _ingest(broker.address), _gateway(broker.address, bands) as process:
        figures = asyncio.run(_measure(process, bands, every_s, seconds, flat_out))
        figures["flat_out"]["mqtt_alone_per_s"] = round(_mqtt_alone(broker.port, 2 * flat_out))
    alone = figures["flat_out"]["mqtt_alone_per_s"]
    figures["flat_out"]["ratio"] = round(figures["flat_out"]["reports_per_s"] / alone, 3)
    document = {
        "at": SystemClock().now().isoformat(),
        "machine": {"python": platform.python_version(), "cores": multiprocessing.cpu_count()},
        "bands": bands,
        **figures,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    console.print_json(data=document)


# -- the parts -------------------------------------------------------------------------------------


async def _measure(
    process: "_Process", count: int, every_s: float, seconds: float, turns: int
) -> dict[str, Any]:
    bands = [Band(number) for number in range(count)]
    empty_kib, cpu_s, began = process.kib(), process.cpu_s(), monotonic()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def call(band: Band) -> float:
        async with gate:
            return await band.call(process.port)

    answered = await asyncio.gather(*(call(band) for band in bands))
    calling = {
        "seconds": round(monotonic() - began, 2),
        "answered_ms": _percentiles(answered),
        "cpu_s": round(process.cpu_s() - cpu_s, 2),
        "kib_per_connection": round((process.kib() - empty_kib) / count, 1),
        "mib": round(process.kib() / 1024, 1),
    }
    talking = await _talk(process, bands, every_s, seconds)
    flat_out = await _flat_out(process, bands[:FLAT_OUT_BANDS], turns)
    for band in bands:
        band.hang_up()
    return {"calling": calling, "talking": talking, "flat_out": flat_out}


async def _talk(
    process: "_Process", bands: Sequence[Band], every_s: float, seconds: float
) -> dict[str, Any]:
    cpu_s, began = process.cpu_s(), monotonic()
    answered: list[float] = []

    async def live(band: Band, offset_s: float) -> None:
        due = began + offset_s
        while due < began + seconds:
            await asyncio.sleep(max(0.0, due - monotonic()))
            answered.append(await band.talk())
            due += every_s

    await asyncio.gather(
        *(live(band, number * every_s / len(bands)) for number, band in enumerate(bands))
    )
    took = monotonic() - began
    return {
        "every_s": every_s,
        "reports_per_s": round(2 * len(answered) / took),
        "answered_ms": _percentiles(answered),
        "cpu_share": round((process.cpu_s() - cpu_s) / took, 3),
        "cpu_ms_per_report": round((process.cpu_s() - cpu_s) / len(answered) / 2 * 1000, 3),
        "mib": round(process.kib() / 1024, 1),
    }


async def _flat_out(process: "_Process", bands: Sequence[Band], turns: int) -> dict[str, Any]:
    cpu_s, began = process.cpu_s(), monotonic()

    async def live(band: Band) -> list[float]:
        return [await band.talk() for _ in range(turns // len(bands))]

    answered = [s for each in await asyncio.gather(*(live(band) for band in bands)) for s in each]
    took = monotonic() - began
    return {
        "reports_per_s": round(2 * len(answered) / took),
        "answered_ms": _percentiles(answered),
        "cpu_ms_per_report": round((process.cpu_s() - cpu_s) / len(answered) / 2 * 1000, 3),
    }


def _mqtt_alone(port: int, messages: int) -> float:
    """Return how many messages a second one client gets thanks for."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    thanked = 0

    def on_publish(*_: object) -> None:
        nonlocal thanked
        thanked += 1

    client.on_publish = on_publish
    client.connect("127.0.0.1", port)
    client.loop_start()
    payload = b"x" * 500
    began = monotonic()
    for number in range(messages):
        client.publish(f"{PREFIX_LEVELS}-alone/up/b{number % 400}/report", payload, qos=1)
    until(lambda: thanked == messages, "the broker thanks for all", within_s=300)
    took = monotonic() - began
    client.disconnect()
    client.loop_stop()
    return messages / took


# -- the processes ---------------------------------------------------------------------------------


class _Process:
    """The gateway's process, as the kernel sees it."""

    def __init__(self, pid: int, port: int) -> None:
        self.port = port
        self._folder = Path(f"/proc/{pid}")

    def kib(self) -> int:
        """Return its memory, KiB."""
        status = (self._folder / "status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def cpu_s(self) -> float:
        """Return the CPU time it has used, seconds."""
        fields = (self._folder / "stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _gateway(broker_url: str, bands: int) -> Iterator[_Process]:
    port = free_port()
    settings = {
        "BROKER_URL": broker_url,
        "TOPIC_PREFIX": PREFIX_LEVELS,
        "GATEWAY_PORT": str(port),
        "GATEWAY_MOST_CONNECTIONS": str(bands + 10),
        "GATEWAY_CONNECTIONS_PER_ADDRESS": str(bands + 10),
        "GATEWAY_FRAMES_PER_MINUTE": "10000000",
        "LOG_LEVEL": "WARNING",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    with tempfile.TemporaryDirectory(prefix="aihuijia-bench-", dir="/var/tmp") as folder:
        settings |= {
            "DATABASE_URL": f"sqlite:///{folder}/none.db",
            "GATEWAY_SPOOL": f"{folder}/gateway.db",
        }
        process = subprocess.Popen(  # noqa: S603  our own command
            [str(Path(sys.executable).with_name("aihuijia")), "gateway"],
            env=kept | {PREFIX + name: value for name, value in settings.items()},
            cwd=folder,
        )
        try:
            until(lambda: _listens(port), "the gateway listens")
            yield _Process(process.pid, port)
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def _ingest(broker_url: str) -> Iterator[None]:
    ready = multiprocessing.Event()
    process = multiprocessing.Process(target=_say_seen, args=(broker_url, ready), daemon=True)
    process.start()
    ready.wait(20)
    try:
        yield
    finally:
        process.terminate()
        process.join(10)


def _say_seen(broker_url: str, ready: Any) -> None:
    """Do what the ingest role does for a band: say that its report is committed."""

    def arrived(client: mqtt.Client, _data: object, packet: mqtt.MQTTMessage) -> None:
        device_id, report_id = packet.topic.split("/")[-2], json.loads(packet.payload)["id"]
        seen = json.dumps({"ids": [report_id]})
        client.publish(f"{PREFIX_LEVELS}/down/{device_id}/seen", seen, qos=1)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-ingest")
    client.max_inflight_messages_set(1000)
    client.on_message = arrived
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", int(broker_url.rsplit(":", 1)[1]))
    client.subscribe(f"{PREFIX_LEVELS}/up/#", qos=1)
    client.loop_forever()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    shares = (("p50", 0.5), ("p99", 0.99), ("most", 1.0))
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)
        for name, share in shares
    }


if __name__ == "__main__":
    typer.run(main)
