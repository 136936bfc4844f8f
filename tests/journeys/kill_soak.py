"""Long runs: break one part of the service hundreds of times under load and count what was lost.

    .venv/bin/python -m tests.journeys.kill_soak --what ingest --database sqlite --kills 300

The tests beside this file play the same courses with a handful of kills. Exit status: 0 when every
acknowledged report is stored exactly once, 1 when not, 2 for a wrong call.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core.clock import monotonic
from core.errors import ServerMissing
from store.database import open_database
from store.migrate import migrate
from tests.journeys import courses
from tests.journeys.ledger import Findings
from tests.journeys.saving_broker import SavingBroker
from tests.journeys.service import Service
from tests.journeys.small_disk import SmallDisk, database_on
from tests.journeys.soak import Course, run
from tests.servers import Mosquitto, PostgreSQL, scratch_folder

_DISK_MIB = 96


class What(StrEnum):
    """What is broken."""

    INGEST = "ingest"
    DATABASE = "database"
    BROKER = "broker"
    GATEWAY = "gateway"
    DISK = "disk"


class Kind(StrEnum):
    """Which database."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


def main(
    what: Annotated[What, typer.Option(help="What is broken.")] = What.INGEST,
    database: Annotated[Kind, typer.Option(help="Which database.")] = Kind.SQLITE,
    kills: Annotated[int, typer.Option(min=1, help="How often.")] = 300,
    seed: Annotated[int, typer.Option(help="Chooses the moments and what is said.")] = 1,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Break WHAT again and again while bands report; count what was promised and is not there."""
    if (what, database) == (What.DATABASE, Kind.SQLITE):
        raise typer.BadParameter("SQLite is no server: try --what ingest, disk", param_hint="what")
    os.nice(10)  # others work here, too
    began = monotonic()
    try:
        with ExitStack() as stack:
            course = _prepare(what, database, seed, stack)
            findings = run(course, times=kills, seed=seed, struck=_progress(course, kills, began))
    except ServerMissing as missing:
        typer.echo(str(missing), err=True)
        raise typer.Exit(2) from None
    seconds = round(monotonic() - began, 1)
    figures = {
        "what": what.value,
        "database": database.value,
        "kills": kills,
        "seed": seed,
        "seconds": seconds,
        **findings.to_json(),
    }
    typer.echo(_summary(what, database, kills, seconds, findings))
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(0 if findings.is_clean else 1)


def _progress(course: Course, kills: int, began: float) -> Callable[[int], None]:
    ledger = course.talkers.ledger

    def struck(number: int) -> None:
        if number % max(1, kills // 20) == 0:
            typer.echo(
                f"{monotonic() - began:7.1f} s  {number}/{kills} kills,"
                f" {ledger.said_count} said, {ledger.promised_count} acknowledged"
            )

    return struck


def _summary(what: What, database: Kind, kills: int, seconds: float, found: Findings) -> str:
    came = f"acknowledged {found.promised}, known as committed {found.seen}"
    broken = {
        "lost": found.lost,
        "twice": found.doubled,
        "never said": found.invented,
        "out of order": found.disordered,
        "miscounted": found.miscounted,
        "rejected": found.rejected,
    }
    lines = [
        f"{what.value} on {database.value}: {kills} kills in {seconds:g} s",
        f"  said {found.said}, said again {found.repeats}, {came}",
        f"  stored {found.stored}: " + ", ".join(f"{name} {n}" for name, n in broken.items()),
        *(f"  {example}" for example in found.examples),
        "  every promise kept" if found.is_clean else "  PROMISES BROKEN",
    ]
    return "\n".join(lines)


# -- servers of its own ----------------------------------------------------------------------------


def _prepare(what: What, database: Kind, seed: int, stack: ExitStack) -> Course:
    """Start what *what* needs; all of it ends with *stack*."""
    folder = stack.enter_context(_folder())
    broker = SavingBroker() if what is What.BROKER else Mosquitto()
    stack.callback(broker.throw_away)
    broker.start()
    disk = None
    if what is What.DISK:
        disk = SmallDisk(_DISK_MIB)
        stack.callback(disk.throw_away)
    server = None
    if database is Kind.POSTGRESQL:
        server = PostgreSQL()
        stack.callback(server.throw_away)
        server.start()
        if disk is None:
            url = server.create_database("soak")
        else:
            url = stack.enter_context(database_on(disk, server, "template0"))
    else:
        url = f"sqlite:///{disk.folder if disk else folder}/aihuijia.db"
    _migrate(url)
    service = Service("soak", database_url=url, broker_url=broker.url, folder=folder)
    stack.callback(service.throw_away)
    service.start()
    course = _course(what, service, broker, server, disk, seed)
    stack.callback(course.talkers.stop)
    return course


def _course(
    what: What,
    service: Service,
    broker: Mosquitto,
    server: PostgreSQL | None,
    disk: SmallDisk | None,
    seed: int,
) -> Course:
    match what:
        case What.INGEST:
            return courses.ingest_killed(service, broker.port, seed=seed)
        case What.DATABASE:
            assert server is not None
            return courses.database_killed(service, broker.port, server, seed=seed)
        case What.BROKER:
            return courses.broker_killed(service, broker.port, broker, seed=seed)
        case What.GATEWAY:
            service.gateway.start()
            return courses.gateway_killed(service, seed=seed)
        case What.DISK:
            assert disk is not None
            return courses.disk_filled(service, broker.port, disk, seed=seed)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = scratch_folder("soak")
    try:
        yield folder
    except AssertionError:
        typer.echo(f"Nothing goes on any more; logs and records are left in {folder}.", err=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _migrate(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    engine.dispose()


if __name__ == "__main__":
    typer.run(main)
