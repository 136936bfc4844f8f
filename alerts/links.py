"""The token in a guardian's link: who may answer for which incident, and nobody else. Pure.

128 bits of HMAC-SHA256 over incident and person. It is computed, not stored, so that sending a
message twice sends the same link; without the service's key nobody can make one.
"""

import base64
import hmac

from core.errors import NotFound

_MAC_BYTES = 16


def make_token(secret: bytes, incident_id: int, person_id: int) -> str:
    """Return the token for *person_id* on *incident_id*; letters, digits, `-`, `_` and `.`."""
    return f"{incident_id}.{person_id}.{_mac(secret, incident_id, person_id)}"


def read_token(secret: bytes, token: str) -> tuple[int, int]:
    """Return (incident id, person id); NotFound when we did not make this token."""
    parts = token.split(".")
    if len(token) <= 80 and len(parts) == 3 and parts[0].isdecimal() and parts[1].isdecimal():
        incident_id, person_id = int(parts[0]), int(parts[1])
        if hmac.compare_digest(parts[2].encode(), _mac(secret, incident_id, person_id).encode()):
            return incident_id, person_id
    raise NotFound("this link is not one of ours")


def _mac(secret: bytes, incident_id: int, person_id: int) -> str:
    text = f"answer:{incident_id}:{person_id}".encode()
    digest = hmac.digest(secret, text, "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
