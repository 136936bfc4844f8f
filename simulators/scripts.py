"""What happens to a band beyond its ordinary life: buttons, straps, silence, a stray position."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.pings import FixSource


class Happening(StrEnum):
    """Something that befalls a band at one instant."""

    SOS = "sos"  #: the button is pressed
    TAKEN_OFF = "taken_off"  #: the strap opens
    PUT_ON = "put_on"
    GOES_SILENT = "goes_silent"  #: nothing leaves the band any more, nothing reaches it
    SPEAKS_AGAIN = "speaks_again"
    STRAY_FIX = "stray_fix"  #: a report with a wrong position, honestly believed by the band


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One happening. The stray position lies *east_m*, *north_m* metres from the true one."""

    at: datetime
    what: Happening
    east_m: float = 0.0
    north_m: float = 0.0
    accuracy_m: float = 0.0
    source: FixSource = FixSource.WIFI
