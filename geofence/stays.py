"""Where somebody stayed, and which of these places are usual: stay points of good fixes.

A stay is a run of fixes within a distance of its first that lasts long enough (Li et al., "Mining
user similarity based on location history", 2008). Stays on several days near one another make a
usual place.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from statistics import fmean

from msgspec import Struct

from core.clock import LOCAL_ZONE
from core.false_alarms import PartOfDay, local_day, part_of_day
from core.pings import Ping
from core.places import Position, distance_m
from geofence.model import MODEL, FixClass, Model
from geofence.observations import WhyNot, grade, instant, refuse

#: a fix worse than this says nothing about a place, metres
WORST_FIX_M = 100.0
#: a stay's fixes lie within this of its first, and last so long in all
WITHIN_M = 120.0
LEAST_S = 900.0
#: a silence longer than this ends a stay, seconds
MOST_SILENT_S = 3600.0
#: stays whose middles lie within this of one another are the same place, metres
SAME_PLACE_M = 100.0
#: of many distances from a middle the one that 90 of 100 stay within
_MOST = 0.9
_HALF_HOUR_MIN = 30
_DAY_MIN = 1440


class GoodFix(Struct, frozen=True, kw_only=True, gc=False):
    """A position good enough to learn from."""

    at: datetime
    position: Position
    accuracy_m: float


class Stay(Struct, frozen=True, kw_only=True, gc=False):
    """Some time at one place."""

    arrived_at: datetime
    left_at: datetime
    middle: Position
    #: 90 of 100 of its fixes lie within this of the middle, metres
    spread_m: float
    fixes: int

    @property
    def days(self) -> Iterator[date]:
        """Yield the local days it lasted over."""
        first, last = local_day(self.arrived_at), local_day(self.left_at)
        return (first + timedelta(days=n) for n in range((last - first).days + 1))


class Place(Struct, frozen=True, kw_only=True, gc=False):
    """A place where somebody stayed, perhaps on several days."""

    middle: Position
    #: from the middle to the outermost usual fix of its stays, metres
    spread_m: float
    stays: tuple[Stay, ...]

    @property
    def days(self) -> frozenset[date]:
        """Return the local days on which the elder was there."""
        return frozenset(day for stay in self.stays for day in stay.days)

    @property
    def part_of_day(self) -> PartOfDay:
        """Return when the elder is mostly there; of equals the earlier in the day."""
        parts = [part_of_day(_middle_of(stay).hour) for stay in self.stays]
        return max(PartOfDay, key=parts.count)

    @property
    def from_min(self) -> int:
        """Return the earliest usual arrival, minutes after local midnight, to the half hour."""
        return (
            min(_minutes(stay.arrived_at) for stay in self.stays) // _HALF_HOUR_MIN * _HALF_HOUR_MIN
        )

    @property
    def until_min(self) -> int:
        """Return the latest usual leaving, minutes after local midnight, to the half hour."""
        if any(local_day(stay.left_at) > local_day(stay.arrived_at) for stay in self.stays):
            return _DAY_MIN
        latest = max(_minutes(stay.left_at) for stay in self.stays)
        return math.ceil(latest / _HALF_HOUR_MIN) * _HALF_HOUR_MIN


def good_fixes(pings: Iterable[Ping], *, model: Model = MODEL) -> list[GoodFix]:
    """Return the positions worth learning from, in order of time, one for each instant."""
    found: dict[datetime, GoodFix] = {}
    for ping in pings:
        if refuse(ping) is not WhyNot.JUDGED or ping.fix is None:
            continue
        fix_class, accuracy_m = grade(ping.fix, model)
        if fix_class is FixClass.COARSE or accuracy_m > WORST_FIX_M:
            continue
        at = instant(ping, model)
        fix = GoodFix(at=at, position=ping.fix.position, accuracy_m=accuracy_m)
        known = found.get(at)
        if known is None or _better(fix, known):
            found[at] = fix
    return [found[at] for at in sorted(found)]


def stays(
    fixes: Sequence[GoodFix], *, within_m: float = WITHIN_M, least_s: float = LEAST_S
) -> list[Stay]:
    """Return the stays among *fixes*, which are in order of time."""
    found = []
    first = 0
    while first < len(fixes):
        end = first + 1
        while (
            end < len(fixes)
            and (fixes[end].at - fixes[end - 1].at).total_seconds() <= MOST_SILENT_S
            and distance_m(fixes[first].position, fixes[end].position) <= within_m
        ):
            end += 1
        if (fixes[end - 1].at - fixes[first].at).total_seconds() >= least_s:
            found.append(_stay(fixes[first:end]))
            first = end
        else:
            first += 1
    return found


def places(found: Sequence[Stay], *, same_m: float = SAME_PLACE_M) -> list[Place]:
    """Return the places that these stays were at, the one with the most days first.

    Around the stay with the most others near it, again and again; so no chain of stays along a
    street becomes one place.
    """
    ordered = sorted(found, key=lambda stay: (stay.arrived_at, stay.middle.lon, stay.middle.lat))
    near = [
        {n for n, other in enumerate(ordered) if distance_m(stay.middle, other.middle) <= same_m}
        for stay in ordered
    ]
    left = set(range(len(ordered)))
    made = []
    while left:
        members = max((near[n] & left for n in sorted(left)), key=len)
        made.append(_place([ordered[n] for n in sorted(members)]))
        left -= members
    return sorted(made, key=lambda place: (-len(place.days), place.stays[0].arrived_at))


def centre_of(positions: Sequence[Position]) -> Position:
    """Return the mean of *positions*, of which there is at least one."""
    return Position(fmean(p.lon for p in positions), fmean(p.lat for p in positions))


def spread_of(middle: Position, positions: Sequence[Position]) -> float:
    """Return the distance from *middle* that 90 of 100 of *positions* stay within, metres."""
    distances = sorted(distance_m(middle, position) for position in positions)
    return distances[math.ceil(_MOST * len(distances)) - 1]


def _better(fix: GoodFix, known: GoodFix) -> bool:
    return (fix.accuracy_m, fix.position.lon, fix.position.lat) < (
        known.accuracy_m,
        known.position.lon,
        known.position.lat,
    )


def _stay(fixes: Sequence[GoodFix]) -> Stay:
    positions = [fix.position for fix in fixes]
    middle = centre_of(positions)
    return Stay(
        arrived_at=fixes[0].at,
        left_at=fixes[-1].at,
        middle=middle,
        spread_m=spread_of(middle, positions),
        fixes=len(fixes),
    )


def _place(members: Sequence[Stay]) -> Place:
    middle = centre_of([stay.middle for stay in members])
    return Place(
        middle=middle,
        spread_m=max(distance_m(middle, stay.middle) + stay.spread_m for stay in members),
        stays=tuple(members),
    )


def _middle_of(stay: Stay) -> datetime:
    return (stay.arrived_at + (stay.left_at - stay.arrived_at) / 2).astimezone(LOCAL_ZONE)


def _minutes(at: datetime) -> int:
    local = at.astimezone(LOCAL_ZONE)
    return local.hour * 60 + local.minute
