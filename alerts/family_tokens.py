"""The token in a family's link: bound to the link, the elder, the contact and its end. Pure.

192 bits of HMAC-SHA256. It is computed, not stored: whoever reads the database opens no page.
"""

import base64
import hmac

from core.errors import NotFound

_MAC_BYTES = 24
_LONGEST = 80


def make_family_token(
    secret: bytes, *, link_id: int, elder_id: int, contact_id: int, expires_s: int
) -> str:
    """Return the token of a link; *expires_s* is the Unix second at which it ends."""
    mac = _mac(secret, link_id, elder_id, contact_id, expires_s)
    return f"{link_id}.{mac}"


def link_id_in(token: str) -> int:
    """Return the number of the link that *token* claims to be of; NotFound when it is none."""
    number = token.partition(".")[0]
    if len(token) <= _LONGEST and number.isascii() and number.isdecimal() and len(number) < 16:
        return int(number)
    raise NotFound("this link is not one of ours")


def is_token_of(
    secret: bytes, token: str, *, link_id: int, elder_id: int, contact_id: int, expires_s: int
) -> bool:
    """Say whether we made *token* for just this link."""
    expected = make_family_token(
        secret, link_id=link_id, elder_id=elder_id, contact_id=contact_id, expires_s=expires_s
    )
    return hmac.compare_digest(expected.encode(), token.encode("utf-8", "replace"))


def _mac(secret: bytes, *values: int) -> str:
    text = "family:" + ":".join(str(value) for value in values)
    digest = hmac.digest(secret, text.encode(), "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).decode()
