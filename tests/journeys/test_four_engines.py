"""Four engines on one PostgreSQL, and a thousand incidents due at the same moment."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine, func, select

from alerts.auditor import audit
from core.clock import ManualClock
from core.incidents import EntryKind, IncidentState
from core.notifications import NotificationStatus
from store import schema
from store.database import open_database, reading
from tests.journeys.crowd import guardians_of, number_of, register_crowd, suspect_all
from tests.scenes import AlertsRole, register_team, rows
from tests.servers import PostgreSQL, until

ENGINES = 4
INCIDENTS = 1_000
_WAIT_S = 180.0
#: each engine makes at least this share of the calls: chance decides how much more
_LEAST_SHARE = 0.03


@pytest.fixture
def engines(postgresql: PostgreSQL, postgresql_database: Engine) -> Iterator[list[Engine]]:
    """Give each worker connections of its own, as processes have them."""
    del postgresql_database
    with ExitStack() as stack:
        found = []
        for _ in range(ENGINES):
            found.append(open_database(postgresql.url("aihuijia")))
            stack.callback(found[-1].dispose)
        yield found


def test_each_step_is_done_once(
    engines: list[Engine], clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Each incident moves on once, each message leaves once, and every engine gets its share."""
    engine = engines[0]
    with engine.begin() as connection:
        register_team(connection)
        elders = register_crowd(connection, INCIDENTS)
        opened = suspect_all(connection, elders, now=clock.now(), wait_s=_WAIT_S)
    clock.advance(_WAIT_S)
    caplog.set_level(logging.ERROR)
    roles = [AlertsRole(one, clock) for one in engines]

    tickers = [role.ticker() for role in roles]
    for ticker in tickers:
        ticker.start()
    try:
        until(
            lambda: _sent(engine) >= 2 * INCIDENTS,
            "every guardian was sent the first ask",
            progress=lambda: _sent(engine),
        )
    finally:
        for ticker in tickers:
            ticker.stop()

    said = Counter(
        rows(engine, schema.timeline, "incident_id", kind=EntryKind.SILENCE_CONFIRMED.value)
    )
    stepped = Counter(
        rows(engine, schema.timeline, "incident_id", kind=EntryKind.STEP_STARTED.value)
    )
    each_once = dict.fromkeys(opened, 1)
    calls = [sent.message for role in roles for sent in role.sent]
    guardians = {number_of(p) for elder_id in elders for p in guardians_of(elder_id)}
    assert each_once == said == stepped
    assert {IncidentState.GUARDIANS.value} == set(rows(engine, schema.incident, "state"))
    assert Counter(guardians) == Counter(call.to for call in calls)
    assert {1} == set(Counter(call.token.partition("-")[0] for call in calls).values())
    assert all(len(role.sent) >= _LEAST_SHARE * len(calls) for role in roles)
    assert [] == [record.getMessage() for record in caplog.records]
    with reading(engine) as connection:
        assert [] == audit(connection, clock.now(), patience_s=60)


def _sent(engine: Engine) -> int:
    table = schema.notification
    with reading(engine) as connection:
        return (
            connection.scalar(
                select(func.count()).where(table.c.status == NotificationStatus.SENT.value)
            )
            or 0
        )
