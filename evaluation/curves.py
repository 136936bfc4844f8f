"""How each rule trades delay for false alarms, as its one parameter moves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluation.assessing import Plan, our_tallies, rule_tallies
from evaluation.figures import HOURS_A_WEEK
from evaluation.recordings import Recording
from evaluation.replaying import Progress
from evaluation.rules import AccurateOnly, DistanceLessAccuracy, PointOutside, Rule
from evaluation.scoring import Tally
from evaluation.streams import Stream, sampled, stream_of
from geofence.model import MODEL, Model

#: how many fixes must agree, and the probability from which leaving is believed: one fix alone
#: never reaches the usual one
_FIXES = ((1.0, 0.7), (1.5, 0.95), (2.0, 0.95), (2.5, 0.95), (3.0, 0.95))
OURS = "ours: fixes that agree"


@dataclass(frozen=True, slots=True)
class _Family:
    """One rule with its parameter moved."""

    name: str
    #: what the parameter is, and the rule for each value
    members: tuple[tuple[str, Rule], ...]


FAMILIES = (
    _Family("in a row", tuple((f"{n}×", PointOutside(in_a_row=n)) for n in (1, 2, 3, 4))),
    _Family(
        "metres beyond",
        tuple((f"{m} m", PointOutside(margin_m=m)) for m in (0, 50, 100, 200, 400)),
    ),
    _Family(
        "accuracy limit",
        tuple((f"{m} m", AccurateOnly(limit_m=m)) for m in (20, 50, 100, 200)),
    ),
    _Family(
        "distance − share of accuracy",
        tuple((f"{s:g}", DistanceLessAccuracy(share=s)) for s in (0.5, 1, 2, 3)),
    ),
    _Family(
        "the same, twice",
        tuple((f"{s:g}", DistanceLessAccuracy(share=s, in_a_row=2)) for s in (0.5, 1, 2, 3)),
    ),
)


def curves(
    recordings: Sequence[Recording],
    plan: Plan,
    *,
    model: Model = MODEL,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Return the points of every curve: data set, rule, parameter, delay, misses, false alarms.

    Our curve costs one whole run a point.
    """
    streams = sampled([stream_of(recording) for recording in recordings], plan.resample_s)
    return [
        {"rule": rule, "parameter": parameter, "dataset": heading, **_point(tally)}
        for rule, parameter, tallies in _runs(streams, plan, model, progress)
        for heading, tally in tallies.items()
    ]


def _runs(
    streams: Sequence[Stream], plan: Plan, model: Model, progress: Progress | None
) -> Iterator[tuple[str, str, dict[str, Tally]]]:
    for fixes, left_at in _FIXES:
        variant = replace(model, fixes_in_a_row=fixes, left_at=left_at)
        tallies = our_tallies(streams, pace=plan.pace, model=variant, progress=progress)
        yield OURS, f"{fixes:g}", tallies
    for family in FAMILIES:
        for parameter, rule in family.members:
            yield family.name, parameter, rule_tallies(streams, rule, pace=plan.pace)


def _point(tally: Tally) -> dict[str, Any]:
    """Return where a rule stands: by noted times and nights where there are any."""
    hours, false = tally.annotated_h + tally.nights_h, tally.false_annotated + tally.false_nights
    if not hours:
        hours, false = tally.hindsight_h, tally.false_hindsight
    delays = sorted(tally.from_crossing_s)
    return {
        "false_per_band_week": false / (hours / HOURS_A_WEEK) if hours else None,
        "delay_p50_s": delays[len(delays) // 2] if delays else None,
        "missed_share": (tally.missed + tally.still_out) / tally.exits if tally.exits else None,
    }
