"""The door of the judgement: a batch of cases in, one judgement per case out.

Pure and deterministic: no clock, no storage, no chance. One ping is a batch of one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from core.pings import Doubt, FixSource, Ping
from core.places import Position
from core.zones import Side, Zone
from geofence.beliefs import Belief, revise
from geofence.changes import Change, ChangeKind, Evidence, Rule
from geofence.geometry import Reading, measure
from geofence.grounds import Ground, project
from geofence.model import MODEL, Model
from geofence.observations import Observation, WhyNot, grade, instant, refuse
from geofence.surroundings import UNLEARNED, Home, listen

__all__ = [
    "Case",
    "Change",
    "ChangeKind",
    "Evidence",
    "Judgement",
    "Rule",
    "Verdict",
    "WhyNot",
    "judge",
]


_JUDGED = WhyNot.JUDGED


class Case(Struct, frozen=True, kw_only=True):
    """One elder's pings of one batch, in any order, with what was believed before."""

    belief: Belief
    zones: tuple[Zone, ...]
    pings: tuple[Ping, ...]
    #: what was learned about the radio at the elder's home
    home: Home = UNLEARNED


class Verdict(Struct, frozen=True, kw_only=True, gc=False):
    """What one ping says, by itself."""

    report_id: str
    at: datetime
    #: where this fix alone lies: inside or outside when its accuracy disc is
    side: Side
    #: by this fix alone; None when it says nothing about the safe zones
    probability_outside: float | None
    #: metres beyond the edge of the safe zones, negative inside; None likewise
    beyond_m: float | None
    #: did it count towards the belief?
    judged: bool
    #: a named reason when it did not
    why_not: WhyNot


class Judgement(Struct, frozen=True, kw_only=True):
    """The outcome of one case."""

    belief: Belief
    #: in time order
    changes: tuple[Change, ...]
    #: each ping as it was seen (None: it was refused), and whether it counted, in their order
    seen: tuple[tuple[Ping, Observation | None, WhyNot], ...]

    def verdicts(self, *, model: Model = MODEL) -> tuple[Verdict, ...]:
        """Return what each ping says by itself, in their order."""
        return tuple(
            _silent(ping, why_not, model) if seen is None else _verdict(seen, why_not, model)
            for ping, seen, why_not in self.seen
        )


def judge(cases: Sequence[Case], *, model: Model = MODEL) -> list[Judgement]:
    """Return the judgement of each case; the geometry of the whole batch is measured at once."""
    refused: list[list[WhyNot]] = []
    places: list[tuple[Ground, Position]] = []
    for case in cases:
        reasons = [refuse(ping) for ping in case.pings]
        refused.append(reasons)
        always = _always(case.zones)
        for ping, why_not in zip(case.pings, reasons, strict=True):
            if why_not is _JUDGED:
                assert ping.fix is not None
                ground = always or _ground(case.zones, instant(ping, model))
                places.append((ground, ping.fix.position))
    readings = measure(places, danger_within_m=model.danger_within_m)
    measured = zip(places, readings, strict=True)
    admitted = [
        _admit(case, reasons, measured, model) for case, reasons in zip(cases, refused, strict=True)
    ]
    asked = [(case.belief, one.fresh) for case, one in zip(cases, admitted, strict=True)]
    return [
        Judgement(belief=belief, changes=changes, seen=one.seen)
        for one, (belief, changes) in zip(admitted, revise(asked, model), strict=True)
    ]


def _always(zones: tuple[Zone, ...]) -> Ground | None:
    """Return the ground at any time; None when it depends on the time."""
    if any(zone.is_timed for zone in zones):
        return None
    return project(zones)


def _ground(zones: tuple[Zone, ...], at: datetime) -> Ground:
    return project(tuple(zone for zone in zones if zone.counts_at(at)))


class _Admitted(Struct, frozen=True, gc=False):
    """The pings of one case, and the fixes among them that are new."""

    seen: tuple[tuple[Ping, Observation | None, WhyNot], ...]
    fresh: list[Observation]


def _admit(
    case: Case,
    refused: Sequence[WhyNot],
    measured: Iterator[tuple[tuple[Ground, Position], Reading]],
    model: Model,
) -> _Admitted:
    # ids are unique for each band only, and an elder may get another band
    known = {(observation.report_id, observation.at) for observation in case.belief.recent}
    oldest = case.belief.goes_back_to(model)
    fresh = []
    seen: list[tuple[Ping, Observation | None, WhyNot]] = []
    for ping, why_not in zip(case.pings, refused, strict=True):
        if why_not is not _JUDGED:
            seen.append((ping, None, why_not))
            continue
        (ground, _), reading = next(measured)
        item = _observe(case, ping, ground, reading, model)
        if (item.report_id, item.at) in known:
            why_not = WhyNot.DUPLICATE
        elif oldest is not None and item.at < oldest:
            why_not = WhyNot.TOO_OLD
        else:
            known.add((item.report_id, item.at))
            fresh.append(item)
        seen.append((ping, item, why_not))
    return _Admitted(tuple(seen), fresh)


def _observe(case: Case, ping: Ping, ground: Ground, reading: Reading, model: Model) -> Observation:
    assert ping.fix is not None
    fix_class, accuracy_m = grade(ping.fix, model)
    heard = listen(case.home, ping)
    return Observation(
        at=instant(ping, model),
        report_id=ping.report_id,
        position=ping.fix.position,
        fix_class=fix_class,
        accuracy_m=accuracy_m,
        is_backlog=ping.is_backlog or Doubt.LATE in ping.doubts,
        beyond_m=reading.beyond_m,
        dangers=reading.dangers,
        ground=ground.digest,
        by_wifi=ping.fix.source is FixSource.WIFI,
        radio=heard.radio,
        is_resting=heard.is_resting,
    )


def _silent(ping: Ping, why_not: WhyNot, model: Model) -> Verdict:
    return Verdict(
        report_id=ping.report_id,
        at=instant(ping, model),
        side=Side.UNSURE,
        probability_outside=None,
        beyond_m=None,
        judged=False,
        why_not=why_not,
    )


def _verdict(seen: Observation, why_not: WhyNot, model: Model) -> Verdict:
    side, probability = Side.UNSURE, None
    if seen.beyond_m is not None:
        probability = model.probability_beyond(seen.beyond_m, seen.accuracy_m)
        if probability >= model.disc_at:
            side = Side.OUTSIDE
        elif probability <= 1 - model.disc_at:
            side = Side.INSIDE
    return Verdict(
        report_id=seen.report_id,
        at=seen.at,
        side=side,
        probability_outside=probability,
        beyond_m=seen.beyond_m,
        judged=why_not is WhyNot.JUDGED,
        why_not=why_not,
    )
