"""After one provider call: done, try again, or go another way. Pure.

Figures: temporary refusals are tried again after 5, 15 and 45 s; one message causes at most two
sends that may have reached a phone (the promise in docs/architecture.md).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.notifications import AttemptResult, SendResult

_WAITS_S = (5.0, 15.0, 45.0)
#: so soon a provider is asked what became of a call that nobody can be sure of
_ASK_AFTER_S = 2.0
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
    sent: SendResult,
    *,
    refusals: int,
    possible_sends: int,
    expires_at: datetime,
    now: datetime,
    has_other: bool = False,
    may_come_back: bool = False,
    is_last_resort: bool = False,
) -> Retry:
    """Return what follows a call, the *refusals*-th that sent nothing if this one did not.

    *possible_sends*: how many calls of this message may have arrived. *has_other*: another
    provider has not been asked yet. *may_come_back*: another one has, and only stumbled: it is
    tried again as if it were the only one. *is_last_resort*: nobody else is asked if this is given
    up, so it is tried until it expires. No jitter: lanes keep many messages from trying at once.
    """
    match sent.result:
        case AttemptResult.ACCEPTED:
            return Retry(step=NextStep.DONE)
        case AttemptResult.PERMANENT:
            return Retry(step=NextStep.GIVE_UP, failover=True, reason=sent.reason)
        case AttemptResult.AMBIGUOUS:
            if possible_sends >= MOST_POSSIBLE_SENDS:
                return Retry(step=NextStep.GIVE_UP, failover=True, reason="sent_twice_unsure")
            # The provider is asked first; another channel starts only if it does not know.
            return Retry(step=NextStep.TRY_AGAIN, at=now + timedelta(seconds=_ASK_AFTER_S))
        case AttemptResult.ELSEWHERE if not (has_other or may_come_back or is_last_resort):
            return Retry(step=NextStep.GIVE_UP, failover=True, reason=sent.reason)
        case AttemptResult.TEMPORARY | AttemptResult.ELSEWHERE | AttemptResult.NOT_SENT:
            if has_other:
                return Retry(step=NextStep.TRY_AGAIN, at=now)
            if refusals > len(_WAITS_S) and not is_last_resort:
                return Retry(step=NextStep.GIVE_UP, failover=True, reason=sent.reason)
            wait_s = _WAITS_S[min(refusals, len(_WAITS_S)) - 1]
            at = now + timedelta(seconds=max(wait_s, sent.retry_after_s or 0))
            if at >= expires_at:
                return Retry(step=NextStep.GIVE_UP, failover=True, reason=sent.reason)
            return Retry(step=NextStep.TRY_AGAIN, at=at)
