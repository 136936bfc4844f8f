"""Measure the judgement: judgements a second on one core, beside a limit and beside PostGIS.

In one run and on the same pings: the engine in columns (`geofence.crowd`) with 400, 10 000 and
300 000 persons of one to five zones each; `shapely.contains_xy` alone, which says in or out and
nothing else (the limit); the engine's object door, in batches and one ping at a time; and PostGIS
`ST_Covers`, a statement for each ping and one statement for a batch. All but PostGIS use one core.

    make bench-geofence
    make bench-geofence ARGS="--persons 400 --no-postgis"
"""

import json
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import psycopg
import shapely
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.crowds import People, people, ping_of, round_of
from benchmarks.servers import postgresql
from core.clock import monotonic
from core.errors import ServerMissing
from core.zones import Circle, Zone
from geofence import compiled
from geofence.beliefs import FRESH
from geofence.crowd import Crowd, Fixes
from geofence.engine import Case, judge

JSON_PATH = Path("var/bench-geofence.json")
PERSONS = (400, 10_000, 300_000)
#: judgements of one measurement at least: small crowds are judged round after round
LEAST = 300_000
#: pings of the ways that take one at a time, and of a batch
ONE_BY_ONE = 2_000
#: corners of a quarter circle where a circle must be a polygon
_QUAD_SEGMENTS = 16


def main(
    persons: Annotated[list[int] | None, typer.Option(min=10, help="Repeatable.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="The middle one counts.")] = 5,
    postgis: Annotated[bool, typer.Option(help="Compare with PostGIS, too.")] = True,
) -> None:
    """Measure and print; the figures are also written to var/bench-geofence.json."""
    console = Console()
    compiled.load()
    figures: list[dict[str, Any]] = []
    for count in persons or PERSONS:
        with console.status(f"{count:,} persons"):
            figures.append(_measured(people(count), count, repeats, postgis=postgis))
        _print(console, figures[-1])
    document = {"machine": platform.processor() or platform.machine(), "figures": figures}
    JSON_PATH.parent.mkdir(parents=True, exist_ok=True)
    JSON_PATH.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    console.print(f"Written to {JSON_PATH}.")


def _measured(crowd: People, count: int, repeats: int, *, postgis: bool) -> dict[str, Any]:
    rounds = max(3, -(-LEAST // count))
    rates = {
        "engine, in columns": _columns(crowd, rounds, repeats),
        "contains_xy alone (the limit)": _contains(crowd, rounds, repeats),
        "engine, batches of objects": _objects(crowd, batch=min(count, ONE_BY_ONE)),
        "engine, one ping at a time": _objects(crowd, batch=1),
    }
    if postgis:
        try:
            rates |= _postgis(crowd)
        except ServerMissing as error:
            rates["PostGIS: " + str(error)] = 0.0
    ours = rates["engine, in columns"]
    return {
        "persons": count,
        "zones": sum(len(zones) for zones in crowd.zones),
        "per_s": {name: round(rate) for name, rate in rates.items()},
        "ours_to": {name: round(ours / rate, 3) for name, rate in rates.items() if rate},
        "ns_per_ping": round(1e9 / ours),
    }


def _columns(crowd: People, rounds: int, repeats: int) -> float:
    said = [round_of(crowd, number) for number in range(rounds)]
    judged = Crowd(crowd.zones)
    rates = []
    for _ in range(repeats):
        judged.forget()
        judged.judge(said[0])  # the first fix ever is not what an ordinary one costs
        began = monotonic()
        for one in said[1:]:
            judged.judge(one)
        rates.append(len(crowd.lon) * (rounds - 1) / (monotonic() - began))
    return median(rates)


def _contains(crowd: People, rounds: int, repeats: int) -> float:
    unions = np.array([shapely.union_all([_shape(z) for z in own]) for own in crowd.zones])
    shapely.prepare(unions)
    said = [round_of(crowd, number) for number in range(1, rounds)]
    return median(
        _rate(
            lambda: [shapely.contains_xy(unions[one.elder], one.lon, one.lat) for one in said],
            said,
        )
        for _ in range(repeats)
    )


def _objects(crowd: People, *, batch: int) -> float:
    """Return the rate of the engine's object door, beliefs carried from round to round."""
    many = min(len(crowd.lon), ONE_BY_ONE)
    beliefs = [FRESH] * many
    rates = []
    for number in range(4):
        said = round_of(crowd, number)
        pings = [ping_of(said, row) for row in range(many)]
        began = monotonic()
        for start in range(0, many, batch):
            rows = range(start, min(start + batch, many))
            cases = [
                Case(belief=beliefs[row], zones=crowd.zones[row], pings=(pings[row],))
                for row in rows
            ]
            for row, judged in zip(rows, judge(cases), strict=True):
                beliefs[row] = judged.belief
        rates.append(many / (monotonic() - began))
    return median(rates[1:])


def _postgis(crowd: People) -> dict[str, float]:
    with postgresql() as server:
        address = server.address.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address, autocommit=True) as connection:
            _fill(connection, crowd)
            many = min(len(crowd.lon), ONE_BY_ONE)
            said = round_of(crowd, 1)
            rows = [
                (int(said.elder[i]), float(said.lon[i]), float(said.lat[i])) for i in range(many)
            ]
            return {
                "PostGIS, a statement each": _row_by_row(connection, rows),
                "PostGIS, one statement": _all_rows(connection, said),
            }


def _fill(connection: psycopg.Connection[Any], crowd: People) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    connection.execute("CREATE TABLE zone (elder int NOT NULL, geom geometry(Geometry, 4326))")
    with connection.cursor().copy("COPY zone (elder, geom) FROM STDIN") as copy:
        for elder, own in enumerate(crowd.zones):
            for zone in own:
                copy.write_row((elder, shapely.set_srid(_shape(zone), 4326).wkb_hex))
    connection.execute("CREATE INDEX ON zone (elder)")
    connection.execute("CREATE INDEX ON zone USING gist (geom)")
    connection.execute("ANALYZE zone")


def _row_by_row(connection: psycopg.Connection[Any], rows: list[tuple[int, float, float]]) -> float:
    statement = (
        "SELECT coalesce(bool_or(ST_Covers(geom, ST_SetSRID(ST_MakePoint(%s, %s), 4326))), false)"
        " FROM zone WHERE elder = %s"
    )

    def ask() -> None:
        for elder, lon, lat in rows:
            connection.execute(statement, (lon, lat, elder), prepare=True).fetchone()

    ask()  # plans and pages are warm, as ours are
    began = monotonic()
    ask()
    return len(rows) / (monotonic() - began)


def _all_rows(connection: psycopg.Connection[Any], said: Fixes) -> float:
    statement = (
        "SELECT said.elder,"
        " bool_or(ST_Covers(zone.geom, ST_SetSRID(ST_MakePoint(said.lon, said.lat), 4326)))"
        " FROM unnest(%s::int[], %s::float8[], %s::float8[]) AS said (elder, lon, lat)"
        " JOIN zone ON zone.elder = said.elder GROUP BY said.elder"
    )
    values = (said.elder.tolist(), said.lon.tolist(), said.lat.tolist())
    connection.execute(statement, values).fetchall()
    began = monotonic()
    connection.execute(statement, values).fetchall()
    return len(said.elder) / (monotonic() - began)


def _shape(zone: Zone) -> shapely.Polygon:
    """Return a zone as the polygon in degrees that Shapely and PostGIS can test."""
    if not isinstance(zone.shape, Circle):
        return zone.shape
    centre, radius_m = zone.shape.centre, zone.shape.radius_m
    disc = shapely.Point(0, 0).buffer(radius_m, quad_segs=_QUAD_SEGMENTS)
    corners = [
        centre.moved(east_m=float(east_m), north_m=float(north_m))
        for east_m, north_m in shapely.get_coordinates(disc)
    ]
    return shapely.Polygon([(corner.lon, corner.lat) for corner in corners])


def _rate(work: Callable[[], object], said: list[Fixes]) -> float:
    began = monotonic()
    work()
    return sum(len(one.t) for one in said) / (monotonic() - began)


def _print(console: Console, figure: dict[str, Any]) -> None:
    table = Table(title=f"{figure['persons']:,} persons, {figure['zones']:,} zones")
    table.add_column("way")
    for name in ("judgements/s", "ours to it"):
        table.add_column(name, justify="right")
    for name, rate in figure["per_s"].items():
        table.add_row(name, f"{rate:,}", f"{figure['ours_to'].get(name, 0):,.2f}")
    console.print(table)
    console.print(f"{figure['ns_per_ping']:,} ns for a ping")


if __name__ == "__main__":
    typer.run(main)
