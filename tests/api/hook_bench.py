"""The provider's side of our hooks: posts that are signed as the provider signs them."""

import hashlib
import json
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import httpx
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from core.people import Channel
from store import schema
from store.database import reading
from tests.api.world import World
from tests.scenes import AlertsRole, Sent

PUBLIC = "http://121.example.org"
NEW, OLD = "the new auth token", "the previous auth token"
GUARDIAN, STRANGER = "+8610020000011", "+8610020009999"


class Provider:
    """Posts to our hooks."""

    def __init__(self, client: httpx.Client, *, token: str = NEW, public_url: str = PUBLIC) -> None:
        """Sign with *token* for *public_url*."""
        self._client = client
        self._validator = RequestValidator(token)
        self._public_url = public_url
        self._texts = 0

    def post(self, target: str, fields: Mapping[str, str]) -> httpx.Response:
        """Post a signed form to *target*, path and query."""
        signature = self._validator.compute_signature(self._public_url + target, dict(fields))
        return self._client.post(
            target, data=dict(fields), headers={"X-Twilio-Signature": signature}
        )

    def post_json(self, path: str, said: object, *, hashed: object = None) -> httpx.Response:
        """Post signed JSON; *hashed*: what the hash in the address is of, if it is another body."""
        body = json.dumps(said).encode()
        of = body if hashed is None else json.dumps(hashed).encode()
        joint = "&" if "?" in path else "?"
        target = f"{path}{joint}bodySHA256={hashlib.sha256(of).hexdigest()}"
        signature = self._validator.compute_signature(self._public_url + target, {})
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json"}
        return self._client.post(target, content=body, headers=headers)

    def texts(self, text: str, *, sender: str = GUARDIAN, sid: str = "", **more: str) -> list[str]:
        """Let somebody text us; return what we text back at once."""
        self._texts += 1
        fields = {"MessageSid": sid or f"SM{self._texts}", "From": sender, "Body": text, **more}
        answer = self.post("/hooks/twilio/sms", fields)

        assert 200 == answer.status_code
        return [message.text or "" for message in ET.fromstring(answer.text).iter("Message")]

    def says(self, token: str, status: str, *, sid: str = "SM9", **more: str) -> int:
        """Post a receipt of a message; return the HTTP status."""
        fields = {"MessageSid": sid, "MessageStatus": status, **more}
        return self.post(f"/hooks/twilio/status?token={token}", fields).status_code

    def hears_key(
        self, token: str, key: str, *, target: str = "", sid: str = "CA9", **more: str
    ) -> ET.Element:
        """Post a key pressed in a call, at *target* if the call went on; return the script."""
        fields = {"CallSid": sid, "Digits": key, "CallStatus": "in-progress", **more}
        answer = self.post(target or f"/hooks/twilio/key?token={token}", fields)

        assert (200, "text/xml; charset=utf-8") == (
            answer.status_code,
            answer.headers["content-type"],
        )
        return ET.fromstring(answer.text)


def inbox_of(world: World, kind: str) -> list[dict[str, object]]:
    """Return the bodies of what was kept of a *kind*, in order, without what is not said."""
    table = schema.inbox
    with reading(world.engine) as connection:
        rows = connection.scalars(
            select(table.c.body).where(table.c.kind == kind).order_by(table.c.id)
        )
        return [{name: value for name, value in body.items() if value is not None} for body in rows]


def call_to(world: World, alerts: AlertsRole, person_id: int) -> Sent:
    """Let time pass until *person_id* was called; return the call."""
    number = numbers_of(world)[person_id]
    alerts.pass_time(70)
    return next(
        sent for sent in alerts.sent if sent.channel is Channel.VOICE and sent.message.to == number
    )


def numbers_of(world: World) -> dict[int, str]:
    """Return everyone's number for calls."""
    table = schema.contact_point
    with reading(world.engine) as connection:
        rows = connection.execute(select(table).where(table.c.channel == Channel.VOICE.value))
        return {row.person_id: row.value for row in rows}
