"""Tracks of many elders taken through the filter together."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from msgspec import Struct

from geofence import compiled
from geofence.changes import Change, ChangeKind, Evidence, Rule, Witness
from geofence.danger import Danger, step_danger
from geofence.estimate import Estimate, from_rows, to_fixes, to_rows
from geofence.figures import figures_of
from geofence.model import Model
from geofence.observations import Observation
from geofence.rows import FOUND, NEVER, STATE, Row, Rows

#: the codes of changes and rules in a row of `FOUND` are places in these
KINDS: tuple[ChangeKind | None, ...] = (
    None,
    ChangeKind.SUSPECTED,
    ChangeKind.SUSPICION_DROPPED,
    ChangeKind.LEFT,
    ChangeKind.RETURNED,
)
RULES: tuple[Rule | None, ...] = (
    None,
    Rule.GOOD_FIX_OUTSIDE,
    Rule.ODDS_OUTSIDE,
    Rule.FIXES_IN_A_ROW,
    Rule.FIXES_IN_ALL,
    Rule.GOOD_FIX_INSIDE,
    Rule.HOME_RADIO,
)


class Track(Struct, frozen=True, kw_only=True, gc=False):
    """Fixes of one elder in the order of judging, and what was believed before them."""

    start: Estimate
    fixes: Sequence[Observation]
    #: fixes before those that are still remembered: a change may stand on them
    remembered: Sequence[Observation] = ()
    #: what is believed after so many of the fixes is wanted, too
    mark: int = 0


class Replayed(Struct, frozen=True, kw_only=True, gc=False):
    """What is believed after a track and at its mark, and what changed, in time order."""

    end: Estimate
    marked: Estimate
    changes: list[Change]


def replay(tracks: Sequence[Track], model: Model) -> list[Replayed]:
    """Return the outcome of each track. They do not touch each other."""
    counts = [len(track.fixes) for track in tracks]
    marks = np.array([track.mark for track in tracks], np.int64)
    states = to_rows([track.start for track in tracks])
    fixes = to_fixes([seen for track in tracks for seen in track.fixes])
    marked = np.zeros(len(tracks), STATE)
    found = np.zeros(len(fixes), FOUND)
    compiled.run(states, fixes, np.array(counts, np.int64), marks, figures_of(model), marked, found)
    firsts = [0, *accumulate(counts)]
    changes = _changes(tracks, firsts, found, model)
    walks = [_walk(track, model) for track in tracks]
    ends = _estimates(states, [walk.end for walk in walks])
    held = _estimates(marked, [walk.marked for walk in walks])
    return [
        Replayed(end=end, marked=mark, changes=_merged(walk.changes, changes.get(row)))
        for row, (walk, end, mark) in enumerate(zip(walks, ends, held, strict=True))
    ]


def _changes(
    tracks: Sequence[Track], firsts: Sequence[int], found: Rows, model: Model
) -> dict[int, list[tuple[int, Change]]]:
    """Return (place, change) by the number of the track, for those with any."""
    changes: dict[int, list[tuple[int, Change]]] = {}
    for at in np.flatnonzero(found["kind"]).tolist():
        row = bisect_right(firsts, at) - 1
        place = at - firsts[row]
        change = _change(tracks[row], place, found[at], model)
        changes.setdefault(row, []).append((place, change))
    return changes


def _merged(
    of_danger: list[tuple[int, Change]], others: list[tuple[int, Change]] | None
) -> list[Change]:
    """Return the changes in time order; at one fix, what it says of danger comes first."""
    if others is None:
        return [change for _, change in of_danger]
    return [change for _, change in sorted([*of_danger, *others], key=lambda one: one[0])]


class _Moment(Struct, frozen=True, gc=False):
    """What the rows do not hold."""

    last: Observation | None
    last_good: Observation | None
    danger: Danger


class _Walk(Struct, frozen=True, kw_only=True, gc=False):
    """A track without its numbers: the newest fixes, danger, and (place, change) of danger."""

    end: _Moment
    marked: _Moment
    changes: list[tuple[int, Change]]


def _walk(track: Track, model: Model) -> _Walk:
    start = track.start
    last, last_good = start.last, start.last_good
    danger: Danger = (start.in_danger, start.leaving_danger)
    marked = _Moment(last, last_good, danger)
    changes: list[tuple[int, Change]] = []
    for place, seen in enumerate(track.fixes, start=1):
        if seen.dangers or danger[0]:
            danger, found = step_danger(danger, last_good, seen, model)
            changes += [(place - 1, change) for change in found]
        last = seen
        if seen.is_good:
            last_good = seen
        if place == track.mark:
            marked = _Moment(last, last_good, danger)
    return _Walk(end=_Moment(last, last_good, danger), marked=marked, changes=changes)


def _estimates(rows: Rows, moments: Sequence[_Moment]) -> list[Estimate]:
    return from_rows(
        rows,
        [moment.last for moment in moments],
        [moment.last_good for moment in moments],
        [moment.danger for moment in moments],
    )


def _change(track: Track, place: int, found: Row, model: Model) -> Change:
    """Return the change that *found* names, with the fixes it stands on."""
    seen = track.fixes[place]
    kind, rule = KINDS[found["kind"]], RULES[found["rule"]]
    assert kind is not None
    assert rule is not None
    assert seen.beyond_m is not None
    times = [seen.at.timestamp()]
    if kind is ChangeKind.LEFT:
        times = [t for t in found["witness_t"].tolist() if t != NEVER]
    return Change(
        kind=kind,
        at=seen.at,
        report_id=seen.report_id,
        silence_confirms=kind is ChangeKind.SUSPECTED and bool(found["well_founded"]),
        evidence=Evidence(
            rule=rule,
            probability_outside=float(found["probability"]),
            beyond_m=seen.beyond_m,
            accuracy_m=seen.accuracy_m,
            fixes=len(times),
            span_s=times[-1] - times[0],
            witnesses=(
                _witnesses(track, place, times, model)
                if kind is ChangeKind.LEFT
                else (witness(seen, model),)
            ),
        ),
    )


def _witnesses(
    track: Track, place: int, times: Sequence[float], model: Model
) -> tuple[Witness, ...]:
    """Return the fixes outside of *times*, as far as they are remembered."""
    wanted = set(times)
    found: dict[float, Witness] = {}
    for seen in (*track.remembered, *track.fixes[: place + 1]):
        t = seen.at.timestamp()
        if t not in wanted or t in found:
            continue
        if seen.is_good and seen.beyond_m is not None:
            said = witness(seen, model)
            if model.evidence(said.probability_outside, seen.fix_class) > model.support:
                found[t] = said  # another fix of the same second is no witness
    return tuple(found[t] for t in sorted(found))


def witness(seen: Observation, model: Model) -> Witness:
    """Return *seen* as a fix that a change stands on."""
    assert seen.beyond_m is not None
    return Witness(
        report_id=seen.report_id,
        at=seen.at,
        beyond_m=seen.beyond_m,
        accuracy_m=seen.accuracy_m,
        probability_outside=model.probability_beyond(seen.beyond_m, seen.accuracy_m),
        fix_class=seen.fix_class.value,
    )
