"""A phone network on a free port, the unmodified provider package, and a service that listens."""

import queue
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse

from core.clock import ScaledClock, from_unix
from simulators.phone_network import BackgroundServer, Habit, PhoneNetwork, create_phone_network

ACCOUNT = "AC" + "0" * 32
TOKEN = "stand-in-token"
SERVICE = "+15005550006"
ANNA, BERT = "+8610040000001", "+8610040000002"
ASK = "【121爱回家】12号：沈云鹤（80岁）17:05离开安全区。能去请回1，不能去回2。"
WAIT_S = 20


class Service:
    """What the provider reaches: webhooks that check every signature, and an answer page."""

    def __init__(self) -> None:
        """Answer 200 to everything until told otherwise."""
        self.arrived: queue.Queue[tuple[str, dict[str, str]]] = queue.Queue()
        self.false_signatures = 0
        self.refuse: list[int] = []
        self.script = "<Response><Say>谢谢</Say><Hangup/></Response>"
        self.app = FastAPI()
        self.app.post("/hooks/twilio/{what}")(self._hook)
        self.app.get("/a/{token}")(self._page)
        self.app.post("/a/{token}")(self._answer)

    def next(self, what: str, **fields: str) -> dict[str, str]:
        """Return the next arrival of this kind with these fields."""
        while True:
            kind, form = self.arrived.get(timeout=WAIT_S)
            if kind == what and fields.items() <= form.items():
                return form

    async def _hook(self, what: str, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        signature = request.headers["x-twilio-signature"]
        if not RequestValidator(TOKEN).validate(str(request.url), form, signature):
            self.false_signatures += 1
        if self.refuse:
            return Response(status_code=self.refuse.pop(0))
        self.arrived.put((what, {**form, "query": request.url.query}))
        return Response(self.script, media_type="text/xml")

    async def _page(self, token: str) -> HTMLResponse:
        return HTMLResponse(f'<form><input type="hidden" name="key" value="k-{token}&amp;"></form>')

    async def _answer(self, token: str, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.arrived.put(("page", {**form, "token": token}))
        return Response(status_code=200)


class Bench:
    """Everything a test of the phone network needs, running."""

    def __init__(self, *, record_path: Path | None = None, speed: float = 60) -> None:
        """Start both servers."""
        self.service = Service()
        self._service_server = BackgroundServer(self.service.app)
        self._service_server.start()
        self.clock = ScaledClock(speed=speed, anchor=from_unix(1_795_000_000))
        self.network: PhoneNetwork = create_phone_network(
            clock=self.clock,
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            number=SERVICE,
            public_url=self._service_server.url,
            record_path=record_path,
            seed=1,
        )
        # Under a prefix, as the demonstration mounts it.
        outer = FastAPI()
        outer.mount("/standin", self.network.app)
        self._server = BackgroundServer(outer)
        self._server.start()
        self.url = f"{self._server.url}/standin"
        self.hooks = f"{self._service_server.url}/hooks/twilio"
        self.page = f"{self._service_server.url}/a/12.7.abc-_x"
        self._http = TwilioHttpClient(timeout=10)
        self.client = Client(ACCOUNT, TOKEN, http_client=self._http)
        self.client.api.base_url = self.url

    def learn(self, *habits: Habit) -> None:
        """Teach people habits."""
        self.network.learn(habits)

    def text(self, to: str = ANNA, body: str = ASK) -> Any:
        """Let the service send one SMS."""
        return self.client.messages.create(
            to=to,
            from_=SERVICE,
            body=body,
            status_callback=f"{self.hooks}/status?token=5-1",
            validity_period=240,
        )

    def call(self, to: str = ANNA, events: tuple[str, ...] = ("completed",)) -> Any:
        """Let the service call with a menu that is read twice."""
        script = VoiceResponse()
        for _ in range(2):
            ask = Gather(num_digits=1, timeout=8, action=f"{self.hooks}/key?token=6-1")
            ask.say("沈云鹤离开安全区，能去请按1", language="cmn-CN")
            script.append(ask)
        return self.client.calls.create(
            to=to,
            from_=SERVICE,
            twiml=str(script),
            status_callback=f"{self.hooks}/status?token=6-1",
            status_callback_event=list(events),
            timeout=30,
        )

    def ask_people(self, method: str, path: str, body: Any = None) -> Any:
        """Use the side of the phones: look, answer, break something."""
        headers = {"Content-Type": "application/json"}
        return self._http.request(method, self.url + path, data=body, headers=headers)

    def stop(self) -> None:
        """Stop both servers."""
        assert self._http.session is not None
        self._http.session.close()
        self._server.stop()
        self._service_server.stop()
        self.network.close()


def bodies(phone: dict[str, Any]) -> list[str]:
    """Return the texts on a phone."""
    return [message["body"] for message in phone["messages"]]


def happened(bench: Bench, *kinds: str) -> list[str]:
    """Return the kinds of entries in the record, of those given."""
    return [
        entry.happened.value
        for entry in bench.network.record.entries()
        if entry.happened.value in kinds
    ]


def numbers(views: Iterable[dict[str, Any]]) -> list[str]:
    """Return the numbers of the phones shown."""
    return [view["number"] for view in views]
