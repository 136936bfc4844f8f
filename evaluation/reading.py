"""A folder of recorded tracks, read and checked. The form is described in docs/decision-quality.md.

What cannot be used is refused with file, line and column.
"""

import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from core.errors import BadFile
from core.places import Position
from core.zones import Circle
from evaluation.recordings import Exit, Fixes, Recording, Span, joined, label, limit_s

_SURE = {"sure": False, "sure_gap": True}
_GRADES = (*_SURE, "ambiguous")


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a table."""

    path: Path
    line: int
    values: dict[str, str]

    def number(self, column: str, *, otherwise: float | None = None) -> float:
        """Return a finite number; *otherwise* when the field is empty and may be."""
        text = self.values[column]
        if not text and otherwise is not None:
            return otherwise
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.wrong(column, f"{text!r} is not a number")
        return value

    def wrong(self, column: str, why: str) -> BadFile:
        """Return an error that names the place."""
        return BadFile(f"{self.path}, line {self.line}, column {column}: {why}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What a folder holds for one size of zone."""

    recordings: tuple[Recording, ...]
    #: tracks without such a zone
    without_zone: int


def read_folder(folder: Path, zone_id: str, *, only: str = "") -> Folder:
    """Return the recordings with a zone of that name.

    With *only*, those with that text in the name of the track, its data set or its kind.
    """
    if not folder.is_dir():
        raise BadFile(f"{folder} is not a folder; give the one that holds tracks.csv.gz.")
    datasets: dict[str, str] = {}
    intervals: dict[str, list[float]] = defaultdict(list)
    wanted: set[str] = set()
    for row in _rows(folder / "index.csv", ("track_id", "kind", "median_dt_s", "dataset")):
        track_id, dataset = row.values["track_id"], row.values["dataset"]
        datasets[track_id] = dataset
        intervals[dataset].append(row.number("median_dt_s", otherwise=0.0))
        if any(only in text for text in (track_id, dataset, row.values["kind"])):
            wanted.add(track_id)
    circles = _circles(folder / "zones.csv", zone_id, wanted)
    exits, leaves = _exits(folder / "exits.csv", zone_id)
    inside, noted = _inside(folder / "inside.csv", zone_id)
    nights = _nights(folder / "nights.csv", zone_id)
    holds_both = {
        dataset
        for dataset in intervals
        if {True, False} <= {t in leaves for t in noted if datasets.get(t) == dataset}
    }
    recordings = []
    for track_id, fixes in _tracks(folder / "tracks.csv.gz", set(circles)):
        dataset = datasets[track_id]
        recordings.append(
            Recording(
                track_id=track_id,
                dataset=dataset,
                label=label(
                    dataset, has_exits=track_id in leaves, holds_both=dataset in holds_both
                ),
                fixes=fixes,
                circles=tuple(circles[track_id]),
                exits=tuple(sorted(exits[track_id], key=lambda e: e.first_out_s)),
                annotated=joined(inside["annotated"][track_id]),
                hindsight=joined(inside["hindsight"][track_id]),
                nights=joined(nights[track_id]),
                limit_s=limit_s(intervals[dataset]),
            )
        )
    if not recordings:
        what = f" with {only!r} in name, data set or kind" if only else ""
        raise BadFile(f"{folder} holds no track{what} that has a zone {zone_id} in zones.csv.")
    return Folder(recordings=tuple(recordings), without_zone=len(wanted - set(circles)))


def _circles(path: Path, zone_id: str, wanted: set[str]) -> dict[str, list[Circle]]:
    found: dict[str, list[Circle]] = defaultdict(list)
    for row in _rows(path, ("track_id", "zone_id", "lat", "lon", "radius_m"), zone_id):
        track_id = row.values["track_id"]
        if track_id not in wanted:
            continue
        lon, lat, radius_m = row.number("lon"), row.number("lat"), row.number("radius_m")
        try:
            found[track_id].append(Circle(Position(lon, lat), radius_m))
        except ValueError as error:
            raise row.wrong("lon, lat or radius_m", str(error)) from error
    return found


def _exits(path: Path, zone_id: str) -> tuple[dict[str, list[Exit]], set[str]]:
    """Return the certain exits from the zone, and which tracks leave any zone at all."""
    found: dict[str, list[Exit]] = defaultdict(list)
    leaves: set[str] = set()
    columns = ("track_id", "zone_id", "t_last_in", "t_first_out", "t_return", "grade")
    for row in _rows(path, columns):
        grade, track_id = row.values["grade"], row.values["track_id"]
        if grade not in _GRADES:
            raise row.wrong("grade", f"{grade!r} is none of {', '.join(_GRADES)}")
        leaves.add(track_id)
        if row.values["zone_id"] == zone_id and grade in _SURE:
            found[track_id].append(
                Exit(
                    last_in_s=row.number("t_last_in"),
                    first_out_s=row.number("t_first_out"),
                    return_s=row.number("t_return", otherwise=math.inf),
                    after_gap=_SURE[grade],
                )
            )
    return found, leaves


def _inside(path: Path, zone_id: str) -> tuple[dict[str, dict[str, list[Span]]], set[str]]:
    """Return the certain times inside by how they are known, and the tracks with noted ones."""
    spans: dict[str, dict[str, list[Span]]] = {
        "annotated": defaultdict(list),
        "hindsight": defaultdict(list),
    }
    noted: set[str] = set()
    for row in _rows(path, ("track_id", "zone_id", "t_start", "t_end", "how")):
        how = row.values["how"].split(":")[0].split(" ")[0]
        if how not in spans:
            raise row.wrong("how", f"{how!r} is neither annotated nor hindsight")
        if how == "annotated":
            noted.add(row.values["track_id"])
        if row.values["zone_id"] == zone_id:
            spans[how][row.values["track_id"]].append(_span(row))
    return spans, noted


def _nights(path: Path, zone_id: str) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = defaultdict(list)
    for row in _rows(path, ("track_id", "zone_id", "t_start", "t_end"), zone_id):
        found[row.values["track_id"]].append(_span(row))
    return found


def _span(row: _Row) -> Span:
    start, end = row.number("t_start"), row.number("t_end")
    if end < start:
        raise row.wrong("t_end", "the interval ends before it begins")
    return start, end


def _tracks(path: Path, wanted: set[str]) -> Iterator[tuple[str, Fixes]]:
    """Yield each wanted track with its fixes in time order."""
    names = ("track_id", "t_unix", "lat", "lon", "accuracy_m", "source")
    found: dict[str, list[tuple[float, float, float, float, str]]] = defaultdict(list)
    with _open(path) as lines:
        reader = csv.reader(lines)
        columns = _header(path, reader, names)
        track, at, lat, lon, accuracy, source = (columns.index(name) for name in names)
        cells: list[str] = []
        try:
            for cells in reader:
                if cells and cells[track] in wanted:
                    claimed = cells[accuracy]
                    fix = (
                        float(cells[at]),
                        float(cells[lon]),
                        float(cells[lat]),
                        float(claimed) if claimed else math.nan,
                        cells[source],
                    )
                    if not (-180 <= fix[1] <= 180 and -90 <= fix[2] <= 90 and fix[0] > 0):
                        raise ValueError
                    found[cells[track]].append(fix)
        except (ValueError, IndexError):
            raise _what_is_wrong(path, reader.line_num, columns, cells) from None
        except (OSError, EOFError) as error:
            raise BadFile(f"{path} is cut short or no gzip file: {error}.") from error
    for track_id, fixes in found.items():
        fixes.sort(key=lambda fix: fix[0])
        table = np.array([fix[:4] for fix in fixes])
        yield (
            track_id,
            Fixes(
                at_s=table[:, 0],
                lon=table[:, 1],
                lat=table[:, 2],
                accuracy_m=np.where(table[:, 3] > 0, table[:, 3], np.nan),
                provider=tuple(fix[4].rpartition("/")[2].lower() for fix in fixes),
            ),
        )


def _what_is_wrong(path: Path, line: int, columns: Sequence[str], cells: list[str]) -> BadFile:
    """Return the error for the first field of a line that cannot be used."""
    if len(cells) < len(columns):
        return BadFile(f"{path}, line {line}: {len(cells)} fields instead of {len(columns)}.")
    row = _Row(path, line, dict(zip(columns, cells, strict=False)))
    for column, low, high in (
        ("t_unix", 0.0, math.inf),
        ("lat", -90.0, 90.0),
        ("lon", -180.0, 180.0),
    ):
        try:
            value = row.number(column)
        except BadFile as error:
            return error
        if not low <= value <= high:
            return row.wrong(column, f"{value:g} is out of range")
    return row.wrong("accuracy_m", f"{row.values['accuracy_m']!r} is not a number")


def _rows(path: Path, names: Sequence[str], zone_id: str = "") -> Iterator[_Row]:
    """Yield the lines of a table, of one size of zone only if one is named."""
    with _open(path) as lines:
        reader = csv.reader(lines)
        columns = _header(path, reader, names)
        for cells in reader:
            if not cells:
                continue
            if len(cells) < len(columns):
                said = f"{len(cells)} fields instead of {len(columns)}"
                raise BadFile(f"{path}, line {reader.line_num}: {said}.")
            row = _Row(path, reader.line_num, dict(zip(columns, cells, strict=False)))
            if not zone_id or row.values["zone_id"] == zone_id:
                yield row


def _header(path: Path, reader: Iterator[list[str]], names: Sequence[str]) -> list[str]:
    try:
        columns = next(reader, [])
    except (OSError, EOFError) as error:
        raise BadFile(f"{path} is cut short or no gzip file: {error}.") from error
    missing = [name for name in names if name not in columns]
    if missing:
        raise BadFile(f"{path}, line 1: the column {missing[0]} is missing.")
    return columns


def _open(path: Path) -> TextIO:
    try:
        if path.suffix == ".gz":
            return gzip.open(path, "rt", newline="", encoding="utf-8", errors="replace")
        return path.open(newline="", encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise BadFile(f"{path} is missing; docs/decision-quality.md lists the files.") from None
