"""A code that goes to a number and comes back proves that somebody there reads it. Pure.

The code is computed from the service's key and a salt, so that it can be sent, and sent again after
a crash, without being kept anywhere; what is kept to compare with is a slow digest of it.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

#: ours: long enough to find the phone, short enough that a lost note is worthless
CODE_LIFE = timedelta(minutes=10)
MOST_TRIES = 5
#: carriers let one code a minute and five an hour through to one number (docs/providers.md)
RESEND_AFTER = timedelta(seconds=60)
MOST_PER_HOUR = 5
_DIGITS = 6
#: what people write around a code
_REPLY = re.compile(r"(?:验证码|代码|code)?[\s:：是为]*(\d{3})[\s-]?(\d{3})", re.IGNORECASE)
_EDGES = re.compile(r"^[^\w]+|[^\w]+$")


class Verdict(StrEnum):
    """What came of a code that somebody typed or sent."""

    VERIFIED = "verified"
    WRONG = "wrong"  #: another code; there are tries left
    USED_UP = "used_up"  #: too many wrong ones: a new code is needed
    EXPIRED = "expired"
    NONE_SENT = "none_sent"  #: no code was sent there, or it has been used


class Sent(Protocol):
    """One code that went out."""

    @property
    def salt(self) -> str:
        """Return what the code was computed from, beside the key."""
        ...

    @property
    def digest(self) -> str:
        """Return what was kept of the code."""
        ...

    @property
    def expires_at(self) -> datetime:
        """Return from when it is good no more."""
        ...

    @property
    def tries(self) -> int:
        """Return how many wrong ones came."""
        ...


def code_for(secret: bytes, salt: str, address: str) -> str:
    """Return the six digits that belong to *salt* and *address*."""
    mac = hmac.digest(secret, f"verify:{salt}:{address}".encode(), "sha256")
    return f"{int.from_bytes(mac[:8]) % 10**_DIGITS:0{_DIGITS}d}"


def digest(code: str, salt: str) -> str:
    """Return what is kept of *code*: slow to compute, so that it cannot be tried through."""
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**12, r=8, p=1, dklen=32).hex()


def read_code(text: str) -> str | None:
    """Return the code in *text* as a person types it, None when it is not one."""
    plain = _EDGES.sub("", unicodedata.normalize("NFKC", text[:40]))
    match = _REPLY.fullmatch(plain)
    return None if match is None else match.group(1) + match.group(2)


def judge(sent: Sent | None, code: str, now: datetime) -> Verdict:
    """Return what a *code* that came at *now* does; *sent* is the last one that went there.

    It takes as long whatever comes of it: who measures does not learn that a code was sent.
    """
    given = digest(code, "" if sent is None else sent.salt)
    if sent is None:
        return Verdict.NONE_SENT
    if sent.expires_at <= now:
        return Verdict.EXPIRED
    if sent.tries >= MOST_TRIES:
        return Verdict.USED_UP
    if not hmac.compare_digest(given, sent.digest):
        return Verdict.USED_UP if sent.tries + 1 >= MOST_TRIES else Verdict.WRONG
    return Verdict.VERIFIED


def may_send_at(sent_at: Sequence[datetime], now: datetime) -> datetime:
    """Return from when a code may go to a number that got some at *sent_at* (in order)."""
    if not sent_at:
        return now
    earliest = max(now, sent_at[-1] + RESEND_AFTER)
    this_hour = [at for at in sent_at if at > now - timedelta(hours=1)]
    if len(this_hour) >= MOST_PER_HOUR:
        earliest = max(earliest, this_hour[-MOST_PER_HOUR] + timedelta(hours=1))
    return earliest
