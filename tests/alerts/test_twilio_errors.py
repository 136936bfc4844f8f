"""What each of the provider's codes makes us do, in a refusal and in a receipt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.twilio_errors import error_code, is_machine, receipt_status, refusal, trouble
from core.notifications import AttemptResult, Trouble

ACCEPTED, TEMPORARY, PERMANENT = (
    AttemptResult.ACCEPTED,
    AttemptResult.TEMPORARY,
    AttemptResult.PERMANENT,
)
ELSEWHERE, AMBIGUOUS = AttemptResult.ELSEWHERE, AttemptResult.AMBIGUOUS


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, 21211, PERMANENT),  # no such number
        (400, 21610, PERMANENT),  # opted out
        (400, 21614, PERMANENT),  # a landline
        (400, 30006, PERMANENT),
        (429, 20429, TEMPORARY),
        (429, None, TEMPORARY),
        (503, 20503, TEMPORARY),  # the provider's own word that nothing was taken
        (400, 21611, ELSEWHERE),  # queue full
        (400, 30001, ELSEWHERE),
        (400, 22005, ELSEWHERE),
        (400, 30007, ELSEWHERE),  # filtered: another provider may get it through
        (500, 20500, AMBIGUOUS),  # may have gone out
        (500, 30500, TEMPORARY),
        (502, None, AMBIGUOUS),
        (503, None, AMBIGUOUS),  # somebody in between said so
        (504, None, AMBIGUOUS),
    ],
)
def test_a_refusal_is_told_from_a_doubt(
    status: int, code: int | None, expected: AttemptResult
) -> None:
    """Each answer says whether trying again can help, or whether nobody can know."""
    sent = refusal(status, code)

    assert (expected, False, False) == (sent.result, sent.provider_is_out, sent.needs_operator)
    assert f"{status}/{code}" == sent.reason


@pytest.mark.parametrize(
    ("status", "code"), [(401, 20003), (401, None), (403, 20003), (400, 30002)]
)
def test_an_account_that_is_shut_is_an_alarm(status: int, code: int | None) -> None:
    """Credentials or a suspended account: the provider rests, an operator hears at once."""
    sent = refusal(status, code)

    assert (ELSEWHERE, True, True) == (sent.result, sent.provider_is_out, sent.needs_operator)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, 21215),
        (400, 21408),
        (400, 21606),
        (400, 21612),
        (400, 60220),
        (400, 60410),
        (400, 60605),
        (401, 21215),
        (403, 21408),
        (403, None),
        (404, None),
        (400, 99999),
    ],
)
def test_a_mistake_of_ours_costs_no_number(status: int, code: int | None) -> None:
    """Configuration, and whatever we do not know: another provider, and an operator hears."""
    sent = refusal(status, code)

    assert (ELSEWHERE, False, True) == (sent.result, sent.provider_is_out, sent.needs_operator)


@given(st.integers(400, 599), st.none() | st.integers(0, 99_999))
def test_no_refusal_counts_as_taken(status: int, code: int | None) -> None:
    """Whatever comes back, a refusal is never a success, and a 5xx without a code is a doubt."""
    sent = refusal(status, code)

    assert ACCEPTED is not sent.result
    if status >= 500 and code is None:
        assert AMBIGUOUS is sent.result


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("accepted", "queued"),
        ("scheduled", "queued"),
        ("queued", "queued"),
        ("sending", "sending"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "delivered"),
        ("partially_delivered", "delivered"),
        ("undelivered", "undelivered"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("initiated", "queued"),
        ("ringing", "sending"),
        ("in-progress", "sent"),
        ("completed", "completed"),
        ("busy", "busy"),
        ("no-answer", "no-answer"),
        ("receiving", "receiving"),  # of a text to us: nothing we keep count of
        ("something new", "something new"),
    ],
)
def test_a_status_is_translated(said: str, expected: str) -> None:
    """The provider's words become ours; a word we do not know stays for a person to read."""
    assert expected == receipt_status(said)


@pytest.mark.parametrize(
    "answered_by", ["machine_start", "machine_end_beep", "machine_end_other", "fax"]
)
def test_a_mailbox_is_nobody(answered_by: str) -> None:
    """A call that a machine took has reached nobody."""
    assert is_machine(answered_by)
    assert "no-answer" == receipt_status("completed", answered_by)


@pytest.mark.parametrize("answered_by", ["human", "unknown", ""])
def test_who_may_be_a_person_is_one(answered_by: str) -> None:
    """A call that a person took, or nobody knows who, is completed, which is no answer either."""
    assert not is_machine(answered_by)
    assert "completed" == receipt_status("completed", answered_by)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("undelivered", 30003, Trouble.AWAY),
        ("undelivered", 30005, Trouble.AWAY),
        ("undelivered", 30006, Trouble.DEAD_NUMBER),
        ("failed", 21614, Trouble.DEAD_NUMBER),
        ("failed", 21610, Trouble.OPTED_OUT),
        ("undelivered", 30004, Trouble.BLOCKED),
        ("undelivered", 30007, Trouble.BLOCKED),
        ("undelivered", 30008, Trouble.PROVIDER),
        ("undelivered", 30410, Trouble.PROVIDER),
        ("undelivered", 30001, Trouble.PROVIDER),
        ("failed", 30500, Trouble.PROVIDER),
        ("failed", 30002, Trouble.CONFIGURATION),
        ("failed", 30036, Trouble.EXPIRED),
        ("undelivered", 60605, Trouble.CONFIGURATION),
        ("failed", 21612, Trouble.CONFIGURATION),
        ("failed", None, Trouble.PROVIDER),
        ("busy", None, Trouble.NOT_ANSWERED),
        ("no-answer", 13224, Trouble.NOT_ANSWERED),
        ("delivered", 30003, None),
        ("sent", None, None),
        ("completed", None, None),
    ],
)
def test_a_receipt_says_why(status: str, code: int | None, expected: Trouble | None) -> None:
    """A message that did not arrive says what is needed instead; one on its way says nothing."""
    assert expected is trouble(status, code)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30003", 30003),
        ("", None),
        (None, None),
        ("0", None),
        ("x", None),
        ("３", None),
        ("-1", None),
    ],
)
def test_a_code_is_read(text: str | None, expected: int | None) -> None:
    """A callback's code is a number or there is none."""
    assert expected == error_code(text)
