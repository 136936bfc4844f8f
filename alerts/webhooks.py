"""Signed webhooks: secrets, signatures and addresses, as standardwebhooks.com describes them. Pure.

A secret is computed from the service's key, the subscriber and a generation. It is shown once, to
whoever registers the subscriber, and stored nowhere.
"""

import base64
import hmac
import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from core.errors import Refused
from core.relays import Subscriber

#: for so long after a change the secret before is good, too
BOTH_SECRETS = timedelta(days=7)
#: an address longer than this is none
MOST_ADDRESS = 1000
_PREFIX = "whsec_"


def secret_of(key: bytes, subscriber_id: int, generation: int) -> bytes:
    """Return the secret of one generation, 32 bytes."""
    return hmac.digest(key, f"webhook:{subscriber_id}:{generation}".encode(), "sha256")


def shown(secret: bytes) -> str:
    """Return *secret* as an agency's library takes it."""
    return _PREFIX + base64.b64encode(secret).decode()


def good_secrets(key: bytes, subscriber: Subscriber, now: datetime) -> list[bytes]:
    """Return the secrets that are good at *now*, the present one first."""
    generations = [subscriber.generation]
    rotated_at = subscriber.rotated_at
    if rotated_at is not None and now < rotated_at + BOTH_SECRETS:
        generations.append(subscriber.generation - 1)
    return [secret_of(key, subscriber.id, generation) for generation in generations]


def signed_headers(
    secrets: list[bytes], *, event_id: str, body: bytes, at: datetime
) -> dict[str, str]:
    """Return the headers that prove *body* to be ours; *at* is the wall clock's instant."""
    signatures = [Webhook(secret).sign(event_id, at, body.decode()) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def is_signed(secrets: list[bytes], *, body: bytes, headers: Mapping[str, str]) -> bool:
    """Say whether one of *secrets* signed *body* within the last five minutes."""
    return any(_fits(secret, body, dict(headers)) for secret in secrets)


def _fits(secret: bytes, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # also what is no base64, no text, no pair
        return False
    return True


def check_address(address: str) -> str:
    """Return *address*; Refused with a sentence when nothing may be sent there."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("The address is not one: https://host/path is wanted.") from None
    printable = address.isascii() and address.isprintable() and " " not in address
    if not host or not printable or len(address) > MOST_ADDRESS or port == 0:
        raise Refused("The address is not one: https://host/path is wanted.")
    if parts.username or parts.password or parts.fragment:
        raise Refused("The address must hold no name, no password and no fragment.")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        return address
    raise Refused("The address must begin with https:// (http:// only on this machine).")


def receipt_in(document: Any) -> str:
    """Return the receiver's own number in its answer, "" when there is none."""
    receipt = document.get("receipt") if isinstance(document, dict) else None
    if isinstance(receipt, int) and not isinstance(receipt, bool):
        receipt = str(receipt)
    if not isinstance(receipt, str):
        return ""
    return "".join(letter for letter in receipt if letter.isprintable()).strip()[:200]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
