"""Reach the service the way the provider does: signed form posts, tried again when they fail.

The signature is the provider's own, made by its package over the exact address and parameters.
"""

import asyncio
import http.client
import logging
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

from simulators.phone_network.record import Happened, Record

log = logging.getLogger(__name__)

TIMEOUT_S = 15.0
#: pauses between tries, wall seconds: a service that restarts is back within them
RETRY_PAUSES_S = (0.3, 1.0, 3.0, 6.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """What a web server answered; status 0 when it could not be reached."""

    status: int
    body: str = ""

    @property
    def ok(self) -> bool:
        """Say whether the request was taken."""
        return 200 <= self.status < 400


class Webhooks:
    """Signs, posts, tries again, and writes every try into the record."""

    def __init__(self, *, auth_token: str, record: Record) -> None:
        """Sign with *auth_token*."""
        self._validator = RequestValidator(auth_token)
        self._record = record
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="phone-network")
        #: posts and fetches that are not over yet
        self.under_way = 0

    async def post(self, url: str, params: Mapping[str, str]) -> WebAnswer:
        """Post *params* to *url* until it is taken or tries are used up."""
        self.under_way += 1
        try:
            return await self._post(url, params)
        finally:
            self.under_way -= 1

    async def _post(self, url: str, params: Mapping[str, str]) -> WebAnswer:
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(url, dict(params)),
            # The same for all tries of one event.
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": "TwilioProxy/1.1",
        }
        answer = WebAnswer(status=0)
        for tries, pause_s in enumerate((*RETRY_PAUSES_S, None), start=1):
            answer = await self.fetch("POST", url, form=params, headers=headers)
            about = params.get("MessageSid") or params.get("CallSid")
            self._record.add(
                Happened.WEBHOOK, sid=about, status=answer.status, tries=tries, event=_event(params)
            )
            # A refusal (4xx) stays one; trouble on the way or in the service may pass.
            if answer.ok or 400 <= answer.status < 500 or pause_s is None:
                break
            await asyncio.sleep(pause_s)
        return answer

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> WebAnswer:
        """Make one plain request without following redirects."""
        loop = asyncio.get_running_loop()
        self.under_way += 1
        try:
            return await loop.run_in_executor(
                self._pool, _request, method, url, dict(form or {}), dict(headers or {})
            )
        finally:
            self.under_way -= 1

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _event(params: Mapping[str, str]) -> str:
    for name in ("Digits", "MessageStatus", "CallStatus"):
        if name in params:
            return "key" if name == "Digits" else params[name]
    return "text"


def _request(method: str, url: str, form: dict[str, str], headers: dict[str, str]) -> WebAnswer:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    try:
        connection.request(method, target, urlencode(form) if form else None, headers)
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
        return WebAnswer(status=response.status, body=body)
    except (OSError, http.client.HTTPException) as error:
        log.debug("A webhook did not get through: %s", type(error).__name__)
        return WebAnswer(status=0)
    finally:
        connection.close()
