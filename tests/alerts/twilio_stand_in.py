"""A provider on the loopback that notes every request and answers as told, byte for byte."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from alerts.channels.sender import Outgoing, Sender
from alerts.channels.twilio import TwilioAccount, TwilioSms, TwilioVoice
from core.people import Language

ACCOUNT = "AC" + "0" * 32
SENDER = "+15005550006"
HOOKS = "https://121.example.org"
#: how the stand-in breaks the connection instead of answering
HANG_UP = -1


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived: names and values in order, of the query or of the form."""

    method: str
    path: str
    headers: dict[str, str]
    pairs: tuple[tuple[str, str], ...]

    @property
    def fields(self) -> dict[str, str]:
        """Return the last value of each name."""
        return dict(self.pairs)


@dataclass(kw_only=True)
class Answer:
    """What the stand-in says."""

    status: int = 201
    body: bytes = b'{"sid": "SM121"}'
    headers: dict[str, str] = field(default_factory=dict)
    #: seconds between any two bytes of the body
    drips_s: float = 0.0


class StandIn:
    """A provider that notes each request and answers as told."""

    def __init__(self) -> None:
        """Listen on a free loopback port."""
        self.requests: list[Asked] = []
        #: said once each, in order; then `answer` for ever
        self.first: list[Answer] = []
        self.answer = Answer()
        self.release = threading.Event()
        self.dripped = 0
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Note the request and answer."""
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                stand_in.take(self, form)

            def do_GET(self) -> None:
                """Note the request and answer."""
                stand_in.take(self, urlsplit(self.path).query)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def take(self, handler: BaseHTTPRequestHandler, encoded: str) -> None:
        """Note one request and answer it."""
        self.requests.append(
            Asked(
                method=handler.command,
                path=urlsplit(handler.path).path,
                headers=dict(handler.headers.items()),
                pairs=tuple(parse_qsl(encoded, keep_blank_values=True)),
            )
        )
        answer = self.first.pop(0) if self.first else self.answer
        if answer.status == HANG_UP:
            handler.close_connection = True
            return
        handler.send_response(answer.status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if not answer.drips_s:
            handler.wfile.write(answer.body)
            return
        for byte in answer.body:
            if self.release.wait(answer.drips_s):
                return
            try:
                handler.wfile.write(bytes([byte]))
            except OSError:
                return
            self.dripped += 1

    def refuses(self, status: int, code: int | None, **headers: str) -> None:
        """Answer with this status and the provider's error code."""
        self.answer = refusing(status, code, **headers)

    def lists(self, kind: str, *found: dict[str, Any]) -> None:
        """Answer a list of *kind* with these resources."""
        page = {kind: list(found), "next_page_uri": None, "page": 0, "page_size": 50}
        self.answer = Answer(status=200, body=json.dumps(page).encode())

    def close(self) -> None:
        """Stop listening."""
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def refusing(status: int, code: int | None, **headers: str) -> Answer:
    """Return a refusal with the provider's error code."""
    body = json.dumps({"status": status, "code": code, "message": "no"}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body=body, headers=named)


def outgoing(**changed: Any) -> Outgoing:
    """Return a message to a person, with some fields *changed*."""
    values: dict[str, Any] = {
        "to": "+8613800000001",
        "text": "王秀英离开安全区",
        "language": Language.CHINESE,
        "token": "12-3",
        "validity_s": 240.0,
        "answerable": True,
    }
    return Outgoing(**(values | changed))


def account(url: str, *, total_s: float = 10.0) -> TwilioAccount:
    """Return an account at *url* that waits *total_s* seconds."""
    return TwilioAccount(
        account_sid=ACCOUNT,
        auth_token="secret",
        sender_number=SENDER,
        api_url=url,
        callback_url=HOOKS,
        total_s=total_s,
    )


def sms(url: str) -> TwilioSms:
    """Return the SMS channel at *url*."""
    return TwilioSms(account(url))


def voice(url: str) -> TwilioVoice:
    """Return the voice channel at *url*."""
    return TwilioVoice(account(url))


#: both channels, each made at an address
CHANNELS: tuple[Callable[[str], Sender], ...] = (sms, voice)
