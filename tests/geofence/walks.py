"""A home, pings around it, and a watch that hands pings to the engine one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings

from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position
from core.zones import Circle, Zone, ZoneKind
from geofence.beliefs import FRESH, Belief
from geofence.engine import Case, Change, ChangeKind, Verdict, judge

#: properties replay whole tracks: fewer examples, no deadline on a shared machine
unhurried = settings(deadline=None, max_examples=60)

HOME = Position(120.68, 30.53)
START = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


def circle(
    radius_m: float = 100.0,
    *,
    zone_id: int = 1,
    kind: ZoneKind = ZoneKind.SAFE,
    east_m: float = 0.0,
    north_m: float = 0.0,
) -> Zone:
    """Return a round zone, its centre *east_m* and *north_m* metres from home."""
    centre = HOME.moved(east_m=east_m, north_m=north_m)
    return Zone(
        id=zone_id, elder_id=1, kind=kind, name="zone", shape=Circle(centre, radius_m=radius_m)
    )


#: 100 m around home
HOME_ZONE = circle()


def ping(
    minute: float,
    east_m: float,
    *,
    accuracy_m: float | None = 10.0,
    north_m: float = 0.0,
    source: FixSource = FixSource.GNSS,
    report_id: str = "",
    is_backlog: bool = False,
    doubts: Iterable[Doubt] = (),
) -> Ping:
    """Return a ping *minute* minutes after the start, *east_m* metres east of home."""
    at = START + timedelta(minutes=minute)
    return Ping(
        device_id="band",
        report_id=report_id or f"{minute:g}/{east_m:g}/{accuracy_m}",
        measured_at=at,
        received_at=at,
        fix=Fix(
            position=HOME.moved(east_m=east_m, north_m=north_m),
            accuracy_m=accuracy_m,
            source=source,
        ),
        is_backlog=is_backlog,
        doubts=frozenset(doubts),
    )


def cell(minute: float, east_m: float, *, accuracy_m: float | None = 800.0) -> Ping:
    """Return a ping positioned by a cell."""
    return ping(minute, east_m, accuracy_m=accuracy_m, source=FixSource.CELL)


@dataclass
class Watch:
    """One elder under watch: what is believed, and everything that was reported."""

    zones: tuple[Zone, ...] = (HOME_ZONE,)
    belief: Belief = FRESH
    changes: list[Change] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def see(self, *pings: Ping) -> "Watch":
        """Judge *pings* one after the other."""
        for one in pings:
            self.see_together(one)
        return self

    def see_together(self, *pings: Ping) -> "Watch":
        """Judge *pings* as one batch."""
        case = Case(belief=self.belief, zones=self.zones, pings=pings)
        (judgement,) = judge([case])
        self.belief = judgement.belief
        self.changes.extend(judgement.changes)
        self.verdicts.extend(judgement.verdicts())
        return self

    @property
    def kinds(self) -> list[ChangeKind]:
        """Return what was reported, in order."""
        return [change.kind for change in self.changes]

    @property
    def crossings(self) -> list[ChangeKind]:
        """Return how often "left" and "returned" were reported, in order."""
        return [kind for kind in self.kinds if kind in (ChangeKind.LEFT, ChangeKind.RETURNED)]


def without_clock(sent: Ping, *, received_minute: float) -> Ping:
    """Return *sent* as a band without a usable clock sends it."""
    return replace(
        sent,
        measured_at=None,
        received_at=START + timedelta(minutes=received_minute),
        doubts=frozenset({Doubt.BAD_CLOCK}),
    )
