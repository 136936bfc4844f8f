"""Is the service keeping its promise, or does something need a person? Pure.

Each point is judged alone; the service is well when all are. Numbers are our judgement, in seconds
of service time where the policy sets the pace and of wall time where machines do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.canary import WHOLE, Result
from core.retention import TOO_LONG
from core.service_state import CanaryState, ServiceState

#: roles without which nothing works; others count once they were there in the last day
NEEDED_ROLES = ("ingest", "alerts")
CANARY_ROLE = "canary"
#: a role that beat this long ago is gone, wall seconds; the slowest beats every 15
GONE_S = 60.0
#: what is due may wait this long, wall seconds
MESSAGE_LATE_S = 30.0
ARRIVAL_LATE_S = 60.0
ORDER_LATE_S = 60.0
#: rejects are everyday where strangers connect bands; so many, and this share of all, are not
MANY_REJECTS = 20
REJECTED_SHARE = 0.05
#: the canary's alarm should be with the provider within this of the fix, wall seconds
SLOW_S = 60.0
#: the outside must have heard from us within this, wall seconds: three pings
HEARTBEAT_S = 200.0
#: what a round may take beside its interval: seconds of service time, and of wall time
ROUND_S, ROUND_WALL_S = 420.0, 60.0


class Subject(StrEnum):
    """What is judged, in the order in which it is shown, a line each."""

    SCHEMA = "schema"
    ROLES = "roles"
    BROKER = "broker"
    BACKLOG = "backlog"  #: messages, arrivals, orders to bands
    INCIDENTS = "incidents"
    PROVIDERS = "providers"  #: who rests, and which numbers are used up
    ROTA = "rota"  #: gaps of the rescue team within a day
    BANDS = "bands"  #: what is silent, and what could not be used
    RETENTION = "retention"  #: is what is too old deleted?
    AUDIT = "audit"  #: broken rules, and whether somebody outside hears from us
    CANARY = "canary"


class Reason(StrEnum):
    """Why a point needs a person."""

    NO_DATABASE = "no_database"
    OTHER_SCHEMA = "other_schema"
    ROLE_GONE = "role_gone"
    NO_BROKER = "no_broker"
    IDLE = "idle"
    LATE = "late"
    ALL_REST = "all_rest"
    ONE_RESTS = "one_rests"
    USED_UP = "used_up"
    GAP = "gap"
    NOBODY_CAME = "nobody_came"
    MANY_REJECTS = "many_rejects"
    OUR_FAULT = "our_fault"
    MASS_SILENCE = "mass_silence"
    NOT_DELETED = "not_deleted"
    RULE_BROKEN = "rule_broken"
    NO_HEARTBEAT = "no_heartbeat"
    NIGHT_FAILED = "night_failed"
    ROUND_FAILED = "round_failed"
    NO_GOOD_ROUND = "no_good_round"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point: well, or the reason why not."""

    subject: Subject
    reason: Reason | None = None

    @property
    def is_well(self) -> bool:
        """Say whether nobody needs to look."""
        return self.reason is None


def judge(state: ServiceState) -> tuple[Point, ...]:
    """Return every point; without database or with another schema only what is known."""
    return tuple(_points(state))


def gone_roles(state: ServiceState) -> tuple[str, ...]:
    """Return the roles that should be alive and are not."""
    wanted = dict.fromkeys([*NEEDED_ROLES, *([CANARY_ROLE] if state.canary.is_on else [])])
    wanted |= dict.fromkeys(state.beat_age_s)
    if not state.canary.is_on:
        wanted.pop(CANARY_ROLE, None)
    longest_s = GONE_S * state.speed
    return tuple(r for r in wanted if state.beat_age_s.get(r, longest_s + 1) > longest_s)


def _points(state: ServiceState) -> Iterator[Point]:
    if state.database_problem:
        yield Point(subject=Subject.SCHEMA, reason=Reason.NO_DATABASE)
        yield _broker(state)
        return
    if state.schema_found != state.schema_wanted:
        yield Point(subject=Subject.SCHEMA, reason=Reason.OTHER_SCHEMA)
        yield _broker(state)
        return
    yield Point(subject=Subject.SCHEMA)
    yield Point(subject=Subject.ROLES, reason=_roles(state))
    yield _broker(state)
    is_late = (
        _late(state.message_late_s, MESSAGE_LATE_S, state)
        or _late(state.arrival_late_s, ARRIVAL_LATE_S, state)
        or _late(state.order_late_s, ORDER_LATE_S, state)
    )
    yield _point(Subject.BACKLOG, Reason.LATE, is_late)
    yield _point(Subject.INCIDENTS, Reason.NOBODY_CAME, state.unanswered > 0)
    yield Point(subject=Subject.PROVIDERS, reason=_providers(state))
    yield _point(Subject.ROTA, Reason.GAP, state.rota_gaps > 0)
    bands = Reason.MASS_SILENCE if state.mass_silences else _rejects(state)
    yield Point(subject=Subject.BANDS, reason=bands)
    age_s = state.retention_age_s
    is_old = age_s is not None and age_s > TOO_LONG.total_seconds()
    yield _point(Subject.RETENTION, Reason.NOT_DELETED, is_old)
    yield Point(subject=Subject.AUDIT, reason=_audit(state))
    yield Point(subject=Subject.CANARY, reason=_canary(state.canary, state.speed))


def _point(subject: Subject, reason: Reason, is_so: bool) -> Point:
    return Point(subject=subject, reason=reason if is_so else None)


def _broker(state: ServiceState) -> Point:
    return _point(Subject.BROKER, Reason.NO_BROKER, bool(state.broker_problem))


def _roles(state: ServiceState) -> Reason | None:
    if gone_roles(state):
        return Reason.ROLE_GONE
    return Reason.IDLE if state.idle_workers else None


def _providers(state: ServiceState) -> Reason | None:
    if state.resting_providers:
        return Reason.ONE_RESTS if state.provider_works else Reason.ALL_REST
    return Reason.USED_UP if state.used_up_numbers else None


def _audit(state: ServiceState) -> Reason | None:
    if state.broken_rules:
        return Reason.RULE_BROKEN
    if not state.heartbeat_is_on:
        return None
    is_old = state.heartbeat_age_s is None or state.heartbeat_age_s > HEARTBEAT_S * state.speed
    return Reason.NO_HEARTBEAT if is_old or state.heartbeat_silent else None


def _late(late_s: float | None, most_s: float, state: ServiceState) -> bool:
    return late_s is not None and late_s > most_s * state.speed


def _rejects(state: ServiceState) -> Reason | None:
    if state.failed_messages:
        return Reason.OUR_FAULT
    heard = state.pings + state.rejects
    many = state.rejects >= MANY_REJECTS and state.rejects > REJECTED_SHARE * heard
    return Reason.MANY_REJECTS if many else None


def _canary(canary: CanaryState, speed: float) -> Reason | None:
    if not canary.is_on:
        return None
    if canary.newest is not None and canary.newest.result is Result.FAILED:
        return Reason.ROUND_FAILED
    if canary.nightly is not None and canary.nightly.result is Result.FAILED:
        return Reason.NIGHT_FAILED
    longest_s = canary.every_s + ROUND_S + ROUND_WALL_S * speed
    if canary.last_good_age_s is None:
        # A canary that has only begun has no good round yet, and no bad one.
        return Reason.NO_GOOD_ROUND if canary.rounds else None
    if canary.last_good_age_s > longest_s:
        return Reason.NO_GOOD_ROUND
    slowest = canary.spread_s.get(WHOLE, (0.0,))[-1]
    return Reason.SLOW if slowest > SLOW_S * speed else None
