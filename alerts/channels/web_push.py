"""Web Push to a guardian's browser: an extra beside SMS and calls, never counted as having reached.

Facts used (RFC 8030, 8291, 8292): a message without TTL is dropped when the browser is not there; a
201 says that the push service took it and nothing about the person; 404 and 410 mean that the
browser is gone for good; one topic has one message at most, so a repeat replaces the earlier one.
"""

import hashlib
import json
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_ece import ECEException
from py_vapid import Vapid02, VapidException
from py_vapid.utils import b64urlencode
from pywebpush import WebPusher, WebPushException

from alerts.channels.posting import TIMEOUT_S, Answer, post
from alerts.channels.sender import Outgoing
from alerts.push_words import read_push_text
from core.clock import SystemClock
from core.errors import SettingError
from core.notifications import AttemptResult, Finding, Found, SendResult

#: no push service keeps a message longer than it is good for, seconds
_MOST_TTL_S = 86_400
#: how long a signature is good, seconds; Apple takes none of more than a day
_SIGNATURE_S = 12 * 3600
_GONE = frozenset({404, 410})
_TOO_MUCH = frozenset({429, 503})
_NOT_ALLOWED = frozenset({401, 403})


class PushKeys:
    """Our own key pair (VAPID): browsers subscribe to its public half, we sign with the other."""

    def __init__(self, private_key: str, subject: str) -> None:
        """*subject* is how a push service reaches us; SettingError when the key is none."""
        try:
            self._pair = Vapid02.from_string(private_key)
        except (ValueError, TypeError, VapidException):
            raise SettingError(
                "Setting AIHUIJIA_VAPID_PRIVATE_KEY: it is no key. Make a pair with:"
                " aihuijia push-keys"
            ) from None
        self._subject = subject

    @property
    def public_key(self) -> str:
        """Return the public half as browsers want it: base64url of the point."""
        point = self._pair.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return str(b64urlencode(point))

    def signature_for(self, endpoint: str) -> dict[str, str]:
        """Return the headers that tell the push service of *endpoint* who we are."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "sub": self._subject,
            "exp": int(SystemClock().now().timestamp()) + _SIGNATURE_S,
        }
        return dict(self._pair.sign(claims))


class WebPush:
    """The push channel."""

    provider = "webpush"

    def __init__(self, keys: PushKeys, *, timeout_s: float = TIMEOUT_S) -> None:
        """Sign with *keys*; wait for a push service *timeout_s* wall seconds."""
        self._keys = keys
        self._timeout_s = timeout_s

    def send(self, message: Outgoing) -> SendResult:
        """Encrypt for the browser and hand over to its push service, once."""
        words = read_push_text(message.text)
        if words is None:  # an SMS text holds the elder's name
            return SendResult(
                result=AttemptResult.ELSEWHERE, reason="no_push_text", needs_operator=True
            )
        try:
            subscription = json.loads(message.to)
            endpoint = str(subscription["endpoint"])
            sealed = WebPusher(subscription).encode(message.text.encode())["body"]
        except (ValueError, KeyError, TypeError, WebPushException, ECEException):
            return SendResult(result=AttemptResult.PERMANENT, reason="bad_subscription")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(max(0, min(int(message.validity_s), _MOST_TTL_S))),
            "Urgency": "high",
            "Topic": str(words["tag"])[:32],
            **self._keys.signature_for(endpoint),
        }
        return _result(post(endpoint, sealed, headers, timeout_s=self._timeout_s))

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Say that push services cannot be asked; a repeat replaces what came before."""
        del message, requested_at
        return Finding(found=Found.CANNOT_ASK)


def _result(answer: Answer) -> SendResult:
    code = answer.code
    if code is None:
        unsure = AttemptResult.AMBIGUOUS if answer.may_have_arrived else AttemptResult.TEMPORARY
        return SendResult(result=unsure, reason=answer.reason)
    reason = str(code)
    if 200 <= code < 300:
        return SendResult(result=AttemptResult.ACCEPTED, provider_id=_id(answer.location))
    if code in _GONE:
        return SendResult(result=AttemptResult.PERMANENT, reason=reason)
    if code in _TOO_MUCH:
        return SendResult(
            result=AttemptResult.TEMPORARY,
            reason=reason,
            retry_after_s=answer.retry_after_s,
            is_busy=code == HTTPStatus.TOO_MANY_REQUESTS,
        )
    if code >= 500:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason=reason)
    # Refused for a reason that lies with us: the browser stays, somebody has to look.
    needs_operator = code in _NOT_ALLOWED
    return SendResult(result=AttemptResult.ELSEWHERE, reason=reason, needs_operator=needs_operator)


def _id(location: str) -> str | None:
    """Return a short name for the message; its address at the push service is long and secret."""
    return hashlib.sha256(location.encode()).hexdigest()[:40] if location else None
