"""After one provider call: done, try again, or go another way. Pure.

Figures: temporary refusals are tried again after 5, 15 and 45 s; one message causes at most two
sends that may have reached a phone (the promise in docs/architecture.md).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.notifications import AttemptResult, SendResult

_WAITS_S = (5.0, 15.0, 45.0)
MOST_POSSIBLE_SENDS = 2


class NextStep(StrEnum):
    """What to do with the message now."""

    DONE = "done"
    TRY_AGAIN = "try_again"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The decision, when to try again, and whether another channel should start meanwhile."""

    step: NextStep
    at: datetime | None = None
    failover: bool = False
    reason: str = ""


def decide(
    sent: SendResult, *, attempts: int, possible_sends: int, expires_at: datetime, now: datetime
) -> Retry:
    """Return what follows the *attempts*-th call, of which *possible_sends* may have arrived."""
    match sent.result:
        case AttemptResult.ACCEPTED:
            return Retry(step=NextStep.DONE)
        case AttemptResult.PERMANENT:
            return Retry(step=NextStep.GIVE_UP, failover=True, reason=sent.reason)
        case AttemptResult.ELSEWHERE:
            if attempts > len(_WAITS_S):
                return Retry(step=NextStep.GIVE_UP, failover=True, reason=sent.reason)
            return Retry(step=NextStep.TRY_AGAIN, at=now, failover=False)
        case AttemptResult.AMBIGUOUS:
            if possible_sends >= MOST_POSSIBLE_SENDS:
                return Retry(step=NextStep.GIVE_UP, failover=True, reason="sent_twice_unsure")
            return Retry(
                step=NextStep.TRY_AGAIN, at=now + timedelta(seconds=_WAITS_S[0]), failover=True
            )
        case AttemptResult.TEMPORARY | AttemptResult.NOT_SENT:
            if attempts > len(_WAITS_S):
                return Retry(step=NextStep.GIVE_UP, failover=True, reason=sent.reason)
            wait_s = max(_WAITS_S[attempts - 1], sent.retry_after_s or 0)
            at = now + timedelta(seconds=wait_s)
            if at >= expires_at:
                return Retry(step=NextStep.GIVE_UP, failover=True, reason=sent.reason)
            return Retry(step=NextStep.TRY_AGAIN, at=at)
