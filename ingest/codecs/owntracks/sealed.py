"""Open an OwnTracks message that its phone encrypted with a shared secret. Pure.

`data` is base64 of 24 bytes of nonce and a libsodium secretbox (XSalsa20-Poly1305); the key is the
secret in UTF-8, filled with zeros or cut to 32 bytes.
"""

import base64
from typing import Any

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from core.errors import BadMessage
from core.pings import RejectReason


def unseal(document: dict[str, Any], secret: bytes | None) -> bytes:
    """Return the message inside; BadMessage (`encrypted`) when *secret* does not open it."""
    if not secret:
        raise BadMessage(RejectReason.ENCRYPTED, "no key is known for this phone")
    data = document.get("data")
    if not isinstance(data, str):
        raise BadMessage(RejectReason.ENCRYPTED, "data: base64 of nonce and secretbox")
    key = secret[: SecretBox.KEY_SIZE].ljust(SecretBox.KEY_SIZE, b"\0")
    # Some break its lines, or leave its padding out.
    data = "".join(data.split())
    data += "=" * (-len(data) % 4)
    try:
        return SecretBox(key).decrypt(base64.b64decode(data, validate=True))
    except (CryptoError, ValueError):  # a wrong key; no base64, or too short for a nonce
        raise BadMessage(RejectReason.ENCRYPTED, "the phone's secret does not open it") from None
