"""What the audit looks at: steps that were fired, asks that were made, where incidents stand."""

from dataclasses import dataclass
from datetime import datetime

from core.incidents import IncidentState
from core.notifications import NotificationStatus
from core.policies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An open incident, and when somebody looks at it next."""

    id: int
    next_action_at: datetime | None
    paused_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiredStep:
    """A step of the ladder that the timeline says was taken."""

    incident_id: int
    stage: str  #: guardians, rescue, unanswered
    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One message that asks somebody to go, as it stands."""

    id: int
    incident_id: int
    round: int
    step: int
    status: NotificationStatus
    reason: str
    created_at: datetime
    #: when it is tried (again), or its sender's lease ends
    due_at: datetime
    #: of one that failed: when
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an incident stands."""

    id: int
    state: IncidentState
    is_drill: bool
    policy: Policy
    stage_at: datetime
    next_action_at: datetime | None
    paused_until: datetime | None
    closed_at: datetime | None
