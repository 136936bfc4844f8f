"""What Aliyun's codes mean for us: for a request that it refused, and in a report. Pure.

Codes are those of its pages "API 错误码", "回执错误码" and "呼叫状态码", and of the carriers behind
it. There are many more than are named here: one that is not is never the number's fault.
The table with our reactions is in docs/providers.md.
"""

from core.notifications import AttemptResult, SendResult, Trouble

#: this number can never be reached
_NUMBER_IS_DEAD = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.INVALID_NUMBER"})
#: they, or the carrier for them, asked not to be written to
_REFUSED_BY_THEM = frozenset(
    {"isv.CUSTOMER_REFUSED", "isv.MOBILE_IN_BLACK", "isv.BLACK_NUMBER_CONTROL_LIMIT"}
)
#: nobody is served until an operator has mended account, key, rights, money or our clock
_ACCOUNT_IS_OUT = frozenset(
    {
        "isv.ACCOUNT_ABNORMAL",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.DAY_LIMIT_CONTROL",  # of the whole account, as set in the console
        "isv.DENY_IP_RANGE",
        "isv.MONTH_LIMIT_CONTROL",
        "isv.OUT_OF_SERVICE",
        "isv.PRODUCT_UNSUBSCRIBE",
        "isv.PRODUCT_UN_SUBSCRIPT",
        "isp.RAM_PERMISSION_DENY",
        "isv.RAM_CHECK_FAILED",
        "Forbidden.RAM",
        "IncompleteSignature",
        "InvalidAccessKeyId.Inactive",
        "InvalidAccessKeyId.NotFound",
        "InvalidAccessKeySecret",
        "InvalidTimeStamp.Expired",
        "InvalidTimeStamp.Format",
        "MissingAccessKeyId",
        "NoPermission",
        "SignatureDoesNotMatch",
    }
)
#: the same number was used too often: in this minute, hour or day, as the message says
_USED_TOO_OFTEN = "isv.BUSINESS_LIMIT_CONTROL"
#: asked too much at once, or away for a moment; nothing was taken
_TRY_AGAIN = frozenset({"isv.SYSTEM_BUSY", "ServiceUnavailable", "ServiceUnavailableTemporary"})
#: an error inside Aliyun, perhaps after it had begun; or something on the way sent it twice
_NOBODY_KNOWS = frozenset(
    {
        "isp.SYSTEM_ERROR",
        "isv.SYSTEM_ERROR",
        "isp.UNKNOWN",
        "isp.GATEWAY_ERROR",
        "InternalError",
        "SignatureNonceUsed",
    }
)

_MINUTE_S = 60.0

_DELIVERED = frozenset({"DELIVERED", "DELIVRD"})
_DEAD = frozenset({"INVALID_NUMBER", "MK:0001", "CB:0001", "CB:0053", "DB:0101"})
_OPTED_OUT = frozenset({"USER_REJECT", "MOBILE_IN_BLACK", "MBBLACK", "DBBLACK", "TDBLACK"})
_EXPIRED = frozenset({"EXPIRED", "MK:0010"})
_BLOCKED = frozenset(
    {
        "CONTENT_KEYWORD",
        "CONTENT_ERROR",
        "MOBILE_SEND_LIMIT",
        "MK:0014",
        "MK:0115",
        "REJECTD",
        "REJECT",
    }
)
#: off, without network, or cut off for a bill: all of it may end
_AWAY = frozenset(
    {
        "MOBILE_ACCOUNT_ABNORMAL",
        "MOBILE_NOT_ON_SERVICE",
        "MOBLLE_TERMINAL_ERROR",  # their spelling
        "MOBILE_TERMINAL_ERROR",
        "MK:0005",
        "MK:0013",
        "MK:0023",
        "UNDELIV",
    }
)

#: how a call ended: our word for it, and the trouble
_CALL_ENDS: dict[str, tuple[str, Trouble | None]] = {
    "200000": ("completed", None),  # heard to the end
    "200001": ("completed", None),  # hung up before the end
    "200002": ("busy", Trouble.NOT_ANSWERED),
    "200003": ("no-answer", Trouble.NOT_ANSWERED),
    "200004": ("failed", Trouble.DEAD_NUMBER),
    "200005": ("no-answer", Trouble.NOT_ANSWERED),  # refused, busy, off: nobody can tell
    "200006": ("failed", Trouble.CONFIGURATION),  # the voice file cannot be played
    "200007": ("failed", Trouble.AWAY),
    "200008": ("completed", None),  # on the line, and no key in time
    "200010": ("failed", Trouble.AWAY),
    "200011": ("failed", Trouble.AWAY),
    "200012": ("failed", Trouble.PROVIDER),
    "200104": ("failed", Trouble.CONFIGURATION),
    "200105": ("failed", Trouble.BLOCKED),
    "200117": ("failed", Trouble.CONFIGURATION),
    "200118": ("failed", Trouble.PROVIDER),
    "200119": ("failed", Trouble.BLOCKED),
    "200121": ("failed", Trouble.PROVIDER),
    "476": ("failed", Trouble.CONFIGURATION),  # our number was taken back
    "482": ("failed", Trouble.AWAY),
}
#: what the tone on the line was recognised as; more exact than the code where nobody answered
_SMART_ENDS: dict[str, tuple[str, Trouble | None]] = {
    "CALL_FORWARDING": ("no-answer", Trouble.NOT_ANSWERED),  # a secretary or a mailbox
    "CALL_REJECTED": ("busy", Trouble.NOT_ANSWERED),
    "INCOMING_CALL_BARRED": ("failed", Trouble.BLOCKED),
    "INVALID_NUMBER": ("failed", Trouble.DEAD_NUMBER),
    "NO_ANSWER": ("no-answer", Trouble.NOT_ANSWERED),
    "NO_USER_RESPONDING": ("failed", Trouble.AWAY),
    "OPERATOR_BLOCK": ("failed", Trouble.BLOCKED),
    "POWERED_OFF": ("failed", Trouble.AWAY),
    "SUSPEND": ("failed", Trouble.AWAY),
    "USER_BUSY": ("busy", Trouble.NOT_ANSWERED),
}
#: how a call goes on
_CALL_GOES = {
    "200101": "initiated",
    "200201": "ringing",
    "200102": "in-progress",
    "200103": "in-progress",
}


def refusal(
    status: int, code: str, message: str = "", retry_after_s: float | None = None
) -> SendResult:
    """Return what follows from an answer that is no success: HTTP *status*, Aliyun's *code*."""
    reason = (code or str(status))[:60]
    if code in _NUMBER_IS_DEAD or code in _REFUSED_BY_THEM:
        return SendResult(result=AttemptResult.PERMANENT, reason=reason)
    if code == _USED_TOO_OFTEN:
        return _used_too_often(reason, message)
    is_busy = code.startswith("Throttling") or status == 429
    if code in _TRY_AGAIN or is_busy:
        return SendResult(
            result=AttemptResult.TEMPORARY,
            reason=reason,
            retry_after_s=retry_after_s,
            is_busy=is_busy,
        )
    if code in _ACCOUNT_IS_OUT or status in (401, 403):
        return SendResult(
            result=AttemptResult.ELSEWHERE,
            reason=reason,
            provider_is_out=True,
            needs_operator=True,
        )
    if code in _NOBODY_KNOWS or status >= 500:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason=reason)
    # Signature, template, variables, the number shown: ours to mend, and the number stays in use.
    return SendResult(result=AttemptResult.ELSEWHERE, reason=reason, needs_operator=True)


def _used_too_often(reason: str, message: str) -> SendResult:
    """A minute passes while the message is still wanted; an hour or a day do not."""
    if "天级" in message or "小时" in message or "hour" in message or "day" in message.lower():
        return SendResult(result=AttemptResult.ELSEWHERE, reason=reason)
    return SendResult(
        result=AttemptResult.TEMPORARY, reason=reason, retry_after_s=_MINUTE_S, is_busy=True
    )


def sms_outcome(success: bool, code: str) -> tuple[str, Trouble | None]:
    """Return what an SMS's report says in our words, and why it did not arrive."""
    if success or code in _DELIVERED:
        return "delivered", None
    for codes, why in (
        (_DEAD, Trouble.DEAD_NUMBER),
        (_OPTED_OUT, Trouble.OPTED_OUT),
        (_EXPIRED, Trouble.EXPIRED),
        (_BLOCKED, Trouble.BLOCKED),
        (_AWAY, Trouble.AWAY),
    ):
        if code in codes:
            return "undelivered", why
    if code in _REFUSED_BY_THEM:
        return "failed", Trouble.OPTED_OUT
    if code == _USED_TOO_OFTEN:
        return "failed", Trouble.BLOCKED
    if code.startswith("isv.") or "SIGN" in code:
        return "failed", Trouble.CONFIGURATION
    return "undelivered", Trouble.PROVIDER


def call_outcome(
    code: str, smart: str = "", *, key_pressed: bool = False
) -> tuple[str, Trouble | None]:
    """Return how a call ended, in our words, and why nobody heard it.

    *smart* is what the tone on the line was recognised as. Whoever pressed a key was on the line.
    """
    if key_pressed:
        return "completed", None
    if smart in _SMART_ENDS:
        return _SMART_ENDS[smart]
    return _CALL_ENDS.get(code, ("failed", Trouble.PROVIDER))


def call_progress(code: str) -> str | None:
    """Return how far a call is that goes on, in our words; None when the code says nothing new."""
    return _CALL_GOES.get(code)
