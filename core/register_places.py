"""Lines about zones: coordinates, datum, radius, and whether the elder has it already. Pure."""

from dataclasses import replace

from shapely.geometry import Point

from core import datums
from core.datums import System
from core.hours_text import parse_hours
from core.places import Position, distance_m, haining_outline
from core.register_elders import Directory
from core.register_known import Known, same_place
from core.register_problems import Doubt, Problem, Remark
from core.register_sheets import ListName
from core.register_steps import Verdict, Whose, ZoneStep
from core.register_tables import Line, Lines
from core.working_days import DayRule
from core.zone_limits import ZoneWarning, zone_warnings
from core.zones import Circle, Zone, ZoneKind

LEAST_RADIUS_M, MOST_RADIUS_M = 10.0, 50_000.0
#: below this a zone is left by drift alone
SMALL_M = 100.0
#: kilometres that were written for metres are less than this
_LIKE_KM = 10.0
#: a middle farther from Haining's edge is a mistake
FAR_M = 30_000.0


def plan_zones(
    lines: Lines, known: Known, directory: Directory
) -> tuple[list[ZoneStep], list[Remark]]:
    """Return a step for each line that can be taken over, and what is wrong."""
    steps: list[ZoneStep] = []
    remarks: list[Remark] = []
    rows: dict[tuple[Whose, str], int] = {}
    for line in lines.of(ListName.ZONES):
        found: list[Remark] = []
        whose = directory.find(line, "elder", str(line.values.get("elder", "")))
        if isinstance(whose, Remark):
            if "elder" not in line.unfit and "elder" in line.values:
                found.append(whose)
            whose = Whose()
        elif isinstance(name := line.values.get("name"), str):
            other = rows.setdefault((whose, name), line.row)
            if other != line.row:
                found.append(line.remark(Problem.ZONE_TWICE, "name", other=other))
        centre = _centre(line)
        radius_m = _radius(line)
        if isinstance(centre, Remark):
            found.append(centre)
        if isinstance(radius_m, Remark):
            found.append(radius_m)
        if isinstance(centre, Position) and isinstance(radius_m, float):
            step, more = _step(line, whose, Circle(centre, radius_m), known)
            found += more
            if not line.unfit and not any(one.is_problem for one in found):
                steps.append(step)
        remarks += found
    return steps, remarks


def _centre(line: Line) -> Position | Remark | None:
    """Return the WGS-84 middle, or what is wrong with it; None when it was said already."""
    lon, lat = line.values.get("lon"), line.values.get("lat")
    if not isinstance(lon, float) or not isinstance(lat, float):
        return None
    if _near(lat, lon) and not _near(lon, lat):
        return line.remark(Problem.SWAPPED, "lon")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        key = "lat" if -180 <= lon <= 180 else "lon"
        return line.remark(Problem.NOT_ON_GLOBE, key)
    datum: System = "wgs84"
    if line.values.get("datum") in datums.SYSTEMS:
        datum = line.values["datum"]  # type: ignore[assignment]  # just compared
    elif "datum" in line.unfit:
        return None
    place = datums.to_wgs84(datum, Position(lon, lat))
    away_m = _from_haining_m(place)
    if away_m > FAR_M:
        return line.remark(Problem.FAR_AWAY, "lon", km=round(away_m / 1000))
    return place


def _near(lon: float, lat: float) -> bool:
    """Say whether this may be a place in or around Haining."""
    west, south, east, north = haining_outline().bounds
    return west - 1 <= lon <= east + 1 and south - 1 <= lat <= north + 1


def _from_haining_m(place: Position) -> float:
    outline, point = haining_outline(), Point(place.lon, place.lat)
    if outline.contains(point):
        return 0.0
    nearest = min(
        (part.exterior.interpolate(part.exterior.project(point)) for part in outline.geoms),
        key=point.distance,
    )
    return distance_m(place, Position(nearest.x, nearest.y))


def _radius(line: Line) -> float | Remark | None:
    radius_m = line.values.get("radius_m")
    if not isinstance(radius_m, float):
        return None
    if 0 < radius_m < _LIKE_KM:
        return line.remark(Problem.RADIUS_IN_KM, "radius_m")
    if not LEAST_RADIUS_M <= radius_m <= MOST_RADIUS_M:
        return line.remark(
            Problem.RADIUS_ABSURD,
            "radius_m",
            found=f"{radius_m:g}",
            least=f"{LEAST_RADIUS_M:g}",
            most=f"{MOST_RADIUS_M:g}",
        )
    return radius_m


def _step(line: Line, whose: Whose, circle: Circle, known: Known) -> tuple[ZoneStep, list[Remark]]:
    values = line.values
    name = str(values.get("name", ""))
    theirs = () if whose.id is None else known.zones.get(whose.id, ())
    before = next((zone for zone in theirs if zone.name == name), None)
    zone = replace(
        before or Zone(id=0, elder_id=whose.id, kind=ZoneKind.SAFE, name=name, shape=circle),
        shape=circle,
    )
    if "kind" in values:
        zone = replace(zone, kind=ZoneKind(str(values["kind"])))
    if "hours" in values:
        zone = replace(zone, hours=parse_hours(str(values["hours"])))
    if "days" in values:
        zone = replace(zone, days=DayRule(str(values["days"])))
    found = []
    verdict = Verdict.ADDED
    if before is not None:
        if not isinstance(before.shape, Circle):
            found.append(line.remark(Problem.ZONE_IS_DRAWN, "name"))
        elif _is_same(before.shape, circle):
            zone = replace(zone, shape=before.shape)
        verdict = Verdict.UNCHANGED if zone == before else Verdict.CHANGED
    if circle.radius_m < SMALL_M:
        found.append(line.remark(Doubt.SMALL_ZONE, "radius_m"))
    if verdict is not Verdict.UNCHANGED and ZoneWarning.BEYOND_HAINING in zone_warnings(zone):
        found.append(line.remark(Doubt.BEYOND_AREA, "lon"))
    return ZoneStep(line=line, verdict=verdict, whose=whose, zone=zone), found


def _is_same(one: Circle, other: Circle) -> bool:
    return same_place(one.centre, other.centre) and abs(one.radius_m - other.radius_m) < 1e-6
