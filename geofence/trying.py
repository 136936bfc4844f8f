"""How often would these zones have alarmed? The stored pings of the past days, judged once more.

The same judgement as on the day, from a fresh belief, in order of arrival. What silence would have
confirmed counts, too.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.false_alarms import PastIncident, local_day
from core.pings import Doubt, Ping
from core.zones import Zone
from geofence.beliefs import FRESH
from geofence.changes import Change, ChangeKind
from geofence.engine import Case, judge
from geofence.model import MODEL, Model
from geofence.observations import Observation
from geofence.surroundings import UNLEARNED, Home

#: a well-founded suspicion that nothing contradicts for so long is an alarm, seconds: an ordinary
#: interval of 300 s and a minute
SILENCE_S = 360.0
#: an incident opens this much after its first sign at most: reports take their time
_OPENS_WITHIN = timedelta(minutes=30)
_LATE = frozenset({Doubt.LATE, Doubt.OUT_OF_ORDER})


class Cause(StrEnum):
    """Why there would have been an alarm."""

    LEFT = "left"
    SILENCE = "silence"  #: a suspicion that nothing contradicted
    DANGER = "danger"


class WouldAlarm(Struct, frozen=True, kw_only=True, gc=False):
    """One alarm that there would have been."""

    at: datetime
    cause: Cause
    #: the danger zone, for alarms about one
    zone_id: int | None = None
    #: back inside, or out of danger; None: not so far
    until: datetime | None = None
    #: the farthest good fix from the edge of the safe zones meanwhile, metres
    farthest_m: float = 0.0


class Trial(Struct, frozen=True, kw_only=True):
    """The alarms of one replay."""

    #: in time order
    alarms: tuple[WouldAlarm, ...]
    #: positions that were judged, and the times of the first and the last of them
    fixes: int
    first_at: datetime | None
    last_at: datetime | None

    def lasted_s(self, alarm: WouldAlarm) -> float:
        """Return how long *alarm* lasted, until the last fix at most, seconds."""
        end = alarm.until or self.last_at or alarm.at
        return max(0.0, (end - alarm.at).total_seconds())

    def per_day(self) -> dict[date, int]:
        """Return how many alarms began on each local day that has positions, quiet days too."""
        if self.first_at is None or self.last_at is None:
            return {}
        first, last = local_day(self.first_at), local_day(self.last_at)
        counts = {first + timedelta(days=n): 0 for n in range((last - first).days + 1)}
        for alarm in self.alarms:
            counts[local_day(alarm.at)] = counts.get(local_day(alarm.at), 0) + 1
        return dict(sorted(counts.items()))


class Compared(Struct, frozen=True, kw_only=True):
    """Other zones beside the present ones, in the light of what people said."""

    #: incidents called false that the present zones cause, and those among them that are spared
    false_alarms: tuple[int, ...]
    spared: tuple[int, ...]
    #: incidents that may not be hidden, and are, or would be noticed much later
    hidden: tuple[int, ...]
    #: alarms of the present zones that no such incident stands for, and that would be gone
    others_hidden: int


def in_force(zones: Iterable[Zone], now: datetime) -> tuple[Zone, ...]:
    """Return the zones that are in force from *now* on, as if they had always been."""
    return tuple(
        replace(zone, valid_from=None, valid_until=None)
        for zone in zones
        if zone.valid_until is None or zone.valid_until > now
    )


def try_zones(
    zones: tuple[Zone, ...],
    pings: Iterable[Ping],
    *,
    silence_s: float = SILENCE_S,
    home: Home = UNLEARNED,
    model: Model = MODEL,
) -> Trial:
    """Return the alarms that *zones* would have given on *pings* of one elder, in any order.

    *home* is what is known by now of the radio there.
    """
    belief = FRESH
    changes: list[Change] = []
    seen: list[Observation] = []
    for batch in _batches(pings):
        (judgement,) = judge(
            [Case(belief=belief, zones=zones, pings=batch, home=home)], model=model
        )
        belief = judgement.belief
        changes += judgement.changes
        seen += [item for _, item, why_not in judgement.seen if item is not None and not why_not]
    seen.sort(key=lambda item: item.key)
    last_at = seen[-1].at if seen else None
    alarms = [*_departures(changes, last_at, silence_s), *_entries(changes)]
    alarms.sort(key=lambda alarm: alarm.at)
    return Trial(
        alarms=tuple(_measured(alarms, seen)),
        fixes=len(seen),
        first_at=seen[0].at if seen else None,
        last_at=last_at,
    )


def compare(
    present: Trial,
    other: Trial,
    incidents: Sequence[PastIncident],
    *,
    may_delay_s: float,
) -> Compared:
    """Return what *other* zones would have spared and hidden beside the *present* ones."""
    alarms_of = {incident.id: _alarms_of(incident, present) for incident in incidents}
    caused = [incident for incident in incidents if alarms_of[incident.id]]
    false = [incident for incident in caused if incident.was_false]
    hidden = [
        incident.id
        for incident in caused
        if incident.must_alarm
        and not _still_alarms(incident, alarms_of[incident.id][0], other, may_delay_s)
    ]
    claimed = {
        alarm
        for incident in caused
        if incident.was_false or incident.must_alarm
        for alarm in alarms_of[incident.id]
    }
    gone = [
        alarm for alarm in present.alarms
        if alarm not in claimed and not any(_overlap(alarm, still) for still in other.alarms)
    ]  # fmt: skip
    return Compared(
        false_alarms=tuple(incident.id for incident in false),
        spared=tuple(incident.id for incident in false if not _alarms_of(incident, other)),
        hidden=tuple(hidden),
        others_hidden=len(gone),
    )


def _batches(pings: Iterable[Ping]) -> Iterator[tuple[Ping, ...]]:
    """Yield runs of pings as they came: those in order, and those sent late, each together.

    Ordinary pings are judged alike in one batch or one by one; what came late is told otherwise.
    """
    run: list[Ping] = []
    run_is_late = False
    newest: datetime | None = None
    for ping in sorted(pings, key=lambda ping: (ping.received_at, ping.at, ping.report_id)):
        is_late = (
            ping.is_backlog
            or not _LATE.isdisjoint(ping.doubts)
            or (newest is not None and ping.at < newest)
        )
        if run and is_late != run_is_late:
            yield tuple(run)
            run = []
        run.append(ping)
        run_is_late = is_late
        newest = ping.at if newest is None else max(newest, ping.at)
    if run:
        yield tuple(run)


def _departures(
    changes: Iterable[Change], last_at: datetime | None, silence_s: float
) -> Iterator[WouldAlarm]:
    """Yield the alarms about leaving; while one lasts there is no other."""
    patience = timedelta(seconds=silence_s)
    began: WouldAlarm | None = None
    suspected_at: datetime | None = None
    for change in changes:
        if suspected_at is not None and change.at > suspected_at + patience:
            began = began or WouldAlarm(at=suspected_at + patience, cause=Cause.SILENCE)
            suspected_at = None
        match change.kind:
            case ChangeKind.SUSPECTED if change.silence_confirms and began is None:
                suspected_at = suspected_at or change.at
            case ChangeKind.LEFT:
                began = began or WouldAlarm(
                    at=change.at, cause=Cause.LEFT, farthest_m=change.evidence.beyond_m
                )
                suspected_at = None
            case ChangeKind.RETURNED | ChangeKind.SUSPICION_DROPPED:
                if began is not None:
                    yield _ended(began, change.at)
                began = suspected_at = None
            case _:
                pass
    if suspected_at is not None and last_at is not None and last_at > suspected_at + patience:
        began = began or WouldAlarm(at=suspected_at + patience, cause=Cause.SILENCE)
    if began is not None:
        yield began


def _entries(changes: Iterable[Change]) -> Iterator[WouldAlarm]:
    """Yield the alarms about danger zones."""
    inside: dict[int | None, WouldAlarm] = {}
    for change in changes:
        if change.kind is ChangeKind.DANGER_ENTERED and change.zone_id not in inside:
            inside[change.zone_id] = WouldAlarm(
                at=change.at, cause=Cause.DANGER, zone_id=change.zone_id
            )
        elif change.kind is ChangeKind.DANGER_LEFT and change.zone_id in inside:
            yield _ended(inside.pop(change.zone_id), change.at)
    yield from inside.values()


def _ended(alarm: WouldAlarm, at: datetime) -> WouldAlarm:
    return WouldAlarm(
        at=alarm.at,
        cause=alarm.cause,
        zone_id=alarm.zone_id,
        until=max(at, alarm.at),
        farthest_m=alarm.farthest_m,
    )


def _measured(alarms: Iterable[WouldAlarm], seen: Sequence[Observation]) -> Iterator[WouldAlarm]:
    """Yield the alarms with how far the elder was meanwhile."""
    good = [item for item in seen if item.is_good and item.beyond_m is not None]
    times = [item.at for item in good]
    for alarm in alarms:
        end = len(good) if alarm.until is None else bisect_left(times, alarm.until)
        meanwhile = good[bisect_left(times, alarm.at) : end]
        beyond_m = [item.beyond_m for item in meanwhile if item.beyond_m is not None]
        yield WouldAlarm(
            at=alarm.at,
            cause=alarm.cause,
            zone_id=alarm.zone_id,
            until=alarm.until,
            farthest_m=max([0.0, alarm.farthest_m, *beyond_m]),
        )


def _alarms_of(incident: PastIncident, trial: Trial) -> tuple[WouldAlarm, ...]:
    """Return the alarms that began while *incident* was open, or just before it was."""
    begin = incident.opened_at - _OPENS_WITHIN
    return tuple(
        alarm
        for alarm in trial.alarms
        if begin <= alarm.at and (incident.closed_at is None or alarm.at <= incident.closed_at)
    )


def _still_alarms(
    incident: PastIncident, first: WouldAlarm, other: Trial, may_delay_s: float
) -> bool:
    latest = first.at + timedelta(seconds=may_delay_s)
    return any(alarm.at <= latest for alarm in _alarms_of(incident, other))


def _overlap(one: WouldAlarm, other: WouldAlarm) -> bool:
    begins_before = other.until is None or one.at <= other.until
    return begins_before and (one.until is None or other.at <= one.until)
