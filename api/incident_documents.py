"""What the addresses of incidents answer: cards in a list, and a timeline in pages."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from api.wire_types import Id
from core.incidents import EntryKind, IncidentState, Outcome, Trigger


class Openness(StrEnum):
    """Which incidents are meant."""

    OPEN = "open"
    CLOSED = "closed"


class ElderOnCard(BaseModel):
    """Whom an incident is about."""

    id: Id
    name: str
    birth_year: int
    sex: str
    age_years: int


class Where(BaseModel):
    """The last known position, WGS-84 degrees."""

    lon: float
    lat: float
    at: datetime
    accuracy_m: float | None
    source: str
    is_stale: bool
    from_home_m: int | None
    #: clockwise from north
    from_home_deg: int | None


class IncidentCard(BaseModel):
    """One incident as a list shows it."""

    id: Id
    state: IncidentState
    state_words: str
    shape: str
    colour: str
    trigger: Trigger
    severity: int
    opened_at: datetime
    stage_at: datetime
    next_action_at: datetime | None
    next_step: str | None
    closed_at: datetime | None
    outcome: Outcome | None
    seemed_back_at: datetime | None
    last_contact_at: datetime | None
    #: names of who is on the way
    going: list[str]
    elder: ElderOnCard
    device: str | None
    where: Where | None


class IncidentList(BaseModel):
    """Some incidents; `cursor` is the live feed's place, `next` where the list goes on."""

    incidents: list[IncidentCard]
    cursor: int
    next: str | None
    now: datetime
    speed: float


class EntryDocument(BaseModel):
    """One entry of a timeline. `cursor` grows over all incidents, `number` within one."""

    cursor: int
    incident_id: Id
    number: int
    at: datetime
    kind: EntryKind
    state: IncidentState
    person_id: Id | None
    person: str | None
    detail: dict[str, Any]
    text: str
    #: only shows that the machinery works
    is_noise: bool


class TimelinePage(BaseModel):
    """Some entries, the oldest first, and where the timeline goes on."""

    items: list[EntryDocument]
    next: str | None
