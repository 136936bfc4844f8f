"""Passwords: hashed with Argon2id, believed slowly to whoever guesses.

Three brakes. Five wrong tries for a name from one place close that pair for five minutes; fifty
from one place close the place; every twentieth wrong try of an account in a row closes it for a
minute, wherever the tries come from. A stranger can so delay a coordinator's sign-in by a minute,
never end a session that is open.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Refused

N_: Callable[[str], str] = str  # marks a text for translation later

FEWEST_LETTERS = 10
MOST_LETTERS = 200
#: so many wrong tries in a row close an account for `CLOSED_FOR`
TRIES_BEFORE_CLOSING = 20
CLOSED_FOR = timedelta(minutes=1)

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Return what is kept of *password*; Refused, with what to mend, when it is too weak."""
    if not FEWEST_LETTERS <= len(password) <= MOST_LETTERS:
        raise Refused(
            N_("A password needs 10 to 200 characters; a short sentence is easy to keep in mind.")
        )
    if len(set(password)) < 5:
        raise Refused(N_("A password needs at least five different characters."))
    return _hasher.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Say whether *password* is the one behind *kept*; takes as long where there is none."""
    try:
        return _hasher.verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def closed_until(wrong_tries: int, now: datetime) -> datetime | None:
    """Return until when an account with so many wrong tries in a row believes no password."""
    if wrong_tries and wrong_tries % TRIES_BEFORE_CLOSING == 0:
        return now + CLOSED_FOR
    return None


@cache
def _nobodys() -> str:
    return _hasher.hash("a password that nobody has")
