"""A provider on the loopback that notes every request of Aliyun's SDK and answers as told."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from alerts.channels.aliyun import AliyunAccount
from alerts.channels.aliyun_sms import AliyunSms
from alerts.channels.aliyun_voice import AliyunVoice
from alerts.channels.sender import Outgoing
from core.people import Language
from tests.alerts.twilio_stand_in import Answer, Asked, StandIn

TEMPLATES = {
    "ask": "SMS_1",
    "say_ask": "TTS_1",
    "say_key_1": "TTS_2",
    "say_key_2": "TTS_3",
}
VALUES = {"no": "121", "name": "王秀英", "where": "12:04在家东北约1230米"}


class AliyunStandIn(StandIn):
    """Says yes to everything until told otherwise; Aliyun's fields are in the address."""

    def __init__(self) -> None:
        """Listen on a free loopback port."""
        super().__init__()
        self.says(BizId="900^0", CallId="116^102")

    def take(self, handler: BaseHTTPRequestHandler, encoded: str) -> None:
        """Note one request and answer it."""
        assert encoded == ""
        super().take(handler, urlsplit(handler.path).query)

    def says(self, status: int = 200, code: str = "OK", message: str = "", **more: Any) -> None:
        """Answer with this status, code and fields."""
        body = {"RequestId": "1", "Code": code, "Message": message} | more
        self.answer = Answer(status=status, body=json.dumps(body).encode())

    def lists(self, kind: str, *found: dict[str, Any]) -> None:
        """List these messages; *kind* is their container."""
        listed: dict[str, Any] = {kind: {kind.removesuffix("s"): list(found)}}
        self.says(200, "OK", "", TotalCount=len(found), **listed)

    @property
    def last(self) -> Asked:
        """The newest request."""
        return self.requests[-1]


def action(asked: Asked) -> str:
    """Return what a request wanted."""
    return {name.lower(): value for name, value in asked.headers.items()}["x-acs-action"]


def account(url: str, *, total_s: float = 10.0, **templates: str) -> AliyunAccount:
    """Return an account at *url*."""
    return AliyunAccount(
        key_id="key",
        key_secret="secret",
        sms_url=url,
        voice_url=url,
        sign_name="121爱回家",
        show_number="057387000121",
        templates=templates or TEMPLATES,
        total_s=total_s,
    )


def sms(url: str) -> AliyunSms:
    """Return the SMS channel at *url*."""
    return AliyunSms(account(url))


def voice(url: str) -> AliyunVoice:
    """Return the voice channel at *url*."""
    return AliyunVoice(account(url))


def outgoing(**changed: Any) -> Outgoing:
    """Return a message to a person, with some fields *changed*."""
    values: dict[str, Any] = {
        "to": "+8613800000001",
        "text": "王秀英离开安全区",
        "language": Language.CHINESE,
        "token": "12-3",
        "validity_s": 240.0,
        "answerable": True,
        "template": "ask",
        "values": VALUES,
    }
    return Outgoing(**(values | changed))
