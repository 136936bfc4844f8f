"""Figures as people read them: one row a rule. Shared by the terminal and the Markdown tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.rules import OURS, TITLES

#: column titles, in the order of `row`
COLUMNS = (
    "rule",
    "noted /bw",
    "nights /bw",
    "hindsight /bw",
    "exits",
    "missed",
    "still out",
    "delay p50/p90/p95 s",
    "from own fix s",
    "repeats",
    "ambiguous",
    "clear p50 s",
    "pings/h",
    "22-6 h",
)
#: … and of `short_row`, for a terminal
SHORT_COLUMNS = (
    "rule",
    "noted",
    "nights",
    "hindsight",
    "exits",
    "missed",
    "out",
    "delay s",
    "rep.",
    "amb.",
    "p/h",
)
_SHORT_TITLES: Mapping[str, str] = {
    "naive": "naive",
    "less_accuracy": "less acc.",
    "less_accuracy_twice": "less acc. twice",
    "two_in_a_row": "two",
    "three_in_a_row": "three",
    "accuracy_50": "acc. ≤ 50",
}
_KINDS = ("annotated", "nights", "hindsight")
_NONE = "–"


def row(name: str, rule: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of one rule on one data set."""
    delays = rule["delay_s"]
    return (
        TITLES.get(name, name),
        *(rate(rule, kind) for kind in _KINDS),
        str(rule["exits"]),
        str(rule["missed"]),
        str(rule["still_out"]),
        seconds(delays["from_crossing"]),
        seconds(delays["from_first_outside_fix"]),
        str(rule["repeats"]),
        str(rule["ambiguous"]),
        _number(rule["clear_s"]["p50"]),
        _NONE if rule["pings_per_hour"] is None else f"{rule['pings_per_hour']:.1f}",
        str(rule["night_alarms"]),
    )


def short_row(name: str, rule: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of one rule for a terminal: rates with their counts, no intervals."""
    delay = rule["delay_s"]["from_crossing"]
    return (
        _SHORT_TITLES.get(name, name),
        *(rate(rule, kind, with_interval=False) for kind in _KINDS),
        str(rule["exits"]),
        str(rule["missed"]),
        str(rule["still_out"]),
        f"{_number(delay['p50'])}/{_number(delay['p95'])}" if delay["n"] else _NONE,
        str(rule["repeats"]),
        str(rule["ambiguous"]),
        _NONE if rule["pings_per_hour"] is None else f"{rule['pings_per_hour']:.1f}",
    )


def caption(heading: str, dataset: Mapping[str, Any]) -> str:
    """Return what a table is about: data set, tracks, band-weeks."""
    rule = next(iter(dataset["rules"].values()))
    weeks = ", ".join(
        f"{name} {rule['band_weeks'][kind]:.2f}"
        for kind, name in (("annotated", "noted"), ("nights", "nights"), ("hindsight", "hindsight"))
        if rule["band_weeks"][kind]
    )
    return f"{heading}: {rule['tracks']} tracks; band-weeks: {weeks or 'none'}"


def verdicts(dataset: Mapping[str, Any]) -> Iterator[str]:
    """Yield what must be said about rules that beat ours; nothing when none does."""
    if OURS not in dataset["rules"]:
        return
    yardsticks = {"certain": "noted times and nights", "hindsight": "times found by hindsight"}
    for yardstick, where in yardsticks.items():
        beaten = dataset["dominated_by"][yardstick]
        if beaten["both"]:
            names = ", ".join(TITLES[name] for name in beaten["both"])
            yield f"dominated by {names}: fewer false alarms and fewer misses ({where})"
        if beaten["one"]:
            names = ", ".join(TITLES[name] for name in beaten["one"])
            yield f"better in one, no worse in the other ({where}): {names}"


def injection_rows(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield injection, data set, rule, false alarms without, with (mean), most added by a seed."""
    for one in report.get("injections", ()):
        yield (
            one["injection"],
            one["dataset"],
            TITLES.get(one["rule"], one["rule"]),
            str(one["false_alarms_without"]),
            f"{one['false_alarms_mean']:g}",
            f"{one['added_most']:+d}",
        )


INJECTION_COLUMNS = ("injection", "data", "rule", "without", "with, mean", "most added")


def rate(rule: Mapping[str, Any], kind: str, *, with_interval: bool = True) -> str:
    """Return rate, count and interval; a dash where there is no such time."""
    found = rule["per_band_week"][kind]
    if found is None:
        return _NONE
    count = rule["false_alarms"][kind]
    if not with_interval:
        return f"{_short(found['rate'])} ({count})"
    return f"{_short(found['rate'])} ({count}; {_short(found['low'])}-{_short(found['high'])})"


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def seconds(delay: Mapping[str, Any]) -> str:
    """Return the three quantiles of a delay, whole seconds; a dash where there is none."""
    if not delay["n"]:
        return _NONE
    return "/".join(_number(delay[p]) for p in ("p50", "p90", "p95"))


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.0f}"
