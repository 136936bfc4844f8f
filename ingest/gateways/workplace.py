"""What all connections of a gateway share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.clock import Clock
from ingest.codecs.readings import Codec
from ingest.gateways.delivery import Delivery
from ingest.gateways.downlink import Downlink
from ingest.gateways.hearing import ProfileFor
from ingest.gateways.limits import Addresses, Bucket
from ingest.gateways.switchboard import Switchboard

#: a connection says whose it is within this, seconds
INTRODUCE_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What all connections share."""

    clock: Clock
    delivery: Delivery
    switchboard: Switchboard
    downlink: Downlink
    addresses: Addresses
    profile_for: ProfileFor
    codecs: Sequence[Codec]
    #: of those nobody understands, so many are shown to technicians
    strangers: Bucket
    #: the broker's words for these bands are heard from now on
    follow: Callable[[Sequence[str]], None]
    introduce_within_s: float = INTRODUCE_WITHIN_S
