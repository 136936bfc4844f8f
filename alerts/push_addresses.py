"""Which addresses a browser's subscription may have, and what it must look like. Pure.

A subscription comes from whoever holds an answer link, and we would post to the address in it. So
only the push services of the settings are believed, or anybody could make us call anywhere.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

#: a subscription's address is shorter
MOST_ENDPOINT = 1000
_POINT_BYTES, _AUTH_BYTES = 65, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One browser, as it described itself."""

    endpoint: str
    p256dh: str
    auth: str


def read_subscription(
    endpoint: str, p256dh: str, auth: str, *, services: Iterable[str]
) -> Subscription | None:
    """Return the subscription; None when it is none, or of a service that we do not know."""
    if not _is_at(endpoint, services):
        return None
    point, secret = _decoded(p256dh), _decoded(auth)
    if len(point) != _POINT_BYTES or point[0] != 4 or len(secret) != _AUTH_BYTES:
        return None
    return Subscription(endpoint=endpoint, p256dh=p256dh.rstrip("="), auth=auth.rstrip("="))


def _is_at(endpoint: str, services: Iterable[str]) -> bool:
    """Say whether *endpoint* belongs to one of *services*, like `https://*.push.example`."""
    if not (len(endpoint) <= MOST_ENDPOINT and endpoint.isascii() and endpoint.isprintable()):
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or "\\" in endpoint or " " in endpoint:
        return False
    for service in services:
        known = urlsplit(service)
        if (known.scheme, known.port) != (parts.scheme, port):
            continue
        name = known.hostname or ""
        if name == host or (name.startswith("*.") and host.endswith(name[1:])):
            return True
    return False


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
