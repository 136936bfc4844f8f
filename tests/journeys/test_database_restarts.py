"""PostgreSQL falls, or its answer to a commit is lost, in each transaction of the alerts role."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from alerts.auditor import audit
from alerts.channels.sender import Outgoing
from alerts.inbox import process_pending
from core.clock import ManualClock
from core.incidents import IncidentState
from core.notifications import SendResult
from core.people import Channel
from store import schema
from store.database import open_database, reading
from tests.crashes.boundaries import Boundary, Moment, watch
from tests.journeys.cutting_proxy import CuttingProxy
from tests.scenes import AlertsRole, RecordingSender, Town, phone_of, rows
from tests.servers import PostgreSQL

#: SOS: until the team has been asked
_LADDER_S = 200
_STEPS = (Boundary.STEP, Boundary.CLAIM, Boundary.RECORD)


class Once:
    """Does something the first time that a boundary is reached."""

    def __init__(self, engine: Engine, boundary: Boundary, act: Callable[[], None]) -> None:
        """Wait for *boundary*, before its commit."""
        self._boundary = boundary
        self._act = act
        self.done = 0
        watch(engine, self._reached)

    def _reached(self, boundary: Boundary, moment: Moment) -> None:
        if self.done == 0 and (boundary, moment) == (self._boundary, Moment.BEFORE):
            self.done += 1
            self._act()


class FallingSender(RecordingSender):
    """Has the database fall while the first message is with the provider."""

    def __init__(self, clock: ManualClock, act: Callable[[], None]) -> None:
        """Call *act* during the first send."""
        super().__init__(clock, Channel.SMS)
        self._acts = [act]

    def send(self, message: Outgoing) -> SendResult:
        """Take it, and let the database fall before the answer is back."""
        result = super().send(message)
        if self._acts:
            self._acts.pop()()
        return result


@pytest.fixture
def proxy(postgresql: PostgreSQL) -> Iterator[CuttingProxy]:
    """Give a line to the database that can be cut."""
    line = CuttingProxy(postgresql.port)
    yield line
    line.throw_away()


@pytest.fixture
def worker_engine(
    postgresql: PostgreSQL, postgresql_town: Town, proxy: CuttingProxy
) -> Iterator[Engine]:
    """Give the connections of the worker, which go through the line."""
    del postgresql_town
    url = postgresql.url("aihuijia").replace(str(postgresql.port), str(proxy.port))
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def role(worker_engine: Engine, postgresql_town: Town) -> AlertsRole:
    """Give an alerts role on those connections."""
    return AlertsRole(worker_engine, postgresql_town.clock)


def all_is_well(town: Town, role: AlertsRole, *, most_sends: int) -> None:
    """Assert that everyone was asked in time, and nobody too often."""
    sends = Counter(sent.message.token.partition("-")[0] for sent in role.sent)
    asked = {sent.message.to for sent in role.sent}
    (state,) = rows(town.engine, schema.incident, "state")
    everyone = (*town.household.guardians, *town.team.rescuers)
    assert IncidentState.RESCUE.value == state
    assert {phone_of(person) for person in everyone} == asked
    assert most_sends >= max(sends.values())
    with reading(town.engine) as connection:
        assert [] == audit(connection, town.clock.now(), patience_s=60)


@pytest.mark.parametrize("boundary", _STEPS)
def test_the_database_falls_at_a_commit(
    postgresql_town: Town, postgresql: PostgreSQL, role: AlertsRole, boundary: Boundary
) -> None:
    """A commit that came too late for the database is made again; nothing is said thrice."""
    town = postgresql_town
    town.sos()
    once = Once(role.engine, boundary, lambda: _restart(postgresql))

    role.pass_time(_LADDER_S)

    assert 1 == once.done
    all_is_well(town, role, most_sends=2 if boundary is Boundary.RECORD else 1)


def test_the_database_falls_during_a_call(
    postgresql_town: Town, postgresql: PostgreSQL, role: AlertsRole
) -> None:
    """What the provider took while the database was away is on record when it is back."""
    town = postgresql_town
    role.sms = FallingSender(town.clock, lambda: _restart(postgresql))
    town.sos()

    role.pass_time(_LADDER_S)

    all_is_well(town, role, most_sends=2)


@pytest.mark.parametrize("boundary", _STEPS)
def test_the_answer_to_a_commit_is_lost(
    postgresql_town: Town, proxy: CuttingProxy, role: AlertsRole, boundary: Boundary
) -> None:
    """The database has committed and the worker does not know: nothing lost, nothing thrice."""
    town = postgresql_town
    town.sos()
    Once(role.engine, boundary, proxy.lose_next_answer)

    role.pass_time(_LADDER_S)

    assert 1 == proxy.lost
    all_is_well(town, role, most_sends=2 if boundary is Boundary.CLAIM else 1)


def test_the_answer_to_a_persons_answer_is_lost(
    postgresql_town: Town, proxy: CuttingProxy, role: AlertsRole, worker_engine: Engine
) -> None:
    """Somebody's yes counts once, even when nobody heard that it was committed."""
    town = postgresql_town
    incident_id = town.sos()
    role.tick()
    first, second = town.household.guardians
    town.arrives("reply", {"from": phone_of(first), "text": "1"})
    Once(worker_engine, Boundary.ANSWER, proxy.lose_next_answer)

    process_pending(worker_engine, town.clock)
    role.pass_time(60)

    told = [
        sent.message.to
        for sent in role.sent
        if sent.at > role.began_at or "去" in sent.message.text
    ]
    assert 1 == proxy.lost
    assert IncidentState.ACCEPTED is town.incident(incident_id).state
    assert 1 == len(rows(town.engine, schema.answer, "id"))
    assert phone_of(second) in told
    assert {1} == set(Counter(sent.message.token for sent in role.sent).values())


def _restart(server: PostgreSQL) -> None:
    server.kill()
    server.start()
