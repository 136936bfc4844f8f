"""Measure the people's door with 100,000 elders: lists, boxes, counts, pages for map programs.

The API role is a process of its own, asked over real HTTP by a program with a token. Beside each
route, in the same run and on the same database: the bare SQL that fetches the same rows, through
the same driver. The ratio travels better than a figure of one machine. At the end requests of all
kinds come at a steady rate for a while, counted from when each was due.

    make bench-api
    make bench-api ARGS="--elders 20000 --only sqlite --minutes 0.2"
"""

import json
import multiprocessing
import platform
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from benchmarks.api_scene import Door, door, fill, incident_ids
from benchmarks.bands import home
from benchmarks.town import Database, databases
from core.clock import SystemClock, monotonic, pause
from store.database import reading

JSON_PATH = Path("var/bench-api.json")
_WORKERS = 8
#: degrees of a small and a wide box: nearly a fifth of all bands, and all of them
_SMALL, _WIDE = 0.02, 2.0
_CELL = 360 / 2**13


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One route, asked with changing values, and the bare SQL of the same rows."""

    name: str
    path: Callable[[int], str]
    sql: Callable[[int], str]


def main(
    elders: Annotated[int, typer.Option(min=1_000, help="With band, home and position.")] = 100_000,
    incidents: Annotated[int, typer.Option(min=1, help="Open ones.")] = 200,
    samples: Annotated[int, typer.Option(min=5, help="Requests of each kind.")] = 60,
    minutes: Annotated[float, typer.Option(min=0.05, help="Of the steady rate.")] = 1.0,
    rate: Annotated[int, typer.Option(min=1, help="Requests a minute.")] = 2_000,
    only: Annotated[str, typer.Option(help="Only the database of this name.")] = "",
    path: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = JSON_PATH,
) -> None:
    """Measure and print; the figures are kept as JSON."""
    console = Console()
    document: dict[str, Any] = {
        "at": SystemClock().now().isoformat(),
        "machine": {"python": platform.python_version(), "cores": multiprocessing.cpu_count()},
        "elders": elders,
    }
    with databases(console) as found:
        for one in found:
            if only.lower() not in one.name.lower():
                continue
            with console.status(f"{one.name}: {elders:,} elders"):
                fill(one.engine, elders, incidents)
            with door(one) as opened:
                figures = _measured(console, one, opened, elders, samples)
                _print(console, one.name, figures["questions"])
                figures["steady"] = _steady(console, one, opened, elders, rate, minutes)
                _print_steady(console, one.name, figures["steady"])
                document[one.name] = figures
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    console.print(f"The figures are in {path}.")


# -- what is asked ---------------------------------------------------------------------------------


def _questions(client: httpx.Client, elders: int) -> list[Question]:
    first, last = "", _cursor_of_last_page(client, elders)
    last_elder = elders - elders % 1000 if elders % 1000 else elders - 1000

    def elder_page(cursor: str) -> Callable[[int], str]:
        return lambda _n: f"/api/elders?limit=1000&cursor={cursor}".removesuffix("&cursor=")

    def box(n: int, size: float) -> str:
        west, south = _corner(n, elders)
        return f"{west:.6f},{south:.6f},{west + size:.6f},{south + size:.6f}"

    def in_box(n: int, size: float) -> str:
        west, south, east, north = box(n, size).split(",")
        return f"lon BETWEEN {west} AND {east} AND lat BETWEEN {south} AND {north}"

    def rows(table: str, where: str, order: str, limit: int) -> str:
        return f"SELECT * FROM {table} WHERE {where} ORDER BY {order} LIMIT {limit}"  # noqa: S608

    return [
        Question(
            name="elders, first 1,000",
            path=elder_page(first),
            sql=lambda _n: rows("elder", "id > 0", "id", 1000),
        ),
        Question(
            name="elders, last 1,000",
            path=elder_page(last),
            sql=lambda _n: rows("elder", f"id > {last_elder}", "id", 1000),
        ),
        Question(
            name="bands in a small box",
            path=lambda n: f"/api/map/bands?grid=never&limit=1000&bbox={box(n, _SMALL)}",
            sql=lambda n: rows("latest", in_box(n, _SMALL), "device_id", 1000),
        ),
        Question(
            name="all bands, counted in a grid",
            path=lambda n: f"/api/map/bands?grid=always&bbox={box(n, _WIDE)}",
            sql=lambda n: (
                f"SELECT CAST((lon + 180) / {_CELL} AS INTEGER) AS x,"  # noqa: S608
                f" CAST((lat + 90) / {_CELL} AS INTEGER) AS y, count(*), min(heard_at)"
                f" FROM latest WHERE {in_box(n, _WIDE)} GROUP BY 1, 2"
            ),
        ),
        Question(
            name="OGC, 1,000 bands",
            path=lambda _n: "/ogc/collections/bands/items?limit=1000",
            sql=lambda _n: rows("latest", "lon IS NOT NULL", "device_id", 1000),
        ),
        Question(
            name="OGC, 1,000 zones",
            path=lambda _n: "/ogc/collections/zones/items?limit=1000",
            sql=lambda _n: rows("zone", "retired_at IS NULL", "id", 1000),
        ),
        Question(
            name="OGC, bands in a small box",
            path=lambda n: f"/ogc/collections/bands/items?limit=1000&bbox={box(n, _SMALL)}",
            sql=lambda n: rows("latest", in_box(n, _SMALL), "device_id", 1000),
        ),
        Question(
            name="open incidents",
            path=lambda _n: "/api/incidents",
            sql=lambda _n: rows("incident", "state <> 'closed'", "id", 1000),
        ),
    ]


def _corner(n: int, elders: int) -> tuple[float, float]:
    """Return the south-west corner of box number *n*: near one of the homes."""
    place = home(n * 7_919 % elders)
    return place.lon - _SMALL / 2, place.lat - _SMALL / 2


def _cursor_of_last_page(client: httpx.Client, elders: int) -> str:
    """Follow the list to its end; return the cursor of its last page."""
    cursor, seen = "", 0
    while True:
        answer = client.get("/api/elders", params={"limit": "1000"} | _maybe("cursor", cursor))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += len(page["items"])
        if page["next"] is None:
            assert seen == elders, f"the list has {seen} elders, not {elders}"
            return cursor
        cursor = page["next"]


def _maybe(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}


# -- how long it takes -----------------------------------------------------------------------------


def _measured(
    console: Console, database: Database, opened: Door, elders: int, samples: int
) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    with opened.client() as client, console.status(database.name) as status:
        for question in _questions(client, elders):
            status.update(f"{database.name}: {question.name}")
            asked = [_timed_get(client, question.path(n)) for n in range(samples + 3)][3:]
            bare = [_timed_sql(database.engine, question.sql(n)) for n in range(samples + 3)][3:]
            figures[question.name] = {
                "http": _spread([seconds for seconds, _size in asked]),
                "sql": _spread(bare),
                "kib": round(max(size for _seconds, size in asked) / 1024),
            }
    return {"questions": figures}


def _timed_get(client: httpx.Client, path: str) -> tuple[float, int]:
    began = monotonic()
    answer = client.get(path)
    seconds = monotonic() - began
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
    return seconds, len(answer.content)


def _timed_sql(engine: Engine, sql: str) -> float:
    with reading(engine) as connection:
        began = monotonic()
        connection.exec_driver_sql(sql).fetchall()
        return monotonic() - began


def _steady(
    console: Console, database: Database, opened: Door, elders: int, rate: int, minutes: float
) -> dict[str, Any]:
    """Ask at a steady rate; how long each answer took from when it was due, and how many failed."""
    rng = random.Random(1)  # noqa: S311  repeatable
    incidents = incident_ids(database.engine)

    def path(n: int) -> str:
        west, south = _corner(n, elders)
        box = f"{west:.6f},{south:.6f},{west + _SMALL:.6f},{south + _SMALL:.6f}"
        kinds = {
            f"/api/elders/{rng.randrange(elders) + 1}": 25,
            f"/api/map/bands?bbox={box}": 25,
            "/api/elders?limit=100": 15,
            f"/ogc/collections/bands/items?bbox={box}": 15,
            f"/api/incidents/{rng.choice(incidents)}": 10,
            "/live/since?cursor=0": 5,
            "/ogc/collections/zones/items?limit=100": 5,
        }
        return rng.choices(list(kinds), list(kinds.values()))[0]

    paths = [path(n) for n in range(max(1, round(rate * minutes)))]
    gap_s, begun = 60 / rate, monotonic() + 0.2
    clients = [opened.client() for _ in range(_WORKERS)]

    def ask(number: int) -> tuple[float, bool]:
        due = begun + number * gap_s
        pause(max(0.0, due - monotonic()))
        try:
            status = clients[number % _WORKERS].get(paths[number]).status_code
        except httpx.TransportError:
            status = 0
        return monotonic() - due, status == 200

    with (
        console.status(f"{database.name}: {rate:,} requests a minute"),
        ThreadPoolExecutor(_WORKERS) as pool,
    ):
        answers = list(pool.map(ask, range(len(paths))))
    for client in clients:
        client.close()
    return _spread([seconds for seconds, _ok in answers]) | {
        "requests": len(answers),
        "a_minute": rate,
        "errors": sum(not ok for _seconds, ok in answers),
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2)
        for name, share in (("p50_ms", 0.50), ("p95_ms", 0.95))
    }


def _print(console: Console, name: str, questions: dict[str, Any]) -> None:
    table = Table(title=f"{name}: over HTTP, and the bare SQL of the same rows")
    for column in ("question", "p50 ms", "p95 ms", "SQL p50", "SQL p95", "p95 to SQL", "KiB"):
        table.add_column(column, justify="left" if column == "question" else "right")
    for question, one in questions.items():
        http, sql = one["http"], one["sql"]
        table.add_row(
            question,
            *(f"{spread[key]:.1f}" for spread in (http, sql) for key in ("p50_ms", "p95_ms")),
            f"{http['p95_ms'] / max(sql['p95_ms'], 0.01):.1f}",
            f"{one['kib']:,}",
        )
    console.print(table)


def _print_steady(console: Console, name: str, steady: dict[str, Any]) -> None:
    console.print(
        f"{name}: {steady['requests']:,} mixed requests at {steady['a_minute']:,} a minute: "
        f"{steady['errors']} errors, p50 {steady['p50_ms']} ms, p95 {steady['p95_ms']} ms"
    )


if __name__ == "__main__":
    typer.run(main)
