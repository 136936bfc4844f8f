"""What a benchmark of the alerts role needs: the role in a process, a crowd, triggers, a pile."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Engine, insert, update

from aihuijia.alerts_role import AlertsRole
from alerts import desk
from alerts.triggers import Signal, SignalKind
from core.clock import SystemClock, pause
from core.incidents import IncidentState, Outcome, Trigger
from core.notifications import NotificationStatus, Priority, Purpose
from core.people import Channel, Role
from core.settings import Settings
from store import incidents, schema
from store.database import open_database
from tests.journeys.crowd import guardians_of, register_crowd, suspect_all
from tests.servers import free_port

_spawned = get_context("spawn")


def settings_of(database_url: str, provider_url: str) -> dict[str, Any]:
    """Return the settings of a role that sends to a provider of the benchmark."""
    return {
        "database_url": database_url,
        "http_port": free_port(),
        "public_url": "http://127.0.0.1:9",
        "secret_key": "a key for throw-away servers only 0123",
        "sms_provider": "twilio",
        "twilio_account_sid": "AC00000000000000000000000000000121",
        "twilio_auth_token": "a secret for throw-away servers",
        "twilio_from": "+15005550006",
        "twilio_api_url": provider_url,
    }


class RoleProcess:
    """The alerts role in a process that may be killed."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Start it and wait until it works."""
        self._settings = settings
        self.start()

    def start(self) -> None:
        """Start it; returns when it works."""
        ready = _spawned.Event()
        self._process = _spawned.Process(target=_work, args=(self._settings, ready), daemon=True)
        self._process.start()
        ready.wait(120)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.join()


@contextmanager
def alerts_role(settings: dict[str, Any]) -> Iterator[RoleProcess]:
    """Run the role."""
    process = RoleProcess(settings)
    try:
        yield process
    finally:
        process.kill()


def _work(settings: dict[str, Any], ready: Any) -> None:
    chosen = Settings.model_validate(settings)
    role = AlertsRole(chosen, open_database(chosen.database_url), SystemClock())
    role.start()
    ready.set()
    while True:
        pause(3600)


# -- who is there, what happens -------------------------------------------------------------------


def register(engine: Engine, elders: int) -> list[int]:
    """Register a crowd; return its elders."""
    with engine.begin() as connection:
        return register_crowd(connection, elders)


def press_sos(engine: Engine, elder_ids: Sequence[int]) -> dict[int, datetime]:
    """Commit a trigger for each elder, one transaction each; return when each was committed."""
    clock, committed = SystemClock(), {}
    for elder_id in elder_ids:
        now = clock.now()
        signal = Signal(
            elder_id=elder_id,
            kind=SignalKind.ALARM,
            trigger=Trigger.SOS,
            at=now,
            report_id=f"bench-{elder_id}",
            evidence={},
        )
        with engine.begin() as connection:
            desk.report(connection, signal, ping_id=None, now=now)
        committed[elder_id] = clock.now()
    return committed


def wait_quietly(engine: Engine, elder_ids: list[int], *, for_s: float) -> list[int]:
    """Open an incident for each that has nothing to do for so long; return them."""
    with engine.begin() as connection:
        return suspect_all(connection, elder_ids, now=SystemClock().now(), wait_s=for_s)


def due_one_by_one(
    engine: Engine, incident_ids: Sequence[int], *, first_at: datetime, gap_s: float
) -> dict[int, datetime]:
    """Let these incidents become due one after the other; return when each is."""
    table = schema.incident
    due = {one: first_at + timedelta(seconds=gap_s * n) for n, one in enumerate(incident_ids)}
    with engine.begin() as connection:
        for incident_id, at in due.items():
            connection.execute(
                update(table).where(table.c.id == incident_id).values(next_action_at=at)
            )
    return due


def pile_up(engine: Engine, elder_ids: Sequence[int], messages: int) -> None:
    """Let so many closing messages wait: what is over is told, but nobody waits behind it."""
    now = SystemClock().now()
    with engine.begin() as connection:
        opened = suspect_all(connection, list(elder_ids), now=now, wait_s=3600)
        connection.execute(
            update(schema.incident)
            .where(schema.incident.c.id.in_(opened))
            .values(
                state=IncidentState.CLOSED.value,
                next_action_at=None,
                closed_at=now,
                outcome="found",
            )
        )
        rows = []
        for number in range(messages):
            place = number % len(opened)
            person = guardians_of(elder_ids[place])[(number // len(opened)) % 2]
            rows.append(
                {
                    "key": f"pile:{opened[place]}:{number}",
                    "incident_id": opened[place],
                    "round": 0,
                    "step": 0,
                    "person_id": person,
                    "role": Role.GUARDIAN.value,
                    "channel": Channel.SMS.value,
                    "purpose": Purpose.CLOSING.value,
                    "topic": "found",
                    "priority": int(Priority.CLOSING),
                    "status": NotificationStatus.READY.value,
                    "created_at": now,
                    "next_try_at": now,
                    "expires_at": now + timedelta(hours=12),
                    "attempts": 0,
                }
            )
        connection.execute(insert(schema.notification), rows)


def close_all(engine: Engine, elder_ids: Sequence[int]) -> None:
    """Have a coordinator close what is open, so that nothing disturbs the next measurement."""
    with engine.begin() as connection:
        for elder_id in elder_ids:
            found = incidents.open_of(connection, elder_id)
            if found is not None:
                desk.order_close(
                    connection,
                    found.id,
                    outcome=Outcome.FOUND,
                    by="benchmark",
                    now=SystemClock().now(),
                )
        connection.execute(
            update(schema.notification)
            .where(schema.notification.c.status == NotificationStatus.READY.value)
            .values(status=NotificationStatus.WITHHELD.value, reason="benchmark")
        )
