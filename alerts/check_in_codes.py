"""Codes that show "I am here": signed, good for some minutes, shown on somebody else's phone. Pure.

A code names what it is for (an elder's door, the handover of an incident), the window of time in
which it was made, and nobody who uses it. Whoever shows a code cannot use it themselves: a mark of
theirs, which only the service's key can make, goes with it.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.clock import from_unix
from core.errors import NotFound

_MAC_BYTES = 16
_MARK_BYTES = 6
_LONGEST = 100


class Purpose(StrEnum):
    """What a code is for; the id in it is the elder's, or the incident's."""

    DOOR = "d"
    HANDOVER = "h"

    @property
    def window(self) -> timedelta:
        """Return how long one code is shown; it is good for as long again."""
        return timedelta(minutes=2) if self is Purpose.DOOR else timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInCode:
    """A code that we made."""

    purpose: Purpose
    subject_id: int
    #: counts windows since 1970
    window_no: int
    #: says who showed it, to whoever has the key
    mark: str

    @property
    def expires_at(self) -> datetime:
        """Return from when it is good no more."""
        return from_unix((self.window_no + 2) * self.purpose.window.total_seconds())

    @property
    def next_at(self) -> datetime:
        """Return when the next code takes its place."""
        return from_unix((self.window_no + 1) * self.purpose.window.total_seconds())


def show(
    secret: bytes, purpose: Purpose, subject_id: int, *, shown_by: str, now: datetime
) -> tuple[str, CheckInCode]:
    """Return the code that *shown_by* (an account, `person:5`) shows now, as text and as value."""
    window_no = int(now.timestamp() // purpose.window.total_seconds())
    mark = _digest(secret, f"shown:{shown_by}:{window_no}", _MARK_BYTES)
    code = CheckInCode(purpose=purpose, subject_id=subject_id, window_no=window_no, mark=mark)
    return f"{_said(code)}.{_mac(secret, code)}", code


def read(secret: bytes, text: str) -> CheckInCode:
    """Return what a code says, good or over; NotFound when we did not make it."""
    parts = text.split(".")
    if len(text) <= _LONGEST and len(parts) == 5 and text.isascii():
        purpose, subject, window, mark, mac = parts
        if purpose in set(Purpose) and subject.isdecimal() and window.isdecimal():
            code = CheckInCode(
                purpose=Purpose(purpose),
                subject_id=int(subject),
                window_no=int(window),
                mark=mark,
            )
            if hmac.compare_digest(mac.encode(), _mac(secret, code).encode()):
                return code
    raise NotFound("this code is not one of ours")


def is_good(code: CheckInCode, now: datetime) -> bool:
    """Say whether a code may be used at *now*: from its window to the end of the next."""
    begins_at = from_unix(code.window_no * code.purpose.window.total_seconds())
    return begins_at <= now < code.expires_at


def was_shown_by(secret: bytes, code: CheckInCode, shown_by: str) -> bool:
    """Say whether it was this one who showed the code."""
    mark = _digest(secret, f"shown:{shown_by}:{code.window_no}", _MARK_BYTES)
    return hmac.compare_digest(mark.encode(), code.mark.encode())


def _said(code: CheckInCode) -> str:
    return f"{code.purpose.value}.{code.subject_id}.{code.window_no}.{code.mark}"


def _mac(secret: bytes, code: CheckInCode) -> str:
    return _digest(secret, f"check-in:{_said(code)}", _MAC_BYTES)


def _digest(secret: bytes, text: str, size: int) -> str:
    digest = hmac.digest(secret, text.encode(), "sha256")[:size]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
