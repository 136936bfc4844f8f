"""How far from where they were last known people with dementia were found: rings, not walls.

Straight-line distances within which so many of 100 were found, from the tables of the
International Search and Rescue Incident Database for dementia (Koester), by kind of country.
Foreign figures, none of them local: a help to begin, no truth; water and walls are not in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.places import Position

#: a brisk walk, metres a second (4 km/h)
_WALK_M_S = 4000 / 3600


class Country(StrEnum):
    """Which cases are like ours."""

    URBAN = "urban"
    FLAT = "flat"  #: temperate and flat: fields and villages


#: percent found -> metres
DISTANCES_M: Mapping[Country, Mapping[int, float]] = {
    Country.URBAN: {25: 320, 50: 1_130, 75: 3_220, 95: 12_600},
    Country.FLAT: {25: 320, 50: 970, 75: 2_410, 95: 12_700},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Within *radius_m* around *centre* so many of 100 were found; None: so far one can walk."""

    centre: Position
    radius_m: float
    percent: int | None


def rings(start: Position, country: Country = Country.URBAN) -> tuple[Ring, ...]:
    """Return the rings around *start*, the smallest first."""
    return tuple(
        Ring(centre=start, radius_m=radius_m, percent=percent)
        for percent, radius_m in DISTANCES_M[country].items()
    )


def walkable(start: Position, age_s: float, country: Country = Country.URBAN) -> Ring | None:
    """Return how far somebody can have walked in *age_s* seconds; None below 10 m.

    Never beyond the widest of the rings: nobody walks for days.
    """
    radius_m = min(age_s * _WALK_M_S, DISTANCES_M[country][95])
    return Ring(centre=start, radius_m=radius_m, percent=None) if radius_m >= 10 else None
