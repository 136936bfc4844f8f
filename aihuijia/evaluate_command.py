"""The command that says how good the geofence's decisions are on real tracks."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE, SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from core.errors import Refused

console = Console()
#: columns of the widest table
_WIDE = 110


class ZoneSize(StrEnum):
    """A zone's name in zones.csv."""

    Z100 = "z100"
    Z200 = "z200"


class Resample(StrEnum):
    """How often a band reports."""

    NATIVE = "native"
    MINUTE = "60"
    FIVE = "300"
    TEN = "600"

    @property
    def seconds(self) -> float | None:
        """Return the interval; None for every fix there is."""
        return None if self is Resample.NATIVE else float(self)


def evaluate(
    tracks: Annotated[
        Path, typer.Option(help="Folder with tracks.csv.gz, zones.csv, exits.csv, index.csv …")
    ],
    report: Annotated[Path, typer.Option(help="Write the JSON here.")],
    zone_size: Annotated[ZoneSize, typer.Option(help="Radius of the safe zone.")] = ZoneSize.Z100,
    resample: Annotated[
        Resample, typer.Option(help="Every fix, or the last of each 60, 300, 600 s.")
    ] = Resample.NATIVE,
    suspicion_driven: Annotated[
        bool,
        typer.Option(
            "--suspicion-driven",
            help="Every 300 s (600 with --resample 600), every 60 s while suspicious.",
        ),
    ] = False,
    inject: Annotated[
        list[str] | None,
        typer.Option(
            help="What goes wrong: gcj02, drop, shuffle, duplicate, late, cached,"
            " cached_unmarked, spikes:0.01, all. May be given again."
        ),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Tracks with this text in name, data set or kind.")
    ] = "",
    rules: Annotated[
        str, typer.Option(help="Some of ours, naive, two_in_a_row …; all by default.")
    ] = "",
    plots: Annotated[
        Path | None, typer.Option(help="Draw delay against false alarms into this folder.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the injections; each is run 5 times.")] = 1,
) -> None:
    """Say how good the geofence decisions are on recorded tracks, beside simpler rules.

    docs/decision-quality.md says what is counted, what the figures cannot say, and what the
    folder must hold. For example:

    `aihuijia evaluate --tracks TRACKS --report var/z100.json`
    """
    from evaluation import report as reports
    from evaluation.assessing import Plan, assess, reports_to_judge
    from evaluation.injections import ALL, find
    from evaluation.reading import read_folder
    from evaluation.replaying import Pace

    injections = tuple(ALL if "all" in (inject or ()) else inject or ())
    for name in injections:
        find(name)  # an unknown one is said before the long work
    if plots is not None:
        from evaluation.plots import check_installed

        check_installed()
    calm_s = 600.0 if resample is Resample.TEN else 300.0
    plan = Plan(
        rules=_rule_names(rules),
        resample_s=None if suspicion_driven else resample.seconds,
        pace=Pace(calm_s=calm_s) if suspicion_driven else None,
        injections=injections,
        seed=seed,
    )
    folder = read_folder(tracks, zone_size, only=only)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("reports judged", total=reports_to_judge(folder.recordings, plan))
        found = assess(folder.recordings, plan, progress=lambda n: bar.advance(task, n))
    settings = {
        "zone_size": zone_size.value,
        "resample": resample.value,
        "suspicion_driven": suspicion_driven,
        "only": only,
        "injections": list(injections),
        "seed": seed,
    }
    written = reports.compose(found, folder, plan, settings=settings)
    if plots is not None:
        from evaluation.curves import curves
        from evaluation.plots import draw

        with console.status("drawing curves"):
            written["curves"] = curves(folder.recordings, plan)
            paths = draw(written["curves"], plots)
        console.print(f"Drawn: {len(paths)} pictures in {escape(str(plots))}", highlight=False)
    reports.write(written, report)
    _show(written)
    console.print(f"Report: {escape(str(report))}", highlight=False)


def _rule_names(said: str) -> tuple[str, ...]:
    from evaluation.rules import BASELINES, OURS

    known = (OURS, *BASELINES)
    names = tuple(name.strip() for name in said.split(",") if name.strip())
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Refused(f"There is no rule {unknown[0]!r}; there are {', '.join(known)}.")
    return names or known


def _show(report: dict[str, Any]) -> None:
    from evaluation.cells import INJECTION_COLUMNS, injection_rows

    if not console.is_terminal:
        console.width = _WIDE  # a file or a pipe has no width; the tables have
    parts = {**report["datasets"], "all data sets": report["total"]}
    console.print(
        "noted, nights, hindsight: false alarms per band-week at such times at home (their count);"
        " out: still believed outside; delay: p50/p95 from the crossing; rep., amb.: repeats and"
        " alarms nobody can judge; p/h: reports an hour",
        style="dim",
        highlight=False,
    )
    for heading, dataset in parts.items():
        _show_dataset(heading, dataset)
    rows = list(injection_rows(report))
    if rows:
        table = Table(box=SIMPLE, title="False alarms at noted times at home, with injections")
        for column in INJECTION_COLUMNS:
            table.add_column(column)
        for cells in rows:
            table.add_row(*cells, style="bold red" if not cells[-1].startswith(("+0", "-")) else "")
        console.print(table)


def _show_dataset(heading: str, dataset: dict[str, Any]) -> None:
    from evaluation.cells import SHORT_COLUMNS, caption, short_row, verdicts
    from evaluation.rules import OURS

    table = Table(
        title=caption(heading, dataset), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for number, column in enumerate(SHORT_COLUMNS):
        table.add_column(column, justify="left" if number == 0 else "right", no_wrap=True)
    for name, rule in dataset["rules"].items():
        table.add_row(*short_row(name, rule), style="bold green" if name == OURS else "")
    console.print(table)
    for sentence in verdicts(dataset):
        console.print(sentence, style="bold red" if sentence.startswith("dom") else "yellow")
