"""A stand-in push service, and browsers that subscribe to it: the real wire of Web Push.

It takes what a push service takes (RFC 8030), checks the sender's signature (RFC 8292), and lets
the browser open the message with its own keys (RFC 8291). Its record is what reached it. Whoever
asks nicely gets no answer: faults are set by the owner.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request, Response

from core.clock import SystemClock

_MOST_BYTES = 4096
_A_DAY_S = 86_400
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One message as the browser sees it, with what the push service was told."""

    browser: int
    message: dict[str, Any]
    ttl_s: int
    urgency: str
    topic: str
    subject: str


@dataclass(slots=True, kw_only=True)
class Browser:
    """Somebody's browser: its keys, and where it is reached."""

    id: int
    endpoint: str
    #: the sender's public key it subscribed with
    sender_key: str
    private_key: ec.EllipticCurvePrivateKey
    secret: bytes
    is_gone: bool = False

    @property
    def p256dh(self) -> str:
        """Return its public key as a page reads it."""
        public = self.private_key.public_key()
        return _text(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @property
    def auth(self) -> str:
        """Return its secret as a page reads it."""
        return _text(self.secret)

    def to_json(self) -> dict[str, Any]:
        """Return what `PushSubscription.toJSON` gives."""
        keys = {"p256dh": self.p256dh, "auth": self.auth}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def open(self, body: bytes) -> dict[str, Any]:
        """Return the message inside *body*; an exception when it is not for this browser."""
        plain = http_ece.decrypt(
            body, private_key=self.private_key, auth_secret=self.secret, version="aes128gcm"
        )
        opened: dict[str, Any] = json.loads(plain)
        return opened


@dataclass(slots=True)
class PushService:
    """The service: `app` answers where its browsers' endpoints lead."""

    #: its own address, without a slash at the end
    url: str = ""
    pushed: list[Pushed] = field(default_factory=list)
    #: status and reason of everything that was turned away
    refused: list[tuple[int, str]] = field(default_factory=list)
    #: answer this instead, so many times
    fault: int = 0
    fault_times: int = 0
    retry_after_s: int | None = None
    #: answer nothing for so long, wall seconds
    hang_s: float = 0.0
    #: requests that are not answered yet; whoever asked may have gone
    under_way: int = 0
    _browsers: dict[int, Browser] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI(title="Stand-in push service", openapi_url=None)
        app.add_api_route("/push/{browser_id}", self._take, methods=["POST"])
        return app

    def browser(self, sender_key: str) -> Browser:
        """Return a new browser that subscribed with *sender_key* (its keys are its number's)."""
        with self._lock:
            number = next(self._numbers)
        seed = hashlib.sha256(f"browser {number}".encode()).digest()
        made = Browser(
            id=number,
            endpoint=f"{self.url}/push/{number}",
            sender_key=sender_key,
            private_key=ec.derive_private_key(int.from_bytes(seed), ec.SECP256R1()),
            secret=hashlib.sha256(seed).digest()[:16],
        )
        self._browsers[number] = made
        return made

    def fail(self, status: int, *, times: int = 1, retry_after_s: int | None = None) -> None:
        """Answer *status* to the next requests."""
        self.fault, self.fault_times, self.retry_after_s = status, times, retry_after_s

    async def _take(self, request: Request, browser_id: int) -> Response:
        self.under_way += 1
        try:
            return await self._take_one(request, browser_id)
        finally:
            self.under_way -= 1

    async def _take_one(self, request: Request, browser_id: int) -> Response:
        body = await request.body()
        if self.hang_s:
            await asyncio.sleep(self.hang_s)
        if self.fault_times > 0:
            self.fault_times -= 1
            headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
            return self._no(self.fault, "told to", headers)
        browser = self._browsers.get(browser_id)
        if browser is None or browser.is_gone:
            return self._no(410, "no such browser")
        try:
            subject = _check_sender(request.headers.get("authorization", ""), browser)
        except ValueError as error:
            return self._no(403, str(error))
        try:
            told = _read_headers(request, body)
        except ValueError as error:
            return self._no(400, str(error))
        try:
            message = browser.open(body)
        except Exception as error:  # noqa: BLE001  whatever the library says, it is unreadable
            # A real push service cannot see this; the browser drops it. The record must show it.
            return self._no(400, f"unreadable: {type(error).__name__}")
        number = len(self.pushed) + 1
        self.pushed.append(Pushed(browser=browser_id, message=message, subject=subject, **told))
        return Response(status_code=201, headers={"Location": f"{self.url}/message/{number}"})

    def _no(self, status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
        self.refused.append((status, reason))
        return Response(reason, status_code=status, headers=headers)


def _read_headers(request: Request, body: bytes) -> dict[str, Any]:
    headers = request.headers
    ttl, topic = headers.get("ttl", ""), headers.get("topic", "")
    if not ttl.isdecimal():
        raise ValueError("TTL is missing")
    if topic and not _TOPIC.fullmatch(topic):
        raise ValueError("Topic is too long, or has other letters than base64url")
    if headers.get("content-encoding") != "aes128gcm":
        raise ValueError("Content-Encoding must be aes128gcm")
    if len(body) > _MOST_BYTES:
        raise ValueError("the message is too large")
    urgency = headers.get("urgency", "normal")
    if urgency not in ("very-low", "low", "normal", "high"):
        raise ValueError("there is no such urgency")
    return {"ttl_s": int(ttl), "urgency": urgency, "topic": topic}


def _check_sender(authorization: str, browser: Browser) -> str:
    """Return the sender's subject; ValueError when the signature is not the subscribed key's."""
    scheme, _, rest = authorization.partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    token, key = fields.get("t", ""), fields.get("k", "")
    if scheme.lower() != "vapid" or token.count(".") != 2:
        raise ValueError("no vapid signature")
    if not hmac.compare_digest(key, browser.sender_key):
        raise ValueError("signed by another key than the browser subscribed with")
    signed, _, signature = token.rpartition(".")
    raw = _bytes(signature)
    if len(raw) != 64:
        raise ValueError("a signature has 64 bytes")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(key))
    pair = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        public.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise ValueError("the signature does not fit") from None
    header, claims = (json.loads(_bytes(part)) for part in signed.split("."))
    place = urlsplit(browser.endpoint)
    now_s = SystemClock().now().timestamp()
    if header.get("alg") != "ES256" or claims.get("aud") != f"{place.scheme}://{place.netloc}":
        raise ValueError("signed for another audience")
    if not now_s < claims.get("exp", 0) <= now_s + _A_DAY_S:
        raise ValueError("the signature is over, or good for more than a day")
    subject = str(claims.get("sub", ""))
    if not subject.startswith(("mailto:", "https:")):
        raise ValueError("nobody to write to")
    return subject


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
