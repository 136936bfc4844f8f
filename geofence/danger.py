"""Entering and leaving danger zones: water and railways, where the first plausible fix counts.

Danger zones are judged apart from the safe ones: where they overlap, danger counts.
"""

from datetime import datetime

from geofence.changes import Change, ChangeKind, Evidence, Rule, Witness
from geofence.model import Model
from geofence.observations import Observation

#: (danger zone, first good fix out of it): on the way out
Leaving = tuple[tuple[int, datetime], ...]
#: the danger zones believed entered, and those on the way out
Danger = tuple[tuple[int, ...], Leaving]


def step_danger(
    old: Danger, before: Observation | None, seen: Observation, model: Model
) -> tuple[Danger, tuple[Change, ...]]:
    """Return the danger believed after *seen*, and what changed; *before* is the last good fix.

    One plausible fix enters, or two good ones that agree. Two good, independent ones leave.
    """
    was_in, was_leaving = old
    if not seen.is_good or not (seen.dangers or was_in):
        return old, ()
    outside = _outside(seen, model)
    outside_before = _outside(before, model)
    plausible = _is_plausible(before, seen, model)
    inside = set(was_in)
    leaving: dict[int, datetime] = {}
    first_out = dict(was_leaving)
    changes = []
    for zone_id in sorted(inside | outside.keys()):
        probability = outside.get(zone_id, 1.0)  # not near it: out for certain
        agrees = 1 - outside_before.get(zone_id, 1.0) >= model.danger_at
        if zone_id not in inside:
            if 1 - probability >= model.danger_at and (plausible or agrees):
                inside.add(zone_id)
                fixes = 2 if agrees else 1
                changes.append(_change(zone_id, seen, Rule.FIX_IN_DANGER, fixes, 0.0, model))
        elif 1 - probability <= model.safe_at:
            leaving[zone_id] = first_out.get(zone_id, seen.at)
            span_s = (seen.at - leaving[zone_id]).total_seconds()
            if span_s >= model.independent_s:
                inside.remove(zone_id)
                del leaving[zone_id]
                changes.append(_change(zone_id, seen, Rule.FIXES_OUT_OF_DANGER, 2, span_s, model))
    return (tuple(sorted(inside)), tuple(sorted(leaving.items()))), tuple(changes)


def _outside(seen: Observation | None, model: Model) -> dict[int, float]:
    """Return the probability of being outside each danger zone nearby."""
    if seen is None:
        return {}
    return {
        zone_id: model.probability_beyond(beyond_m, seen.accuracy_m)
        for zone_id, beyond_m in seen.dangers
    }


def _is_plausible(before: Observation | None, seen: Observation, model: Model) -> bool:
    """Say whether one fix is enough: precise (or of a band that never says), and within reach."""
    if seen.accuracy_m > model.gps_within_m:
        return False
    return before is None or not seen.jumped_from(before, model)


def _change(
    zone_id: int, seen: Observation, rule: Rule, fixes: int, span_s: float, model: Model
) -> Change:
    entered = rule is Rule.FIX_IN_DANGER
    beyond_m = dict(seen.dangers).get(zone_id, model.danger_within_m)
    probability = model.probability_beyond(beyond_m, seen.accuracy_m)
    witness = Witness(
        report_id=seen.report_id,
        at=seen.at,
        beyond_m=beyond_m,
        accuracy_m=seen.accuracy_m,
        probability_outside=probability,
        fix_class=seen.fix_class.value,
    )
    return Change(
        kind=ChangeKind.DANGER_ENTERED if entered else ChangeKind.DANGER_LEFT,
        at=seen.at,
        report_id=seen.report_id,
        zone_id=zone_id,
        evidence=Evidence(
            rule=rule,
            probability_outside=probability,
            beyond_m=beyond_m,
            accuracy_m=seen.accuracy_m,
            fixes=fixes,
            span_s=span_s,
            witnesses=(witness,),
        ),
    )
