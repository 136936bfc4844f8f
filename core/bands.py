"""The state of the wristbands themselves: what can be wrong with one, and how it is judged."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from core.zones import Side


class Trouble(StrEnum):
    """What an operator should look after. One open task a band and trouble."""

    SILENT = "silent"  #: nothing was heard for much longer than its interval
    MASS_SILENCE = "mass_silence"  #: many bands at once: a network, not people; one task for all
    LOW_BATTERY = "low_battery"
    NOT_WORN = "not_worn"  #: off the wrist and not on the charger
    POOR_FIXES = "poor_fixes"  #: hardly any usable position
    WRONG_CLOCK = "wrong_clock"  #: its times cannot be used, or are off by whole hours


class Level(IntEnum):
    """How soon; a task may climb, and climbing makes it new again."""

    NOTICE = 1  #: at the next visit
    SOON = 2  #: today
    NOW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """When a band needs looking after. Times in seconds of service time, shares 0 to 1.

    Our figures, to be tuned: the first silence grace is "interval + 2 min", a task needs three
    missed reports, and never less than a quarter of an hour (people walk through car parks).
    """

    grace_s: float = 120.0
    silent_intervals: float = 3.0
    silent_least_s: float = 900.0
    #: silent for this long: today; and for this long: now
    silent_soon_s: float = 7_200.0
    silent_now_s: float = 43_200.0
    #: many: at least so many bands and this share of those heard in the last day
    mass_bands: int = 10
    mass_share: float = 0.25
    #: the same among one street's or township's bands
    mass_bands_local: int = 5
    mass_share_local: float = 0.5
    battery_notice_pct: int = 30
    battery_soon_pct: int = 20
    battery_now_pct: int = 10
    #: a task ends only at this charge, or on the charger
    battery_well_pct: int = 40
    not_worn_s: float = 3_600.0
    #: shares are means over about so many reports, and judged from so many on
    reports: int = 20
    least_reports: int = 12
    poor_share: float = 0.2
    fair_share: float = 0.5
    clock_share: float = 0.8


STANDARD_HEALTH = HealthPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class BandState:
    """What is known of one registered band and its wearer now."""

    device_id: str
    elder_id: int | None
    organisation_id: str
    interval_s: int
    registered_at: datetime
    heard_at: datetime | None = None
    side: Side = Side.UNSURE
    battery_pct: int | None = None
    charging: bool | None = None
    worn: bool | None = None
    worn_at: datetime | None = None
    #: of its last reports: how many were counted (fading), with a usable position, with a bad clock
    reports: float = 0.0
    usable_share: float = 1.0
    bad_clock_share: float = 0.0
    #: silent for so long is an incident for this wearer, seconds; None: a task only
    silence_alarm_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A trouble of one band, as judged now."""

    trouble: Trouble
    level: Level
    since: datetime
    #: is this an incident for its wearer, by their policy?
    is_alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryReading:
    """What a band said of its battery."""

    at: datetime
    pct: int
    charging: bool | None = None
