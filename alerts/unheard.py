"""Which fired step asked nobody, and which failed ask was followed by nothing? Pure.

A step must have led to an ask that went out, is under way, or is not wanted any more. An ask that
failed must have a successor: another ask of the same incident, or a ladder that goes on in time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from alerts.asking import RESCUE_STEP, UNANSWERED_STEP
from core.ask_history import Ask, FiredStep, Standing
from core.incidents import IncidentState
from core.notifications import NotificationStatus
from core.policies import Policy

#: numbers of a stage's steps begin here
_STAGES = {"guardians": 0, "rescue": RESCUE_STEP, "unanswered": UNANSWERED_STEP}
_TAKEN = (IncidentState.ACCEPTED, IncidentState.RESCUE_ACCEPTED)
_UNDER_WAY = (NotificationStatus.READY, NotificationStatus.SENDING)
#: withheld for this reason nobody was reached, unlike one that was not wanted any more
EXPIRED = "expired"


def failed(ask: Ask) -> bool:
    """Say whether *ask* reached nobody, and will not."""
    if ask.status is NotificationStatus.WITHHELD:
        return ask.reason == EXPIRED
    return ask.status is NotificationStatus.FAILED


def steps_without_ask(
    steps: Iterable[FiredStep],
    asks: Sequence[Ask],
    standings: Mapping[int, Standing],
    *,
    late: datetime,
) -> Iterator[int]:
    """Yield the incidents with a step, fired before *late*, that asks nobody."""
    by_step: dict[tuple[int, int], list[Ask]] = defaultdict(list)
    for ask in asks:
        by_step[ask.incident_id, ask.step].append(ask)
    found = set()
    for step in steps:
        standing = standings[step.incident_id]
        if step.at > late or _is_paused(standing, late):
            continue
        number = _STAGES.get(step.stage, 0) + step.number
        made = [a for a in by_step[step.incident_id, number] if a.created_at <= step.at]
        newest = max((ask.round for ask in made), default=0)
        made = [ask for ask in made if ask.round == newest]
        if not made or _are_stuck(made, standing, late):
            found.add(step.incident_id)
    yield from sorted(found)


def failures_without_successor(
    asks: Sequence[Ask],
    standings: Mapping[int, Standing],
    *,
    last_words: Mapping[int, datetime],
    patience: timedelta,
    now: datetime,
) -> Iterator[int]:
    """Yield the asks that failed and were followed by nothing."""
    by_incident: dict[int, list[Ask]] = defaultdict(list)
    for ask in asks:
        by_incident[ask.incident_id].append(ask)
    for ask in filter(failed, asks):
        standing = standings[ask.incident_id]
        if _is_paused(standing, now - patience):
            continue
        if any(_succeeds(other, ask) for other in by_incident[ask.incident_id]):
            continue
        ended_at = max(ask.ended_at, last_words.get(ask.id, ask.ended_at))
        wait = timedelta(seconds=_longest_wait_s(standing.policy)) + patience
        if not _goes_on(standing, by=max(ended_at, standing.paused_until or ended_at) + wait):
            yield ask.id


def _is_paused(standing: Standing, late: datetime) -> bool:
    return standing.paused_until is not None and standing.paused_until > late


def _are_stuck(made: Sequence[Ask], standing: Standing, late: datetime) -> bool:
    """Say whether asks that are still wanted lie about; those of a drill may wait for others."""
    if standing.is_drill or standing.state in (*_TAKEN, IncidentState.CLOSED):
        return False
    overdue = [ask for ask in made if ask.status in _UNDER_WAY and ask.due_at < late]
    return bool(overdue) and len(overdue) + sum(failed(ask) for ask in made) == len(made)


def _succeeds(other: Ask, ask: Ask) -> bool:
    """Say whether *other* takes the place of *ask*: beside it, or made later."""
    if failed(other):
        return other.created_at > ask.created_at
    return other.id != ask.id and other.created_at >= ask.created_at


def _goes_on(standing: Standing, *, by: datetime) -> bool:
    """Say whether something came, or will, *by* then: somebody going, the end, the next step."""
    if standing.state is IncidentState.CLOSED:
        return standing.closed_at is None or standing.closed_at <= by
    if standing.state in _TAKEN:
        return standing.stage_at <= by
    return standing.next_action_at is not None and standing.next_action_at <= by


def _longest_wait_s(policy: Policy) -> float:
    """Return how far apart two steps of a ladder are at most, seconds."""
    return max(policy.guardian_window_s, policy.rescue_round_s, policy.unanswered_every_s)
