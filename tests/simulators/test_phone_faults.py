"""Troubles of the provider, on command."""

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.simulators.phone_bench import ACCOUNT, ANNA, ASK, SERVICE, TOKEN, Bench, happened


def trouble(bench: Bench, fault: str, **more: object) -> None:
    """Break the provider."""
    answer = bench.ask_people("POST", "/faults", {"fault": fault, **more})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("down", 503, 20503), ("too_many", 429, 20429)]
)
def test_a_provider_that_takes_nothing(bench: Bench, fault: str, status: int, code: int) -> None:
    """Down or too busy, nothing is taken and the code says why."""
    trouble(bench, fault)
    for send in (bench.text, bench.call):
        with pytest.raises(TwilioRestException) as refusal:
            send()

        assert (status, code) == (refusal.value.status, refusal.value.code)
    assert [] == happened(bench, "message_accepted", "call_accepted")


def test_an_error_after_accepting(bench: Bench) -> None:
    """The answer is 500 and the message goes out all the same: nobody can know."""
    trouble(bench, "error_after_accepting", times=1)
    with pytest.raises(TwilioRestException) as error:
        bench.text()
    bench.service.next("status", MessageStatus="delivered")

    assert 500 == error.value.status
    assert ["message_accepted", "answer_lost"] == happened(bench, "message_accepted", "answer_lost")


def test_an_answer_that_comes_too_late(bench: Bench) -> None:
    """The client gives up waiting, the message goes out all the same."""
    trouble(bench, "hangs_after_accepting", times=1, hang_s=1)
    http = TwilioHttpClient(timeout=0.3)
    client = Client(ACCOUNT, TOKEN, http_client=http)
    client.api.base_url = bench.url
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.messages.create(
            to=ANNA, from_=SERVICE, body=ASK, status_callback=f"{bench.hooks}/status?token=1-1"
        )
    bench.service.next("status", MessageStatus="delivered")
    assert http.session is not None
    http.session.close()

    assert 1 == len(bench.client.messages.list(to=ANNA))


def test_a_phone_that_is_never_reached(bench: Bench) -> None:
    """The message is taken and comes back as undelivered, with the carrier's code."""
    trouble(bench, "undelivered", only="messages")
    bench.text()
    final = bench.service.next("status", MessageStatus="undelivered")

    assert "30003" == final["ErrorCode"]


def test_receipts_that_never_come(bench: Bench) -> None:
    """Message and call go out, nothing is told."""
    trouble(bench, "no_receipts", times=1)
    bench.text(body="一")
    bench.text(body="二")
    first = bench.service.next("status", MessageStatus="delivered")
    told = {first["MessageSid"]}
    silent = {m.sid for m in bench.client.messages.list() if m.body == "一"}

    assert not told & silent


def test_a_fault_can_be_meant_for_calls_only_and_passes(bench: Bench) -> None:
    """A fault with a count ends by itself, and spares the other kind."""
    trouble(bench, "down", only="calls", times=1)
    message = bench.text()
    with pytest.raises(TwilioRestException):
        bench.call()
    call = bench.call()

    assert ("queued", "queued") == (message.status, call.status)
