"""Measure the alerts role: from the commit of a trigger to the provider's door, and under kills.

The role is a process of its own with Twilio's SDK, as in production, and pauses between two looks
as it does there; the provider is another process that writes down when a request came. SQLite and
PostgreSQL wait for the disk. Beside it, in the same run: one round trip to the database and one
request to the provider. The ratio travels better than a figure of one machine.

    make bench-alerts                                  all but the soak
    make bench-alerts ARGS="--part burst --only sqlite"
    make bench-alerts ARGS="--part soak --incidents 10000"
"""

import json
import multiprocessing
import platform
import random
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text

from alerts import inbox
from alerts.auditor import audit
from benchmarks.alerts_provider import Faults, Provider, provider
from benchmarks.alerts_scene import (
    RoleProcess,
    alerts_role,
    close_all,
    due_one_by_one,
    pile_up,
    press_sos,
    register,
    settings_of,
    wait_quietly,
)
from benchmarks.town import Database, databases
from core.clock import SystemClock, monotonic, pause
from core.incidents import IncidentState
from store import schema
from store.database import reading
from tests.journeys.crowd import guardians_of, number_of
from tests.servers import until

JSON_PATH = Path("var/bench-alerts.json")
#: elders whose incidents are open, messages that wait, elders they are about
OPEN, WAITING, TOLD = 400, 10_000, 1_000
#: the goal for a first ask at the provider, 99 of 100
GOAL_S = 1.0
_WITHIN_S = 1_200.0
_GAP_S = 0.4
_KILLED_EVERY_S = (6.0, 20.0)
_SOAK_FAULTS = Faults(refused=0.03, lost=0.03, slow=0.02)


class Part(StrEnum):
    """What can be measured."""

    LATENCY = "latency"
    STEPS = "steps"
    BURST = "burst"
    SOAK = "soak"


@dataclass(slots=True, kw_only=True)
class Bench:
    """One database, its provider, and people who were not used yet."""

    console: Console
    database: Database
    provider: Provider
    samples: int
    fresh: list[int] = field(default_factory=list)

    def people(self, number: int) -> list[int]:
        """Return elders who have had no incident."""
        taken, self.fresh = self.fresh[:number], self.fresh[number:]
        return taken

    @property
    def settings(self) -> dict[str, Any]:
        """Return the role's settings."""
        return settings_of(self.database.url, self.provider.url)


def main(
    part: Annotated[list[Part] | None, typer.Option(help="What to measure; repeatable.")] = None,
    samples: Annotated[int, typer.Option(min=5, help="Triggers of each measurement.")] = 100,
    burst: Annotated[int, typer.Option(min=1, help="Incidents opened at once.")] = 1_000,
    soaked: Annotated[int, typer.Option("--incidents", min=1, help="Of the soak.")] = 10_000,
    only: Annotated[str, typer.Option(help="Only the database of this name.")] = "",
    path: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = JSON_PATH,
) -> None:
    """Measure and print; the figures are kept as JSON."""
    console = Console()
    wanted = set(part or [Part.LATENCY, Part.STEPS, Part.BURST])
    document: dict[str, Any] = {
        "at": SystemClock().now().isoformat(),
        "machine": {"python": platform.python_version(), "cores": multiprocessing.cpu_count()},
    }
    with databases(console) as found:
        for one in found:
            if only.lower() not in one.name.lower():
                continue
            with provider() as standing_in:
                bench = Bench(console=console, database=one, provider=standing_in, samples=samples)
                people = 4 * samples + OPEN + TOLD + burst + soaked
                bench.fresh = register(one.engine, people)
                document[one.name] = _measure(bench, wanted, burst, soaked)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    console.print(f"The figures are in {path}.")


def _measure(bench: Bench, wanted: set[Part], burst: int, soaked: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"round_trips_ms": _round_trips(bench)}
    with alerts_role(bench.settings):
        if Part.LATENCY in wanted:
            figures["trigger_to_request_ms"] = _latency(bench)
        if Part.STEPS in wanted:
            figures["due_to_request_ms"] = _steps(bench)
        if Part.BURST in wanted:
            figures["burst"] = _burst(bench, burst)
    if Part.SOAK in wanted:
        figures["soak"] = _soak(bench, soaked)
    _print(bench.console, bench.database.name, figures)
    return figures


# -- the parts -------------------------------------------------------------------------------------


def _round_trips(bench: Bench) -> dict[str, float]:
    """Measure the least that anything could take: one question to each of the two."""
    with reading(bench.database.engine) as connection:
        asked = [_timed(lambda: connection.execute(text("SELECT 1"))) for _ in range(200)]
    posted = [_timed(lambda: _post(bench.provider.url)) for _ in range(100)]
    database, http = _middle(asked), _middle(posted)
    return {"database": database, "http": http, "both": round(database + http, 3)}


def _latency(bench: Bench) -> dict[str, Any]:
    figures: dict[str, Any] = {"idle": _first_asks(bench, "nothing else to do")}
    wait_quietly(bench.database.engine, bench.people(OPEN), for_s=7_200)
    figures[f"{OPEN} open"] = _first_asks(bench, f"{OPEN} incidents open")
    pile_up(bench.database.engine, bench.people(TOLD), WAITING)
    figures[f"{WAITING} wait"] = _first_asks(bench, f"{WAITING} messages of low priority wait")
    figures["left_waiting"] = _ready(bench)  # the pile was there to the end
    close_all(bench.database.engine, [])
    return figures


def _first_asks(bench: Bench, title: str) -> dict[str, float]:
    """Press SOS for one elder after the other; how long until the first ask is at the door."""
    people, rng = bench.people(bench.samples), random.Random(1)  # noqa: S311  repeatable
    committed: dict[int, datetime] = {}
    with bench.console.status(f"{bench.database.name}: {title}"):
        for elder_id in people:
            committed |= press_sos(bench.database.engine, [elder_id])
            pause(rng.uniform(0.5, 1.5) * _GAP_S)
        _until_asked(bench, people)
        figures = _after(bench, committed)
    close_all(bench.database.engine, people)
    return figures


def _steps(bench: Bench) -> dict[str, float]:
    """Let steps become due one by one; how long until what they ask for is at the door."""
    engine, people = bench.database.engine, bench.people(bench.samples)
    opened = wait_quietly(engine, people, for_s=3_600)
    first_at = SystemClock().now() + timedelta(seconds=2)
    due = due_one_by_one(engine, opened, first_at=first_at, gap_s=_GAP_S)
    by_elder = {elder: due[incident] for elder, incident in zip(people, opened, strict=True)}
    with bench.console.status(f"{bench.database.name}: steps become due"):
        _until_asked(bench, people)
    figures = _after(bench, by_elder)
    close_all(engine, people)
    return figures


def _burst(bench: Bench, incidents: int) -> dict[str, Any]:
    """Open very many within as little time as it takes; until everyone's first ask is out."""
    people = bench.people(incidents)
    with bench.console.status(f"{bench.database.name}: {incidents} incidents at once"):
        began = SystemClock().now()
        committed = press_sos(bench.database.engine, people)
        opened_s = (SystemClock().now() - began).total_seconds()
        _until_asked(bench, people)
        waits = _waits(bench, committed)
        last = max(committed[elder] + timedelta(seconds=s) for elder, s in waits.items())
    close_all(bench.database.engine, people)
    return {
        "incidents": incidents,
        "opened_in_s": round(opened_s, 2),
        "all_first_asks_out_after_s": round((last - began).total_seconds(), 2),
        **_spread(list(waits.values())),
    }


def _soak(bench: Bench, incidents: int) -> dict[str, Any]:
    """Kill the role at random while the provider fails now and then; count in its record."""
    engine, rng, clock = bench.database.engine, random.Random(1), SystemClock()  # noqa: S311
    people = bench.people(incidents)
    bench.provider.does(_SOAK_FAULTS)
    role, kills, answered = RoleProcess(bench.settings), 0, set[str]()
    next_kill = monotonic() + rng.uniform(*_KILLED_EVERY_S)
    waiting, deadline = list(people), monotonic() + _WITHIN_S + incidents * 0.3
    number_to_elder = {number_of(p): elder for elder in people for p in guardians_of(elder)}
    with bench.console.status("soak") as status:
        while monotonic() < deadline:
            if waiting:
                press_sos(engine, waiting[:5])
                del waiting[:5]
            if monotonic() > next_kill:
                role.kill()
                kills += 1
                role.start()
                next_kill = monotonic() + rng.uniform(*_KILLED_EVERY_S)
            for request in bench.provider.taken():
                # Everyone who is asked has found them: by an SMS, as people do.
                if request.to in number_to_elder and request.to not in answered:
                    answered.add(request.to)
                    with engine.begin() as connection:
                        inbox.keep(
                            connection,
                            source="bench",
                            event_key=f"found-{request.to}",
                            kind="reply",
                            body={"from": request.to, "text": "3"},
                            now=clock.now(),
                        )
            left = _open(bench)
            status.update(f"soak: {kills} kills, {len(waiting)} to come, {left} open")
            if not waiting and left == 0:
                break
            pause(0.2)
    pause(2)
    role.kill()
    bench.provider.does(Faults())
    asked = {number_to_elder[r.to] for r in bench.provider.taken() if r.to in number_to_elder}
    # what has no number is no message: the round trips, and notices to operators
    sends = Counter(r.message_id for r in bench.provider.taken() if r.message_id)
    with reading(engine) as connection:
        problems = audit(connection, clock.now(), patience_s=120)
    return {
        "incidents": incidents,
        "kills": kills,
        "lost": incidents - len(asked & set(people)),
        "still_open": _open(bench),
        "requests": sum(sends.values()),
        "sent_twice": sum(times == 2 for times in sends.values()),
        "sent_more_often": sum(times > 2 for times in sends.values()),
        "audit": [problem.to_json() for problem in problems],
    }


# -- looking ---------------------------------------------------------------------------------------


def _until_asked(bench: Bench, people: Sequence[int]) -> None:
    def missing() -> int:
        reached = {request.to for request in bench.provider.taken()}
        return sum(number_of(p) not in reached for e in people for p in guardians_of(e))

    until(lambda: missing() == 0, "everyone is asked", within_s=_WITHIN_S, progress=missing)


def _waits(bench: Bench, since: dict[int, datetime]) -> dict[int, float]:
    """Return how long it was until the first request about each elder, seconds."""
    first: dict[str, datetime] = {}
    for request in bench.provider.taken():
        first.setdefault(request.to, request.at)
    return {
        elder: (min(first[number_of(p)] for p in guardians_of(elder)) - at).total_seconds()
        for elder, at in since.items()
    }


def _after(bench: Bench, since: dict[int, datetime]) -> dict[str, float]:
    return _spread(list(_waits(bench, since).values()))


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)
        for name, share in (("p50", 0.50), ("p99", 0.99), ("most", 1.0))
    } | {"of": len(ordered)}


def _timed(act: Any) -> float:
    began = monotonic()
    act()
    return (monotonic() - began) * 1000


def _post(url: str) -> None:
    with urllib.request.urlopen(url, b"To=%2B1", timeout=20):  # noqa: S310  our own server
        pass


def _middle(values: Sequence[float]) -> float:
    return round(sorted(values)[len(values) // 2], 3)


def _ready(bench: Bench) -> int:
    table = schema.notification
    with reading(bench.database.engine) as connection:
        return connection.scalar(select(func.count()).where(table.c.status == "ready")) or 0


def _open(bench: Bench) -> int:
    table = schema.incident
    with reading(bench.database.engine) as connection:
        statement = select(func.count()).where(
            table.c.state != IncidentState.CLOSED.value, table.c.trigger == "sos"
        )
        return connection.scalar(statement) or 0


def _print(console: Console, name: str, figures: dict[str, Any]) -> None:
    both = figures["round_trips_ms"]["both"]
    table = Table(title=f"{name}: a round trip to the database and one to the provider {both} ms")
    for column in ("what", "p50 ms", "p99 ms", "p50 / round trips", "goal"):
        table.add_column(column, justify="left" if column == "what" else "right")
    found = dict(figures.get("trigger_to_request_ms", {}))
    found.pop("left_waiting", None)
    found = {f"trigger to request, {what}": spread for what, spread in found.items()}
    if "due_to_request_ms" in figures:
        found["due step to request"] = figures["due_to_request_ms"]
    for what, spread in found.items():
        is_met = "met" if spread["p99"] <= GOAL_S * 1000 else "missed"
        ratio = f"{spread['p50'] / both:.0f}"
        table.add_row(what, f"{spread['p50']}", f"{spread['p99']}", ratio, is_met)
    console.print(table)
    for part in ("burst", "soak"):
        if part in figures:
            console.print(part, json.dumps(figures[part]))


if __name__ == "__main__":
    typer.run(main)
