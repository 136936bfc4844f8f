"""Measure how many messages a second go from a band's publish to committed and judged.

Real Mosquitto, real SQLite and PostgreSQL that wait for the disk, 400 registered bands with a home
each. A second process publishes every message as fast as the broker takes them. Beside it, in the
same run: the same messages to a paho subscriber that does nothing but acknowledge. The ratio of the
two is what storing and judging cost, and it travels better than a figure of one machine.

    make bench                                 10 000 messages, 3 rounds
    make bench ARGS="--messages 2000 --rounds 1"
"""

import itertools
import json
import multiprocessing
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated

import paho.mqtt.client as mqtt
import typer
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console
from rich.table import Table
from shapely.geometry import box
from sqlalchemy import Engine, func, select

from benchmarks.servers import mosquitto, postgresql
from core.clock import SystemClock, monotonic
from core.errors import ServerMissing
from core.places import Position
from core.zones import Circle, ZoneKind
from ingest.subscriber import Subscriber
from store import registry, schema
from store.database import open_database, reading
from store.migrate import migrate
from tests.servers import until

BANDS = 400
#: where the homes stand, a grid in the middle of Haining
CORNER = Position(120.60, 30.45)
GRID_M = 250.0

JSON_PATH = Path("var/bench-ingest.json")

#: how many messages are through, and how to close the receiver for good
Counted = tuple[Callable[[], int], Callable[[], None]]
#: opens a receiver on a broker's port for one topic prefix
Receiver = Callable[[int, str], Counted]


_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one receiver reached."""

    receiver: str
    #: messages per second of each round
    per_s: list[float]

    @property
    def median_per_s(self) -> float:
        """Return the middle round."""
        return median(self.per_s)


def main(
    messages: Annotated[int, typer.Option(min=BANDS, help="Messages in each round.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the middle one counts.")] = 3,
    path: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = JSON_PATH,
) -> None:
    """Measure and print ingest's throughput beside a subscriber that only acknowledges."""
    console = Console()
    with mosquitto() as port, _engines(console) as engines:
        for engine in engines.values():
            _register(engine)
        receivers: dict[str, Receiver] = {"acknowledge only (paho)": _only_acknowledge}
        for name, engine in engines.items():
            receivers[f"ingest, {name}"] = partial(_ingest, engine)
        per_s: dict[str, list[float]] = {name: [] for name in receivers}
        for number in range(rounds):
            for name, open_receiver in receivers.items():
                with console.status(f"round {number + 1} of {rounds}: {name}"):
                    per_s[name].append(_round(open_receiver, port, messages))
        for engine in engines.values():
            _check_all_judged(engine, messages * rounds)
    figures = [Figure(receiver=name, per_s=values) for name, values in per_s.items()]
    _print(console, figures, messages)
    _write(path, figures, messages)
    console.print(f"The figures are in {path}.")


# -- one round -------------------------------------------------------------------------------------


def _round(open_receiver: Receiver, port: int, messages: int) -> float:
    """Return messages per second from the first publish to the last one through."""
    prefix = f"bench/{next(_numbers)}"  # its own, so that no session hears another round
    through, close = open_receiver(port, prefix)
    before = through()
    now = SystemClock().now()
    spawned = multiprocessing.get_context("spawn")
    ready, go = spawned.Event(), spawned.Event()
    publisher = spawned.Process(target=publish, args=(port, prefix, messages, now, ready, go))
    publisher.start()
    ready.wait(60)
    begun = monotonic()
    go.set()
    until(lambda: through() - before >= messages, "all messages are through", within_s=300)
    took_s = monotonic() - begun
    publisher.join()
    close()
    return messages / took_s


def publish(
    port: int, prefix: str, messages: int, now: datetime, ready: object, go: object
) -> None:
    """Publish the round's messages as fast as the broker takes them; runs in its own process."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-bands")
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    batch = [report(n, prefix, now) for n in range(messages)]
    ready.set()  # type: ignore[attr-defined]
    go.wait()  # type: ignore[attr-defined]
    sent = [client.publish(topic, payload, qos=1) for topic, payload in batch]
    for one in sent:
        one.wait_for_publish(120)
    client.disconnect()
    client.loop_stop()


def report(number: int, prefix: str, now: datetime) -> tuple[str, str]:
    """Return topic and payload of message *number* of a round: a walk around home."""
    band, turn = number % BANDS, number // BANDS
    place = _home(band).moved(east_m=turn % 7 * 5.0, north_m=turn % 5 * 5.0)
    body = {
        "v": 1,
        "id": f"{now.timestamp():.0f}-{turn}",
        "t": round((now + timedelta(seconds=turn * 0.5)).timestamp() - 300, 1),
        "why": "timer",
        "fix": {"src": "gnss", "lat": place.lat, "lon": place.lon, "acc_m": 9, "sat": 8},
        "bat": {"pct": 71},
        "worn": True,
    }
    return f"{prefix}/up/bench-{band}/report", json.dumps(body)


# -- the receivers ---------------------------------------------------------------------------------


def _only_acknowledge(port: int, prefix: str) -> Counted:
    """Take messages as the ingest role does, and acknowledge each at once."""
    taken = 0
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id="bench-ack", clean_session=True, manual_ack=True
    )
    client.max_inflight_messages_set(1000)

    def arrived(_client: mqtt.Client, _userdata: object, packet: mqtt.MQTTMessage) -> None:
        nonlocal taken
        client.ack(packet.mid, packet.qos)
        taken += 1

    subscribed = False

    def confirmed(*_: object) -> None:
        nonlocal subscribed
        subscribed = True

    client.on_message = arrived
    client.on_subscribe = confirmed
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(f"{prefix}/up/#", 1)
    until(lambda: subscribed, "the broker confirms the subscription")

    def close() -> None:
        client.disconnect()
        client.loop_stop()

    return lambda: taken, close


def _ingest(engine: Engine, port: int, prefix: str) -> Counted:
    """Run the ingest role; a message is through when its ping is committed."""
    subscriber = Subscriber(
        engine,
        SystemClock(),
        broker_url=f"mqtt://127.0.0.1:{port}",
        client_id=prefix.replace("/", "-"),
        prefix=prefix,
    )
    subscriber.start()
    until(subscriber.connected.is_set, "the ingest role is connected")

    def stored() -> int:
        with reading(engine) as connection:  # one row a band, each counting its stored reports
            return connection.scalar(select(func.sum(schema.latest.c.reports))) or 0

    def close() -> None:
        subscriber.stop()
        forget = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=prefix.replace("/", "-"))
        forget.connect("127.0.0.1", port)  # a clean session: the broker drops the kept one
        forget.loop()
        forget.disconnect()

    return stored, close


# -- around it -------------------------------------------------------------------------------------


@contextmanager
def _engines(console: Console) -> Iterator[dict[str, Engine]]:
    """Give a migrated, empty database of each kind that this machine has."""
    with tempfile.TemporaryDirectory(prefix="aihuijia-bench-") as folder:
        engines = {"SQLite": open_database(f"sqlite:///{folder}/bench.db")}
        try:
            with postgresql() as url:
                engines["PostgreSQL"] = open_database(url)
                yield _migrated(engines)
                engines["PostgreSQL"].dispose()
        except ServerMissing as missing:
            console.print(f"Without PostgreSQL: {missing}")
            yield _migrated(engines)
        engines["SQLite"].dispose()


def _migrated(engines: dict[str, Engine]) -> dict[str, Engine]:
    for engine in engines.values():
        migrate(engine)
    return engines


def _register(engine: Engine) -> None:
    """Register the bands, each with a home, and a river nobody should enter."""
    now = SystemClock().now()
    with engine.begin() as connection:
        registry.add_organisation(
            connection, "bench", kind="street", name_zh="测试街道", name_en="Bench Street"
        )
        registry.add_zone(
            connection,
            elder_id=None,
            kind=ZoneKind.DANGER,
            name="river",
            shape=box(120.5, 30.40, 120.8, 30.44),
        )
        for band in range(BANDS):
            elder_id = registry.add_elder(
                connection, organisation_id="bench", name=f"B{band}", birth_year=1946, sex="f"
            )
            registry.add_band(connection, f"bench-{band}", elder_id=elder_id, now=now)
            registry.add_zone(
                connection,
                elder_id=elder_id,
                kind=ZoneKind.SAFE,
                name="home",
                shape=Circle(_home(band), 150.0),
            )


def _home(band: int) -> Position:
    return CORNER.moved(east_m=band % 20 * GRID_M, north_m=band // 20 * GRID_M)


def _check_all_judged(engine: Engine, messages: int) -> None:
    """Refuse figures of a run that lost, refused or failed to judge anything."""
    with reading(engine) as connection:

        def rows(table: str) -> int:
            found = connection.scalar(
                select(func.count()).select_from(schema.metadata.tables[table])
            )
            return found or 0

        counted = {name: rows(name) for name in ("ping", "belief", "reject", "incident")}
    expected = {"ping": messages, "belief": BANDS, "reject": 0, "incident": 0}
    assert counted == expected, f"this run does not count: {counted} instead of {expected}"


def _print(console: Console, figures: list[Figure], messages: int) -> None:
    table = Table(title=f"{messages} messages of {BANDS} bands, middle of {len(figures[0].per_s)}")
    table.add_column("receiver")
    for name in ("messages/s", "slowest", "fastest", "of the baseline"):
        table.add_column(name, justify="right")
    for figure in figures:
        table.add_row(
            figure.receiver,
            f"{figure.median_per_s:,.0f}",
            f"{min(figure.per_s):,.0f}",
            f"{max(figure.per_s):,.0f}",
            f"{figure.median_per_s / figures[0].median_per_s:.2f}",
        )
    console.print(table)


def _write(path: Path, figures: list[Figure], messages: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "at": SystemClock().now().isoformat(),
        "machine": {"python": platform.python_version(), "cores": multiprocessing.cpu_count()},
        "messages": messages,
        "bands": BANDS,
        "receivers": [
            {
                **asdict(figure),
                "median_per_s": figure.median_per_s,
                "ratio": figure.median_per_s / figures[0].median_per_s,
            }
            for figure in figures
        ],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
