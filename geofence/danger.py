"""Entering and leaving danger zones: water and railways, where the first plausible fix counts.

Danger zones are judged apart from the safe ones: where they overlap, danger counts.
"""

from datetime import datetime

from geofence.changes import Change, ChangeKind, Evidence, Rule
from geofence.model import GOOD, FixClass, Model
from geofence.observations import Observation

#: A band that never states an accuracy must be heard too; one by Wi-Fi or cell waits.
_PLAUSIBLE = frozenset({FixClass.GPS, FixClass.UNKNOWN})

_Leaving = tuple[tuple[int, datetime], ...]


def step_danger(
    in_danger: tuple[int, ...], leaving: _Leaving, seen: Observation, model: Model
) -> tuple[tuple[int, ...], _Leaving, tuple[Change, ...]]:
    """Return the danger zones believed entered after *seen*, those on the way out, and changes.

    One plausible fix enters. Two good, independent ones outside leave.
    """
    if seen.fix_class not in GOOD:
        return in_danger, leaving, ()
    beyond_m = dict(seen.dangers)
    outside = {
        zone_id: model.probability_beyond(metres, seen.accuracy_m)
        for zone_id, metres in beyond_m.items()
    }
    inside = set(in_danger)
    first_out = dict(leaving)
    changes = []
    for zone_id in sorted(inside | outside.keys()):
        probability = outside.get(zone_id, 1.0)  # not near it: out for certain
        out_at = first_out.pop(zone_id, None)
        if zone_id not in inside:
            if 1 - probability >= model.danger_at and seen.fix_class in _PLAUSIBLE:
                inside.add(zone_id)
                evidence = _evidence(
                    Rule.FIX_IN_DANGER, probability, beyond_m[zone_id], seen, fixes=1, span_s=0.0
                )
                changes.append(_change(ChangeKind.DANGER_ENTERED, zone_id, seen, evidence))
        elif 1 - probability <= model.safe_at:
            span_s = (seen.at - out_at).total_seconds() if out_at else 0.0
            if span_s < model.independent_s:
                first_out[zone_id] = out_at or seen.at
                continue
            inside.remove(zone_id)
            evidence = _evidence(
                Rule.FIXES_OUT_OF_DANGER,
                probability,
                beyond_m.get(zone_id, model.danger_within_m),
                seen,
                fixes=2,
                span_s=span_s,
            )
            changes.append(_change(ChangeKind.DANGER_LEFT, zone_id, seen, evidence))
    return tuple(sorted(inside)), tuple(sorted(first_out.items())), tuple(changes)


def _evidence(
    rule: Rule, probability: float, beyond_m: float, seen: Observation, *, fixes: int, span_s: float
) -> Evidence:
    return Evidence(
        rule=rule,
        probability_outside=probability,
        beyond_m=beyond_m,
        accuracy_m=seen.accuracy_m,
        fixes=fixes,
        span_s=span_s,
    )


def _change(kind: ChangeKind, zone_id: int, seen: Observation, evidence: Evidence) -> Change:
    return Change(
        kind=kind, at=seen.at, report_id=seen.report_id, zone_id=zone_id, evidence=evidence
    )
