"""The filter, compiled where there is much to do.

numba compiles `geofence.filtering` as it stands, once per machine (some seconds; kept beside the
file), and loads it in half a second after that. A few fixes are judged before that would be over,
so small batches are simply interpreted. Without numba everything is.
"""

import importlib
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import Any

from geofence import filtering
from geofence.filtering import Figures
from geofence.rows import Row, Rows

#: fixes from which loading the compiled form pays
WORTH_LOADING = 2_000
#: fixes from which it is used once it is loaded
WORTH_CALLING = 4

Run = Callable[[Rows, Rows, Row, Row, Figures, Rows, Rows], None]


def run(
    states: Rows, fixes: Rows, counts: Row, marks: Row, figures: Figures, marked: Rows, found: Rows
) -> None:
    """As `filtering.run`, in whichever form is quicker."""
    worth = WORTH_CALLING if _is_loaded() else WORTH_LOADING
    chosen = load() if len(fixes) >= worth else filtering.run
    chosen(states, fixes, counts, marks, figures, marked, found)


def _is_loaded() -> bool:
    return load.cache_info().currsize > 0


@lru_cache(maxsize=1)
def load() -> Run:
    """Return the compiled filter; the interpreted one where it cannot be compiled."""
    try:
        numba: Any = importlib.import_module("numba")
        extending: Any = importlib.import_module("numba.extending")
    except ImportError:
        return filtering.run
    for part in vars(filtering).values():
        if isinstance(part, FunctionType) and part is not filtering.run and _is_ours(part):
            extending.register_jitable(part)
    try:
        compiled: Run = numba.njit(cache=True)(filtering.run)
    except RuntimeError:  # nowhere to keep it
        compiled = numba.njit(filtering.run)
    return compiled


def _is_ours(part: Any) -> bool:
    return getattr(part, "__module__", "") == filtering.__name__
