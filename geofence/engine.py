"""The door of the judgement: a batch of cases in, one judgement per case out.

Pure and deterministic: no clock, no storage, no chance. One ping is a batch of one.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from core.pings import Doubt, Ping
from core.zones import Side, Zone
from geofence.beliefs import Belief, revise
from geofence.changes import Change, ChangeKind, Evidence, Rule
from geofence.geometry import Reading, measure
from geofence.grounds import Ground, project
from geofence.model import MODEL, Model
from geofence.observations import Observation, WhyNot, grade, instant, refuse

__all__ = [
    "Case",
    "Change",
    "ChangeKind",
    "Evidence",
    "Judgement",
    "Rule",
    "Verdict",
    "WhyNot",
    "judge",
]


class Case(Struct, frozen=True, kw_only=True):
    """One elder's pings of one batch, in any order, with what was believed before."""

    belief: Belief
    zones: tuple[Zone, ...]
    pings: tuple[Ping, ...]


class Verdict(Struct, frozen=True, kw_only=True):
    """What one ping says, by itself."""

    report_id: str
    at: datetime
    #: where this fix alone lies: inside or outside when its accuracy disc is
    side: Side
    #: by this fix alone; None when it says nothing about the safe zones
    probability_outside: float | None
    #: metres beyond the edge of the safe zones, negative inside; None likewise
    beyond_m: float | None
    #: did it count towards the belief?
    judged: bool
    #: a named reason when it did not
    why_not: WhyNot


class Judgement(Struct, frozen=True, kw_only=True):
    """The outcome of one case: a verdict per ping, in their order, and changes in time order."""

    belief: Belief
    verdicts: tuple[Verdict, ...]
    changes: tuple[Change, ...]


def judge(cases: Sequence[Case], *, model: Model = MODEL) -> list[Judgement]:
    """Return the judgement of each case; the geometry of the whole batch is measured at once."""
    places = [
        (_ground(case.zones, instant(ping, model)), ping.fix.position)
        for case in cases
        for ping in case.pings
        if ping.fix is not None and refuse(ping) is WhyNot.JUDGED
    ]
    readings = iter(measure(places, danger_within_m=model.danger_within_m))
    grounds = iter(ground for ground, _ in places)
    judgements = []
    for case in cases:
        seen: list[Observation | WhyNot] = []
        for ping in case.pings:
            why_not = refuse(ping)
            if why_not is WhyNot.JUDGED:
                seen.append(_observe(ping, next(grounds), next(readings), model))
            else:
                seen.append(why_not)
        judgements.append(_judge_one(case, seen, model))
    return judgements


def _ground(zones: tuple[Zone, ...], at: datetime) -> Ground:
    return project(tuple(zone for zone in zones if zone.counts_at(at)))


def _observe(ping: Ping, ground: Ground, reading: Reading, model: Model) -> Observation:
    assert ping.fix is not None
    fix_class, accuracy_m = grade(ping.fix, model)
    return Observation(
        at=instant(ping, model),
        report_id=ping.report_id,
        position=ping.fix.position,
        fix_class=fix_class,
        accuracy_m=accuracy_m,
        is_backlog=ping.is_backlog or Doubt.LATE in ping.doubts,
        beyond_m=reading.beyond_m,
        dangers=reading.dangers,
        ground=ground.digest,
    )


def _judge_one(case: Case, seen: list[Observation | WhyNot], model: Model) -> Judgement:
    known = {observation.report_id for observation in case.belief.recent}
    oldest = case.belief.goes_back_to(model)
    fresh = []
    verdicts = []
    for ping, item in zip(case.pings, seen, strict=True):
        if isinstance(item, WhyNot):
            verdicts.append(_silent(ping, item, model))
            continue
        if item.report_id in known:
            why_not = WhyNot.DUPLICATE
        elif oldest is not None and item.at < oldest:
            why_not = WhyNot.TOO_OLD
        else:
            why_not = WhyNot.JUDGED
            known.add(item.report_id)
            fresh.append(item)
        verdicts.append(_verdict(item, why_not, model))
    belief, changes = revise(case.belief, fresh, model)
    return Judgement(belief=belief, verdicts=tuple(verdicts), changes=changes)


def _silent(ping: Ping, why_not: WhyNot, model: Model) -> Verdict:
    return Verdict(
        report_id=ping.report_id,
        at=instant(ping, model),
        side=Side.UNSURE,
        probability_outside=None,
        beyond_m=None,
        judged=False,
        why_not=why_not,
    )


def _verdict(seen: Observation, why_not: WhyNot, model: Model) -> Verdict:
    side, probability = Side.UNSURE, None
    if seen.beyond_m is not None:
        probability = model.probability_beyond(seen.beyond_m, seen.accuracy_m)
        if probability >= model.disc_at:
            side = Side.OUTSIDE
        elif probability <= 1 - model.disc_at:
            side = Side.INSIDE
    return Verdict(
        report_id=seen.report_id,
        at=seen.at,
        side=side,
        probability_outside=probability,
        beyond_m=seen.beyond_m,
        judged=why_not is WhyNot.JUDGED,
        why_not=why_not,
    )
