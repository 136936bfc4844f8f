"""The canary's figures for Prometheus, read from its rounds: any process can tell them."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from sqlalchemy import Connection

from store import canary


def canary_figures(connection: Connection, now: datetime) -> bytes:
    """Return them in Prometheus' text form, nothing where no round has ended yet."""
    stands = canary.standing(connection)
    if stands.newest is None:
        return b""
    registry = CollectorRegistry()
    failed = Counter(
        "aihuijia_canary_failed_rounds_total",
        "Rounds of the canary that did not reach the provider in time.",
        registry=registry,
    )
    failed.inc(stands.failures)
    good = stands.last_good
    if good is not None and good.ended_at is not None:
        took = Gauge(
            "aihuijia_canary_seconds",
            "What the stages of the canary's last good round took.",
            ["stage"],
            registry=registry,
        )
        for stage, span_s in good.spans_s().items():
            took.labels(stage).set(span_s)
        age = Gauge(
            "aihuijia_canary_good_age_seconds",
            "How long ago the canary's last good round ended.",
            registry=registry,
        )
        age.set((now - good.ended_at).total_seconds())
    return generate_latest(registry)
