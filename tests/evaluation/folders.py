"""Small folders of tracks with a known answer, in the form of the real ones."""

import csv
import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.places import Position

#: the middle of every zone; local midnight is 16:00 UTC
HOME = Position(120.6833, 30.5333)
#: a Monday at 10:00 in Haining
MORNING = 1_700_445_600.0
MINUTE = 60.0

Row = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One track: metres from home, minute by minute, and what is known about it."""

    name: str
    #: (minute, metres east of home, accuracy in metres or None)
    fixes: tuple[tuple[float, float, float | None], ...]
    dataset: str = "made"
    #: (kind of time, first minute, last minute): annotated, hindsight, nights
    inside: tuple[tuple[str, float, float], ...] = ()
    #: (last in, first out, return or None, grade), minutes
    exits: tuple[tuple[float, float, float | None, str], ...] = ()
    interval_s: float = MINUTE
    source: str = "made/gps"


def at(minute: float) -> float:
    """Return the instant of a minute, unix seconds."""
    return MORNING + minute * MINUTE


def every_minute(
    *metres: float, start: float = 0, accuracy_m: float | None = 10
) -> tuple[tuple[float, float, float | None], ...]:
    """Return fixes a minute apart, at these distances."""
    return tuple((start + i, east_m, accuracy_m) for i, east_m in enumerate(metres))


def write(folder: Path, *tracks: Track) -> Path:
    """Write the tracks as a folder with a zone of 100 m and one of 200 m."""
    folder.mkdir(exist_ok=True)
    zones = (("z100", 100), ("z200", 200))
    _table(
        folder / "index.csv",
        "track_id,group,kind,points,t_first,t_last,hours,median_dt_s,points_with_accuracy,dataset",
        (
            (t.name, t.name, "made", len(t.fixes), 0, 0, 0, t.interval_s, 0, t.dataset)
            for t in tracks
        ),
    )
    _table(
        folder / "zones.csv",
        "track_id,zone_id,lat,lon,radius_m,how",
        ((t.name, zone, HOME.lat, HOME.lon, r, "made") for t in tracks for zone, r in zones),
    )
    _table(
        folder / "exits.csv",
        "track_id,zone_id,t_last_in,t_first_out,t_return,max_dist_m,out_fixes,grade,how",
        (
            (t.name, zone, at(i), at(o), "" if back is None else at(back), 0, 0, grade, "made")
            for t in tracks
            for i, o, back, grade in t.exits
            for zone, _ in zones
        ),
    )
    spans = [
        (t.name, zone, at(start), at(end), kind)
        for t in tracks
        for kind, start, end in t.inside
        for zone, _ in zones
    ]
    _table(
        folder / "inside.csv",
        "track_id,zone_id,t_start,t_end,how",
        (span for span in spans if span[-1] != "nights"),
    )
    _table(
        folder / "nights.csv",
        "track_id,zone_id,t_start,t_end",
        (span[:-1] for span in spans if span[-1] == "nights"),
    )
    lines = ["track_id,t_unix,lat,lon,accuracy_m,source"]
    for track in tracks:
        for minute, east_m, accuracy_m in track.fixes:
            place = HOME.moved(east_m=east_m)
            claimed = "" if accuracy_m is None else f"{accuracy_m:g}"
            fix = f"{at(minute):.3f},{place.lat:.7f},{place.lon:.7f},{claimed},{track.source}"
            lines.append(f"{track.name},{fix}")
    with gzip.open(folder / "tracks.csv.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return folder


def _table(path: Path, header: str, rows: Iterable[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
