"""Measure ingest: messages a second, a night's backlog, a large registry, time to the commit.

Real Mosquitto, real SQLite and PostgreSQL that wait for the disk. Publisher, receiver and servers
are processes of their own on one machine. Beside ingest, in the same run: the same messages to a
paho subscriber that does nothing but acknowledge. The ratio of the two is what storing and judging
cost, and it travels better than a figure of one machine. So do processor seconds per 1 000
messages.

    make bench                                        messages a second, about a minute
    make bench ARGS="--part backlog --part latency"   other parts, or --part all
    make bench ARGS="--messages 4000 --rounds 1"
"""

import json
import multiprocessing
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.bands import BANDS, Plan
from benchmarks.receivers import Receiver
from benchmarks.rounds import Machine, Outcome, drained_backlog, online_round
from benchmarks.servers import mosquitto
from benchmarks.town import Database, check_all_judged, databases, register
from core.clock import SystemClock
from store.database import reading

JSON_PATH = Path("var/bench-ingest.json")

BASELINE = Receiver(name="acknowledge only (paho)")
#: reports that each band stored in six hours without a connection, one a minute
BACKLOG_TURNS = 360
REGISTERED = 300_000
#: messages a second at which the time to the commit is measured, and for how long
RATES = (10.0, 100.0, 1000.0)
_RATE_LASTS_S = 10.0
_SOS_EVERY = 100
#: over so many seconds the measurements of one round are spread
_SPREAD_S = 500.0


class Part(StrEnum):
    """What can be measured."""

    THROUGHPUT = "throughput"
    BACKLOG = "backlog"
    REGISTERED = "registered"
    LATENCY = "latency"
    ALL = "all"


class Client(StrEnum):
    """How messages are published."""

    PACKETS = "packets"
    PAHO = "paho"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What all parts share."""

    console: Console
    machine: Machine
    databases: list[Database]
    client: Client

    def plan(self, messages: int, **more: Any) -> Plan:
        """Return messages that were measured over the last minutes, too new to count as stored."""
        now = SystemClock().now()
        turns = -(-messages // more.get("bands", BANDS))
        standard: dict[str, Any] = {
            "first_at": now - timedelta(seconds=_SPREAD_S + 30),
            "spacing_s": _SPREAD_S / turns,
            "name": f"{now.timestamp():.0f}",
            "client": self.client.value,
        }
        return Plan(messages=messages, **(standard | more))


def main(
    part: Annotated[list[Part] | None, typer.Option(help="What to measure; repeatable.")] = None,
    messages: Annotated[int, typer.Option(min=BANDS, help="Messages in each round.")] = 20_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the middle one counts.")] = 3,
    client: Annotated[Client, typer.Option(help="Who publishes.")] = Client.PACKETS,
    only: Annotated[str, typer.Option(help="Only the database of this name.")] = "",
    path: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = JSON_PATH,
) -> None:
    """Measure and print; the figures are kept as JSON."""
    console = Console()
    wanted = set(part or [Part.THROUGHPUT])
    if Part.ALL in wanted:
        wanted = set(Part)
    document: dict[str, Any] = {
        "at": SystemClock().now().isoformat(),
        "machine": {"python": platform.python_version(), "cores": multiprocessing.cpu_count()},
        "bands": BANDS,
        "publisher": client.value,
    }
    with mosquitto() as broker, databases(console) as found:
        chosen = [one for one in found if only.lower() in one.name.lower()]
        run = Run(
            console=console,
            machine=Machine(
                broker=broker,
                database_pids={one.url: one.pid for one in chosen if one.pid is not None},
            ),
            databases=chosen,
            client=client,
        )
        for one in chosen:
            register(one.engine, BANDS * rounds)
        if Part.THROUGHPUT in wanted:
            document["throughput"] = _throughput(run, messages, rounds)
        if Part.LATENCY in wanted:
            document["latency"] = [_latency(run, one, rate) for one in chosen for rate in RATES]
        if Part.BACKLOG in wanted:
            document["backlog"] = _backlog(run)
        if Part.REGISTERED in wanted:
            document["registered"] = _registered(run, messages, rounds)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    console.print(f"The figures are in {path}.")


# -- the parts -------------------------------------------------------------------------------------


def _throughput(run: Run, messages: int, rounds: int) -> dict[str, Any]:
    """Publish as fast as the broker takes it, in turn to every receiver."""
    receivers = [BASELINE, *(_ingest(one) for one in run.databases)]
    outcomes = _in_turn(run, receivers, rounds, messages)
    for one in run.databases:
        check_all_judged(one.engine, pings=messages * rounds, beliefs=BANDS * rounds)
    _print_rates(run.console, f"{messages} messages of {BANDS} bands", outcomes)
    return {"messages": messages, "receivers": _rates(outcomes)}


def _backlog(run: Run) -> dict[str, Any]:
    """Drain what bands stored in six hours, which waits at the broker."""
    messages = BANDS * BACKLOG_TURNS
    outcomes: dict[str, list[Outcome]] = {}
    for receiver in [BASELINE, *(_ingest(one) for one in run.databases)]:
        with run.console.status(f"backlog: {receiver.name}"):
            first_at = SystemClock().now() - timedelta(minutes=BACKLOG_TURNS)
            plan = run.plan(messages, first_at=first_at, spacing_s=60.0)
            database = _database_of(run, receiver)
            before = _pings(database) if database else 0
            outcomes[receiver.name] = [drained_backlog(run.machine, receiver, plan)]
            if database is not None:
                assert _pings(database) - before == messages, "rows were lost or doubled"
    _print_rates(run.console, f"a backlog of {messages}", outcomes)
    return {
        "messages": messages,
        "receivers": [
            figure | {"mib_by_tenth": [round(mib, 1) for mib in outcomes[name][0].mib_by_tenth]}
            for figure in _rates(outcomes)
            if (name := figure["receiver"])
        ],
    }


def _registered(run: Run, messages: int, rounds: int) -> dict[str, Any]:
    """Do the same with very many bands registered: 400 that report, and everyone in turn."""
    for one in run.databases:
        with run.console.status(f"registering {REGISTERED} bands: {one.name}"):
            register(one.engine, REGISTERED)
    receivers = [BASELINE, *(_ingest(one) for one in run.databases)]
    few = _in_turn(run, receivers, rounds, messages)
    many = _in_turn(run, receivers, 1, messages, bands=messages, name="many")
    _print_rates(run.console, f"{REGISTERED} bands registered, {BANDS} report", few)
    _print_rates(run.console, f"{REGISTERED} bands registered, {messages} report once", many)
    return {
        "registered": REGISTERED,
        "messages": messages,
        "few_report": _rates(few),
        "each_reports_once": _rates(many),
    }


def _latency(run: Run, database: Database, per_s: float) -> dict[str, Any]:
    """Publish at a steady rate, an SOS among every hundred; how long until all is committed."""
    messages = int(per_s * _RATE_LASTS_S)
    now = SystemClock().now()
    plan = run.plan(messages, first_at=now, per_s=per_s, sos_every=_SOS_EVERY, client="packets")
    with run.console.status(f"{per_s:g} messages a second: {database.name}"):
        outcome = online_round(run.machine, _ingest(database), plan)
    figure = {
        "receiver": database.name,
        "per_s": per_s,
        "messages": messages,
        "cpu_s_per_1000": _per_1000(outcome),
        "published_to_seen_ms": _percentiles(outcome.seen_after_s),
        **_commit_times(database, now),
    }
    run.console.print(json.dumps(figure))
    return figure


def _commit_times(database: Database, since: datetime) -> dict[str, Any]:
    """Return how long pings and triggers took from arrival to commit, as PostgreSQL noted it."""
    if database.engine.dialect.name != "postgresql":
        return {}
    waited = "extract(epoch FROM pg_xact_commit_timestamp({}.xmin) - ping.received_at)"
    pings = f"SELECT {waited.format('ping')} FROM ping WHERE received_at > :since"  # noqa: S608
    triggers = (
        f"SELECT {waited.format('incident')} FROM incident"  # noqa: S608
        " JOIN ping ON ping.id = incident.trigger_ping_id WHERE ping.received_at > :since"
    )
    with reading(database.engine) as connection:
        return {
            name: _percentiles(
                [float(s) for s in connection.scalars(text(statement), {"since": since})]
            )
            for name, statement in (
                ("received_to_committed_ms", pings),
                ("received_to_trigger_committed_ms", triggers),
            )
        }


# -- figures -------------------------------------------------------------------------------------


def _in_turn(
    run: Run, receivers: Iterable[Receiver], rounds: int, messages: int, **more: Any
) -> dict[str, list[Outcome]]:
    receivers = list(receivers)
    outcomes: dict[str, list[Outcome]] = {one.name: [] for one in receivers}
    for number in range(rounds):
        for receiver in receivers:
            with run.console.status(f"round {number + 1} of {rounds}: {receiver.name}"):
                # Each round has bands of its own, so that it finds what the first one found.
                plan = run.plan(messages, **({"first_band": BANDS * number} | more))
                outcomes[receiver.name].append(online_round(run.machine, receiver, plan))
    return outcomes


def _rates(outcomes: dict[str, list[Outcome]]) -> list[dict[str, Any]]:
    baseline = median(outcome.per_s for outcome in outcomes[BASELINE.name])
    return [
        {
            "receiver": name,
            "per_s": [round(outcome.per_s, 1) for outcome in each],
            "median_per_s": round(median(outcome.per_s for outcome in each), 1),
            "ratio": round(median(outcome.per_s for outcome in each) / baseline, 3),
            "cpu_s_per_1000": _per_1000(*each),
            "peak_mib": round(max(outcome.peak_mib for outcome in each), 1),
        }
        for name, each in outcomes.items()
    ]


def _per_1000(*outcomes: Outcome) -> dict[str, float]:
    messages = sum(outcome.messages for outcome in outcomes)
    used = {
        name: round(sum(outcome.cpu_s[name] for outcome in outcomes) / messages * 1000, 4)
        for name in outcomes[0].cpu_s
    }
    return used | {"all": round(sum(used.values()), 4)}


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)
        for name, share in (("p50", 0.50), ("p99", 0.99), ("most", 1.0))
    } | {"of": len(ordered)}


def _print_rates(console: Console, title: str, outcomes: dict[str, list[Outcome]]) -> None:
    table = Table(title=title)
    table.add_column("receiver")
    names = ("messages/s", "slowest", "fastest", "of the baseline", "peak MiB")
    for name in (*names, "receiver, CPU ms", "broker", "database", "publisher"):
        table.add_column(name, justify="right")
    for figure in _rates(outcomes):
        used = figure["cpu_s_per_1000"]
        table.add_row(
            figure["receiver"],
            f"{figure['median_per_s']:,.0f}",
            f"{min(figure['per_s']):,.0f}",
            f"{max(figure['per_s']):,.0f}",
            f"{figure['ratio']:.2f}",
            f"{figure['peak_mib']:.0f}",
            *(
                f"{used[name]:.3f}" if name in used else ""
                for name in ("receiver", "broker", "database", "publisher")
            ),
        )
    console.print(table)


def _ingest(database: Database) -> Receiver:
    return Receiver(name=f"ingest, {database.name}", url=database.url)


def _database_of(run: Run, receiver: Receiver) -> Database | None:
    return next((one for one in run.databases if one.url == receiver.url), None)


def _pings(database: Database) -> int:
    with reading(database.engine) as connection:
        return connection.scalar(text("SELECT count(*) FROM ping")) or 0


if __name__ == "__main__":
    typer.run(main)
