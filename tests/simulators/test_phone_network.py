"""The stand-in provider, spoken to with the provider's own package."""

import json
from pathlib import Path
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from simulators.phone_network import read_record
from simulators.phone_network.resources import segments
from tests.simulators.phone_bench import (
    ACCOUNT,
    ANNA,
    ASK,
    BERT,
    SERVICE,
    TOKEN,
    Bench,
    happened,
)


def test_a_message_is_queued_sent_and_delivered(bench: Bench) -> None:
    """The package gets a queued message; signed callbacks tell of sent and delivered."""
    message = bench.text()
    sent = bench.service.next("status", MessageStatus="sent")
    delivered = bench.service.next("status", MessageStatus="delivered")
    fetched = bench.client.messages(message.sid).fetch()

    assert ("queued", ASK, ANNA) == (message.status, message.body, message.to)
    assert message.sid == sent["MessageSid"] == delivered["MessageSid"]
    assert "token=5-1" == delivered["query"]
    assert ("delivered", "outbound-api") == (fetched.status, fetched.direction)
    assert fetched.date_sent >= fetched.date_created


def test_messages_are_listed_by_number_and_day(bench: Bench) -> None:
    """A list can be asked by number and by day, as reconciliation does."""
    bench.text(to=ANNA)
    bench.text(to=BERT)
    for _ in range(2):
        bench.service.next("status", MessageStatus="delivered")
    today = bench.clock.now()

    assert [ANNA] == [m.to for m in bench.client.messages.list(to=ANNA)]
    assert [BERT] == [m.to for m in bench.client.messages.list(to=BERT, date_sent=today.date())]
    assert [] == bench.client.messages.list(date_sent_before=today.replace(year=2000))
    assert 2 == len(bench.client.messages.list(date_sent_after=today.replace(year=2000)))
    assert 2 == len(bench.client.messages.list(page_size=1))


def test_a_call_nobody_picks_up_ends_unanswered(bench: Bench) -> None:
    """After its time-out an unanswered call is reported as such, once."""
    call = bench.call()
    ended = bench.service.next("status")
    fetched = bench.client.calls(call.sid).fetch()

    assert "queued" == call.status
    assert ("no-answer", call.sid, "0") == (
        ended["CallStatus"],
        ended["CallSid"],
        ended["CallDuration"],
    )
    assert ("no-answer", "0") == (fetched.status, fetched.duration)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"to": "110"}, 400, 21211),
        ({"to": ""}, 400, 21604),
        ({"body": ""}, 400, 21602),
        ({"body": "长" * 1601}, 400, 21617),
        ({"from_": "+15005550001"}, 400, 21606),
        ({"status_callback": "nowhere"}, 400, 21609),
        ({"validity_period": 0}, 400, 21626),
    ],
)
def test_bad_messages_are_refused(
    bench: Bench, fields: dict[str, Any], status: int, code: int
) -> None:
    """A refusal has the provider's status and code, and nothing is sent."""
    wanted = {"to": ANNA, "from_": SERVICE, "body": ASK, **fields}
    with pytest.raises(TwilioRestException) as refusal:
        bench.client.messages.create(**wanted)

    assert (status, code) == (refusal.value.status, refusal.value.code)
    assert ["request_refused"] == happened(bench, "request_refused", "message_accepted")


def test_bad_calls_are_refused(bench: Bench) -> None:
    """A call to a bad number or without a script is refused."""
    with pytest.raises(TwilioRestException) as bad_number:
        bench.call(to="12")
    with pytest.raises(TwilioRestException) as no_script:
        bench.client.calls.create(to=ANNA, from_=SERVICE, url="nowhere")

    assert [21211, 21205] == [bad_number.value.code, no_script.value.code]


@pytest.mark.parametrize(
    ("account", "token"), [(ACCOUNT, "wrong"), ("AC" + "1" * 32, TOKEN), (ACCOUNT, "")]
)
def test_strangers_are_turned_away(bench: Bench, account: str, token: str) -> None:
    """Name and password are checked."""
    http = TwilioHttpClient(timeout=5)
    client = Client(account, token or "x", http_client=http)
    client.api.base_url = bench.url
    with pytest.raises(TwilioRestException) as refusal:
        client.messages.create(to=ANNA, from_=SERVICE, body=ASK)
    assert http.session is not None
    http.session.close()

    assert (401, 20003) == (refusal.value.status, refusal.value.code)


def test_what_is_not_there_is_not_found(bench: Bench) -> None:
    """An unknown message or call is a 404 with the provider's code."""
    for resource in (bench.client.messages("SM" + "0" * 32), bench.client.calls("CA" + "0" * 32)):
        with pytest.raises(TwilioRestException) as missing:
            resource.fetch()

        assert (404, 20404) == (missing.value.status, missing.value.code)


def test_a_failed_webhook_is_tried_again(bench: Bench) -> None:
    """When the service answers 503 the same event comes again, until it is taken."""
    bench.service.refuse = [503]
    bench.text()
    statuses = {bench.service.next("status")["MessageStatus"] for _ in range(2)}

    assert {"sent", "delivered"} == statuses
    assert [] == bench.service.refuse


def test_the_record_is_a_file_of_lines(bench: Bench, tmp_path: Path) -> None:
    """Memory and file tell the same, with service and wall time on every line."""
    bench.text()
    bench.service.next("status", MessageStatus="delivered")
    entries = bench.network.record.entries()
    lines = (tmp_path / "record.jsonl").read_text(encoding="utf-8").splitlines()
    kept = read_record(tmp_path / "record.jsonl")[: len(entries)]

    assert entries == kept
    assert {"number", "at", "wall_at", "happened"} <= set(json.loads(lines[0]))
    assert ("message_accepted", ANNA, ASK) == (
        entries[0].happened.value,
        entries[0].detail["to"],
        entries[0].detail["body"],
    )


def test_delays_are_seconds_of_the_service_clock(bench: Bench) -> None:
    """A message takes seconds of service time, however fast the clock runs."""
    message = bench.text()
    bench.service.next("status", MessageStatus="delivered")
    arrived_at = bench.client.messages(message.sid).fetch().date_updated
    taken_s = (arrived_at - message.date_created).total_seconds()

    assert 1 <= taken_s < 30  # 1.5 to 4.5 s, and the machine's own delay 60 times faster


@pytest.mark.parametrize(
    ("body", "expected"), [("a" * 160, 1), ("a" * 161, 2), ("长" * 70, 1), ("长" * 71, 2)]
)
def test_long_texts_take_several_messages(body: str, expected: int) -> None:
    """Chinese texts hold 70 characters a message, plain ones 160."""
    assert expected == segments(body)
