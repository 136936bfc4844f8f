"""Where is a band that has no fix, but hears access points and cells? Pure.

Nobody outside is asked by default: the surroundings of a band tell where somebody lives.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position, distance_m
from core.radio import Network

#: access points heard at one spot lie no farther apart: each reaches some 150 m in the open
SAME_SPOT_M = 300.0
#: accuracy by how many access points agree, metres. Published medians are 43 to 92 m; what is
#: looked up is never as good as a satellite fix
WIFI_ACCURACY_M = {1: 150.0, 2: 100.0}
WIFI_BEST_M = 60.0
#: published medians are 500 to 600 m
CELL_BEST_M = 500.0
#: a household that moved took its access points along; slack before the cells overrule them, metres
_CELL_SLACK_M = 1000.0
#: of an access point that came without its strength
_UNKNOWN_DBM = -80


class Locator(Protocol):
    """Knows places by what can be heard there."""

    def locate(self, network: Network) -> Fix | None:
        """Return the place where *network* is heard, of source wifi or cell; None if unknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPoint:
    """An access point in reach whose place is known."""

    position: Position
    dbm: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCell:
    """A cell in reach whose place is known."""

    position: Position
    range_m: float


def located(ping: Ping, locator: Locator) -> Ping:
    """Return *ping* with a fix from its surroundings, if it has none and they are known."""
    if ping.fix is not None or ping.network is None:
        return ping
    fix = locator.locate(ping.network)
    if fix is None:
        return ping
    # It has a position now, so "there was none in it" is no longer what is doubtful.
    doubts = ping.doubts - {Doubt.NULL_ISLAND} | {Doubt.RESOLVED}
    return replace(ping, fix=fix, doubts=doubts)


def weigh(points: Sequence[KnownPoint], cells: Sequence[KnownCell]) -> Fix | None:
    """Return the place that agrees with what is heard; access points say more than cells."""
    by_cells = _by_cells(cells)
    by_points = _by_points(points)
    if by_points is None:
        return by_cells
    if cells and all(
        distance_m(by_points.position, cell.position) > 2 * cell.range_m + _CELL_SLACK_M
        for cell in cells
    ):
        return by_cells
    return by_points


def _by_points(points: Sequence[KnownPoint]) -> Fix | None:
    """Return the middle of the largest group that can be heard at one spot, the near ones more."""
    if not points:
        return None
    groups = [
        [other for other in points if distance_m(one.position, other.position) <= SAME_SPOT_M]
        for one in points
    ]
    group = max(groups, key=lambda g: (len(g), sum(_nearness(point) for point in g)))
    if len(group) == 1 and len(points) > 1:
        return None  # each says something else
    weights = [_nearness(point) for point in group]
    middle = _middle([point.position for point in group], weights)
    spread_m = math.sqrt(
        sum(
            weight * distance_m(middle, point.position) ** 2
            for weight, point in zip(weights, group, strict=True)
        )
        / sum(weights)
    )
    accuracy_m = max(WIFI_ACCURACY_M.get(len(group), WIFI_BEST_M), spread_m)
    return Fix(position=middle, accuracy_m=accuracy_m, source=FixSource.WIFI)


def _by_cells(cells: Sequence[KnownCell]) -> Fix | None:
    """Return the middle of the cells that overlap with the first, which serves the band."""
    if not cells:
        return None
    serving = cells[0]
    group = [
        cell
        for cell in cells
        if distance_m(serving.position, cell.position) <= serving.range_m + cell.range_m
    ]
    middle = _middle([cell.position for cell in group], [cell.range_m**-2 for cell in group])
    accuracy_m = max(CELL_BEST_M, min(cell.range_m for cell in group))
    return Fix(position=middle, accuracy_m=accuracy_m, source=FixSource.CELL)


def _nearness(point: KnownPoint) -> float:
    """Return the weight of an access point: signals fade with the distance, 20 dB for ten times."""
    return math.pow(10.0, (_UNKNOWN_DBM if point.dbm is None else point.dbm) / 20)


def _middle(positions: Sequence[Position], weights: Sequence[float]) -> Position:
    total = sum(weights)
    return Position(
        sum(w * p.lon for w, p in zip(weights, positions, strict=True)) / total,
        sum(w * p.lat for w, p in zip(weights, positions, strict=True)) / total,
    )
