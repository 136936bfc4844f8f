"""Figures of every stage for Prometheus, read from the database: one scrape shows all roles."""

from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Connection

from core.audit import Rule
from store.stage_figures import Figures, figures

#: a worker that beat this long ago is gone, wall seconds
_GONE_S = 90.0


def stage_figures(connection: Connection, now: datetime, *, speed: float) -> bytes:
    """Return them in Prometheus' text form; ages in seconds of service time."""
    fresh = timedelta(seconds=_GONE_S * speed)
    registry = CollectorRegistry()
    found = figures(connection, now, fresh=fresh)
    _stages(registry, found, now)
    _delivery(registry, found)
    _guarding(registry, found, now)
    return generate_latest(registry)


def _gauge(registry: CollectorRegistry, name: str, says: str, *labels: str) -> Gauge:
    return Gauge(f"aihuijia_{name}", says, labels, registry=registry)


def _age_s(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else (now - at).total_seconds()


def _stages(registry: CollectorRegistry, found: Figures, now: datetime) -> None:
    labels = ("stage", "kind", "status")
    waiting = _gauge(registry, "stage_waiting", "What should be done already.", *labels)
    oldest = _gauge(
        registry,
        "stage_oldest_seconds",
        "How long the oldest of it has waited; of receipts: less than 0 while none is late.",
        *labels,
    )
    for stage in found.stages:
        waiting.labels(stage.name, stage.kind, stage.status).set(stage.waiting)
        oldest.labels(stage.name, stage.kind, stage.status).set(_age_s(stage.oldest_at, now))
    by_state = _gauge(
        registry, "open_incidents", "Open incidents about real people, by state.", "state"
    )
    for state, number in found.open_incidents.items():
        by_state.labels(state).set(number)


def _delivery(registry: CollectorRegistry, found: Figures) -> None:
    attempts = _gauge(
        registry,
        "attempts_last_hour",
        "Provider calls of the last hour, of the newest 20 000.",
        "provider",
        "result",
    )
    for (provider, result), number in found.attempts.items():
        attempts.labels(provider, result).set(number)
    rests = _gauge(registry, "provider_resting", "1 while a provider rests.", "provider")
    failures = _gauge(
        registry, "provider_failures", "Failures one after another, up to now.", "provider"
    )
    for provider, (in_a_row, is_resting) in found.providers.items():
        rests.labels(provider).set(is_resting)
        failures.labels(provider).set(in_a_row)


def _guarding(registry: CollectorRegistry, found: Figures, now: datetime) -> None:
    findings = _gauge(registry, "audit_findings", "Rows that break a rule of the audit.", "rule")
    for rule in Rule:
        findings.labels(rule.value).set(found.findings.get(rule.value, 0))
    beats = _gauge(
        registry,
        "beat_age_seconds",
        "Since a role was last known to be alive; the alerts role says so from its tick.",
        "role",
    )
    for role, at in found.beats.items():
        beats.labels(role).set(_age_s(at, now))
    idle = _gauge(registry, "idle_workers", "Workers that wait for the schema they need.")
    idle.set(found.idle_workers)
    for name, says, last_at in (
        ("audit_age_seconds", "Since the last audit.", found.audited_at),
        ("heartbeat_age_seconds", "Since the outside took a ping.", found.heartbeat_at),
    ):
        if last_at is not None:
            _gauge(registry, name, says).set(_age_s(last_at, now))
