"""One fix as the judgement sees it: admitted or refused by name, classed, measured."""

import math
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position, distance_m
from geofence.model import FixClass, Model
from geofence.surroundings import Radio


class WhyNot(StrEnum):
    """Why a ping was not judged; `JUDGED` when it was."""

    JUDGED = ""
    NO_FIX = "no_fix"  #: it says nothing about a place
    NOT_CURRENT = "not_current"  #: the band repeats an old place or has none now
    NULL_ISLAND = "null_island"
    STALE_FIX = "stale_fix"
    RETAINED = "retained"
    FROZEN_FIX = "frozen_fix"
    SHIFTED = "shifted"  #: not WGS-84, or perhaps not
    OBSERVED = "observed"  #: its model is on trial
    IMPOSSIBLE_SPEED = "impossible_speed"
    DUPLICATE = "duplicate"  #: this report was judged before
    TOO_OLD = "too_old"  #: history only: newer ones were judged too long ago to go back


_DISQUALIFYING = (
    (Doubt.NULL_ISLAND, WhyNot.NULL_ISLAND),
    (Doubt.RETAINED, WhyNot.RETAINED),
    (Doubt.STALE_FIX, WhyNot.STALE_FIX),
    (Doubt.FROZEN_FIX, WhyNot.FROZEN_FIX),
    (Doubt.SHIFTED, WhyNot.SHIFTED),
    (Doubt.MAYBE_GCJ02, WhyNot.SHIFTED),
    (Doubt.OBSERVED, WhyNot.OBSERVED),
    (Doubt.IMPOSSIBLE_SPEED, WhyNot.IMPOSSIBLE_SPEED),
)
_DISQUALIFIES = frozenset(doubt for doubt, _ in _DISQUALIFYING)
_OWN_CLOCK_WRONG = frozenset({Doubt.BAD_CLOCK, Doubt.FUTURE_CLOCK})
_JUDGED, _COARSE = WhyNot.JUDGED, FixClass.COARSE


class Observation(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
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
    #: found by access points, whatever it claims
    by_wifi: bool = False
    radio: Radio = Radio.SILENT
    is_resting: bool = False

    @property
    def t(self) -> float:
        """Return its time, Unix seconds."""
        return self.at.timestamp()

    @property
    def is_good(self) -> bool:
        """Say whether it may support leaving and returning. A coarse fix only shifts the odds."""
        return self.fix_class is not _COARSE

    @property
    def key(self) -> tuple[datetime, float, str]:
        """Return its place in the order of judging; of one instant the best fix comes first."""
        return self.at, self.accuracy_m, self.report_id

    def jumped_from(self, before: "Observation", model: Model) -> bool:
        """Say whether it is farther from *before* than people get in that time."""
        moved_m = distance_m(before.position, self.position)
        passed_s = (self.at - before.at).total_seconds()
        return moved_m > max(model.jump_m, model.jump_m_s * passed_s)


def refuse(ping: Ping) -> WhyNot:
    """Return why *ping* can never be judged, or `JUDGED` when it may be."""
    if not _DISQUALIFIES.isdisjoint(ping.doubts):
        return next(why_not for doubt, why_not in _DISQUALIFYING if doubt in ping.doubts)
    if ping.fix is None:
        return WhyNot.NO_FIX
    return _JUDGED if ping.fix.is_current else WhyNot.NOT_CURRENT


def instant(ping: Ping, model: Model) -> datetime:
    """Return the time *ping* is ordered by: its own, unless its clock is wrong.

    One fix from the future must never make all later, correct ones "old".
    """
    at = ping.at
    if not _OWN_CLOCK_WRONG.isdisjoint(ping.doubts):
        return ping.received_at
    if at > ping.received_at and at > ping.received_at + timedelta(seconds=model.future_s):
        return ping.received_at
    return at


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
        return FixClass.UNKNOWN, _assumed_m(fix, model)
    assert claimed_m is not None
    if claimed_m <= model.gps_within_m:
        return FixClass.GPS, claimed_m
    return (FixClass.WIFI if claimed_m <= model.wifi_within_m else FixClass.COARSE), claimed_m


def _assumed_m(fix: Fix, model: Model) -> float:
    """Return the accuracy to take for a fix that claims none and is not from a cell, metres."""
    if fix.source is FixSource.WIFI:
        return model.unknown_wifi_accuracy_m
    if fix.satellites is not None and fix.satellites < model.few_satellites:
        return model.few_satellites_accuracy_m
    return model.unknown_accuracy_m
