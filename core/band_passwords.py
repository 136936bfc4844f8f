"""What a band signs in to the broker with. Pure.

The user name is the device id. The password is 128 bits of HMAC-SHA256 over device id and
generation: computed, not stored, so that nothing can leak from the database, and a new generation
is a new password. Its letters are base32 in lower case: no 0, 1, 8 or 9 to be mistaken when it is
typed into a band's settings.
"""

import base64
import hmac

_MAC_BYTES = 16
_MARK_CHARACTERS = 8


def password(key: bytes, device_id: str, generation: int) -> str:
    """Return the password of *generation* for the band: 26 of `a`-`z` and `2`-`7`."""
    digest = hmac.digest(key, f"band:{device_id}:{generation}".encode(), "sha256")
    return base64.b32encode(digest[:_MAC_BYTES]).decode().rstrip("=").lower()


def key_mark(key: bytes) -> str:
    """Return a few characters that tell keys apart and say nothing about them."""
    return hmac.digest(key, b"mark of this key", "sha256").hex()[:_MARK_CHARACTERS]
