"""The figures of a model in the form that the filter computes with: numbers only."""

from functools import lru_cache
from typing import NamedTuple

from geofence.model import Model
from geofence.rows import CLASSES


class Figures(NamedTuple):
    """The fields of `Model` that judge a fix, under the same names; classes in `CLASSES` order."""

    outlier_shares: tuple[float, float, float, float]
    dependences_s: tuple[float, float, float, float]
    sigma_per_accuracy: float
    sigma_floor_m: float
    leaving_rate: float
    return_rate: float
    log_odds_floor: float
    log_odds_ceiling: float
    same_point_weight: float
    jump_weight: float
    jump_m: float
    jump_m_s: float
    support: float
    strong_support: float
    left_at: float
    inside_at: float
    suspect_at: float
    independent_s: float
    fixes_in_a_row: float
    fixes_in_all: float
    support_lasts_s: float
    silence_lasts_s: float
    half_news: float
    opposite_m: float
    night_until_h: float
    coarse_agrees: float
    contradicted_s: float
    moved_m: float
    restless_s: float
    home_radio: float
    strange_radio: float
    strange_scans: int
    resting: float
    well_outside_m: float
    radio_dependence_s: float


@lru_cache(maxsize=64)
def figures_of(model: Model) -> Figures:
    """Return the figures of *model*."""
    trusts = [model.trust(fix_class) for fix_class in CLASSES]
    shares = tuple(trust.outlier_share for trust in trusts)
    dependences = tuple(trust.dependence_s for trust in trusts)
    simple = {
        name: int(value) if name == "strange_scans" else float(value)
        for name, value in ((name, getattr(model, name)) for name in Figures._fields[2:])
    }
    return Figures(outlier_shares=shares, dependences_s=dependences, **simple)  # type: ignore[arg-type]
