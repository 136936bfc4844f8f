"""Troubles of the provider, on command."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """One kind of trouble."""

    NONE = "none"
    DOWN = "down"  #: 503, nothing is taken
    TOO_MANY = "too_many"  #: 429, nothing is taken
    HANGS_AFTER_ACCEPTING = "hangs_after_accepting"  #: taken, but the answer comes too late
    ERROR_AFTER_ACCEPTING = "error_after_accepting"  #: taken, but the answer is 500
    UNDELIVERED = "undelivered"  #: taken; the phone is never reached
    NO_RECEIPTS = "no_receipts"  #: taken and delivered; no status is ever posted


@dataclass(slots=True, kw_only=True)
class Trouble:
    """The present trouble: on which kind of request, and how often more."""

    fault: Fault = Fault.NONE
    #: "messages", "calls", or "" for both
    only: str = ""
    #: None: until changed
    times: int | None = None
    #: how long an answer hangs, wall seconds
    hang_s: float = 12.0

    def strike(self, kind: str) -> Fault:
        """Return the fault that befalls a request of *kind*, and count it."""
        if self.fault is Fault.NONE or self.only not in ("", kind):
            return Fault.NONE
        fault = self.fault
        if self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.fault = Fault.NONE
        return fault
