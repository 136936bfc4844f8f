"""The figures of a model in the form that the filter computes with: numbers only."""

from functools import lru_cache

from geofence.filtering import Figures
from geofence.model import Model
from geofence.rows import CLASSES


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
