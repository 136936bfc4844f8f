"""Compare one story with what happened. Pure: observed values in, a verdict out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.incidents import IncidentState
from core.notifications import Purpose
from core.people import Channel
from simulators.expectations import Ask, Expected
from simulators.observed import SeenIncident

#: rounding of instants: an ask may seem to come this much before its time, seconds
_EARLY_S = 2.0
_ASKING = (Purpose.ASK.value, Purpose.ALARM.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One message or call that reached the provider, by its own record."""

    sid: str
    number: str
    channel: Channel
    at: datetime
    #: from the callback address; "" when there was none
    token: str
    #: known through the database, None where it knows nothing of this request
    incident_id: int | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was expected of a story, what happened, and every difference."""

    name: str
    expected: dict[str, Any]
    actual: dict[str, Any]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Say whether the story ended as it should."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {
            "ok": self.ok,
            "problems": list(self.problems),
            "expected": self.expected,
            "actual": self.actual,
        }


def judge(
    name: str,
    expected: Expected,
    *,
    incidents: Sequence[SeenIncident],
    requests: Sequence[Request],
    aliases: dict[str, str],
    slack_s: float,
) -> Verdict:
    """Return the verdict on one performance.

    *incidents* are those of its elder since it began, *requests* everything the provider was asked
    to send because of them, *aliases* the alias of each number. *slack_s* is what a busy machine
    may add to a time of the policy.
    """
    woke = [incident for incident in incidents if incident.asked_at is not None]
    main = woke[0] if woke else None
    problems: list[str] = []
    asked = [] if main is None else _asks_of(main, requests, aliases)
    if expected.trigger is None:
        problems += [f"incident {one.id} woke somebody" for one in woke]
        problems += [f"{aliases.get(r.number, 'a stranger')} got a message" for r in requests]
    elif main is None:
        problems.append("nobody was asked")
    else:
        problems += _incident_problems(expected, main)
        problems += [f"a second incident ({one.id}) woke somebody" for one in woke[1:]]
        problems += _ask_problems(expected.asks, asked, slack_s)
        problems += _told_problems(expected, main, requests, aliases)
    return Verdict(
        name=name,
        expected=_expected_json(expected),
        actual={
            "incidents": [_incident_json(incident) for incident in incidents],
            "states": [] if main is None else [state.value for state in main.states],
            "asks": [
                {"who": ask.who, "channel": ask.channel.value, "at_s": round(ask.at_s, 1)}
                for ask in asked
            ],
            "told_the_end": sorted(_told(main, requests, aliases)) if main else [],
        },
        problems=tuple(problems),
    )


def _asks_of(main: SeenIncident, requests: Sequence[Request], aliases: dict[str, str]) -> list[Ask]:
    assert main.asked_at is not None
    found = [
        Ask(
            who=aliases.get(request.number, "a stranger"),
            channel=request.channel,
            at_s=(request.at - main.asked_at).total_seconds(),
        )
        for request in requests
        if request.incident_id == main.id and request.purpose in _ASKING
    ]
    return sorted(found, key=lambda ask: ask.at_s)


def _incident_problems(expected: Expected, main: SeenIncident) -> list[str]:
    problems = []
    states = main.states
    if not expected.suspects and states[:1] != (IncidentState.SUSPECT,):
        states = (IncidentState.SUSPECT, *states)
    if expected.states != states:
        shown = " → ".join(state.value for state in main.states)
        problems.append(f"the incident went {shown}")
    if expected.trigger is not main.trigger:
        problems.append(f"it was raised by {main.trigger.value}")
    if expected.by_silence and not main.by_silence:
        problems.append("a ping raised it, not the timer")
    if expected.outcome is not main.outcome:
        problems.append(f"it ended {main.outcome.value if main.outcome else 'not at all'}")
    return problems


def _ask_problems(expected: Sequence[Ask], asked: Sequence[Ask], slack_s: float) -> list[str]:
    """Pair every expected ask with one that happened; name what is left on either side."""
    left = list(asked)
    problems = []
    for ask in sorted(expected, key=lambda one: one.at_s):
        latest_s = ask.at_s + ask.late_s + slack_s
        match = next(
            (
                one
                for one in left
                if (one.who, one.channel) == (ask.who, ask.channel)
                and ask.at_s - _EARLY_S <= one.at_s <= latest_s
            ),
            None,
        )
        if match is None:
            problems.append(
                f"{ask.who} was not asked by {ask.channel.value} at {ask.at_s:.0f} s"
                f" (to {latest_s:.0f} s)"
            )
        else:
            left.remove(match)
    problems += [f"{one.who} was asked by {one.channel.value} at {one.at_s:.0f} s" for one in left]
    return problems


def _told(
    main: SeenIncident, requests: Sequence[Request], aliases: dict[str, str]
) -> frozenset[str]:
    return frozenset(
        aliases.get(request.number, "a stranger")
        for request in requests
        if request.incident_id == main.id and request.purpose == Purpose.CLOSING.value
    )


def _told_problems(
    expected: Expected, main: SeenIncident, requests: Sequence[Request], aliases: dict[str, str]
) -> list[str]:
    told = _told(main, requests, aliases)
    problems = [f"{who} was not told the end" for who in sorted(expected.told_the_end - told)]
    heard = {
        aliases.get(request.number, "a stranger")
        for request in requests
        if request.incident_id == main.id
    }
    strangers = heard - expected.told_the_end
    problems += [f"{who} got a message and was never to be asked" for who in sorted(strangers)]
    return problems


def _expected_json(expected: Expected) -> dict[str, Any]:
    return {
        "trigger": None if expected.trigger is None else expected.trigger.value,
        "states": [state.value for state in expected.states],
        "by_silence": expected.by_silence,
        "asks": [
            {
                "who": ask.who,
                "channel": ask.channel.value,
                "at_s": ask.at_s,
                "until_s": ask.at_s + ask.late_s,
            }
            for ask in expected.asks
        ],
        "told_the_end": sorted(expected.told_the_end),
        "outcome": None if expected.outcome is None else expected.outcome.value,
    }


def _incident_json(incident: SeenIncident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "trigger": incident.trigger.value,
        "states": [state.value for state in incident.states],
        "by_silence": incident.by_silence,
        "opened_at": incident.opened_at.isoformat(),
        "asked_at": None if incident.asked_at is None else incident.asked_at.isoformat(),
        "closed_at": None if incident.closed_at is None else incident.closed_at.isoformat(),
        "outcome": None if incident.outcome is None else incident.outcome.value,
    }
