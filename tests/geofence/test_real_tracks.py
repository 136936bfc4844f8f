"""Real phones: at rest they never alarm, on noted trips they do.

The recordings are not ours to redistribute; they lie beside the checkout where they are available.
"""

import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from core.pings import Fix, Ping
from core.places import Position
from core.zones import Circle, Zone, ZoneKind
from geofence.beliefs import FRESH
from geofence.engine import Case, ChangeKind, judge

TRACKS = Path(__file__).parents[2].parent / "shared" / "data" / "tracks"
pytestmark = pytest.mark.skipif(
    not TRACKS.is_dir(), reason="the real tracks are not on this machine"
)

ZONE = "z100"
#: phones lying at home for a night, one sensing setting each, low power (cells) among them
AT_REST = ("mn-hf-", "mn-mf-")
#: phones carried on noted trips: on foot, by car, train, bus, scooter
ON_TRIPS = ("mn-",)

Interval = tuple[float, float]


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one table of ours."""
    with (TRACKS / name).open(newline="", encoding="utf-8") as lines:
        yield from (row for row in csv.DictReader(lines) if row["zone_id"] == ZONE)


@cache
def tracks() -> dict[str, list[Ping]]:
    """Return the pings of the phones looked at here, by track."""
    found: dict[str, list[Ping]] = defaultdict(list)
    with gzip.open(TRACKS / "tracks.csv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith(ON_TRIPS):
                continue
            track_id, t_unix, lat, lon, accuracy_m, _ = line.rstrip().split(",")
            at = datetime.fromtimestamp(float(t_unix), UTC)
            fix = Fix(
                position=Position(float(lon), float(lat)),
                accuracy_m=float(accuracy_m) if accuracy_m else None,
            )
            pings = found[track_id]
            pings.append(
                Ping(
                    device_id=track_id,
                    report_id=str(len(pings)),
                    measured_at=at,
                    received_at=at,
                    fix=fix,
                )
            )
    return dict(found)


@cache
def zones() -> dict[str, tuple[Zone, ...]]:
    """Return the safe zone of every track, in as many circles as it has."""
    found: dict[str, list[Zone]] = defaultdict(list)
    for row in rows("zones.csv"):
        circle = Circle(Position(float(row["lon"]), float(row["lat"])), float(row["radius_m"]))
        held = found[row["track_id"]]
        held.append(Zone(id=len(held), elder_id=1, kind=ZoneKind.SAFE, name=ZONE, shape=circle))
    return {track_id: tuple(held) for track_id, held in found.items()}


def departures(track_id: str, pings: Iterable[Ping]) -> list[float]:
    """Return when "left" was reported, one ping at a time."""
    belief = FRESH
    left = []
    for ping in pings:
        case = Case(belief=belief, zones=zones()[track_id], pings=(ping,))
        (judgement,) = judge([case])
        belief = judgement.belief
        left += [c.at.timestamp() for c in judgement.changes if c.kind is ChangeKind.LEFT]
    return left


def each_minute(pings: list[Ping]) -> list[Ping]:
    """Return the last ping of every minute: what a band sends while it is asked to hurry."""
    return list({int(ping.at.timestamp() // 60): ping for ping in pings}.values())


def test_phones_at_rest_never_alarm() -> None:
    """Dozens of nights of phones lying at home, cells and all: nobody is woken."""
    at_rest: dict[str, list[Interval]] = defaultdict(list)
    for row in rows("inside.csv"):
        if row["how"] == "annotated" and row["track_id"].startswith(AT_REST):
            at_rest[row["track_id"]].append((float(row["t_start"]), float(row["t_end"])))

    alarms = [
        (track_id, at)
        for track_id, spans in at_rest.items()
        for at in departures(track_id, tracks()[track_id])
        if any(start <= at <= end for start, end in spans)
    ]

    assert len(at_rest) >= 20
    assert [] == alarms


def test_noted_trips_are_found() -> None:
    """Nine of ten noted departures are reported before the return, half of them in 150 s."""
    trips = [
        row
        for row in rows("exits.csv")
        if row["grade"] == "sure" and row["track_id"].startswith(ON_TRIPS)
    ]
    left = {
        track_id: departures(track_id, each_minute(tracks()[track_id]))
        for track_id in {row["track_id"] for row in trips}
    }

    delays_s = sorted(
        min(at - float(row["t_first_out"]) for at in hits)
        for row in trips
        if (hits := [at for at in left[row["track_id"]] if is_on_trip(at, row)])
    )

    assert len(trips) >= 80
    assert len(delays_s) >= 0.9 * len(trips)
    assert delays_s[len(delays_s) // 2] <= 150


def is_on_trip(at: float, trip: dict[str, str]) -> bool:
    """Say whether *at* lies between the last fix at home and a minute after the return."""
    returned = float(trip["t_return"]) if trip["t_return"] else math.inf
    return float(trip["t_last_in"]) <= at <= returned + 60
