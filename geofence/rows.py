"""The numbers of the judgement as rows: what is believed of an elder, one fix, what a fix changed.

Times are Unix seconds, places WGS-84 degrees (lon, lat), lengths metres. What is missing is minus
infinity for a time and NaN for anything else, so that "long ago" and "nowhere" are no special case.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.zones import Side
from geofence.model import FixClass
from geofence.surroundings import Radio

#: one row of an array, or the array: numpy's types do not know the fields
Row = Any
Rows = NDArray[np.void]

#: codes in a row are places in these
SIDES: tuple[Side, ...] = (Side.UNSURE, Side.INSIDE, Side.OUTSIDE)
CLASSES: tuple[FixClass, ...] = (FixClass.GPS, FixClass.WIFI, FixClass.COARSE, FixClass.UNKNOWN)
RADIOS: tuple[Radio, ...] = (Radio.SILENT, Radio.HOME, Radio.STRANGE)

#: witnesses that are remembered: as many as any rule needs when each is half news
WITNESSES = 6
NEVER = -np.inf

#: what the next fix of an elder is judged against
STATE = np.dtype(
    [
        ("log_odds", "f8"),  # ln P(outside) / P(inside); NaN before the first fix
        ("last_t", "f8"),  # the newest fix
        ("last_lon", "f8"),
        ("last_lat", "f8"),
        ("last_beyond_m", "f8"),
        ("good_t", "f8"),  # the newest good one
        ("good_lon", "f8"),
        ("good_lat", "f8"),
        ("good_beyond_m", "f8"),
        ("good_accuracy_m", "f8"),
        ("good_evidence", "f8"),
        ("home_lon", "f8"),  # the newest good one inside
        ("home_lat", "f8"),
        ("witness_t", "f8", (WITNESSES,)),  # good, independent ones outside since, the newest last
        ("witness_lon", "f8", (WITNESSES,)),
        ("witness_lat", "f8", (WITNESSES,)),
        ("witness_news", "f8", (WITNESSES,)),  # 1, or half: it may share an error with another
        ("in_a_row", "f8"),  # what those are worth that came last, with no vague fix between
        ("contradicted_t", "f8"),  # a good fix inside spoke against such a one
        ("restless_until_t", "f8"),  # on the way: more fixes are wanted until then
        ("ground", "i8"),  # names the set of safe zones
        ("side", "i1"),
        ("suspicious", "?"),
        ("well_founded", "?"),  # a good fix well outside supports the suspicion
        ("strange_scans", "i1"),  # in a row, none of the home's access points
    ]
)

#: one admitted and measured fix
FIX = np.dtype(
    [
        ("t", "f8"),
        ("lon", "f8"),
        ("lat", "f8"),
        ("accuracy_m", "f8"),
        ("beyond_m", "f8"),  # beyond the edge of the safe zones, negative inside; NaN: none
        ("ground", "i8"),
        ("fix_class", "i1"),
        ("radio", "i1"),
        ("by_wifi", "?"),
        ("is_resting", "?"),
    ]
)

#: what one fix changed
FOUND = np.dtype(
    [
        ("probability", "f8"),  # of being outside, after the fix; NaN without safe zones
        ("witness_t", "f8", (WITNESSES,)),  # for `left`: the fixes it stands on
        ("kind", "i1"),  # place in KINDS
        ("rule", "i1"),  # place in RULES
        ("well_founded", "?"),  # for `suspected`
    ]
)


def _blank() -> Rows:
    row = np.zeros(1, STATE)
    for name in STATE.names or ():
        if name.endswith("_t"):
            row[name] = NEVER
        elif STATE[name].base == np.float64 and name not in ("in_a_row", "witness_news"):
            row[name] = np.nan
    return row


#: of whom nothing is known
BLANK = _blank()[0]


def blanks(count: int) -> Rows:
    """Return the rows of so many elders of whom nothing is known."""
    return np.full(count, BLANK, STATE)
