"""A zone that somebody draws, tried on the past days beside the zones there are."""

from datetime import datetime

from msgspec import Struct

from core.false_alarms import STANDARD_FALSE_ALARMS, FalseAlarmPolicy
from core.zones import Zone
from geofence.model import MODEL, Model
from geofence.past import Past
from geofence.trying import Compared, Trial, compare, in_force


class Tried(Struct, frozen=True, kw_only=True):
    """What there would have been."""

    #: with the zones there are
    present: Trial
    #: with the drawn one among them
    drawn: Trial
    compared: Compared


def try_drawn(
    past: Past,
    drawn: Zone,
    now: datetime,
    *,
    policy: FalseAlarmPolicy = STANDARD_FALSE_ALARMS,
    model: Model = MODEL,
) -> Tried:
    """Return what *drawn* would have done; it takes the place of the zone with its id, if any."""
    zones = in_force(past.zones, now)
    others = tuple(zone for zone in zones if zone.id != drawn.id)
    (as_always,) = in_force((drawn,), now) or (drawn,)
    present = past.try_zones(zones, model=model)
    other = past.try_zones((*others, as_always), model=model)
    return Tried(
        present=present,
        drawn=other,
        compared=compare(present, other, past.incidents, may_delay_s=policy.may_delay_s),
    )
