"""Pictures of the curves. matplotlib is loaded here only, and only when pictures are wanted."""

import re
from collections import defaultdict
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from core.errors import ServerMissing
from evaluation.curves import OURS


def check_installed() -> None:
    """Raise a sentence when the library for pictures is not there."""
    try:
        import_module("matplotlib")
    except ImportError:
        raise ServerMissing(
            "Pictures need matplotlib, which is not installed; run `make setup`,"
            " or leave out --plots."
        ) from None


def draw(points: Sequence[dict[str, Any]], folder: Path) -> list[Path]:
    """Draw a picture for each data set with exits; return the files."""
    check_installed()
    by_dataset: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for point in points:
        if point["false_per_band_week"] is not None and point["delay_p50_s"] is not None:
            by_dataset[point["dataset"]][point["rule"]].append(point)
    folder.mkdir(parents=True, exist_ok=True)
    return [_picture(heading, rules, folder) for heading, rules in sorted(by_dataset.items())]


def _labels(
    points: Sequence[dict[str, Any]], x: Sequence[float], y: Sequence[float]
) -> dict[tuple[float, float], str]:
    """Return parameter and misses of each place; points on one place share a label."""
    places: dict[tuple[float, float], list[dict[str, Any]]] = defaultdict(list)
    for point, at_x, at_y in zip(points, x, y, strict=True):
        places[round(at_x, 2), round(at_y, 1)].append(point)
    labels = {}
    for place, those in places.items():
        first, last = those[0], those[-1]
        named = dict.fromkeys([first["parameter"], last["parameter"]])
        missed = dict.fromkeys([f"{first['missed_share']:.0%}", f"{last['missed_share']:.0%}"])
        labels[place] = f"{' … '.join(named)} ({' … '.join(missed)})"
    return labels


def _picture(heading: str, rules: dict[str, list[dict[str, Any]]], folder: Path) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    for rule, points in rules.items():
        x = [point["false_per_band_week"] for point in points]
        y = [point["delay_p50_s"] / 60 for point in points]
        is_ours = rule == OURS
        axes.plot(
            x,
            y,
            marker="o",
            label=rule,
            linewidth=2.5 if is_ours else 1,
            color="black" if is_ours else None,
            zorder=3 if is_ours else 2,
        )
        for place, said in _labels(points, x, y).items():
            axes.annotate(said, place, xytext=(4, 3), textcoords="offset points", fontsize=6)
    axes.set_xscale("symlog", linthresh=0.1)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("false alarms per band-week")
    axes.set_ylabel("median delay from the crossing, minutes")
    axes.set_title(f"{heading}: parameter (share of exits without an alarm of their own)")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=7)
    path = folder / f"{re.sub(r'[^a-z0-9]+', '-', heading.lower()).strip('-')}.svg"
    figure.savefig(path)
    return path
