"""Counts made comparable: rates with their intervals, quantiles, and who is better than whom."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation import poisson
from evaluation.scoring import Tally

HOURS_A_WEEK = 168
#: the two yardsticks for false alarms, the trustworthy one first: noted by hand or nights at home
#: against intervals that an alarm by a precise wrong fix breaks itself
YARDSTICKS = ("certain", "hindsight")

Figures = dict[str, Any]


def figures(tally: Tally) -> Figures:
    """Return one rule's figures on one data set, ready for JSON."""
    weeks = {
        "annotated": tally.annotated_h / HOURS_A_WEEK,
        "hindsight": tally.hindsight_h / HOURS_A_WEEK,
        "nights": tally.nights_h / HOURS_A_WEEK,
    }
    false = {
        "annotated": tally.false_annotated,
        "hindsight": tally.false_hindsight,
        "nights": tally.false_nights,
    }
    return {
        "tracks": tally.tracks,
        "band_weeks": {kind: round(w, 4) for kind, w in weeks.items()},
        "false_alarms": {**false, "any": tally.false_any},
        "per_band_week": {kind: rate(false[kind], weeks[kind]) for kind in false},
        "exits": tally.exits,
        "missed": tally.missed,
        "still_out": tally.still_out,
        "after_gap": {"exits": tally.gap_exits, "missed": tally.gap_missed},
        "unseen": tally.unseen,
        "late": tally.late,
        "delay_s": {
            "from_crossing": quantiles(tally.from_crossing_s),
            "from_first_outside_fix": quantiles(tally.from_first_outside_fix_s),
        },
        "alarms": tally.alarms,
        "detections": tally.detections,
        "repeats": tally.repeats,
        "repeats_per_exit": _ratio(tally.repeats, tally.exits),
        "ambiguous": tally.ambiguous,
        "clear_s": {
            **quantiles(tally.clear_s),
            "returns": tally.returns,
            "not_cleared": tally.not_cleared,
        },
        "pings_per_hour": _ratio(tally.reports, tally.hours),
        "night_alarms": tally.night_alarms,
    }


def rate(count: int, weeks: float) -> Figures | None:
    """Return events per band-week with the exact 95 % interval; None without any time."""
    if weeks <= 0:
        return None
    low, high = poisson.interval(count)
    return {
        "rate": round(count / weeks, 4),
        "low": round(low / weeks, 4),
        "high": round(high / weeks, 4),
    }


def quantiles(values: Sequence[float]) -> Figures:
    """Return the 50, 90 and 95 % quantiles (between two values in proportion)."""
    if not values:
        return {"n": 0, "p50": None, "p90": None, "p95": None}
    p50, p90, p95 = (round(float(q), 1) for q in np.quantile(values, (0.5, 0.9, 0.95)))
    return {"n": len(values), "p50": p50, "p90": p90, "p95": p95}


def dominated_by(rules: Mapping[str, Figures], ours: str) -> dict[str, dict[str, list[str]]]:
    """Return, for each yardstick, which rules beat ours in false alarms and in misses.

    `both`: fewer of both. `one`: fewer of one and no more of the other. A miss is an exit without
    an alarm of its own, whether missed or still believed outside. Without time or without exits
    there is nothing to beat.
    """
    result: dict[str, dict[str, list[str]]] = {}
    for yardstick in YARDSTICKS:
        result[yardstick] = {"both": [], "one": []}
        mine = _errors(rules[ours], yardstick) if ours in rules else None
        for name, theirs in rules.items():
            other = _errors(theirs, yardstick)
            if name == ours or mine is None or other is None:
                continue
            if other[0] < mine[0] and other[1] < mine[1]:
                result[yardstick]["both"].append(name)
            elif other != mine and other[0] <= mine[0] and other[1] <= mine[1]:
                result[yardstick]["one"].append(name)
    return result


def _errors(rule: Figures, yardstick: str) -> tuple[int, int] | None:
    """Return false alarms and misses; None where the data have no such time."""
    kinds = ("annotated", "nights") if yardstick == "certain" else ("hindsight",)
    if not any(rule["band_weeks"][kind] for kind in kinds):
        return None
    false = sum(rule["false_alarms"][kind] for kind in kinds)
    return false, rule["missed"] + rule["still_out"]


def _ratio(count: float, of: float) -> float | None:
    return round(count / of, 3) if of > 0 else None
