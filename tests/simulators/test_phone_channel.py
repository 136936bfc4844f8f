"""Our own channel against the stand-in: after each doubt it finds out what became of it."""

from collections.abc import Callable

import pytest

from alerts.channels.sender import Sender
from alerts.channels.twilio import TwilioAccount, TwilioSms, TwilioVoice
from core.notifications import AttemptResult, Found
from tests.alerts.twilio_stand_in import outgoing
from tests.simulators.phone_bench import ACCOUNT, ANNA, ASK, SERVICE, TOKEN, Bench, happened

MESSAGE = outgoing(to=ANNA, text=ASK)
Channel = Callable[[TwilioAccount], Sender]
on_both_channels = pytest.mark.parametrize("channel", [TwilioSms, TwilioVoice])
ACCEPTED = ("message_accepted", "call_accepted")


def account(bench: Bench, *, token: str = TOKEN, total_s: float = 10.0) -> TwilioAccount:
    """Return our account at the stand-in."""
    return TwilioAccount(
        account_sid=ACCOUNT,
        auth_token=token,
        sender_number=SERVICE,
        api_url=bench.url,
        callback_url=bench.hooks.removesuffix("/hooks/twilio"),
        total_s=total_s,
    )


def trouble(bench: Bench, fault: str, **more: object) -> None:
    """Break the provider once."""
    answer = bench.ask_people("POST", "/faults", {"fault": fault, "times": 1, **more})
    assert answer.status_code == 200


@on_both_channels
def test_what_goes_out_comes_back_with_its_token(bench: Bench, channel: Channel) -> None:
    """The receipt of what we sent carries our token, and it is counted under it."""
    sent = channel(account(bench)).send(MESSAGE)
    receipt = bench.service.next("status")

    assert AttemptResult.ACCEPTED is sent.result
    assert "token=12-3" == receipt["query"]


@on_both_channels
@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        ("error_after_accepting", Found.YES),
        ("reset_after_accepting", Found.YES),
        ("hangs_after_accepting", Found.YES),
        ("reset", Found.NO),
    ],
)
def test_a_doubt_is_cleared_up(bench: Bench, channel: Channel, fault: str, taken: Found) -> None:
    """Time-out, 500 or a broken connection: asked afterwards, the provider knows."""
    trouble(bench, fault, hang_s=2)
    asked_at = bench.clock.now()
    one = channel(account(bench, total_s=1.0))
    sent = one.send(MESSAGE)
    patient = channel(account(bench))
    finding = patient.find(MESSAGE, requested_at=asked_at)

    assert AttemptResult.AMBIGUOUS is sent.result
    assert taken is finding.found
    assert (1 if taken is Found.YES else 0) == len(happened(bench, *ACCEPTED))


@on_both_channels
@pytest.mark.parametrize(
    ("fault", "more", "expected"),
    [
        ("down", {}, AttemptResult.TEMPORARY),
        ("too_many", {}, AttemptResult.TEMPORARY),
        ("refused", {"code": 21211}, AttemptResult.PERMANENT),
        ("refused", {"code": 21611}, AttemptResult.ELSEWHERE),
        ("refused", {"code": 20003, "status": 401}, AttemptResult.ELSEWHERE),
    ],
)
def test_a_refusal_is_read(
    bench: Bench, channel: Channel, fault: str, more: dict[str, int], expected: AttemptResult
) -> None:
    """A refusal leaves no doubt: nothing was taken."""
    trouble(bench, fault, **more)
    sent = channel(account(bench)).send(MESSAGE)

    assert expected is sent.result
    assert [] == happened(bench, *ACCEPTED)


def test_being_asked_too_much_says_how_long_to_wait(bench: Bench) -> None:
    """The stand-in's 429 carries a wait, which is handed on."""
    trouble(bench, "too_many")

    assert 1.0 == TwilioSms(account(bench)).send(MESSAGE).retry_after_s


def test_a_wrong_secret_takes_the_provider_out(bench: Bench) -> None:
    """With the wrong secret nobody is served: another provider, and an operator hears."""
    sent = TwilioSms(account(bench, token="wrong")).send(MESSAGE)

    assert (True, True) == (sent.provider_is_out, sent.needs_operator)


def test_a_host_that_is_refused_in_callbacks_costs_no_message(bench: Bench) -> None:
    """A public address that the provider refuses (an underscore) still lets messages out."""
    odd = TwilioAccount(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sender_number=SERVICE,
        api_url=bench.url,
        callback_url="http://our_host.example.org",
    )
    results = [channel(odd).send(MESSAGE) for channel in (TwilioSms, TwilioVoice)]

    assert [(AttemptResult.ACCEPTED, True)] * 2 == [
        (sent.result, sent.needs_operator) for sent in results
    ]
