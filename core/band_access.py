"""What is wanted for a band at the broker: whether it may sign in, and with which password."""

from dataclasses import dataclass
from enum import StrEnum


class AccessState(StrEnum):
    """Whether a band may sign in."""

    GRANTED = "granted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What is wanted for one band."""

    device_id: str
    wanted: AccessState
    #: of the password; grows with each new one
    generation: int
    #: which key the password comes from; None: the first that is used
    key_mark: str | None = None
    #: is it on record that the broker knows?
    is_recorded: bool = False
