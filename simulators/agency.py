"""A stand-in agency: takes signed webhooks as its own programmers would, with the public library.

It checks each signature, answers with a receipt of its own, and keeps a record. Faults are set by
the owner: refuse, answer too much, redirect, hang.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request that reached the agency."""

    event_id: str
    body: dict[str, Any]
    #: did its signature fit?
    is_genuine: bool
    #: how many signatures it carried
    signatures: int
    #: what the agency answered
    answered: int


@dataclass(slots=True)
class Agency:
    """The agency's system: `app` takes events at `/events`."""

    #: what the operator gave them ("whsec_…")
    secret: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    #: answer this instead, so many times
    fault: int = 0
    fault_times: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    #: answer only after so many wall seconds
    hang_s: float = 0.0
    #: the answer's body instead of a receipt
    says: bytes | None = None

    @property
    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI(title="Stand-in agency", openapi_url=None)
        app.add_api_route("/events", self._take, methods=["POST"])
        app.add_api_route("/elsewhere", self._take, methods=["POST", "GET"])
        return app

    def fail(self, status: int, *, times: int = 1, **headers: str) -> None:
        """Answer *status* to the next requests."""
        self.fault, self.fault_times, self.headers = status, times, headers

    @property
    def taken(self) -> list[dict[str, Any]]:
        """Return the bodies of the events the agency believed, each once, in order."""
        seen: dict[str, dict[str, Any]] = {}
        for delivery in self.deliveries:
            if delivery.is_genuine and delivery.answered < 300:
                seen.setdefault(delivery.event_id, delivery.body)
        return list(seen.values())

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        is_genuine = self._is_genuine(body, dict(request.headers))
        answered = 202 if is_genuine else 401
        headers: dict[str, str] = {}
        if self.fault_times > 0:
            self.fault_times -= 1
            answered, headers = self.fault, self.headers
        event_id = request.headers.get("webhook-id", "")
        self.deliveries.append(
            Delivery(
                event_id=event_id,
                body=json.loads(body) if body else {},
                is_genuine=is_genuine,
                signatures=len(request.headers.get("webhook-signature", "").split()),
                answered=answered,
            )
        )
        if self.hang_s:
            await asyncio.sleep(self.hang_s)
        receipt = json.dumps({"receipt": f"JQ-{event_id}"}, ensure_ascii=False).encode()
        content = receipt if self.says is None else self.says
        return Response(content, status_code=answered, headers=headers)

    def _is_genuine(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            Webhook(self.secret).verify(body, headers)
        except (WebhookVerificationError, ValueError):
            return False
        return True
