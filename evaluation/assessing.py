"""A whole run: every rule on every track, counted under each heading, with and without harm done.

Values in, values out: folder and report are the business of others.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluation import injections
from evaluation.figures import Figures, dominated_by, figures
from evaluation.recordings import Recording
from evaluation.replaying import Outcome, Pace, Progress, replay_ours, replay_rule
from evaluation.rules import BASELINES, OURS, Rule
from evaluation.scoring import Tally, score
from evaluation.streams import Stream, sampled, stream_of
from geofence.model import MODEL, Model

#: the heading of all tracks together
TOTAL = "all"
#: runs of an injection that depends on chance
SEEDS = 5
#: bands send no fix a second; denser tracks are thinned to this before harm is done to them
_DENSEST_S = 30.0
_UNHARMED = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run."""

    #: names of rules, ours among them or not
    rules: tuple[str, ...] = (OURS, *BASELINES)
    #: the last report of every so many seconds; None: all
    resample_s: float | None = None
    #: instead, the band reports at this pace
    pace: Pace | None = None
    injections: tuple[str, ...] = ()
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Run:
    """The streams of one injection and seed; without injection the tracks as they are."""

    injection: str
    seed: int
    streams: Sequence[Stream]


def assess(
    recordings: Sequence[Recording],
    plan: Plan,
    *,
    model: Model = MODEL,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the figures of every rule on every data set, and what each injection adds."""
    runs = _runs(recordings, plan)
    outcomes = _replay([run.streams for run in runs], plan, model, progress)
    tallies = [
        {name: _tallies(run.streams, of_rule) for name, of_rule in by_rule.items()}
        for run, by_rule in zip(runs, outcomes, strict=True)
    ]
    result = _datasets(tallies[0])
    if plan.injections:
        result["injections"] = _injected(runs[1:], tallies[1:])
    return result


def rule_tallies(
    streams: Sequence[Stream], rule: Rule, *, pace: Pace | None = None
) -> dict[str, Tally]:
    """Return what one rule of thumb is worth, by heading."""
    return _tallies(streams, [replay_rule(rule, stream, pace=pace) for stream in streams])


def our_tallies(
    streams: Sequence[Stream], *, pace: Pace | None, model: Model, progress: Progress | None
) -> dict[str, Tally]:
    """Return what our engine is worth with *model*, by heading."""
    return _tallies(streams, replay_ours(streams, pace=pace, model=model, progress=progress))


def model_digest(model: Model = MODEL) -> str:
    """Return a short name of the model's numbers: two runs with the same one judged alike."""
    text = json.dumps(asdict(model), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def reports_to_judge(recordings: Sequence[Recording], plan: Plan) -> int:
    """Return how many reports our engine will be given at most: the length of a progress bar."""
    return sum(len(stream.reports) for run in _runs(recordings, plan) for stream in run.streams)


def _runs(recordings: Sequence[Recording], plan: Plan) -> list[_Run]:
    """Return the tracks as they are, then those with noted times at home, unharmed and harmed."""
    streams = sampled([stream_of(recording) for recording in recordings], plan.resample_s)
    runs = [_Run("", 0, streams)]
    if not plan.injections:
        return runs
    noted = [stream for stream in streams if stream.recording.annotated]
    noted = sampled(noted, max(_DENSEST_S, plan.resample_s or 0.0))
    runs.append(_Run(_UNHARMED, 0, noted))
    for injection in map(injections.find, plan.injections):
        for seed in range(plan.seed, plan.seed + (SEEDS if injection.by_chance else 1)):
            harmed = [injection.apply(stream, seed) for stream in noted]
            runs.append(_Run(injection.name, seed, harmed))
    return runs


def _replay(
    runs: Sequence[Sequence[Stream]], plan: Plan, model: Model, progress: Progress | None
) -> list[dict[str, list[Outcome]]]:
    """Return the outcomes of every run by rule. Ours takes all runs at once: it is quicker so."""
    found: list[dict[str, list[Outcome]]] = [{} for _ in runs]
    for name in plan.rules:
        if name == OURS:
            together = [stream for run in runs for stream in run]
            ours = iter(replay_ours(together, pace=plan.pace, model=model, progress=progress))
            for by_rule, run in zip(found, runs, strict=True):
                by_rule[name] = [next(ours) for _ in run]
        else:
            rule = BASELINES[name]
            for by_rule, run in zip(found, runs, strict=True):
                by_rule[name] = [replay_rule(rule, stream, pace=plan.pace) for stream in run]
    return found


def _tallies(streams: Iterable[Stream], outcomes: Iterable[Outcome]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for stream, outcome in zip(streams, outcomes, strict=True):
        tally = score(stream, outcome)
        for heading in (stream.recording.label, TOTAL):
            found.setdefault(heading, Tally()).add(tally)
    return found


def _datasets(tallies: Mapping[str, Mapping[str, Tally]]) -> dict[str, Any]:
    headings = sorted({heading for by_heading in tallies.values() for heading in by_heading})
    shown = {}
    for heading in headings:
        rules = {name: figures(by_heading[heading]) for name, by_heading in tallies.items()}
        shown[heading] = {"rules": rules, "dominated_by": dominated_by(rules, OURS)}
    total = shown.pop(TOTAL)
    return {"datasets": shown, "total": total}


def _injected(
    runs: Sequence[_Run], tallies: Sequence[Mapping[str, Mapping[str, Tally]]]
) -> list[Figures]:
    """Return for each injection, data set and rule the false alarms at noted times at home.

    The first run is without harm.
    """
    names = list(dict.fromkeys(run.injection for run in runs[1:]))
    headings = sorted({stream.recording.label for stream in runs[0].streams})
    found = []
    for injection in names:
        those = [t for run, t in zip(runs, tallies, strict=True) if run.injection == injection]
        for heading in (*headings, TOTAL):
            for rule, untouched in tallies[0].items():
                if heading not in untouched or heading not in those[0][rule]:
                    continue
                before = untouched[heading].false_annotated
                after = [one[rule][heading].false_annotated for one in those]
                found.append(
                    {
                        "injection": injection,
                        "dataset": heading,
                        "rule": rule,
                        "false_alarms_without": before,
                        "false_alarms_by_seed": after,
                        "false_alarms_mean": round(sum(after) / len(after), 2),
                        "added_mean": round(sum(after) / len(after) - before, 2),
                        "added_most": max(after) - before,
                    }
                )
    return found
