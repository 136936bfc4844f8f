"""What the judgement reports when it changes its mind: the change, its rule, its evidence."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict


class ChangeKind(StrEnum):
    """A change of belief that others act on."""

    SUSPECTED = "suspected"  #: may be outside; again when it becomes well-founded
    SUSPICION_DROPPED = "suspicion_dropped"
    LEFT = "left"
    RETURNED = "returned"
    DANGER_ENTERED = "danger_entered"
    DANGER_LEFT = "danger_left"


class Rule(StrEnum):
    """The rule that fired."""

    GOOD_FIX_OUTSIDE = "good_fix_outside"  #: suspicion by a good fix
    ODDS_OUTSIDE = "odds_outside"  #: suspicion by the odds alone, weak fixes among them
    FIXES_IN_A_ROW = "fixes_in_a_row"  #: good fixes outside, directly one after the other
    FIXES_IN_ALL = "fixes_in_all"  #: good fixes outside, with vague ones between
    GOOD_FIX_INSIDE = "good_fix_inside"
    FIX_IN_DANGER = "fix_in_danger"
    FIXES_OUT_OF_DANGER = "fixes_out_of_danger"
    LATE_FIX = "late_fix"  #: a fix that came late shows earlier ones in another light


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """What a change stands on. For danger rules "outside" and "beyond" are of that danger zone."""

    rule: Rule
    probability_outside: float
    #: metres from the fix to the edge, negative inside
    beyond_m: float
    #: the accuracy used, metres
    accuracy_m: float
    #: how many fixes support it
    fixes: int
    #: seconds between the first and the last of them
    span_s: float

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {**asdict(self), "rule": self.rule.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Evidence":
        """Return the evidence that `to_json` wrote."""
        return cls(**{**data, "rule": Rule(data["rule"])})


class Change(Struct, frozen=True, kw_only=True, gc=False):
    """One change of belief, at the time of the fix that caused it."""

    kind: ChangeKind
    at: datetime
    report_id: str
    #: the danger zone, for changes that speak of one
    zone_id: int | None = None
    #: may silence after this suspicion be believed? False while only weak fixes support it
    silence_confirms: bool = False
    evidence: Evidence
