"""The step from one fix to the next: a two-state Bayes filter on the odds of being outside.

On top of the odds stand rules about *how many* good fixes agree (`geofence.decisions`), because a
receiver that is wrong is often very sure of it.
"""

import math
from datetime import datetime

from msgspec.structs import replace

from core.zones import Side
from geofence.changes import Change
from geofence.danger import step_danger
from geofence.decisions import decide
from geofence.estimate import Estimate
from geofence.model import Model
from geofence.observations import Observation


def step(old: Estimate, seen: Observation, model: Model) -> tuple[Estimate, tuple[Change, ...]]:
    """Return the estimate after *seen*, which is newer than all before, and what changed."""
    is_good = seen.is_good
    in_danger, leaving_danger, danger_changes = step_danger(old, seen, model)
    last_good = seen if is_good else old.last_good
    if seen.beyond_m is None:  # no safe zones: nowhere to have left
        nowhere = Estimate(
            last=seen, last_good=last_good, in_danger=in_danger, leaving_danger=leaving_danger
        )
        return nowhere, danger_changes
    if old.last is not None and old.last.ground != seen.ground:
        # the zones were changed: what was gathered over the old ones proves nothing here
        old = replace(_without_evidence(old), last=None, last_good=None)
    evidence = model.evidence(
        model.probability_beyond(seen.beyond_m, seen.accuracy_m), seen.fix_class
    )
    log_odds = _aged(old, seen, model) + _weight(old, seen, model) * evidence
    supports, in_a_row = _supports(old, seen, evidence, model)
    is_inside = is_good and evidence < -model.support
    contradicts = is_inside and bool(old.supports) and old.side is not Side.OUTSIDE
    new = Estimate(
        log_odds=min(max(log_odds, model.log_odds_floor), model.log_odds_ceiling),
        side=old.side,
        suspicious=old.suspicious,
        well_founded=old.well_founded,
        supports=supports,
        in_a_row=in_a_row,
        contradicted_at=seen.at if contradicts else old.contradicted_at,
        last=seen,
        last_good=last_good,
        in_danger=in_danger,
        leaving_danger=leaving_danger,
    )
    new, changes = decide(new, seen, evidence, model)
    return new, (*danger_changes, *changes)


def _without_evidence(old: Estimate) -> Estimate:
    return replace(old, log_odds=None, supports=(), in_a_row=0, contradicted_at=None)


def _aged(old: Estimate, seen: Observation, model: Model) -> float:
    """Return the log-odds after the time that passed: people leave and come back unseen."""
    rates = model.leaving_rate + model.return_rate
    settled = model.leaving_rate / rates
    if old.log_odds is None or old.last is None:
        return math.log(settled / (1 - settled))
    passed_s = (seen.at - old.last.at).total_seconds()
    before = 1 / (1 + math.exp(-old.log_odds))
    after = before + (settled - before) * -math.expm1(-rates * passed_s)
    return math.log(after / (1 - after))


def _weight(old: Estimate, seen: Observation, model: Model) -> float:
    """Return how much of the evidence is news, 0 to 1. A good fix is not stale by a coarse one."""
    before = old.last_good if seen.is_good else old.last
    if before is None:
        return 1.0
    passed_s = (seen.at - before.at).total_seconds()
    weight = min(1.0, passed_s / model.trust(seen.fix_class).dependence_s)
    if seen.position == before.position:
        weight *= model.same_point_weight
    assert seen.beyond_m is not None
    outward_m = 0.0 if before.beyond_m is None else seen.beyond_m - before.beyond_m
    if outward_m > model.jump_m and seen.jumped_from(before, model):
        weight *= model.jump_weight
    return weight


def _supports(
    old: Estimate, seen: Observation, evidence: float, model: Model
) -> tuple[tuple[datetime, ...], int]:
    """Return the good, independent fixes outside so far, and how many came last in a row."""
    is_good = seen.is_good
    if is_good and evidence < -model.support:
        return (), 0
    supports, in_a_row = old.supports, old.in_a_row
    if supports:
        age_s = (seen.at - supports[-1]).total_seconds()
        if age_s > model.silence_lasts_s:
            supports, in_a_row = (), 0
    if not (is_good and evidence > model.support):
        if evidence >= model.coarse_agrees:
            return supports, in_a_row
        return supports, 0  # vague: the next one outside does not follow directly
    if supports and (seen.at - supports[-1]).total_seconds() < model.independent_s:
        return supports, in_a_row
    return (*supports, seen.at)[-model.fixes_in_all :], in_a_row + 1
