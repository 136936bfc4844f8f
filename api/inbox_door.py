"""Everything a page sends is kept raw first, then handled; the same key twice counts once."""

import re
import secrets
from typing import Any

from alerts import inbox
from api.services import Services

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


def new_key() -> str:
    """Return a key for a form; sending the form twice sends the same key."""
    return secrets.token_urlsafe(16)


def hand_in(services: Services, *, source: str, key: str, kind: str, body: dict[str, Any]) -> bool:
    """Keep *body* and have it handled; False when it came before under the same *key*."""
    with services.engine.begin() as connection:
        is_new = inbox.keep(
            connection,
            source=source,
            event_key=key,
            kind=kind,
            body=body,
            now=services.clock.now(),
        )
    inbox.process_pending(services.engine, services.clock)
    services.inbox_arrived()
    return is_new


def usable_key(key: str) -> str:
    """Return *key* from a form, or a new one: an answer without a key is still an answer."""
    return key if _KEY.fullmatch(key) else new_key()
