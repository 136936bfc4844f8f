"""Prometheus learns of every stage of every role from one scrape."""

from datetime import timedelta

import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

from alerts.guard import Guard
from api.stage_figures import stage_figures
from core.audit import Rule
from core.incidents import IncidentState
from store import awaited_receipts, providers, schema, workers
from store.database import reading
from tests.scenes import AlertsRole, Town, on_both_databases, permanent

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraped(town: Town) -> Figures:
    """Return every figure by its name and labels."""
    with reading(town.engine) as connection:
        said = stage_figures(connection, town.clock.now(), speed=1.0)
    return {
        (sample.name.removeprefix("aihuijia_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(said.decode())
        for sample in family.samples
    }


def of(figures: Figures, name: str, **labels: str) -> float:
    """Return one figure."""
    return figures[name, tuple(sorted(labels.items()))]


def stage(figures: Figures, name: str, kind: str = "", status: str = "") -> tuple[float, float]:
    """Return how much waits at a stage, and for how long, seconds."""
    labels = {"stage": name, "kind": kind, "status": status}
    return of(figures, "stage_waiting", **labels), of(figures, "stage_oldest_seconds", **labels)


@on_both_databases
def test_a_quiet_service_has_every_stage_at_zero(town: Town) -> None:
    """What is alarmed upon is there before anything ever waited."""
    figures = scraped(town)

    for name, kind, status in (
        ("ping", "", ""),
        ("incident", "", ""),
        ("notification", "first_ask", "ready"),
        ("notification", "drill", "sending"),
        ("inbox", "reply", ""),
        ("inbox", "receipt", ""),
        ("relay", "", ""),
        ("notice", "", ""),
        ("receipt", "", ""),
    ):
        assert (0.0, 0.0) == stage(figures, name, kind, status)
    assert [0.0] * len(Rule) == [of(figures, "audit_findings", rule=r.value) for r in Rule]
    states = [s for s in IncidentState if s is not IncidentState.CLOSED]
    assert [0.0] * len(states) == [of(figures, "open_incidents", state=s.value) for s in states]
    assert 0.0 == of(figures, "idle_workers")


@on_both_databases
def test_what_waits_is_counted_with_its_age(town: Town) -> None:
    """Nobody at work: asks, answers and the incident's next step lie, and grow older."""
    town.sos()
    town.arrives("reply", {"from": "+1", "text": "1"})
    town.clock.advance(100)
    figures = scraped(town)

    assert (4.0, 100.0) == stage(figures, "notification", "first_ask", "ready")
    assert (1.0, 100.0) == stage(figures, "inbox", "reply")
    assert (1.0, 10.0) == stage(figures, "incident")
    assert 1.0 == of(figures, "open_incidents", state="guardians")


@on_both_databases
def test_calls_providers_and_receipts_are_counted(town: Town) -> None:
    """Attempts by provider and result, who rests, and what no receipt came for."""
    town.sos()
    AlertsRole(town.engine, town.clock, sms=[permanent()]).tick()
    with town.engine.begin() as connection:
        by = town.clock.now() + timedelta(seconds=60)
        awaited_receipts.expect_receipt(connection, 2, by)
        for _ in range(providers.MOST_FAILURES):
            providers.note_failure(
                connection, "x/sms", reason="x", is_out=False, speed=1, now=town.clock.now()
            )
    figures = scraped(town)

    assert 1.0 == of(figures, "attempts_last_hour", provider="recording", result="permanent")
    assert 3.0 <= of(figures, "attempts_last_hour", provider="recording", result="accepted")
    assert 1.0 == of(figures, "provider_resting", provider="x/sms")
    assert 5.0 == of(figures, "provider_failures", provider="x/sms")
    assert (1.0, -60.0) == stage(figures, "receipt")


@on_both_databases
def test_workers_audits_and_pings_are_told_with_their_age(town: Town) -> None:
    """Beats by role, what the guard found, what ingest has in hand, when the outside heard."""
    now = town.clock.now()
    guard = Guard(town.engine, town.clock, worker="tests")
    guard.more = lambda: {"heartbeat_at": (now - timedelta(seconds=50)).isoformat()}
    with town.engine.begin() as connection:
        waits = {
            "listening_since": now.isoformat(),
            "waiting": 3,
            "oldest_waiting_at": (now - timedelta(seconds=7)).isoformat(),
        }
        workers.beat(connection, "i", role="ingest", detail=waits, now=now)
        idle = {"schema_found": "1", "schema_wanted": "2"}
        workers.beat(connection, "a", role="alerts", detail=idle, now=now)
    town.sos()
    with town.engine.begin() as connection:
        connection.execute(schema.timeline.delete().where(schema.timeline.c.number == 1))
    guard.look()
    town.clock.advance(20)
    figures = scraped(town)

    assert {"ingest": 20.0, "alerts": 20.0, "guard": 20.0} == {
        role: of(figures, "beat_age_seconds", role=role) for role in ("ingest", "alerts", "guard")
    }
    assert 1.0 == of(figures, "audit_findings", rule="timeline_gap")
    assert (3.0, 27.0) == stage(figures, "ping")
    assert 20.0 == of(figures, "audit_age_seconds")
    assert 70.0 == of(figures, "heartbeat_age_seconds")
    assert 1.0 == of(figures, "idle_workers")


def test_the_canary_is_no_open_incident(town: Town) -> None:
    """An incident of the virtual elder is none that anybody waits for."""
    town.sos()
    with town.engine.begin() as connection:
        connection.execute(schema.elder.update().values(is_virtual=True))

    assert 0.0 == of(scraped(town), "open_incidents", state="guardians")


def test_one_scrape_shows_all(coordinator: httpx.Client) -> None:
    """The door gives the process's counters and the figures of the database together."""
    said = coordinator.get("/metrics").text

    assert "aihuijia_live_viewers" in said
    assert (
        'aihuijia_stage_waiting{kind="first_ask",stage="notification",status="ready"} 0.0' in said
    )


def test_a_database_that_is_away_leaves_the_counters(
    coordinator: httpx.Client, engine: Engine
) -> None:
    """Without its tables the scrape still answers with what the process counted itself."""
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE worker_beat RENAME TO hidden"))
    answer = coordinator.get("/metrics")

    assert 200 == answer.status_code
    assert "aihuijia_live_viewers" in answer.text
    assert "aihuijia_stage_waiting" not in answer.text
