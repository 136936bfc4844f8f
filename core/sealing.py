"""What only few may read is kept sealed: identity numbers, medical notes, photos.

Keys are a list: the first one seals, all of them open, so that a key can be changed while the
service runs. Beside every sealed value stands the mark of its key, which tells without opening
what is still sealed with an old one. A value is sealed for one place (`about`) and opens nowhere
else, so that nobody who can only write rows can show one person's as another's.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.errors import SettingError
from core.settings import Settings

_MARK_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value and the mark of the key that it is sealed with."""

    token: bytes
    key_mark: str


class Unreadable(SettingError):
    """A sealed value cannot be opened: its key is missing, or it was changed or moved."""


class Sealer:
    """Seals with the first of its keys and opens with any."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take Fernet keys (32 bytes in URL-safe base64), the present one first."""
        if not keys:
            raise ValueError("a sealer needs a key")
        self._digest_keys = [hmac.digest(key.encode(), b"121 digests", "sha256") for key in keys]
        self.marks = tuple(mark_of(key) for key in keys)
        self._fernets = MultiFernet([Fernet(key) for key in keys])

    def __repr__(self) -> str:
        """Show marks only."""
        return f"Sealer({', '.join(self.marks)})"

    @property
    def key_mark(self) -> str:
        """Return the mark of the key that seals."""
        return self.marks[0]

    def seal(self, value: bytes, *, about: str) -> Sealed:
        """Return *value* sealed for the place *about*, for example `elder:17:identity_number`."""
        place = about.encode()
        framed = len(place).to_bytes(2, "big") + place + value
        return Sealed(self._fernets.encrypt(framed), self.key_mark)

    def open(self, token: bytes, *, about: str) -> bytes:
        """Return the value; Unreadable when no key opens it or it is not of this place."""
        framed = self._opened(token, about)
        length = int.from_bytes(framed[:2], "big")
        if framed[2 : 2 + length] != about.encode():
            raise Unreadable(
                f"What is sealed at {about} belongs to another place: the database was changed by"
                " hand. Restore it from a backup."
            )
        return framed[2 + length :]

    def reseal(self, token: bytes) -> Sealed:
        """Return the same value sealed with the present key."""
        return Sealed(self._fernets.encrypt(self._opened(token, "a row")), self.key_mark)

    def digests(self, value: bytes, *, about: str) -> tuple[str, ...]:
        """Return what equal values have in common, by each key, the present one first.

        To find an equal one without opening any; it does not tell the value.
        """
        return tuple(
            hmac.new(key, about.encode() + b"\0" + value, hashlib.sha256).hexdigest()
            for key in self._digest_keys
        )

    def _opened(self, token: bytes, place: str) -> bytes:
        try:
            return self._fernets.decrypt(token)
        except InvalidToken:
            raise Unreadable(
                f"What is sealed at {place} opens with none of the keys in AIHUIJIA_DATA_KEYS: add"
                " the key that it was sealed with to the end of the list."
            ) from None


def mark_of(key: str) -> str:
    """Return what tells a key from others without telling the key."""
    return hashlib.sha256(b"121 key mark" + key.encode()).hexdigest()[:_MARK_LENGTH]


def new_key() -> str:
    """Return a fresh key."""
    return Fernet.generate_key().decode()


def sealer_of(settings: Settings) -> Sealer:
    """Return the sealer of these settings; SettingError, with how to make a key, without one."""
    return Sealer(settings.require_data_keys())
