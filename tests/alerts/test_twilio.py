"""The SMS provider's own SDK against a stand-in on the loopback: asked right, read right."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest

from alerts.channels.sender import Outgoing, Sender
from alerts.channels.twilio import TwilioAccount, TwilioSms, TwilioVoice, call_script
from core.notifications import AttemptResult
from core.people import Language
from tests.servers import free_port

MESSAGE = Outgoing(
    to="+8613800000001",
    text="王秀英离开安全区",
    language=Language.CHINESE,
    token="12-3",
    validity_s=240.0,
    answerable=True,
)
#: how the stand-in breaks the connection instead of answering
HANG_UP = -1


class StandIn:
    """A provider that notes each request and answers as told."""

    def __init__(self) -> None:
        """Listen on a free loopback port."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.status = 201
        self.body: bytes = json.dumps({"sid": "SM121"}).encode()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Note the request and answer."""
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = {name: values[0] for name, values in parse_qs(form).items()}
                stand_in.requests.append((self.path, fields))
                if stand_in.status == HANG_UP:
                    self.close_connection = True
                    return
                self.send_response(stand_in.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(stand_in.body)))
                self.end_headers()
                self.wfile.write(stand_in.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def refuses(self, status: int, code: int | None) -> None:
        """Answer with this status and the provider's error code."""
        self.status = status
        self.body = json.dumps({"status": status, "code": code, "message": "no"}).encode()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def provider() -> Iterator[StandIn]:
    """Give a provider that accepts everything until told otherwise."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


def account(url: str) -> TwilioAccount:
    """Return an account at *url*."""
    return TwilioAccount(
        account_sid="AC" + "0" * 32,
        auth_token="secret",
        sender_number="+15005550006",
        api_url=url,
        callback_url="https://121.example.org",
    )


def senders(url: str) -> list[Sender]:
    """Return both channels at *url*."""
    return [TwilioSms(account(url)), TwilioVoice(account(url))]


def test_an_sms_asks_for_what_we_mean(provider: StandIn) -> None:
    """An SMS names receiver, sender, text, how long to try, and where its receipt is to go."""
    sent = TwilioSms(account(provider.url)).send(MESSAGE)

    assert (AttemptResult.ACCEPTED, "SM121") == (sent.result, sent.provider_id)
    ((path, fields),) = provider.requests
    assert path.endswith("/Messages.json")
    assert {
        "To": "+8613800000001",
        "From": "+15005550006",
        "Body": "王秀英离开安全区",
        "ValidityPeriod": "240",
        "StatusCallback": "https://121.example.org/hooks/twilio/status?token=12-3",
    } == fields


@pytest.mark.parametrize(("wanted_s", "told"), [(0.2, "5"), (-9, "5"), (43_200, "36000")])
def test_the_provider_s_bounds_are_kept(provider: StandIn, wanted_s: float, told: str) -> None:
    """A validity outside the provider's bounds is moved to the nearest one."""
    message = Outgoing(
        to="+861",
        text="x",
        language=Language.CHINESE,
        token="1-1",
        validity_s=wanted_s,
        answerable=False,
    )

    TwilioSms(account(provider.url)).send(message)

    assert told == provider.requests[0][1]["ValidityPeriod"]


def test_a_call_brings_its_own_script(provider: StandIn) -> None:
    """A call carries what to say and where the key goes, and wants to hear how it ended."""
    sent = TwilioVoice(account(provider.url)).send(MESSAGE)

    assert AttemptResult.ACCEPTED is sent.result
    ((path, fields),) = provider.requests
    assert path.endswith("/Calls.json")
    assert "王秀英离开安全区" in fields["Twiml"]
    assert "https://121.example.org/hooks/twilio/key?token=12-3" in fields["Twiml"]
    assert "completed" == fields["StatusCallbackEvent"]
    assert fields["StatusCallback"].endswith("token=12-3")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, 21211, AttemptResult.PERMANENT),  # no such number
        (400, 21610, AttemptResult.PERMANENT),  # opted out
        (400, 21614, AttemptResult.PERMANENT),  # a landline
        (429, 20429, AttemptResult.TEMPORARY),
        (503, 20503, AttemptResult.TEMPORARY),
        (400, 30001, AttemptResult.TEMPORARY),  # queue full
        (401, 20003, AttemptResult.TEMPORARY),  # our account's fault, not the number's
        (400, 21606, AttemptResult.TEMPORARY),
        (404, None, AttemptResult.TEMPORARY),
        (500, 20500, AttemptResult.AMBIGUOUS),  # may have gone out
        (502, None, AttemptResult.AMBIGUOUS),
        (504, None, AttemptResult.AMBIGUOUS),
        (HANG_UP, None, AttemptResult.AMBIGUOUS),
    ],
)
def test_a_refusal_is_told_from_a_doubt(
    provider: StandIn, status: int, code: int | None, expected: AttemptResult
) -> None:
    """Each answer says whether trying again can help, or whether nobody can know."""
    provider.refuses(status, code)
    results = [sender.send(MESSAGE).result for sender in senders(provider.url)]

    assert [expected, expected] == results


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"{}"])
def test_an_answer_that_cannot_be_read_is_a_doubt(provider: StandIn, body: bytes) -> None:
    """A success without a readable body may have gone out: a doubt, nothing raised."""
    provider.body = body
    results = {sender.send(MESSAGE).result for sender in senders(provider.url)}

    assert results <= {AttemptResult.AMBIGUOUS, AttemptResult.ACCEPTED}


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b"[]", b'{"code":"x"}'])
def test_a_gateway_s_error_page_is_a_doubt(provider: StandIn, body: bytes) -> None:
    """An error page of something in between leaves open whether the message went out."""
    provider.status, provider.body = 502, body
    results = {sender.send(MESSAGE).result for sender in senders(provider.url)}

    assert {AttemptResult.AMBIGUOUS} == results


def test_a_refused_connection_is_safe_to_repeat() -> None:
    """When nothing left us, trying again can double nothing."""
    url = f"http://127.0.0.1:{free_port()}"
    results = [sender.send(MESSAGE) for sender in senders(url)]

    assert [(AttemptResult.TEMPORARY, "connection_refused")] * 2 == [
        (sent.result, sent.reason) for sent in results
    ]


def test_a_call_that_wants_an_answer_asks_twice_and_listens() -> None:
    """The text is said twice in the person's language, each time listening for one key."""
    script = ET.fromstring(call_script(MESSAGE, "https://x/key?token=12-3&a=b"))
    listens = script.findall("Gather")

    assert ["1", "1"] == [gather.get("numDigits") for gather in listens]
    assert {"https://x/key?token=12-3&a=b"} == {gather.get("action") for gather in listens}
    assert [MESSAGE.text] * 2 == [gather.findtext("Say") for gather in listens]
    assert {"cmn-CN"} == {say.get("language") for say in script.iter("Say")}


def test_a_call_that_only_tells_does_not_listen() -> None:
    """News is said twice without waiting for a key."""
    message = Outgoing(
        to="+861",
        text="it is over",
        language=Language.ENGLISH,
        token="1-1",
        validity_s=60,
        answerable=False,
    )
    script = ET.fromstring(call_script(message, "https://x/key"))

    assert [] == script.findall("Gather")
    assert [("2", "en-GB", "it is over")] == [
        (say.get("loop"), say.get("language"), say.text) for say in script.findall("Say")
    ]
