"""Troubles of the provider, on command: what befalls a request, a message, or its receipts.

Several can stand at once, each for one kind of request, one number, and so many times. A request
meets the first that breaks the request itself, and every one that is about receipts.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """One kind of trouble."""

    NONE = "none"
    DOWN = "down"  #: 503, nothing is taken
    TOO_MANY = "too_many"  #: 429, nothing is taken
    REFUSED = "refused"  #: nothing is taken; with the status and code that are given
    RESET = "reset"  #: the connection breaks before anything is taken
    SLOW = "slow"  #: taken; the answer comes after `hang_s`
    HANGS_AFTER_ACCEPTING = "hangs_after_accepting"  #: taken, but the answer comes too late
    ERROR_AFTER_ACCEPTING = "error_after_accepting"  #: taken, but the answer is 500
    RESET_AFTER_ACCEPTING = "reset_after_accepting"  #: taken, then the connection breaks
    UNDELIVERED = "undelivered"  #: taken; the phone is never reached; `code` says why
    NO_RECEIPTS = "no_receipts"  #: taken and delivered; no status is ever posted
    RECEIPTS_DOUBLED = "receipts_doubled"  #: every status is posted twice
    RECEIPTS_REVERSED = "receipts_reversed"  #: the last status is posted first
    RECEIPTS_LATE = "receipts_late"  #: every status is posted `late_s` seconds later


ABOUT_RECEIPTS = frozenset(
    {Fault.NO_RECEIPTS, Fault.RECEIPTS_DOUBLED, Fault.RECEIPTS_REVERSED, Fault.RECEIPTS_LATE}
)
#: the answer does not arrive, though the message was taken
ANSWER_IS_LOST = frozenset(
    {Fault.HANGS_AFTER_ACCEPTING, Fault.ERROR_AFTER_ACCEPTING, Fault.RESET_AFTER_ACCEPTING}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptHabits:
    """How the statuses of one message or call are posted."""

    lost: bool = False
    doubled: bool = False
    reversed: bool = False
    #: seconds of service time
    late_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Trouble:
    """One trouble: on which kind of request, to which number, and how often more."""

    fault: Fault = Fault.NONE
    #: "messages", "calls", "lists", or "" for messages and calls
    only: str = ""
    #: None: until changed
    times: int | None = None
    #: how long an answer hangs, wall seconds
    hang_s: float = 12.0
    #: only requests to this number; "" is any
    number: str = ""
    #: HTTP status and the provider's code of a refusal; the code of what is undelivered
    status: int = 400
    code: int | None = None
    #: how much later receipts come, seconds of service time
    late_s: float = 300.0

    def concerns(self, kind: str, number: str) -> bool:
        """Say whether a request of *kind* to *number* meets this."""
        kinds = (self.only,) if self.only else ("messages", "calls")
        return self.fault is not Fault.NONE and kind in kinds and self.number in ("", number)

    def strike(self) -> None:
        """Count one time."""
        if self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.fault = Fault.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """What befalls one request and what comes of it."""

    fault: Fault = Fault.NONE
    hang_s: float = 0.0
    status: int = 400
    code: int | None = None
    receipts: ReceiptHabits = field(default_factory=ReceiptHabits)


@dataclass(slots=True, kw_only=True)
class Troubles:
    """All present troubles of one provider."""

    present: list[Trouble] = field(default_factory=list)

    def strike(self, kind: str, number: str = "") -> Struck:
        """Return what befalls a request of *kind* to *number*, and count it."""
        met = [trouble for trouble in self.present if trouble.concerns(kind, number)]
        first = next((trouble for trouble in met if trouble.fault not in ABOUT_RECEIPTS), None)
        about = [trouble for trouble in met if trouble.fault in ABOUT_RECEIPTS]
        kinds = {trouble.fault for trouble in about}
        struck = Struck(
            # Who looks at one fault only learns of lost receipts where nothing else is wrong.
            fault=first.fault
            if first
            else (Fault.NO_RECEIPTS if Fault.NO_RECEIPTS in kinds else Fault.NONE),
            hang_s=first.hang_s if first else 0.0,
            status=first.status if first else 400,
            code=first.code if first else None,
            receipts=ReceiptHabits(
                lost=Fault.NO_RECEIPTS in kinds,
                doubled=Fault.RECEIPTS_DOUBLED in kinds,
                reversed=Fault.RECEIPTS_REVERSED in kinds,
                late_s=max(
                    (t.late_s for t in about if t.fault is Fault.RECEIPTS_LATE), default=0.0
                ),
            ),
        )
        for trouble in ([first] if first else []) + about:
            trouble.strike()
        self.present = [trouble for trouble in self.present if trouble.fault is not Fault.NONE]
        return struck

    def is_down(self) -> bool:
        """Say whether everything is away, also for who only asks."""
        return any(
            trouble.fault is Fault.DOWN and not trouble.only and not trouble.number
            for trouble in self.present
        )
