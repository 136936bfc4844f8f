"""Markdown tables of reports: `python -m evaluation.tables [--full] REPORT.json …`.

Short tables have a column for each rule; full ones a row for each rule with every figure.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import AihuijiaError
from evaluation import report as reports
from evaluation.assessing import TOTAL
from evaluation.cells import (
    COLUMNS,
    INJECTION_COLUMNS,
    caption,
    injection_rows,
    rate,
    row,
    seconds,
    verdicts,
)
from evaluation.rules import OURS, TITLES

#: a rate over less time than this has an interval as wide as the page; full tables have it
_LEAST_WEEKS = 0.05
_KINDS = (("annotated", "noted"), ("nights", "nights"), ("hindsight", "hindsight"))


def markdown(report: Mapping[str, Any], *, full: bool = False) -> Iterator[str]:
    """Yield the lines of one report: a heading, its tables, who beats us, the injections."""
    yield f"### {_title(report['settings'])}"
    yield ""
    yield (
        f"Model {report['model']}, engine {report['engine']}, {report['tracks']['used']} tracks."
    )
    parts = {**report["datasets"], "all data sets": report["total"]}
    if full:
        for heading, dataset in parts.items():
            yield from ("", f"**{caption(heading, dataset)}**", "")
            rows = (row(name, rule) for name, rule in dataset["rules"].items())
            yield from _table(COLUMNS, rows)
    else:
        yield ""
        rules = list(report["total"]["rules"])
        lines = (line for heading, dataset in parts.items() for line in _lines(heading, dataset))
        yield from _table(("", *(_marked(name) for name in rules)), lines)
    said = [f"- {heading}: {one}" for heading, part in parts.items() for one in verdicts(part)]
    if said:
        yield from ("", "Better than ours:", "", *said)
    harmed = list(injection_rows(report))
    if harmed:
        yield from ("", "False alarms at noted times at home, with injections:", "")
        if full:
            yield from _table(INJECTION_COLUMNS, harmed)
        else:
            yield from _harm(report)


def _title(settings: Mapping[str, Any]) -> str:
    pace = f"a fix every {settings['resample']} s"
    if settings["suspicion_driven"]:
        calm_s = "600" if settings["resample"] == "600" else "300"
        pace = f"a fix every {calm_s} s, every 60 s while the rule wants more"
    elif settings["resample"] == "native":
        pace = "every fix"
    only = f", only {settings['only']}" if settings["only"] else ""
    return f"{settings['zone_size']}, {pace}{only}"


def _lines(heading: str, dataset: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield what a data set can say: false alarms for each kind of time, misses, delays."""
    rules = dataset["rules"].values()
    first = next(iter(rules))
    for kind, name in _KINDS:
        weeks = first["band_weeks"][kind]
        if weeks >= _LEAST_WEEKS:
            yield f"{heading}: {name}, {weeks:.2f} bw", *(rate(one, kind) for one in rules)
    if first["exits"]:
        yield (
            f"{heading}: missed + still out of {first['exits']}",
            *(f"{one['missed']} + {one['still_out']}" for one in rules),
        )
        yield (
            f"{heading}: delay p50/p90/p95, s",
            *(seconds(one["delay_s"]["from_crossing"]) for one in rules),
        )


def _harm(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield a row for each injection, all data sets together: unharmed → mean (most of a seed)."""
    rules = list(report["total"]["rules"])
    by_injection: dict[str, list[str]] = {}
    for one in report["injections"]:
        if one["dataset"] == TOTAL:
            most = max(one["false_alarms_by_seed"])
            said = f"{one['false_alarms_without']} → {one['false_alarms_mean']:g} ({most})"
            by_injection.setdefault(one["injection"], []).append(said)
    rows = ((f"`{name}`", *cells) for name, cells in by_injection.items())
    yield from _table(("", *(_marked(name) for name in rules)), rows)


def _marked(name: str) -> str:
    return f"**{TITLES[name]}**" if name == OURS else TITLES.get(name, name)


def _table(columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "| --- |" + " ---: |" * (len(columns) - 1)
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Print the tables of the reports; return the exit status."""
    full = "--full" in arguments
    paths = [Path(said) for said in arguments if said != "--full"]
    if not paths:
        sys.stderr.write("Which reports? python -m evaluation.tables [--full] REPORT.json …\n")
        return 2
    try:
        texts = ["\n".join(markdown(reports.read(path), full=full)) for path in paths]
    except AihuijiaError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n\n".join(texts) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
