"""A coordinator's session: a signed cookie, good for some hours, kept nowhere else.

The cookie reads `expiry.name.signature`; the signature is an HMAC over the rest. The token in our
forms is an HMAC over the cookie, so that another site's page cannot know it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

COOKIE = "aihuijia_session"
LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in coordinator."""

    #: random; names the session in the record of looks
    name: str
    cookie: str


def open_session(secret: bytes, now: datetime) -> Session:
    """Return a new session that ends `LIFETIME` after *now*."""
    name = secrets.token_hex(8)
    content = f"{int((now + LIFETIME).timestamp())}.{name}"
    return Session(name, f"{content}.{_sign(secret, 'session', content)}")


def read_session(secret: bytes, cookie: str, now: datetime) -> Session | None:
    """Return the session in *cookie*; None when it is not ours or is over."""
    content, _, signature = cookie.rpartition(".")
    expected = _sign(secret, "session", content)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return None
    expires, _, name = content.partition(".")
    return Session(name, cookie) if int(expires) > now.timestamp() else None


def form_token(secret: bytes, session: Session) -> str:
    """Return the token that our own forms carry for *session*."""
    return _sign(secret, "form", session.cookie)


def _sign(secret: bytes, purpose: str, content: str) -> str:
    return hmac.new(secret, f"{purpose}:{content}".encode(), hashlib.sha256).hexdigest()
