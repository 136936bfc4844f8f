"""What is known of one elder's past days, ready to be judged once more with other zones."""

from dataclasses import dataclass

from core.false_alarms import PastIncident
from core.pings import Ping
from core.zones import Zone
from geofence.model import MODEL, Model
from geofence.surroundings import UNLEARNED, Home
from geofence.trying import SILENCE_S, Trial, try_zones


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One elder's past days."""

    elder_id: int
    #: the elder's own zones and those for everyone
    zones: tuple[Zone, ...]
    pings: tuple[Ping, ...]
    incidents: tuple[PastIncident, ...]
    #: how long a suspicion waits to be contradicted, seconds
    silence_s: float = SILENCE_S
    #: what is known by now of the radio at home
    home: Home = UNLEARNED

    def try_zones(self, zones: tuple[Zone, ...], *, model: Model = MODEL) -> Trial:
        """Return the alarms that *zones* would have given in these days."""
        return try_zones(zones, self.pings, silence_s=self.silence_s, home=self.home, model=model)
