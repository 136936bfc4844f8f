"""What each alarm was: false, a detection, a repeat or nobody knows; and which exits were missed.

The definitions stand in docs/decision-quality.md, under "What is counted".
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from evaluation.recordings import Exit, Floats, Recording, Span, hours_of
from evaluation.replaying import Outcome
from evaluation.streams import Stream

#: an alarm this long after the return still counts as noticing the exit, seconds
GRACE_S = 60.0
_NIGHT_FROM, _NIGHT_UNTIL = 22, 6


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was counted on one track, or, added up, on many."""

    tracks: int = 0
    annotated_h: float = 0.0
    hindsight_h: float = 0.0
    nights_h: float = 0.0
    alarms: int = 0
    #: alarms in times that are certainly inside; one may lie in two kinds
    false_annotated: int = 0
    false_hindsight: int = 0
    false_nights: int = 0
    #: alarms in any of them
    false_any: int = 0
    detections: int = 0
    repeats: int = 0
    ambiguous: int = 0
    #: certain exits that the sampled track saw in time
    exits: int = 0
    missed: int = 0
    still_out: int = 0
    #: of these exits and misses, those after two hours without data
    gap_exits: int = 0
    gap_missed: int = 0
    #: certain exits of which no sampled fix outside came in time: no rule can know
    unseen: int = 0
    #: detections later than the limit; their exits are missed
    late: int = 0
    #: exits that ended with the rule believing the elder outside, and how many of those it never
    #: noticed to be over before the next
    returns: int = 0
    not_cleared: int = 0
    night_alarms: int = 0
    reports: int = 0
    hours: float = 0.0
    from_crossing_s: list[float] = field(default_factory=list)
    from_first_outside_fix_s: list[float] = field(default_factory=list)
    clear_s: list[float] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count *other*, too."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def score(stream: Stream, outcome: Outcome) -> Tally:
    """Return what *outcome* is worth against what is known about the track."""
    recording = stream.recording
    tally = Tally(
        tracks=1,
        annotated_h=hours_of(recording.annotated),
        hindsight_h=hours_of(recording.hindsight),
        nights_h=hours_of(recording.nights),
        alarms=len(outcome.alarms),
        reports=len(outcome.used),
        hours=recording.hours,
    )
    _class_alarms(recording, outcome, tally)
    at_s = stream.reports.at_s[outcome.used]
    outside_s = np.sort(at_s[stream.reports.beyond_m[outcome.used] > 0])
    for number, leaving in enumerate(recording.exits):
        _score_exit(leaving, outcome, outside_s, recording.limit_s, tally)
        _score_return(recording.exits, number, outcome, tally)
    return tally


def within(spans: Sequence[Span], at_s: float) -> bool:
    """Say whether *at_s* lies in one of the spans, which are in order and apart."""
    place = bisect_right(spans, (at_s, math.inf)) - 1
    return place >= 0 and at_s <= spans[place][1]


def local_hour(at_s: float, lon: float) -> float:
    """Return the hour of the day, 0 to 24, by the nautical zone of *lon*: tracks name no zone."""
    return (at_s / 3600 + round(lon / 15)) % 24


def _class_alarms(recording: Recording, outcome: Outcome, tally: Tally) -> None:
    noticed: set[int] = set()
    lon = recording.circles[0].centre.lon
    for at_s in outcome.alarms:
        hour = local_hour(at_s, lon)
        tally.night_alarms += hour >= _NIGHT_FROM or hour < _NIGHT_UNTIL
        annotated = within(recording.annotated, at_s)
        hindsight = within(recording.hindsight, at_s)
        at_night = within(recording.nights, at_s)
        tally.false_annotated += annotated
        tally.false_hindsight += hindsight
        tally.false_nights += at_night
        number = _exit_around(recording.exits, at_s)
        if annotated or hindsight or at_night:
            tally.false_any += 1
        elif number is None:
            tally.ambiguous += 1
        elif number in noticed:
            tally.repeats += 1
        else:
            noticed.add(number)
            tally.detections += 1
            tally.late += at_s > recording.exits[number].first_out_s + recording.limit_s


def _exit_around(exits: Sequence[Exit], at_s: float) -> int | None:
    """Return the number of the last exit that was going on at *at_s*."""
    return next(
        (
            number
            for number in reversed(range(len(exits)))
            if exits[number].last_in_s <= at_s <= exits[number].return_s + GRACE_S
        ),
        None,
    )


def _score_exit(
    leaving: Exit, outcome: Outcome, outside_s: Floats, limit_s: float, tally: Tally
) -> None:
    """Say whether an exit was noticed in time, by any alarm within it."""
    latest_s = leaving.first_out_s + limit_s
    place = int(np.searchsorted(outside_s, leaving.last_in_s))
    if place == len(outside_s) or outside_s[place] > min(leaving.return_s, latest_s):
        tally.unseen += 1
        return
    tally.exits += 1
    tally.gap_exits += leaving.after_gap
    until_s = min(leaving.return_s + GRACE_S, latest_s)
    alarm_s = next((at for at in outcome.alarms if leaving.last_in_s <= at <= until_s), None)
    if alarm_s is not None:
        tally.from_crossing_s.append(max(0.0, alarm_s - leaving.first_out_s))
        tally.from_first_outside_fix_s.append(max(0.0, alarm_s - float(outside_s[place])))
    elif any(start <= leaving.first_out_s < end for start, end in outcome.outside):
        tally.still_out += 1
    else:
        tally.missed += 1
        tally.gap_missed += leaving.after_gap


def _score_return(exits: Sequence[Exit], number: int, outcome: Outcome, tally: Tally) -> None:
    """Measure how long the rule went on believing in an exit that was over."""
    over_s = exits[number].return_s
    ends = [end for start, end in outcome.outside if start <= over_s <= end]
    if math.isinf(over_s) or not ends:
        return
    tally.returns += 1
    following_s = exits[number + 1].first_out_s if number + 1 < len(exits) else math.inf
    if ends[0] < following_s:
        tally.clear_s.append(ends[0] - over_s)
    else:
        tally.not_cleared += 1
