"""How hard an incident presses: its cause, the hour, and how the elder is. Pure.

Ours, after the escalation design (docs/architecture.md, "Policies"): at night few people are about
who could help by chance, and it is cold; somebody ill has less time.
"""

from datetime import datetime

from core.clock import LOCAL_ZONE
from core.incidents import Trigger
from core.policies import Severity

_BY_CAUSE = {
    Trigger.CROSSING: Severity.NORMAL,
    Trigger.STRAP_REMOVED: Severity.NORMAL,
    Trigger.SILENCE: Severity.NORMAL,
    Trigger.SOS: Severity.URGENT,
    Trigger.FALL: Severity.URGENT,
    Trigger.DANGER_ZONE: Severity.DANGER,
}
#: the elder may be outside: what the hour and their health make worse
_AWAY = (Trigger.CROSSING, Trigger.SILENCE)
#: local hours: from the first to before the second
NIGHT_FROM_H, NIGHT_UNTIL_H = 22, 5


def severity_of(trigger: Trigger) -> Severity:
    """Return how hard *trigger* presses by itself."""
    return _BY_CAUSE[trigger]


def severity_at(trigger: Trigger, *, at: datetime, health_risk: bool) -> Severity:
    """Return how hard *trigger* presses at the instant *at* for an elder with or without a risk."""
    alone = _BY_CAUSE[trigger]
    if trigger in _AWAY and (health_risk or is_night(at)):
        return max(alone, Severity.URGENT)
    return alone


def is_night(at: datetime) -> bool:
    """Say whether it is night in Haining at the instant *at*."""
    hour = at.astimezone(LOCAL_ZONE).hour
    return hour >= NIGHT_FROM_H or hour < NIGHT_UNTIL_H
