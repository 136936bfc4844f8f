"""The report of a play: figures from the database and the phone network's own record.

Everything the provider was asked to send must belong to a story and be known to the database, and
everything the database says was sent must be in the provider's record. `ok` says whether all
stories ended as they should and nothing unexpected was sent; `reasons` say why not.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from sqlalchemy import Engine

from core.notifications import AttemptResult
from core.people import Channel
from simulators.fleet import Counts
from simulators.observed import Observed, SeenAttempt, SeenIncident, observe
from simulators.pacing import PacedClock
from simulators.phone_network import Entry, Happened
from simulators.plots import numbers
from simulators.stage import Performance
from simulators.verdicts import Request, Verdict, judge
from store.database import reading

#: what a busy machine may add to a time of the policy: wall seconds, and a little service time
_SLACK_WALL_S = 1.0
_SLACK_S = 10.0
#: … and to a play whose clock waits for the machine, whatever its speed
_PACED_SLACK_S = 40.0

_TAKEN = {Happened.MESSAGE_ACCEPTED: Channel.SMS, Happened.CALL_ACCEPTED: Channel.VOICE}
#: results after which the provider must have the request
_SENT_FOR_SURE = (AttemptResult.ACCEPTED.value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What was played, and how fast."""

    seed: int
    speed: float
    performances: Sequence[Performance]
    sent: Counts
    wall_s: float
    began_at: datetime
    ended_at: datetime
    #: the bands that spoke; none named means that nobody else was there
    devices: frozenset[str] = frozenset()
    #: the clock, where it did not run at *speed* all the time
    paced: PacedClock | None = None

    def wall_s_between(self, begin: datetime, end: datetime) -> float:
        """Return the wall seconds between two instants of the play."""
        if self.paced is not None:
            return self.paced.wall_s(begin, end)
        return (end - begin).total_seconds() / self.speed


def make_report(play: Play, *, engine: Engine, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the report, JSON-ready."""
    with reading(engine) as connection:
        observed = observe(connection, since=play.began_at, devices=play.devices)
    return build_report(play, observed, entries)


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write the report as a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def build_report(play: Play, observed: Observed, entries: Sequence[Entry]) -> dict[str, Any]:
    """Compare what was observed with what was expected. Pure."""
    requests, tests = _apart(requests_in(entries, observed.attempts), observed.canary_numbers)
    verdicts = [
        _verdict(play, performance, observed, requests) for performance in play.performances
    ]
    false_alarms = _false_alarms(play, observed.incidents)
    unexpected = unexpected_requests(play, observed, requests)
    reasons = [f"{v.name}: {problem}" for v in verdicts for problem in v.problems]
    reasons += [item["problem"] for item in unexpected]
    reasons += [f"false alarm: incident {incident.id}" for incident in false_alarms]
    reasons += _ping_problems(play.sent, observed)
    return {
        "ok": not reasons,
        "reasons": reasons,
        "seed": play.seed,
        "speed": play.speed,
        "mean_speed": round((play.ended_at - play.began_at).total_seconds() / play.wall_s, 1),
        "slack_s": slack_s(play),
        "wall_s": round(play.wall_s, 1),
        "service_from": play.began_at.isoformat(),
        "service_to": play.ended_at.isoformat(),
        "stories": {verdict.name: verdict.to_json() for verdict in verdicts},
        "bands": observed.bands,
        "pings": {
            "sent": play.sent.reports,
            "resent": play.sent.resent,
            "stored": observed.pings,
            "rejected": observed.rejects,
        },
        "incidents": {
            "total": len(observed.incidents),
            "by_trigger": _tally(incident.trigger.value for incident in observed.incidents),
            "by_outcome": _tally(
                incident.outcome.value if incident.outcome else "open"
                for incident in observed.incidents
            ),
            "people_asked": sum(i.asked_at is not None for i in observed.incidents),
        },
        "notifications": {
            "total": sum(observed.notifications.values()),
            "by_channel": _by_first(observed.notifications),
            "by_channel_purpose_status": observed.notifications,
        },
        "attempts": {
            "total": len(observed.attempts),
            "by_channel": _by_first(observed.attempt_results),
            "by_channel_result": observed.attempt_results,
        },
        "provider_requests": {
            "total": len(requests),
            "by_channel": _tally(request.channel.value for request in requests),
        },
        "answers": observed.inbox,
        "canary": {"rounds": observed.canary_rounds, "requests": len(tests)},
        "false_alarms": len(false_alarms),
        "unexpected": unexpected,
        "ping_to_request_ms": latencies_ms(observed.incidents, play.wall_s_between),
    }


def requests_in(entries: Sequence[Entry], attempts: Sequence[SeenAttempt]) -> list[Request]:
    """Return what the provider took, joined with what the database knows about it."""
    by_sid = {attempt.provider_id: attempt for attempt in attempts if attempt.provider_id}
    by_token = {attempt.token: attempt for attempt in attempts}
    requests = []
    for entry in entries:
        channel = _TAKEN.get(entry.happened)
        if channel is None:
            continue
        query = parse_qs(urlsplit(entry.detail["status_callback"]).query)
        request = Request(
            sid=entry.detail["sid"],
            number=entry.detail["to"],
            channel=channel,
            at=entry.at,
            token=query.get("token", [""])[0],
        )
        # By token first: it is known even when the provider's answer was lost.
        known = by_token.get(request.token) or by_sid.get(request.sid)
        if known is not None:
            request = replace(request, incident_id=known.incident_id, purpose=known.purpose)
        requests.append(request)
    return requests


def _apart(
    requests: Sequence[Request], canary_numbers: Collection[str]
) -> tuple[list[Request], list[Request]]:
    """Return what went to people, and the canary's tests, which no person gets."""
    people = [request for request in requests if request.number not in canary_numbers]
    return people, [request for request in requests if request.number in canary_numbers]


def unexpected_requests(
    play: Play, observed: Observed, requests: Sequence[Request]
) -> list[dict[str, Any]]:
    """Return every message that belongs to no story, or that one side knows and the other not."""
    cast = {p.elder_id: set(numbers(p.story.elder).values()) for p in play.performances}
    elders = {incident.id: incident.elder_id for incident in observed.incidents}
    attempts = {attempt.token: attempt for attempt in observed.attempts}
    found: list[dict[str, Any]] = []

    def note(problem: str, channel: Channel, number: str, at: datetime) -> None:
        found.append(
            {
                "problem": problem,
                "channel": channel.value,
                "number": number,
                "at": at.isoformat(),
            }
        )

    seen: Counter[str] = Counter()
    for request in requests:
        seen[request.token] += 1
        attempt = attempts.get(request.token)
        elder_id = elders.get(request.incident_id or 0)
        if request.incident_id is None or attempt is None:
            problem = f"the provider sent {request.sid}, of which the database knows nothing"
        elif attempt.number != request.number or attempt.channel is not request.channel:
            problem = f"{request.sid} went to another number than attempt {request.token} says"
        elif seen[request.token] > 1:
            problem = f"attempt {request.token} reached the provider twice"
        elif elder_id not in cast:
            problem = f"{request.sid} is about an elder of no story"
        elif request.number not in cast[elder_id]:
            problem = f"{request.sid} went to somebody outside its story"
        else:
            continue
        note(problem, request.channel, request.number, request.at)
    for attempt in observed.attempts:
        if attempt.result in _SENT_FOR_SURE and not seen[attempt.token]:
            note(
                f"attempt {attempt.token} is called sent, and the provider has nothing",
                attempt.channel,
                attempt.number,
                attempt.requested_at,
            )
    return found


def latencies_ms(
    incidents: Sequence[SeenIncident], wall_s_between: Callable[[datetime, datetime], float]
) -> dict[str, float | int | None]:
    """Return wall milliseconds from a ping's arrival to the first provider call it caused."""
    samples = [
        1000 * wall_s_between(incident.ping_received_at, incident.requested_at)
        for incident in incidents
        if incident.ping_received_at is not None
        and incident.requested_at is not None
        and incident.asked_at is not None
        and not incident.by_silence
    ]
    if not samples:
        return {"count": 0, "p50": None, "p99": None}
    p50, p99 = np.percentile(samples, [50, 99])
    return {"count": len(samples), "p50": round(float(p50), 1), "p99": round(float(p99), 1)}


def slack_s(play: Play) -> float:
    """Return how much later than the policy says an ask may reach the provider, service seconds."""
    return _SLACK_S + _SLACK_WALL_S * play.speed if play.paced is None else _PACED_SLACK_S


def _verdict(
    play: Play, performance: Performance, observed: Observed, requests: Sequence[Request]
) -> Verdict:
    story = performance.story
    incidents = [
        incident
        for incident in observed.incidents
        if incident.elder_id == performance.elder_id and incident.opened_at >= performance.starts_at
    ]
    ids = {incident.id for incident in incidents}
    return judge(
        story.name,
        story.expected,
        incidents=incidents,
        requests=[request for request in requests if request.incident_id in ids],
        aliases={number: alias for alias, number in numbers(story.elder).items()},
        slack_s=slack_s(play),
    )


def _false_alarms(play: Play, incidents: Sequence[SeenIncident]) -> list[SeenIncident]:
    """Return incidents that woke people about somebody who was fine."""
    in_trouble = {
        performance.elder_id
        for performance in play.performances
        if performance.story.expected.trigger is not None
    }
    alarms = []
    for incident in incidents:
        if incident.asked_at is None:
            continue
        if incident.elder_id in in_trouble:
            in_trouble.discard(incident.elder_id)  # one true alarm for each
        else:
            alarms.append(incident)
    return alarms


def _ping_problems(sent: Counts, observed: Observed) -> list[str]:
    problems = []
    if observed.pings != sent.reports:
        problems.append(f"the bands sent {sent.reports} reports, {observed.pings} are stored")
    if observed.rejects:
        problems.append(f"{observed.rejects} messages of sound bands were rejected")
    return problems


def _tally(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _by_first(counts: dict[str, int]) -> dict[str, int]:
    """Add up counts named `a.b.c` by their first part."""
    sums: Counter[str] = Counter()
    for name, count in counts.items():
        sums[name.split(".")[0]] += count
    return dict(sorted(sums.items()))
