"""What Aliyun's codes mean for us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.aliyun_errors import call_outcome, call_progress, refusal, sms_outcome
from core.notifications import AttemptResult, Trouble

MINUTE, HOUR, DAY = (
    f"触发{span}级流控Permits:{n}" for span, n in (("分钟", 1), ("小时", 5), ("天", 10))
)


@pytest.mark.parametrize(
    "code",
    [
        "isv.OUT_OF_SERVICE",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.ACCOUNT_ABNORMAL",
        "isv.DAY_LIMIT_CONTROL",
        "isv.PRODUCT_UN_SUBSCRIPT",
        "isp.RAM_PERMISSION_DENY",
        "InvalidAccessKeyId.NotFound",
        "SignatureDoesNotMatch",
        "InvalidTimeStamp.Expired",
    ],
)
def test_without_account_money_or_rights_the_provider_rests(code: str) -> None:
    """Key, money, rights, our clock: nobody is served, an operator mends it, others send."""
    sent = refusal(200, code)

    assert AttemptResult.ELSEWHERE is sent.result
    assert (True, True) == (sent.provider_is_out, sent.needs_operator)


@pytest.mark.parametrize(
    "code",
    [
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.DISPLAY_NUMBER_ILLEGAL",
        "isv.TTS_TEMPLATE_ILLEGAL",
        "isv.A_CODE_OF_NEXT_YEAR",
    ],
)
def test_a_text_that_is_refused_goes_elsewhere(code: str) -> None:
    """Signature, template, variables: an operator mends it; other texts may still go out here."""
    sent = refusal(200, code)

    assert AttemptResult.ELSEWHERE is sent.result
    assert (False, True) == (sent.provider_is_out, sent.needs_operator)


@pytest.mark.parametrize("code", ["isv.MOBILE_NUMBER_ILLEGAL", "isv.CUSTOMER_REFUSED"])
def test_a_dead_number_is_given_up(code: str) -> None:
    """No such number, or nothing wanted there: never again on this channel."""
    assert AttemptResult.PERMANENT is refusal(200, code).result


def test_a_number_used_in_this_minute_waits_a_minute() -> None:
    """The limit of a minute passes while the ask is still wanted."""
    sent = refusal(200, "isv.BUSINESS_LIMIT_CONTROL", MINUTE)

    assert (AttemptResult.TEMPORARY, 60.0) == (sent.result, sent.retry_after_s)


@pytest.mark.parametrize("message", [HOUR, DAY, "day limit", "exceeds the hour limit"])
def test_a_number_used_up_for_today_goes_elsewhere(message: str) -> None:
    """The limits of an hour and of a day do not: another provider, without an alarm."""
    sent = refusal(200, "isv.BUSINESS_LIMIT_CONTROL", message)

    assert AttemptResult.ELSEWHERE is sent.result
    assert not sent.needs_operator


@pytest.mark.parametrize(
    ("status", "code"),
    [(200, "isp.SYSTEM_ERROR"), (500, "InternalError"), (502, ""), (400, "SignatureNonceUsed")],
)
def test_what_may_have_begun_is_a_doubt(status: int, code: str) -> None:
    """An error inside, or a request that came before: nobody knows whether it went out."""
    assert AttemptResult.AMBIGUOUS is refusal(status, code).result


def test_throttling_waits_as_told() -> None:
    """Too many requests at once: nothing was taken, and the given wait is kept."""
    sent = refusal(400, "Throttling.User", "", 2.5)

    assert (AttemptResult.TEMPORARY, 2.5) == (sent.result, sent.retry_after_s)


@pytest.mark.parametrize(
    ("code", "status", "trouble"),
    [
        ("INVALID_NUMBER", "undelivered", Trouble.DEAD_NUMBER),
        ("MK:0001", "undelivered", Trouble.DEAD_NUMBER),
        ("MOBILE_IN_BLACK", "undelivered", Trouble.OPTED_OUT),
        ("USER_REJECT", "undelivered", Trouble.OPTED_OUT),
        ("MOBILE_NOT_ON_SERVICE", "undelivered", Trouble.AWAY),
        ("MOBILE_ACCOUNT_ABNORMAL", "undelivered", Trouble.AWAY),
        ("CONTENT_KEYWORD", "undelivered", Trouble.BLOCKED),
        ("MOBILE_SEND_LIMIT", "undelivered", Trouble.BLOCKED),
        ("EXPIRED", "undelivered", Trouble.EXPIRED),
        ("isv.SMS_SIGN_ILLEGAL", "failed", Trouble.CONFIGURATION),
        ("isv.BUSINESS_LIMIT_CONTROL", "failed", Trouble.BLOCKED),
        ("SP_UNKNOWN_ERROR", "undelivered", Trouble.PROVIDER),
        ("ZZ:9999", "undelivered", Trouble.PROVIDER),
        ("", "undelivered", Trouble.PROVIDER),
    ],
)
def test_why_an_sms_did_not_arrive(code: str, status: str, trouble: Trouble) -> None:
    """Each kind of trouble needs something else of us; an unknown one is never the number's."""
    assert (status, trouble) == sms_outcome(False, code)


def test_an_sms_that_arrived_has_no_trouble() -> None:
    """Delivered is delivered, whatever word stands beside it."""
    assert ("delivered", None) == sms_outcome(True, "DELIVERED") == sms_outcome(True, "")


@pytest.mark.parametrize(
    ("code", "status", "trouble"),
    [
        ("200000", "completed", None),
        ("200001", "completed", None),
        ("200002", "busy", Trouble.NOT_ANSWERED),
        ("200003", "no-answer", Trouble.NOT_ANSWERED),
        ("200004", "failed", Trouble.DEAD_NUMBER),
        ("200005", "no-answer", Trouble.NOT_ANSWERED),
        ("200010", "failed", Trouble.AWAY),
        ("200117", "failed", Trouble.CONFIGURATION),
        ("200119", "failed", Trouble.BLOCKED),
        ("999999", "failed", Trouble.PROVIDER),
        ("", "failed", Trouble.PROVIDER),
    ],
)
def test_how_a_call_ended(code: str, status: str, trouble: Trouble | None) -> None:
    """Each end of a call has our word."""
    assert (status, trouble) == call_outcome(code)


def test_a_call_that_was_forwarded_reached_nobody() -> None:
    """A secretary or a mailbox took it: the tone says so, where the code says "completed"."""
    assert ("no-answer", Trouble.NOT_ANSWERED) == call_outcome("200000", "CALL_FORWARDING")


def test_who_pressed_a_key_was_on_the_line() -> None:
    """Aliyun's own example has a key beside "not answered"; the key is the better witness."""
    assert ("completed", None) == call_outcome("200003", "", key_pressed=True)


def test_steps_of_a_call_have_our_words() -> None:
    """A step proves that the provider has the call; what says nothing new is left out."""
    steps = [call_progress(code) for code in ("200101", "200201", "200102", "200100", "300000")]

    assert ["initiated", "ringing", "in-progress", None, None] == steps


@given(st.integers(0, 599), st.text(max_size=80), st.text(max_size=40))
def test_no_code_is_too_strange(status: int, code: str, message: str) -> None:
    """Any answer becomes a result that fits its column, and none is a yes."""
    sent = refusal(status, code, message)

    assert AttemptResult.ACCEPTED is not sent.result
    assert len(sent.reason) <= 60
    assert sms_outcome(False, code)[1] is not None or code in ("DELIVERED", "DELIVRD")
