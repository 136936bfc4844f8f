"""What the audit of the promise finds: a broken rule, and the row that breaks it."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """What must always hold; I1 to I9 of the escalation design, and the audit itself."""

    NO_DUE_TIME = "no_due_time"  #: I1: an open incident that nobody would look at again
    DUE_TIME_PASSED = "due_time_passed"  #: I2: an open incident waits longer than it may
    LEASE_PASSED = "lease_passed"  #: I3: a message hangs with a sender that is gone
    STEP_WITHOUT_ASK = "step_without_ask"  #: I4: a step was fired, and nobody is asked by it
    SENT_TOO_OFTEN = "sent_too_often"  #: I5: one message may have reached a phone three times
    ASKED_AFTER_END = "asked_after_end"  #: I6: somebody was asked about what is over
    BUDGET_EXCEEDED = "budget_exceeded"  #: I7: a number was used more often than it may be
    NO_SUCCESSOR = "no_successor"  #: I8: an ask failed, and nothing took its place
    TIMELINE_GAP = "timeline_gap"  #: I9: an entry is missing
    OTHER_SCHEMA = "other_schema"  #: a worker stands still: the database is not of its version
    AUDIT_FAILED = "audit_failed"  #: the audit could not be made


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One broken rule and the row that breaks it."""

    rule: Rule
    row_id: int

    def to_json(self) -> dict[str, str | int]:
        """Return a JSON-ready copy."""
        return {"rule": self.rule.value, "row": self.row_id}
