"""Reports in, alarms out: our engine through its own door, and the simpler rules beside it.

Every report is judged when it arrives, with what is known then; nothing looks ahead.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.zones import Side
from evaluation.recordings import Span
from evaluation.rules import INSIDE, NOTHING, OUTSIDE, Rule
from evaluation.streams import Stream
from geofence.beliefs import FRESH
from geofence.engine import Case, ChangeKind, judge
from geofence.model import MODEL, Model

#: told how many reports were judged since it was last told
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a band is asked to report: every *calm_s*; every *hurried_s* while a rule wants it."""

    calm_s: float = 300.0
    hurried_s: float = 60.0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a rule made of one stream. Times are of the clock: when the report arrived."""

    #: the reports it was given, by their place in the stream
    used: list[int] = field(default_factory=list)
    alarms: list[float] = field(default_factory=list)
    #: from believing the elder outside to believing them back; the end may be infinite
    outside: list[Span] = field(default_factory=list)
    _since: float | None = None

    def note_side(self, at_s: float, *, is_outside: bool) -> None:
        """Keep the times of being believed outside."""
        if is_outside and self._since is None:
            self._since = at_s
        elif not is_outside and self._since is not None:
            self.outside.append((self._since, at_s))
            self._since = None

    def close(self) -> "Outcome":
        """Return this outcome at the end of the stream."""
        if self._since is not None:
            self.outside.append((self._since, math.inf))
            self._since = None
        return self


def replay_ours(
    streams: Sequence[Stream],
    *,
    pace: Pace | None = None,
    model: Model = MODEL,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Return what our engine makes of each stream.

    In each round the next report of every stream that still has one is judged, all in one call.
    """
    pings = [stream.pings() for stream in streams]
    outcomes = [Outcome() for _ in streams]
    beliefs = [FRESH for _ in streams]
    places = [0 for _ in streams]
    going = [i for i, stream in enumerate(streams) if len(stream.reports)]
    while going:
        cases = [
            Case(belief=beliefs[i], zones=streams[i].zones, pings=(pings[i][places[i]],))
            for i in going
        ]
        for i, judgement in zip(going, judge(cases, model=model), strict=True):
            belief = beliefs[i] = judgement.belief
            outcome, place, arrived_s = outcomes[i], places[i], pings[i].arrived_s
            now_s = arrived_s[place]
            outcome.used.append(place)
            for change in judgement.changes:
                if change.kind is ChangeKind.LEFT:
                    outcome.alarms.append(now_s)
            outcome.note_side(now_s, is_outside=belief.side is Side.OUTSIDE)
            places[i] = _next(arrived_s, place, pace, hurry=belief.wants_fixes)
        if progress:
            progress(len(going))
        going = [i for i in going if places[i] < len(pings[i].arrived_s)]
    return [outcome.close() for outcome in outcomes]


def replay_rule(rule: Rule, stream: Stream, *, pace: Pace | None = None) -> Outcome:
    """Return what a rule of thumb makes of a stream.

    A report older than the newest one changes nothing, as in Traccar. Under suspicion is who has
    been seen outside, but not often enough.
    """
    reports = stream.reports
    said = rule.says(reports.beyond_m, reports.accuracy_m).tolist()
    at_s, arrived_s = reports.at_s.tolist(), reports.arrived_s.tolist()
    outcome = Outcome()
    side, in_a_row, newest_s, place = INSIDE, 0, -math.inf, 0
    while place < len(said):
        outcome.used.append(place)
        says = said[place] if at_s[place] >= newest_s else NOTHING
        if says == INSIDE:
            side, in_a_row = INSIDE, 0
            outcome.note_side(arrived_s[place], is_outside=False)
        elif says == OUTSIDE:
            in_a_row += 1
            if side != OUTSIDE and in_a_row >= rule.in_a_row:
                outcome.alarms.append(arrived_s[place])
                side = OUTSIDE
                outcome.note_side(arrived_s[place], is_outside=True)
        newest_s = max(newest_s, at_s[place])
        place = _next(arrived_s, place, pace, hurry=in_a_row > 0 and side != OUTSIDE)
    return outcome.close()


def _next(arrived_s: list[float], place: int, pace: Pace | None, *, hurry: bool) -> int:
    """Return the next report that the band sends: all of them, or the first that is due."""
    if pace is None:
        return place + 1
    due_s = arrived_s[place] + (pace.hurried_s if hurry else pace.calm_s)
    return bisect_left(arrived_s, due_s, place + 1)
