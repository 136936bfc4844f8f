"""What a file for a map holds: a trail, or a plan of where to look. Pure.

A trail's line joins only positions that the map would show as the newest and that were not found
by radio cells alone; the others are single places with the reason beside them, so that nobody walks
a leg that nobody walked, and nothing that was told is lost. Where half an hour passed without a
position the line is cut.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shapely.geometry import Polygon

from core.pings import Doubt
from core.zones import Circle, Zone
from rescue.rings import Ring, rings, walkable
from store.map_views import TrailPoint

_CUT = timedelta(minutes=30)
#: with one of these a position is no part of the line
LEFT_OUT = frozenset(
    {
        Doubt.STALE_FIX,
        Doubt.FROZEN_FIX,
        Doubt.IMPOSSIBLE_SPEED,
        Doubt.RETAINED,
        Doubt.CELL_ONLY,
        Doubt.MAYBE_GCJ02,
        Doubt.SHIFTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The way of one elder, in legs without a gap, and what is doubted beside it."""

    elder_id: int
    name: str
    since: datetime
    until: datetime
    legs: tuple[tuple[TrailPoint, ...], ...]
    doubted: tuple[TrailPoint, ...]
    #: older positions were left out, because there are too many
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A named piece of ground: a zone today, a sector of a search tomorrow."""

    name: str
    kind: str
    shape: Circle | Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """Where to begin, how far people were found from such a place, and what ground is known."""

    incident_id: int
    elder_id: int
    name: str
    made_at: datetime
    start: TrailPoint | None
    rings: tuple[Ring, ...]
    areas: tuple[Area, ...]


def is_good(point: TrailPoint) -> bool:
    """Say whether a position may be part of the line, or the place to begin at."""
    return point.is_current is not False and LEFT_OUT.isdisjoint(point.doubts)


def trail_of(
    points: Sequence[TrailPoint],
    *,
    elder_id: int,
    name: str,
    since: datetime,
    until: datetime,
    most: int,
) -> Trail:
    """Return the trail that *points* (oldest first) make; more than *most*: the newest of them."""
    told = [point for point in points[-most:] if Doubt.NULL_ISLAND not in point.doubts]
    return Trail(
        elder_id=elder_id,
        name=name,
        since=since,
        until=until,
        legs=_legs(point for point in told if is_good(point)),
        doubted=tuple(point for point in told if not is_good(point)),
        is_cut=len(points) > most,
    )


def plan_of(
    points: Sequence[TrailPoint],
    zones: Iterable[Zone],
    *,
    incident_id: int,
    elder_id: int,
    name: str,
    now: datetime,
) -> SearchPlan:
    """Return the plan that begins at the last good one of *points* (oldest first)."""
    start = next((point for point in reversed(points) if is_good(point)), None)
    around: tuple[Ring, ...] = ()
    if start is not None:
        walked = walkable(start.position, (now - start.at).total_seconds())
        around = (*rings(start.position), *(() if walked is None else (walked,)))
    return SearchPlan(
        incident_id=incident_id,
        elder_id=elder_id,
        name=name,
        made_at=now,
        start=start,
        rings=around,
        areas=tuple(
            Area(name=zone.name, kind=zone.kind.value, shape=zone.shape)
            for zone in zones
            if zone.counts_at(now)
        ),
    )


def _legs(points: Iterable[TrailPoint]) -> tuple[tuple[TrailPoint, ...], ...]:
    legs: list[list[TrailPoint]] = []
    for point in points:
        if not legs or point.at - legs[-1][-1].at > _CUT:
            legs.append([])
        legs[-1].append(point)
    return tuple(tuple(leg) for leg in legs)
