"""Where an elder truly is at any instant of an ordinary day. Pure.

Home, to the market and back at 0.8 m/s, a nap after lunch, a round after supper: the rhythm of
Asia/Shanghai. Some elder is on their feet at any time between 07 and 21 h. What a band makes of
the truth is another matter (`simulators.fixes`).
"""

import itertools
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from core.clock import LOCAL_ZONE
from core.places import Position
from simulators.walks import WALKING_MPS, Path, away


class Activity(StrEnum):
    """What the elder is doing."""

    HOME = "home"
    NAP = "nap"
    WALK = "walk"
    MARKET = "market"
    RIDE = "ride"  #: taken home by somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Where somebody really is; WGS-84."""

    position: Position
    activity: Activity
    speed_mps: float = 0.0

    @property
    def moving(self) -> bool:
        """Say whether a band feels steps or a ride."""
        return self.speed_mps > 0.1

    @property
    def indoors(self) -> bool:
        """Say whether there is a roof between the band and the sky."""
        return self.activity in (Activity.HOME, Activity.NAP)


class Life(Protocol):
    """Somebody's whereabouts over time."""

    def truth(self, at: datetime) -> Truth:
        """Return where they are at *at*."""
        ...

    def next_change(self, after: datetime) -> datetime | None:
        """Return when they next start or stop moving, None when not foreseeable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outing:
    """One way out, a stay at its end, and the same way back."""

    leaves_at: datetime
    path: Path
    stays_s: float
    speed_mps: float = WALKING_MPS

    @property
    def arrives_at(self) -> datetime:
        """When the stay begins."""
        return self.leaves_at + timedelta(seconds=self.path.length_m / self.speed_mps)

    @property
    def turns_at(self) -> datetime:
        """When the way back begins."""
        return self.arrives_at + timedelta(seconds=self.stays_s)

    @property
    def ends_at(self) -> datetime:
        """When they are home again."""
        return self.turns_at + (self.arrives_at - self.leaves_at)

    def truth(self, at: datetime) -> Truth:
        """Return where they are at *at*, which lies within the outing."""
        if at < self.arrives_at:
            walked_m = (at - self.leaves_at).total_seconds() * self.speed_mps
            return self._walking(walked_m)
        if at < self.turns_at:
            # Between the stalls: a slow round of 12 m.
            turn_deg = (at - self.arrives_at).total_seconds() * 1.5
            here = away(self.path.points[-1], bearing_deg=turn_deg, distance_m=12)
            return Truth(position=here, activity=Activity.MARKET, speed_mps=0.3)
        walked_m = self.path.length_m - (at - self.turns_at).total_seconds() * self.speed_mps
        return self._walking(walked_m)

    def _walking(self, walked_m: float) -> Truth:
        return Truth(
            position=self.path.at(walked_m), activity=Activity.WALK, speed_mps=self.speed_mps
        )


#: departures between two hours of the day (local), how likely, how long the stay (minutes),
#: how much of the way is walked
_HABITS = (
    (6.6, 9.4, 0.80, (15, 35), (1.0, 1.0)),  # the morning market
    (10.0, 11.9, 0.35, (5, 15), (0.5, 1.0)),
    (11.8, 14.4, 0.45, (5, 20), (0.5, 1.0)),  # who takes no nap
    (14.4, 17.0, 0.60, (10, 30), (0.7, 1.0)),
    (17.4, 20.9, 0.75, (5, 20), (0.4, 1.0)),  # the round after supper
)
_NAP = (timedelta(hours=12, minutes=30), timedelta(hours=14))
_HOME_BY = timedelta(hours=21, minutes=45)


class DailyLife:
    """The ordinary days of one elder, the same again from the same *seed*."""

    def __init__(self, *, home: Position, way: Path, seed: str) -> None:
        """Live at *home*; *way* is the usual walk, beginning at home."""
        self._home = home
        self._way = way
        self._seed = seed
        self._day: tuple[date, tuple[Outing, ...]] | None = None

    def truth(self, at: datetime) -> Truth:
        """Return where the elder is at *at*."""
        local = at.astimezone(LOCAL_ZONE)
        for outing in self.outings(local.date()):
            if outing.leaves_at <= at < outing.ends_at:
                return outing.truth(at)
        since_midnight = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
        activity = Activity.NAP if _NAP[0] <= since_midnight < _NAP[1] else Activity.HOME
        return Truth(position=self._home, activity=activity)

    def next_change(self, after: datetime) -> datetime | None:
        """Return when the next walk of the day begins or ends."""
        for outing in self.outings(after.astimezone(LOCAL_ZONE).date()):
            for instant in (outing.leaves_at, outing.ends_at):
                if instant > after:
                    return instant
        return None

    def outings(self, day: date) -> tuple[Outing, ...]:
        """Return the walks of local *day*, in order, none overlapping another."""
        if self._day is None or self._day[0] != day:
            self._day = (day, tuple(self._plan(day)))
        return self._day[1]

    def _plan(self, day: date) -> list[Outing]:
        rng = random.Random(f"{self._seed}/{day.isoformat()}")
        midnight = datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE).astimezone(UTC)
        plan: list[Outing] = []
        for first_h, last_h, likely, stay_min, share in _HABITS:
            # Drawn for every habit, wanted or not: one walk more changes no other.
            wanted = rng.random() < likely
            leaves_at = midnight + timedelta(hours=rng.uniform(first_h, last_h))
            stays_s = 60 * rng.uniform(*stay_min)
            path = _part(self._way, rng.uniform(*share))
            outing = Outing(leaves_at=leaves_at, path=path, stays_s=stays_s)
            overlaps = bool(plan) and leaves_at < plan[-1].ends_at + timedelta(minutes=10)
            if wanted and not overlaps and outing.ends_at < midnight + _HOME_BY:
                plan.append(outing)
        return plan


def _part(way: Path, share: float) -> Path:
    """Return the first *share* of *way*, corners kept."""
    if share >= 1:
        return way
    end_m = way.length_m * share
    walked_m, points = 0.0, [way.points[0]]
    for point, following in itertools.pairwise(way.points):
        walked_m += Path((point, following)).length_m
        if walked_m >= end_m:
            break
        points.append(following)
    return Path((*points, way.at(end_m)))
