"""One fix as the judgement sees it: admitted or refused by name, classed, measured."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position, distance_m
from geofence.model import FixClass, Model


class WhyNot(StrEnum):
    """Why a ping was not judged; `JUDGED` when it was."""

    JUDGED = ""
    NO_FIX = "no_fix"  #: it says nothing about a place
    NOT_CURRENT = "not_current"  #: the band repeats an old place or has none now
    NULL_ISLAND = "null_island"
    STALE_FIX = "stale_fix"
    RETAINED = "retained"
    FROZEN_FIX = "frozen_fix"
    IMPOSSIBLE_SPEED = "impossible_speed"
    DUPLICATE = "duplicate"  #: this report was judged before
    TOO_OLD = "too_old"  #: history only: newer ones were judged too long ago to go back


_DISQUALIFYING = (
    (Doubt.NULL_ISLAND, WhyNot.NULL_ISLAND),
    (Doubt.RETAINED, WhyNot.RETAINED),
    (Doubt.STALE_FIX, WhyNot.STALE_FIX),
    (Doubt.FROZEN_FIX, WhyNot.FROZEN_FIX),
    (Doubt.IMPOSSIBLE_SPEED, WhyNot.IMPOSSIBLE_SPEED),
)
_OWN_CLOCK_WRONG = frozenset({Doubt.BAD_CLOCK, Doubt.FUTURE_CLOCK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """An admitted fix, measured against the zones that counted at its time."""

    at: datetime
    report_id: str
    position: Position
    fix_class: FixClass
    #: the accuracy used: the claimed one, or the model's where none was claimed
    accuracy_m: float
    #: stored in the band before it was sent
    is_backlog: bool
    #: metres beyond the edge of the safe zones; None without safe zones
    beyond_m: float | None
    #: (zone id, metres beyond its edge) of danger zones nearby
    dangers: tuple[tuple[int, float], ...]
    #: names the set of safe zones it was measured against
    ground: str

    @property
    def key(self) -> tuple[datetime, float, str]:
        """Return its place in the order of judging; of one instant the best fix comes first."""
        return self.at, self.accuracy_m, self.report_id

    def jumped_from(self, before: "Observation", model: Model) -> bool:
        """Say whether it is farther from *before* than people get in that time."""
        moved_m = distance_m(before.position, self.position)
        passed_s = (self.at - before.at).total_seconds()
        return moved_m > max(model.jump_m, model.jump_m_s * passed_s)

    def to_json(self) -> list[Any]:
        """Return a compact JSON-ready copy; an elder's belief holds many."""
        return [
            self.at.isoformat(),
            self.report_id,
            self.position.lon,
            self.position.lat,
            self.fix_class.value,
            self.accuracy_m,
            self.is_backlog,
            self.beyond_m,
            [list(danger) for danger in self.dangers],
            self.ground,
        ]

    @classmethod
    def from_json(cls, data: list[Any]) -> "Observation":
        """Return the observation that `to_json` wrote."""
        at, report_id, lon, lat, fix_class, accuracy_m, is_backlog, beyond_m, dangers, ground = data
        return cls(
            at=datetime.fromisoformat(at),
            report_id=report_id,
            position=Position(lon, lat),
            fix_class=FixClass(fix_class),
            accuracy_m=accuracy_m,
            is_backlog=is_backlog,
            beyond_m=beyond_m,
            dangers=tuple((zone_id, metres) for zone_id, metres in dangers),
            ground=ground,
        )


def refuse(ping: Ping) -> WhyNot:
    """Return why *ping* can never be judged, or `JUDGED` when it may be."""
    for doubt, why_not in _DISQUALIFYING:
        if doubt in ping.doubts:
            return why_not
    if ping.fix is None:
        return WhyNot.NO_FIX
    return WhyNot.JUDGED if ping.fix.is_current else WhyNot.NOT_CURRENT


def instant(ping: Ping, model: Model) -> datetime:
    """Return the time *ping* is ordered by: its own, unless its clock is wrong.

    One fix from the future must never make all later, correct ones "old".
    """
    if ping.doubts & _OWN_CLOCK_WRONG:
        return ping.received_at
    if ping.at > ping.received_at + timedelta(seconds=model.future_s):
        return ping.received_at
    return ping.at


def grade(fix: Fix, model: Model) -> tuple[FixClass, float]:
    """Return the class of *fix* and the accuracy to use, metres. Zero is "did not say"."""
    claimed_m = fix.accuracy_m
    known = claimed_m is not None and 0 < claimed_m < math.inf
    if fix.source is FixSource.CELL:
        if not known:
            return FixClass.COARSE, model.unknown_cell_accuracy_m
        assert claimed_m is not None
        return FixClass.COARSE, max(claimed_m, model.wifi_within_m)
    if not known:
        is_wifi = fix.source is FixSource.WIFI
        return FixClass.UNKNOWN, (
            model.unknown_wifi_accuracy_m if is_wifi else model.unknown_accuracy_m
        )
    assert claimed_m is not None
    if claimed_m <= model.gps_within_m:
        return FixClass.GPS, claimed_m
    return (FixClass.WIFI if claimed_m <= model.wifi_within_m else FixClass.COARSE), claimed_m
