"""What the service's own tables and servers say of it at one moment. Ages in service seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.canary import Round


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryState:
    """How the canary flies. Times are seconds of service time."""

    #: is it wanted, and how often
    is_on: bool = False
    every_s: float = 300.0
    newest: Round | None = None
    last_good: Round | None = None
    last_good_age_s: float | None = None
    #: this night's round, or the last night's
    nightly: Round | None = None
    #: of the last 24 h
    rounds: int = 0
    failed: int = 0
    #: by stage: half of the good rounds were as fast as this, 95 of 100 as fast as that
    spread_s: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """Everything that `aihuijia status` judges."""

    #: how fast the clock runs beside the wall
    speed: float = 1.0
    #: why the database cannot be read, "" when it can; then nothing below is known
    database_problem: str = ""
    schema_found: str | None = None
    schema_wanted: str | None = None
    #: by role: how long ago one of its workers was last known to be alive
    beat_age_s: Mapping[str, float] = field(default_factory=dict)
    #: why the broker cannot be reached, "" when it can
    broker_problem: str = ""
    #: how late the message is that is longest due, and the longest unhandled arrival; None: none is
    message_late_s: float | None = None
    arrival_late_s: float | None = None
    open_incidents: int = 0
    #: how many of them everybody was asked about in vain
    unanswered: int = 0
    #: of those being asked about: the longest open without anyone going
    longest_asked_s: float | None = None
    #: orders the broker was not given, and the age of the oldest
    waiting_orders: int = 0
    order_late_s: float | None = None
    #: of the last hour
    pings: int = 0
    rejects: int = 0
    #: … of these, by our own fault
    failed_messages: int = 0
    silent_bands: int = 0
    mass_silences: int = 0
    #: rules of the audit that are broken, and in how many rows
    broken_rules: Mapping[str, int] = field(default_factory=dict)
    #: workers that do nothing because the database has another schema than theirs
    idle_workers: int = 0
    #: providers that rest after failures, "twilio/sms"
    resting_providers: tuple[str, ...] = ()
    #: does one provider work, of those that deliver SMS or calls?
    provider_works: bool = True
    #: numbers whose SMS or calls of the day are used up
    used_up_numbers: int = 0
    #: of the next 24 h: how many times nobody of a rescue team is on its rota, and the first
    rota_gaps: int = 0
    rota_gap: tuple[datetime, datetime] | None = None
    #: the outside dead-man: is it wanted, when was the last ping taken, why does none leave
    heartbeat_is_on: bool = False
    heartbeat_age_s: float | None = None
    heartbeat_silent: tuple[str, ...] = ()
    #: since a whole run of the job that deletes what is too old, or since somebody looks after it;
    #: None: nobody did yet
    retention_age_s: float | None = None
    canary: CanaryState = CanaryState()
