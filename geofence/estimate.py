"""What is believed at one instant: all that the next fix is judged against."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from core.zones import Side
from geofence.danger import Danger, Leaving
from geofence.observations import Observation
from geofence.rows import (
    BLANK,
    CLASSES,
    FIX,
    NEVER,
    RADIOS,
    SIDES,
    STATE,
    Row,
    Rows,
)

_BLANK: bytes = BLANK.tobytes()


class Estimate(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Everything the next fix is judged against.

    The numbers are kept as the bytes of one row (`geofence.rows.STATE`), so that thousands of them
    become an array, and an array becomes them, in one go.
    """

    numbers: bytes = _BLANK
    last: Observation | None = None
    last_good: Observation | None = None
    in_danger: tuple[int, ...] = ()
    leaving_danger: Leaving = ()

    @property
    def row(self) -> Row:
        """Return the numbers by name."""
        return np.frombuffer(self.numbers, STATE)[0]

    @property
    def side(self) -> Side:
        """Return the settled side."""
        return SIDES[int(self.row["side"])]

    @property
    def suspicious(self) -> bool:
        """Say whether the elder may be outside."""
        return bool(self.row["suspicious"])

    @property
    def well_founded(self) -> bool:
        """Say whether a good fix well outside supports the suspicion."""
        return bool(self.row["well_founded"])

    @property
    def witness_times(self) -> list[float]:
        """Return the times of the good, independent fixes outside since the last one inside."""
        return [t for t in self.row["witness_t"].tolist() if t != NEVER]

    @property
    def log_odds(self) -> float | None:
        """Return ln P(outside) / P(inside); None before the first fix."""
        log_odds = float(self.row["log_odds"])
        return None if math.isnan(log_odds) else log_odds

    @property
    def probability_outside(self) -> float | None:
        """Return the probability of being outside; None before the first fix."""
        log_odds = self.log_odds
        return None if log_odds is None else 1 / (1 + math.exp(-log_odds))


def to_rows(estimates: Sequence[Estimate]) -> Rows:
    """Return the numbers of *estimates* as an array that may be written to."""
    return np.frombuffer(bytearray(b"".join([one.numbers for one in estimates])), STATE)


def from_rows(
    rows: Rows,
    last: Sequence[Observation | None],
    last_good: Sequence[Observation | None],
    dangers: Sequence[Danger],
) -> list[Estimate]:
    """Return *rows* as values, each with the fixes and dangers that belong to it."""
    written, size = rows.tobytes(), STATE.itemsize
    return [
        Estimate(
            numbers=written[i * size : (i + 1) * size],
            last=last[i],
            last_good=last_good[i],
            in_danger=dangers[i][0],
            leaving_danger=dangers[i][1],
        )
        for i in range(len(rows))
    ]


_CODE_OF_CLASS: dict[Any, int] = {fix_class: code for code, fix_class in enumerate(CLASSES)}
_CODE_OF_RADIO: dict[Any, int] = {radio: code for code, radio in enumerate(RADIOS)}


def to_fixes(seen: Sequence[Observation]) -> Rows:
    """Return these fixes as rows."""
    return np.array(
        [
            (
                one.at.timestamp(),
                one.position.lon,
                one.position.lat,
                one.accuracy_m,
                math.nan if one.beyond_m is None else one.beyond_m,
                ground_number(one.ground),
                _CODE_OF_CLASS[one.fix_class],
                _CODE_OF_RADIO[one.radio],
                one.by_wifi,
                one.is_resting,
            )
            for one in seen
        ],
        FIX,
    )


def ground_number(ground: str) -> int:
    """Return the digest of a set of safe zones as a number; 0: there are none."""
    return int(ground, 16) if ground else 0
