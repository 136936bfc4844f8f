"""A message on its way from a band."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The topic an uplink goes to."""

    REPORT = "report"
    ACK = "ack"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """One message from the band."""

    device_id: str
    kind: Kind
    body: dict[str, Any]
    #: an alarm report said again, with its first id
    is_resend: bool = False
