"""Learning from people: false alarms counted a month, and better zones proposed from the past days.

A proposal changes nothing by itself; a person accepts or refuses it.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from shapely.geometry import Polygon

from core.clock import LOCAL_ZONE
from core.incidents import Outcome
from core.zones import Circle


class ProposalKind(StrEnum):
    """What a proposal would do."""

    BETTER_HOME = "better_home"  #: the home's zone widened or moved, so that usual places are in
    MISSING_PLACE = "missing_place"  #: a zone where the elder often is, such as the market


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    OUTDATED = "outdated"  #: newer days speak for another one, or for none


class PartOfDay(StrEnum):
    """When somebody is usually at a place, local time."""

    NIGHT = "night"  #: 22 to 6 h
    MORNING = "morning"  #: 6 to 11 h
    NOON = "noon"  #: 11 to 13 h
    AFTERNOON = "afternoon"  #: 13 to 18 h
    EVENING = "evening"  #: 18 to 22 h


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarmPolicy:
    """What is too much, and what a proposal must show. Our figures, to be tuned."""

    #: more false alarms than this for one elder in one month are too many; the goal for all
    #: together is far lower: 0.05 a band and week
    most_a_month: int = 2
    looks_back_days: int = 14
    #: a refused proposal comes again after this, or when it would spare twice as many
    refused_for_days: int = 30
    #: each night at this local hour elders over budget are looked at again
    studies_at_h: int = 3
    #: no zone that is proposed is wider: the radius around it, metres
    widest_m: float = 500.0
    #: a place counts when the elder was there on so many days
    least_days: int = 3
    #: a real incident must still alarm, and no later than this, seconds
    may_delay_s: float = 600.0


STANDARD_FALSE_ALARMS = FalseAlarmPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIncident:
    """What people said about one incident of the past days."""

    id: int
    opened_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None

    @property
    def was_false(self) -> bool:
        """Say whether a person called it a false alarm."""
        return self.outcome is Outcome.FALSE_ALARM

    @property
    def must_alarm(self) -> bool:
        """Say whether it may not be hidden: the elder was found, or it is not settled yet."""
        return self.outcome not in (Outcome.FALSE_ALARM, Outcome.NOT_CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The numbers behind a proposal, over the days it looked back on."""

    #: on how many days the elder was at the place, of how many days with positions
    days_seen: int
    days_known: int
    #: alarms of a replay with the present zones, and with the proposed one
    alarms_before: int
    alarms_after: int
    #: incidents people called false that the present zones caused, and how many it would spare
    false_alarms: int
    spared: int
    #: further alarms it would hide: ones that no incident stands for
    others_hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A zone that the past days speak for."""

    kind: ProposalKind
    #: the zone it would replace; None: a new one
    zone_id: int | None
    #: WGS-84, lon/lat order
    shape: Circle | Polygon
    part_of_day: PartOfDay | None = None
    #: a hint only: minutes after local midnight between which the elder was usually there
    from_min: int | None = None
    until_min: int | None = None
    proof: Proof


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning and the end of the local month that *now* lies in."""
    first = now.astimezone(LOCAL_ZONE).replace(day=1)
    begin = datetime.combine(first.date(), time(), LOCAL_ZONE)
    following = (begin + timedelta(days=32)).date().replace(day=1)
    return begin, datetime.combine(following, time(), LOCAL_ZONE)


def local_day(at: datetime) -> date:
    """Return the local day that *at* lies in."""
    return at.astimezone(LOCAL_ZONE).date()


def part_of_day(hour: int) -> PartOfDay:
    """Return the part of the day that local *hour* (0 to 23) belongs to."""
    for until, part in (
        (6, PartOfDay.NIGHT),
        (11, PartOfDay.MORNING),
        (13, PartOfDay.NOON),
        (18, PartOfDay.AFTERNOON),
        (22, PartOfDay.EVENING),
    ):
        if hour < until:
            return part
    return PartOfDay.NIGHT
