"""The phone network with Aliyun's own packages in front, and a service that takes its reports."""

import queue
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from alerts.channels.aliyun import AliyunAccount as OurAccount
from alerts.channels.aliyun_sms import AliyunSms
from alerts.channels.aliyun_voice import AliyunVoice
from alerts.channels.sender import Outgoing
from core.clock import ScaledClock, from_unix
from core.people import Language
from simulators.phone_network import BackgroundServer, create_phone_network
from simulators.phone_network.aliyun_account import AliyunAccount, approved_texts
from simulators.phone_network.record import Happened

KEY, SECRET = "LTAI-of-tests", "the secret of tests"
CODES = {
    "ask": "SMS_1",
    "closing": "SMS_2",
    "say_ask": "TTS_1",
    "say_closing": "TTS_2",
    "say_key_1": "TTS_3",
    "say_key_2": "TTS_4",
}
ANNA, BERT = "+8610040000001", "+8610040000002"
VALUES = {
    "no": "12",
    "name": "沈云鹤",
    "age": "80",
    "opened": "17:05",
    "happened": "离开安全区",
    "where": "17:04在家东北约300米",
}
WAIT_S = 30


class Service:
    """Takes reports: thanks for each batch, unless told otherwise."""

    def __init__(self) -> None:
        """Thank for everything."""
        self.batches: queue.Queue[tuple[str, list[dict[str, Any]]]] = queue.Queue()
        #: statuses of the next answers
        self.refuse: list[int] = []
        self.app = FastAPI()
        self.app.post("/hooks/aliyun/s3cret/{what}")(self._take)

    def next(self, what: str, **fields: Any) -> dict[str, Any]:
        """Return the next item of this kind with these fields."""
        while True:
            kind, batch = self.batches.get(timeout=WAIT_S)
            for item in batch:
                if kind == what and fields.items() <= item.items():
                    return item

    def next_batch(self) -> list[dict[str, Any]]:
        """Return the next batch."""
        return self.batches.get(timeout=WAIT_S)[1]

    async def _take(self, what: str, request: Request) -> JSONResponse:
        if self.refuse:
            return JSONResponse({}, status_code=self.refuse.pop(0))
        self.batches.put((what, await request.json()))
        return JSONResponse({"code": 0, "msg": "接收成功"})


class AliyunBench:
    """Everything a test of Aliyun's stand-in needs, running."""

    def __init__(self, *, speed: float = 60) -> None:
        """Start both servers."""
        self.service = Service()
        self._service_server = BackgroundServer(self.service.app)
        self._service_server.start()
        self.clock = ScaledClock(speed=speed, anchor=from_unix(1_795_000_000))
        self.network = create_phone_network(
            clock=self.clock,
            account_sid="AC" + "0" * 32,
            auth_token="of the other provider",
            number="+15005550006",
            public_url=self._service_server.url,
            seed=1,
        )
        self.aliyun = self.network.open_aliyun(
            AliyunAccount(
                key_id=KEY,
                key_secret=SECRET,
                sign_name="121爱回家",
                show_number="057387000121",
                approved=approved_texts(CODES),
                hooks_url=f"{self._service_server.url}/hooks/aliyun/s3cret",
            )
        )
        self._server = BackgroundServer(self.network.app)
        self._server.start()
        self.url = self._server.url
        self.sms, self.voice = self.senders()

    def senders(self, *, secret: str = SECRET, key: str = KEY) -> tuple[AliyunSms, AliyunVoice]:
        """Return our senders with this key."""
        account = OurAccount(
            key_id=key,
            key_secret=secret,
            sms_url=self.url,
            voice_url=self.url,
            sign_name="121爱回家",
            show_number="057387000121",
            templates=CODES,
        )
        return AliyunSms(account), AliyunVoice(account)

    def accepted(self, kind: Happened = Happened.MESSAGE_ACCEPTED) -> list[dict[str, Any]]:
        """Return what the network took, as its record has it."""
        return [entry.detail for entry in self.network.record.entries() if entry.happened is kind]

    def stop(self) -> None:
        """Stop both servers."""
        self._server.stop()
        self._service_server.stop()
        self.network.close()


def outgoing(**changed: Any) -> Outgoing:
    """Return an ask to Anna, with some fields *changed*."""
    values: dict[str, Any] = {
        "to": ANNA,
        "text": "",
        "language": Language.CHINESE,
        "token": "5-1",
        "validity_s": 240.0,
        "answerable": True,
        "template": "ask",
        "values": VALUES,
    }
    return Outgoing(**(values | changed))
