"""Troubles of the provider, on command."""

import json

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.simulators.phone_bench import ACCOUNT, ANNA, ASK, BERT, SERVICE, TOKEN, Bench, happened


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


@pytest.mark.parametrize("send", ["text", "call"])
def test_a_refusal_with_any_code(bench: Bench, send: str) -> None:
    """A code that is asked for comes back, as often as was said, and nothing is taken."""
    trouble(bench, "refused", status=400, code=21610, times=1)
    with pytest.raises(TwilioRestException) as refusal:
        getattr(bench, send)()
    getattr(bench, send)()

    assert (400, 21610) == (refusal.value.status, refusal.value.code)
    refused = [e for e in bench.network.record.entries() if e.happened.value == "request_refused"]
    assert [(21610, ANNA)] == [(entry.detail["code"], entry.detail["to"]) for entry in refused]


@pytest.mark.parametrize(("fault", "taken"), [("reset", 0), ("reset_after_accepting", 1)])
def test_a_connection_that_breaks(bench: Bench, fault: str, taken: int) -> None:
    """The connection breaks without an answer, before or after the message was taken."""
    trouble(bench, fault, times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        bench.text()

    assert taken == len(happened(bench, "message_accepted"))
    assert "queued" == bench.text().status


def test_a_fault_for_one_number(bench: Bench) -> None:
    """Trouble on the way to one number spares all others."""
    trouble(bench, "down", number=ANNA)
    with pytest.raises(TwilioRestException):
        bench.text(to=ANNA)

    assert "queued" == bench.text(to=BERT).status


def test_an_undelivered_message_says_why(bench: Bench) -> None:
    """The code of what is undelivered can be chosen; a call with a code fails with it."""
    trouble(bench, "undelivered", code=30006)
    bench.text()
    final = bench.service.next("status", MessageStatus="undelivered")
    bench.call()
    ended = bench.service.next("status", CallStatus="failed")

    assert ("30006", "30006") == (final["ErrorCode"], ended["ErrorCode"])


def test_receipts_that_come_twice(bench: Bench) -> None:
    """Every status is posted twice."""
    trouble(bench, "receipts_doubled", times=1)
    bench.text()
    told = [bench.service.next("status")["MessageStatus"] for _ in range(4)]

    assert ["delivered", "delivered", "sent", "sent"] == sorted(told)


def test_receipts_that_come_backwards(bench: Bench) -> None:
    """The last status is posted first."""
    trouble(bench, "receipts_reversed", times=1)
    bench.text()
    told = [bench.service.next("status")["MessageStatus"] for _ in range(2)]

    assert ["delivered", "sent"] == told


def test_receipts_that_come_late(bench: Bench) -> None:
    """A status is posted that much later in service time, though the message is there."""
    trouble(bench, "receipts_late", late_s=120, times=1)
    bench.text()
    bench.service.next("status", MessageStatus="delivered")
    told_at, entries = bench.clock.now(), bench.network.record.entries()
    there = next(e for e in entries if e.detail.get("status") == "delivered")

    assert 120 <= (told_at - there.at).total_seconds()


def test_several_troubles_at_once(bench: Bench) -> None:
    """A second trouble stands beside the first; mending ends both."""
    trouble(bench, "receipts_doubled")
    answer = bench.ask_people("POST", "/faults?more=true", {"fault": "down", "only": "calls"})
    assert answer.status_code == 200
    bench.text()
    with pytest.raises(TwilioRestException):
        bench.call()
    told = [bench.service.next("status")["MessageStatus"] for _ in range(4)]
    shown = json.loads(bench.ask_people("GET", "/faults").text)
    bench.ask_people("DELETE", "/faults")
    mended = json.loads(bench.ask_people("GET", "/faults").text)

    assert 2 == told.count("delivered")
    assert ["receipts_doubled", "down"] == [one["fault"] for one in shown["all"]]
    assert [] == mended["all"]
    assert "queued" == bench.call().status


def test_lists_can_fail_alone_and_lag_behind(bench: Bench) -> None:
    """Lists may be away while messages go out, and know of a message only later."""
    bench.text()
    trouble(bench, "too_many", only="lists", times=1)
    with pytest.raises(TwilioException):
        bench.client.messages.list(to=ANNA)
    bench.ask_people("POST", "/lists", {"listed_after_s": 86_400})
    too_early = bench.client.messages.list(to=ANNA)
    bench.ask_people("POST", "/lists", {"listed_after_s": 0})
    known = bench.client.messages.list(to=ANNA)

    assert (0, 1) == (len(too_early), len(known))


def test_a_provider_that_is_down_lists_nothing(bench: Bench) -> None:
    """While everything is down nothing can be looked up either."""
    trouble(bench, "down")
    with pytest.raises(TwilioException):
        bench.client.calls.list(to=ANNA)


def test_a_slow_answer_is_an_answer(bench: Bench) -> None:
    """An answer that takes its time is the ordinary one."""
    trouble(bench, "slow", hang_s=0.01, times=1)

    assert "queued" == bench.text().status
