"""What follows from the odds and the fixes that support them: suspect, left, returned, calm again.

A coarse fix may raise a suspicion; leaving and returning are believed on good fixes only.
"""

from msgspec.structs import replace

from core.zones import Side
from geofence.changes import Change, ChangeKind, Evidence, Rule
from geofence.estimate import Estimate
from geofence.model import Model
from geofence.observations import Observation


def decide(
    now: Estimate, seen: Observation, evidence: float, model: Model
) -> tuple[Estimate, tuple[Change, ...]]:
    """Return *now* with its decisions brought up to date."""
    probability = now.probability_outside
    assert probability is not None
    is_good = seen.is_good
    if is_good and evidence < -model.support and probability <= model.inside_at:
        return _decide_inside(now, seen)
    if now.side is Side.OUTSIDE:
        return now, ()
    rule = _left_by(now, seen, model) if is_good and evidence > model.support else None
    if rule is not None and probability >= model.left_at:
        left = replace(now, side=Side.OUTSIDE, suspicious=False, well_founded=False)
        return left, (_change(ChangeKind.LEFT, rule, now, seen),)
    return _decide_suspicion(now, seen, evidence, model)


def _decide_inside(now: Estimate, seen: Observation) -> tuple[Estimate, tuple[Change, ...]]:
    if now.side is Side.INSIDE and not now.suspicious and not now.well_founded:
        return now, ()
    inside = replace(now, side=Side.INSIDE, suspicious=False, well_founded=False)
    if now.side is Side.OUTSIDE:
        kind = ChangeKind.RETURNED
    elif now.suspicious:
        kind = ChangeKind.SUSPICION_DROPPED
    else:
        return inside, ()
    return inside, (_change(kind, Rule.GOOD_FIX_INSIDE, now, seen),)


def _left_by(now: Estimate, seen: Observation, model: Model) -> Rule | None:
    needed = model.fixes_in_a_row
    if now.contradicted_at is not None:
        ago_s = (seen.at - now.contradicted_at).total_seconds()
        needed += ago_s <= model.contradicted_s
    if now.in_a_row >= needed:
        return Rule.FIXES_IN_A_ROW
    fresh = [at for at in now.supports if (seen.at - at).total_seconds() <= model.support_lasts_s]
    return Rule.FIXES_IN_ALL if len(fresh) >= model.fixes_in_all else None


def _decide_suspicion(
    now: Estimate, seen: Observation, evidence: float, model: Model
) -> tuple[Estimate, tuple[Change, ...]]:
    probability = now.probability_outside
    assert probability is not None
    is_good = seen.is_good
    if now.suspicious and is_good and evidence < -model.support and probability < model.suspect_at:
        calm = replace(now, suspicious=False, well_founded=False)
        return calm, (_change(ChangeKind.SUSPICION_DROPPED, Rule.GOOD_FIX_INSIDE, now, seen),)
    by_fix = is_good and evidence > model.support
    well_founded = now.well_founded or (is_good and evidence > model.strong_support)
    suspicious = now.suspicious or by_fix or probability >= model.suspect_at
    if not suspicious or (now.suspicious and well_founded == now.well_founded):
        return now, ()
    new = replace(now, suspicious=True, well_founded=well_founded)
    rule = Rule.GOOD_FIX_OUTSIDE if by_fix else Rule.ODDS_OUTSIDE
    return new, (_change(ChangeKind.SUSPECTED, rule, new, seen),)


def _change(kind: ChangeKind, rule: Rule, now: Estimate, seen: Observation) -> Change:
    assert now.probability_outside is not None
    assert seen.beyond_m is not None
    supports = now.supports
    if rule is Rule.FIXES_IN_A_ROW:
        supports = supports[-now.in_a_row :]
    return Change(
        kind=kind,
        at=seen.at,
        report_id=seen.report_id,
        silence_confirms=kind is ChangeKind.SUSPECTED and now.well_founded,
        evidence=Evidence(
            rule=rule,
            probability_outside=now.probability_outside,
            beyond_m=seen.beyond_m,
            accuracy_m=seen.accuracy_m,
            fixes=max(1, len(supports)),
            span_s=(supports[-1] - supports[0]).total_seconds() if supports else 0.0,
        ),
    )
