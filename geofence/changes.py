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
    HOME_RADIO = "home_radio"  #: suspicion ended: the radio of the home is in reach
    FIX_IN_DANGER = "fix_in_danger"
    FIXES_OUT_OF_DANGER = "fixes_out_of_danger"
    LATE_FIX = "late_fix"  #: a fix that came late shows earlier ones in another light


class Witness(Struct, frozen=True, kw_only=True, gc=False):
    """One fix that a change stands on."""

    report_id: str
    at: datetime
    #: metres beyond the edge, negative inside
    beyond_m: float
    #: the accuracy used, metres
    accuracy_m: float
    #: by this fix alone
    probability_outside: float
    #: gps, wifi, coarse, unknown
    fix_class: str


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
    #: those fixes, as far as they are still remembered, in time order
    witnesses: tuple[Witness, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        witnesses = [{**asdict(one), "at": one.at.isoformat()} for one in self.witnesses]
        return {**asdict(self), "rule": self.rule.value, "witnesses": witnesses}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Evidence":
        """Return the evidence that `to_json` wrote."""
        witnesses = tuple(
            Witness(**{**one, "at": datetime.fromisoformat(one["at"])})
            for one in data.get("witnesses", ())
        )
        return cls(**{**data, "rule": Rule(data["rule"]), "witnesses": witnesses})


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
