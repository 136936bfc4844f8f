"""Does a band repeat its last place as if it were new? Pure.

A receiver that lost the sky may give its last fix again with a new time. At rest the same numbers
are honest; they are not while the wearer walks or other cells come into reach.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.pings import Doubt, FixSource, Ping
from core.places import Position

#: two in a row are usual at rest
FEWEST = 3
#: so many steps are some 12 m: a living fix would have moved in its last digit
STEPS = 20
#: of the surroundings so much is remembered
_MOST_CELLS = 6
_MOST_POINTS = 8
_MOST_COUNTED = 1000
#: places that others work out from radio: the same surroundings give the same numbers
_BY_RADIO = (FixSource.WIFI, FixSource.CELL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Fixes one after the other with the same coordinates, to the last digit."""

    position: Position
    count: int
    #: of the newest
    at: datetime
    report_id: str
    #: as they were when it first came again; a place that came once needs none of it
    steps: int | None = None
    cells: tuple[str, ...] = ()
    points: tuple[str, ...] = ()

    def to_json(self) -> list[Any]:
        """Return a compact JSON-ready copy: every report of a band writes one."""
        place = [self.position.lon, self.position.lat]
        said = [*place, self.count, self.at.isoformat(), self.report_id]
        if self.count == 1:
            return said
        return [*said, self.steps, list(self.cells), list(self.points)]

    @classmethod
    def from_json(cls, data: list[Any]) -> "Run":
        """Return the run that `to_json` wrote; ValueError or TypeError for anything else."""
        lon, lat, count, at, report_id, *around = data
        steps, cells, points = around or (None, (), ())
        return cls(
            position=Position(lon, lat),
            count=count,
            at=datetime.fromisoformat(at),
            report_id=report_id,
            steps=steps,
            cells=tuple(cells),
            points=tuple(points),
        )


def follow(run: Run | None, ping: Ping) -> Run | None:
    """Return the run after *ping*. What is older, or was seen before, changes nothing."""
    fix = ping.fix
    if fix is None or Doubt.RETAINED in ping.doubts:
        return run
    if not (fix.is_current or Doubt.FROZEN_FIX in ping.doubts):
        return run
    if run is not None and (ping.at <= run.at or ping.report_id == run.report_id):
        return run
    if run is None or run.position != fix.position:
        return Run(position=fix.position, count=1, at=ping.at, report_id=ping.report_id)
    return replace(
        run,
        count=min(run.count + 1, _MOST_COUNTED),
        at=ping.at,
        report_id=ping.report_id,
        steps=ping.steps if run.steps is None else run.steps,
        cells=run.cells or _cells(ping)[:_MOST_CELLS],
        points=run.points or _points(ping)[:_MOST_POINTS],
    )


def is_frozen(run: Run, ping: Ping) -> bool:
    """Say whether *ping*, the newest of *run*, repeats a place that its wearer has left."""
    if run.count < FEWEST or run.report_id != ping.report_id:
        return False
    if not set(run.points).isdisjoint(_points(ping)):
        return False  # the same access point is still in reach: so is the place
    cells = _cells(ping)
    if run.cells and cells and set(run.cells).isdisjoint(cells):
        return True
    if ping.fix is None or ping.fix.source in _BY_RADIO:
        return False
    # The counter begins anew at midnight, and some jump back: only growing is walking.
    return run.steps is not None and ping.steps is not None and ping.steps - run.steps >= STEPS


def _cells(ping: Ping) -> tuple[str, ...]:
    if ping.network is None:
        return ()
    return tuple(key for cell in ping.network.cells if (key := cell.key) is not None)


def _points(ping: Ping) -> tuple[str, ...]:
    return () if ping.network is None else tuple(p.mac for p in ping.network.wifi if p.stays)
