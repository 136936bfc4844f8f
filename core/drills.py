"""What people practise with: one ask of a drill."""

from dataclasses import dataclass
from datetime import datetime

from core.notifications import NotificationStatus
from core.people import Channel, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillAsk:
    """One ask of a drill, as it stands in the outbox."""

    person_id: int
    role: Role
    channel: Channel
    status: NotificationStatus
    reason: str
    #: when it was put into the outbox; when a phone had it, None if nobody knows
    created_at: datetime
    delivered_at: datetime | None
