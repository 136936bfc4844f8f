"""`aihuijia demo --headless` and `aihuijia simulate`: all stories, no person, one report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from aihuijia.demo_world import DATABASE, DemoWorld, free_ports, today_at_dusk
from core.clock import monotonic, pause
from simulators.pacing import PacedClock
from simulators.programme import programme
from simulators.report import Play, make_report, write_report
from simulators.stage import Progress as Standings
from simulators.stage import Stage

#: how often the alerts role looks; short beside a clock this fast
_TICK_S = 0.05
#: the bands' first reports are waited for, wall seconds
_BOOT_S = 30.0
#: service seconds until the first story, and from each to the next
_FIRST_AFTER_S, _NEXT_AFTER_S = 5.0, 40.0


def play_headless(
    *,
    console: Console,
    stories: Sequence[str],
    seed: int,
    speed: float,
    bands: int,
    work: Path,
    report: Path | None,
) -> bool:
    """Play *stories* among *bands* bands, write the report; return whether all went well."""
    clock = PacedClock(speed=speed, anchor=today_at_dusk())
    world = DemoWorld(
        programme(seed=seed, stories=stories, bands=bands),
        work=work,
        clock=clock,
        ports=free_ports(http=18121, broker=18830),
        tick_s=_TICK_S,
    )
    began_at, began_s = world.clock.now(), monotonic()
    world.start()
    try:
        begin_stories(world.stage)
        wait_with_bars(world.stage, console)
    finally:
        world.stop()
    play = Play(
        seed=seed,
        speed=speed,
        performances=world.stage.performances,
        sent=world.stage.sent,
        wall_s=monotonic() - began_s,
        began_at=began_at,
        ended_at=world.clock.now(),
        paced=clock,
    )
    figures = make_report(play, engine=world.engine, entries=world.phones.record.entries())
    figures["database"] = str(work / DATABASE)
    figures["phone_record"] = str(world.record_path)
    if report is not None:
        write_report(figures, report)
    summarise(console, figures, report)
    return bool(figures["ok"])


def begin_stories(stage: Stage) -> None:
    """Begin every story, the longest first, once every band has been heard.

    All bands boot in one moment here, which no town ever does; the stories wait until that is over.
    """
    deadline = monotonic() + _BOOT_S
    while not stage.is_heard() and monotonic() < deadline:
        pause(0.05)
    longest_first = sorted(stage.programme.stories, key=lambda story: -story.plays_s)
    for number, story in enumerate(longest_first):
        stage.perform(story, after_s=_FIRST_AFTER_S + _NEXT_AFTER_S * number)


def wait_with_bars(stage: Stage, console: Console) -> None:
    """Wait until every story is over, showing how each stands."""
    with _bars(console) as progress:
        tasks = {
            story.name: progress.add_task(story.name, total=1.0, state="")
            for story in stage.programme.stories
        }
        stage.wait(lambda standings: _move(progress, tasks, standings))


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(),
        TextColumn("{task.fields[state]:<16}"),
        TimeElapsedColumn(),
        console=console,
    )


def _move(progress: Progress, tasks: dict[str, TaskID], standings: list[Standings]) -> None:
    for standing in standings:
        state = standing.standing.value if standing.incident is None else standing.incident.value
        progress.update(tasks[standing.name], completed=standing.share, state=state)


def summarise(console: Console, figures: dict[str, Any], report: Path | None) -> None:
    """Print what happened, and every reason why it was not right."""
    table = Table(title="Stories")
    for name in ("story", "ended as it should", "states", "asked"):
        table.add_column(name, overflow="fold")
    for name, story in figures["stories"].items():
        actual = story["actual"]
        table.add_row(
            name,
            "[green]yes[/]" if story["ok"] else "[red]no[/]",
            " → ".join(actual["states"]),
            str(len(actual["asks"])),
        )
    console.print(table)
    for name in ("bands", "pings", "incidents", "notifications", "attempts", "false_alarms"):
        console.print(f"{name}: {figures[name]}")
    console.print(f"ping received → provider asked, wall ms: {figures['ping_to_request_ms']}")
    for reason in figures["reasons"]:
        console.print(f"[red]✗[/] {reason}", soft_wrap=True)
    if report is not None:
        console.print(f"The report is in {report}.")
