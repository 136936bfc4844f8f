"""What Twilio's codes mean for us: for a request that it refused, and in a receipt. Pure.

Twilio's dictionary of errors changes; a code that is not named here is never the number's fault.
The table with our reactions is in docs/providers.md.
"""

from core.notifications import AttemptResult, SendResult, Trouble

#: the callback address was refused, the message was not: it is sent without one
BAD_CALLBACK = 21609

#: this number can never be reached: not valid, no mobile, a short code
_NUMBER_IS_DEAD = frozenset({13224, 21211, 21214, 21217, 21265, 21266, 21614, 21635, 30006, 60205})
_OPTED_OUT = frozenset({21610})
#: nobody is served until an operator has mended the account
_ACCOUNT_IS_OUT = frozenset({10001, 20003, 20005, 20006, 20008, 30002})
#: an operator has something to mend; other numbers, or other providers, may work meanwhile
_CONFIGURATION = frozenset(
    {
        13227,  # no permission to call that country
        21210,  # the sender's number is not ours (calls)
        21212,
        21213,
        21215,  # no permission to call that country
        21216,  # the account may not call that number
        21219,  # a trial account, and the number is not verified
        21408,  # no permission to text that country
        21606,  # the sender's number is not ours, or cannot text
        21608,  # a trial account, and the number is not verified
        BAD_CALLBACK,
        21612,  # that sender cannot reach that number
        21659,
        21660,
        21661,
        30010,
        30024,
        30032,
        30034,
        60220,  # China: not vetted
        60410,
        60605,
    }
)
#: the queue towards that carrier is full: another way at once
_QUEUE_IS_FULL = frozenset({21611, 22005, 30001})
#: asked too much, or away for a moment; nothing was taken
_TRY_AGAIN = frozenset({14107, 20429, 20503, 30500})
_BLOCKED = frozenset({30004, 30007, 30038, 30450, 32014})
_EXPIRED = frozenset({30036})
#: an unknown handset may be one without a network: a number is not given up for it
_AWAY = frozenset({30003, 30005})

#: what a receipt says of a message or a call, in our words (`store.inbox`, kind "receipt")
_STATUS = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "initiated": "queued",
    "sending": "sending",
    "ringing": "sending",
    "sent": "sent",
    "answered": "sent",
    "in-progress": "sent",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no-answer",
}
_FAILURES = frozenset({"undelivered", "failed"})
_UNANSWERED = frozenset({"busy", "no-answer"})


def refusal(status: int, code: int | None, retry_after_s: float | None = None) -> SendResult:
    """Return what follows from an answer that is not a success: HTTP *status*, Twilio's *code*."""
    reason = f"{status}/{code}"
    if code in _NUMBER_IS_DEAD or code in _OPTED_OUT:
        return SendResult(result=AttemptResult.PERMANENT, reason=reason)
    # "May not call that country" comes as 401, too, and spoils nobody else's message.
    if code in _ACCOUNT_IS_OUT or (status == 401 and code not in _CONFIGURATION):
        return SendResult(
            result=AttemptResult.ELSEWHERE,
            reason=reason,
            provider_is_out=True,
            needs_operator=True,
        )
    if code in _QUEUE_IS_FULL:
        return SendResult(result=AttemptResult.ELSEWHERE, reason=reason)
    if code in _TRY_AGAIN or status in (408, 429):
        return SendResult(
            result=AttemptResult.TEMPORARY,
            reason=reason,
            retry_after_s=retry_after_s,
            is_busy=status == 429,
        )
    if status >= 500:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason=reason)
    if code in _BLOCKED:
        return SendResult(result=AttemptResult.ELSEWHERE, reason=reason)
    # Anything else is our mistake or the account's: not the number's fault, so it stays in use.
    return SendResult(result=AttemptResult.ELSEWHERE, reason=reason, needs_operator=True)


def receipt_status(said: str, answered_by: str = "") -> str:
    """Return Twilio's *said* in our words; what we do not know stays as it is.

    A call that a machine took (*answered_by*) has reached nobody.
    """
    if said == "completed" and is_machine(answered_by):
        return "no-answer"
    return _STATUS.get(said, said)


def is_machine(answered_by: str) -> bool:
    """Say whether a voice mailbox or a fax was on the line."""
    return answered_by.startswith("machine") or answered_by == "fax"


def trouble(status: str, code: int | None) -> Trouble | None:
    """Return why a message did not arrive: our *status* of it, and the receipt's *code*."""
    if status in _UNANSWERED:
        return Trouble.NOT_ANSWERED
    if status not in _FAILURES:
        return None
    for codes, why in (
        (_OPTED_OUT, Trouble.OPTED_OUT),
        (_AWAY, Trouble.AWAY),
        (_NUMBER_IS_DEAD, Trouble.DEAD_NUMBER),
        (_BLOCKED, Trouble.BLOCKED),
        (_EXPIRED, Trouble.EXPIRED),
        (_ACCOUNT_IS_OUT | _CONFIGURATION, Trouble.CONFIGURATION),
    ):
        if code in codes:
            return why
    return Trouble.PROVIDER


def error_code(text: str | None) -> int | None:
    """Return the code in a callback's `ErrorCode`, None when there is none."""
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= 6):
        return None
    return int(text) or None
