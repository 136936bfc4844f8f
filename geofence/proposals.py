"""Better zones, proposed from the past days and from what people said about their incidents.

Only what would have spared a false alarm is proposed, and never what would have hidden an incident
in which the elder was found, nor what adds a danger zone's ground.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.clock import LOCAL_ZONE
from core.false_alarms import (
    STANDARD_FALSE_ALARMS,
    FalseAlarmPolicy,
    Proof,
    ProposalKind,
    Suggestion,
    local_day,
)
from core.places import Position
from core.zones import Circle, Zone, ZoneKind
from geofence.candidates import (
    LEAST_MARGIN_M,
    MOST_MARGIN_M,
    Shape,
    around_home,
    around_place,
    touches_danger,
)
from geofence.geometry import measure
from geofence.grounds import project
from geofence.model import MODEL, Model
from geofence.past import Past
from geofence.stays import GoodFix, Place, centre_of, good_fixes, places, spread_of, stays
from geofence.trying import Trial, compare, in_force

#: a usual place no farther beyond the edge of home's zone belongs to home, metres
EDGE_M = 150.0
#: from this long before an incident opened until it closed nothing is learned
_BEFORE = timedelta(minutes=30)
#: a place explains a false alarm when the elder was there so long before or after it
_AROUND = timedelta(hours=2)
#: local hours in which people are at home
_NIGHT_H = (22, 6)
_LONGEST_WALK = timedelta(hours=1)
#: places that are looked at closely: each costs two replays
_MOST_PLACES = 3
_NEW_ZONE_ID = 0


def propose(
    past: Past,
    now: datetime,
    *,
    policy: FalseAlarmPolicy = STANDARD_FALSE_ALARMS,
    model: Model = MODEL,
) -> tuple[Suggestion, ...]:
    """Return the zones that *past* speaks for, the one that spares most first."""
    return _Study(past, now, policy, model).suggestions()


class _Study:
    """One elder's past days, replayed once with the present zones."""

    def __init__(self, past: Past, now: datetime, policy: FalseAlarmPolicy, model: Model) -> None:
        self._past = past
        self._policy = policy
        self._model = model
        self._zones = in_force(past.zones, now)
        self._own = tuple(
            zone
            for zone in self._zones
            if zone.kind is ZoneKind.SAFE and zone.elder_id == past.elder_id
        )
        self._present = self._try(self._zones)

    def suggestions(self) -> tuple[Suggestion, ...]:
        if not self._own or not any(incident.was_false for incident in self._past.incidents):
            return ()
        fixes = self._calm(good_fixes(self._past.pings, model=self._model))
        if not fixes:
            return ()
        self._days_known = len({local_day(fix.at) for fix in fixes})
        usual = [
            place
            for place in places(stays(fixes))
            if len(place.days) >= self._policy.least_days and self._explains(place)
        ]
        margin_m = self._margin_m(fixes)
        better = self._better_home(self._home(fixes), fixes, usual, margin_m)
        zones = self._zones if better is None else (*self._zones, self._new_zone(better.shape))
        found = [
            better,
            *(
                self._missing_place(place, fixes, margin_m)
                for place in _outside(zones, usual)[:_MOST_PLACES]
            ),
        ]
        made = [suggestion for suggestion in found if suggestion is not None]
        return tuple(sorted(made, key=lambda one: -one.proof.spared))

    def _try(self, zones: tuple[Zone, ...]) -> Trial:
        return self._past.try_zones(zones, model=self._model)

    def _calm(self, fixes: list[GoodFix]) -> list[GoodFix]:
        """Return the fixes outside incidents in which the elder was, or may be, lost."""
        lost = [
            (incident.opened_at - _BEFORE, incident.closed_at)
            for incident in self._past.incidents
            if incident.must_alarm
        ]
        return [
            fix
            for fix in fixes
            if not any(begin <= fix.at and (end is None or fix.at <= end) for begin, end in lost)
        ]

    def _explains(self, place: Place) -> bool:
        """Say whether the elder was there around a false alarm; else no zone there spares one."""
        return any(
            stay.left_at >= incident.opened_at - _AROUND
            and stay.arrived_at <= (incident.closed_at or incident.opened_at) + _AROUND
            for incident in self._past.incidents
            if incident.was_false
            for stay in place.stays
        )

    def _home(self, fixes: Sequence[GoodFix]) -> Zone:
        """Return the zone of most nights, or else of most fixes."""
        night = [fix for fix in fixes if _is_night(fix.at)] or fixes
        inside = {zone.id: sum(_within(zone, night)) for zone in self._own}
        return max(self._own, key=lambda zone: (inside[zone.id], -zone.id))

    def _margin_m(self, fixes: Sequence[GoodFix]) -> float:
        """Return the noise that was measured at home in the nights, within sensible bounds."""
        night = [fix.position for fix in fixes if _is_night(fix.at)]
        noise_m = spread_of(centre_of(night), night) if night else LEAST_MARGIN_M
        return min(MOST_MARGIN_M, max(LEAST_MARGIN_M, noise_m))

    def _better_home(
        self, home: Zone, fixes: Sequence[GoodFix], usual: Sequence[Place], margin_m: float
    ) -> Suggestion | None:
        """Return the home's zone widened or moved, where that spares a false alarm."""
        used = [fix for fix, inside in zip(fixes, _within(home, fixes), strict=True) if inside]
        edge = [place for place in usual if self._is_at_edge(home, place)]
        if not edge or not used:
            return None
        shapes = around_home(
            home.shape,
            used,
            edge,
            house=_house(used),
            margin_m=margin_m,
            widest_m=self._policy.widest_m,
        )
        days = frozenset().union(*(place.days for place in edge))
        others = tuple(zone for zone in self._zones if zone.id != home.id)
        return self._best(
            shapes,
            lambda shape: (*others, replace(home, shape=shape)),
            Suggestion(
                kind=ProposalKind.BETTER_HOME,
                zone_id=home.id,
                shape=home.shape,
                proof=self._proof(len(days)),
            ),
        )

    def _is_at_edge(self, home: Zone, place: Place) -> bool:
        """Say whether a place crosses the edge of home, or lies a little beyond it."""
        (beyond_m,) = _beyond((home,), [place.middle])
        return beyond_m <= EDGE_M and beyond_m + place.spread_m > 0

    def _missing_place(
        self, place: Place, fixes: Sequence[GoodFix], margin_m: float
    ) -> Suggestion | None:
        """Return a zone for a place where there is none, where that spares a false alarm."""
        shapes = around_place(
            place,
            self._trips(place, fixes),
            margin_m=margin_m,
            widest_m=self._policy.widest_m,
        )
        return self._best(
            shapes,
            lambda shape: (*self._zones, self._new_zone(shape)),
            Suggestion(
                kind=ProposalKind.MISSING_PLACE,
                zone_id=None,
                shape=Circle(place.middle, self._policy.widest_m),
                part_of_day=place.part_of_day,
                from_min=place.from_min,
                until_min=place.until_min,
                proof=self._proof(len(place.days)),
            ),
        )

    def _trips(self, place: Place, fixes: Sequence[GoodFix]) -> list[Sequence[GoodFix]]:
        """Return the fixes from the last in a safe zone before each stay to the first after it.

        Nobody walks to a neighbourhood's market for hours: what is farther away is left out.
        """
        beyond = _beyond(self._zones, [fix.position for fix in fixes])
        times = [fix.at for fix in fixes]
        trips = []
        for stay in place.stays:
            first, last = times.index(stay.arrived_at), times.index(stay.left_at)
            begin, end = stay.arrived_at - _LONGEST_WALK, stay.left_at + _LONGEST_WALK
            while first > 0 and beyond[first] > 0 and times[first - 1] >= begin:
                first -= 1
            while last < len(fixes) - 1 and beyond[last] > 0 and times[last + 1] <= end:
                last += 1
            trips.append(fixes[first : last + 1])
        return trips

    def _new_zone(self, shape: Shape) -> Zone:
        return Zone(
            id=_NEW_ZONE_ID,
            elder_id=self._past.elder_id,
            kind=ZoneKind.SAFE,
            name="",
            shape=shape,
        )

    def _proof(self, days_seen: int) -> Proof:
        return Proof(
            days_seen=days_seen,
            days_known=self._days_known,
            alarms_before=len(self._present.alarms),
            alarms_after=len(self._present.alarms),
            false_alarms=0,
            spared=0,
            others_hidden=0,
        )

    def _best(
        self,
        shapes: Iterable[Shape],
        zones_with: Callable[[Shape], tuple[Zone, ...]],
        suggestion: Suggestion,
    ) -> Suggestion | None:
        """Return *suggestion* with the shape that spares most; of equals the simplest."""
        best: Suggestion | None = None
        for shape in shapes:
            if touches_danger(shape, self._own, self._zones):
                continue
            trial = self._try(zones_with(shape))
            seen = compare(
                self._present,
                trial,
                self._past.incidents,
                may_delay_s=self._policy.may_delay_s,
            )
            if seen.hidden or not seen.spared or len(trial.alarms) > len(self._present.alarms):
                continue
            if best is None or len(seen.spared) > best.proof.spared:
                proof = replace(
                    suggestion.proof,
                    alarms_after=len(trial.alarms),
                    false_alarms=len(seen.false_alarms),
                    spared=len(seen.spared),
                    others_hidden=seen.others_hidden,
                )
                best = replace(suggestion, shape=shape, proof=proof)
        return best


def _beyond(zones: tuple[Zone, ...], at: Sequence[Position]) -> list[float]:
    """Return how far each position lies beyond the edge of the safe zones, whatever the hour."""
    if not zones or not any(zone.kind is ZoneKind.SAFE for zone in zones):
        return [math.inf] * len(at)
    ground = project(tuple(zone for zone in zones if zone.kind is ZoneKind.SAFE))
    readings = measure([(ground, position) for position in at], danger_within_m=0.0)
    return [math.inf if one.beyond_m is None else one.beyond_m for one in readings]


def _outside(zones: tuple[Zone, ...], usual: Sequence[Place]) -> list[Place]:
    """Return the places outside every safe zone there is."""
    beyond_m = _beyond(zones, [place.middle for place in usual])
    return [place for place, metres in zip(usual, beyond_m, strict=True) if metres > 0]


def _within(zone: Zone, fixes: Sequence[GoodFix]) -> list[bool]:
    return [beyond_m <= 0 for beyond_m in _beyond((zone,), [fix.position for fix in fixes])]


def _house(used: Sequence[GoodFix]) -> Position:
    """Return where the nights are spent, or else the days."""
    night = [fix.position for fix in used if _is_night(fix.at)]
    return centre_of(night or [fix.position for fix in used])


def _is_night(at: datetime) -> bool:
    begin, end = _NIGHT_H
    hour = at.astimezone(LOCAL_ZONE).hour
    return hour >= begin or hour < end
