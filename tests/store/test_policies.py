"""Ladders by place and person: which holds, who changed what when, what an edit leaves alone."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from core import accounts
from core.clock import ManualClock
from core.errors import Conflict, NotFound
from core.policies import (
    DEFAULT_POLICIES,
    EVERYWHERE,
    STANDARD,
    URGENT,
    Policies,
    Policy,
    Scope,
    ScopeKind,
    Severity,
)
from store import policies, schema
from store.database import reading
from store.policies import policies_for, set_policy
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases, register_household

MAQIAO = Scope(kind=ScopeKind.ORGANISATION, id="maqiao")
SLOW = replace(STANDARD, guardian_window_s=600)
SLOWER = replace(STANDARD, guardian_window_s=700)
SLOWEST = replace(STANDARD, guardian_window_s=800)


def edit(
    engine: Engine,
    scope: Scope,
    policy: Policy | None,
    *,
    seen: int = 0,
    severity: Severity = Severity.NORMAL,
) -> int:
    """Edit one ladder in a transaction of its own."""
    with engine.begin() as connection:
        return set_policy(connection, scope, severity, policy, seen=seen, by="值班室", now=NOON)


def held(engine: Engine, elder_id: int) -> Policies:
    """Return what holds for an elder."""
    with reading(engine) as connection:
        return policies_for(connection, elder_id)


def test_without_an_edit_ours_hold(database: Engine) -> None:
    """An elder for whom nobody edited anything climbs the service's own ladders."""
    with database.begin() as connection:
        elder_id = register_household(connection, now=NOON).elder_id

    assert DEFAULT_POLICIES == held(database, elder_id)


def test_the_narrower_wins(database: Engine) -> None:
    """Everywhere's, then the street's, then the elder's own ladder holds, and back again."""
    with database.begin() as connection:
        elder_id = register_household(connection, now=NOON).elder_id
    own = Scope(kind=ScopeKind.ELDER, id=str(elder_id))
    windows = []
    for scope, policy in ((EVERYWHERE, SLOW), (MAQIAO, SLOWER), (own, SLOWEST)):
        edit(database, scope, policy)
        windows.append(held(database, elder_id).normal.guardian_window_s)
    for scope in (own, MAQIAO, EVERYWHERE):
        edit(database, scope, None, seen=1)
        windows.append(held(database, elder_id).normal.guardian_window_s)

    assert [600, 700, 800, 700, 600, 300] == windows


def test_each_severity_by_itself(database: Engine) -> None:
    """An edit for one severity leaves the others as they were."""
    with database.begin() as connection:
        elder_id = register_household(connection, now=NOON).elder_id
    edit(database, MAQIAO, replace(URGENT, guardian_window_s=120), severity=Severity.URGENT)

    found = held(database, elder_id)

    assert (STANDARD, 120, DEFAULT_POLICIES.danger) == (
        found.normal,
        found.urgent.guardian_window_s,
        found.danger,
    )


def test_another_street_is_not_touched(database: Engine) -> None:
    """What was edited for one elder or street holds for no other."""
    with database.begin() as connection:
        one = register_household(connection, now=NOON).elder_id
        other = register_household(connection, "band-2", now=NOON).elder_id
    edit(database, Scope(kind=ScopeKind.ELDER, id=str(one)), SLOW)

    assert (600, 300) == (
        held(database, one).normal.guardian_window_s,
        held(database, other).normal.guardian_window_s,
    )


def test_who_edits_an_old_version_reads_again(database: Engine) -> None:
    """An edit from an older reading is refused, so that nobody's work is lost unseen."""
    with database.begin() as connection:
        register_household(connection, now=NOON)
    edit(database, MAQIAO, SLOW)
    with pytest.raises(Conflict):
        edit(database, MAQIAO, SLOWER)
    edit(database, MAQIAO, SLOWER, seen=1)
    with pytest.raises(Conflict):
        edit(database, MAQIAO, None, seen=1)
    with pytest.raises(Conflict):
        edit(database, MAQIAO, None, seen=7)

    with reading(database) as connection:
        assert SLOWER == policies.holdings(connection, MAQIAO)[Severity.NORMAL].policy


def test_of_two_at_once_one_wins(database: Engine) -> None:
    """Two who save at the same moment from the same reading: one is told to read again."""
    with database.begin() as connection:
        register_household(connection, now=NOON)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def save(policy: Policy) -> None:
        start.wait()
        try:
            edit(database, MAQIAO, policy)
            outcomes.append("saved")
        except Conflict:
            outcomes.append("too late")

    both = [threading.Thread(target=save, args=(policy,)) for policy in (SLOW, SLOWER)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert ["saved", "too late"] == sorted(outcomes)


def test_history_names_everybody(database: Engine) -> None:
    """Each version says who made it and when, the newest first; giving up is one, too."""
    with database.begin() as connection:
        register_household(connection, now=NOON)
        for number, (policy, by) in enumerate(((SLOW, "甲"), (SLOWER, "乙"), (None, "丙"))):
            set_policy(
                connection,
                MAQIAO,
                Severity.NORMAL,
                policy,
                seen=number,
                by=by,
                now=NOON + timedelta(hours=number),
            )
        found = policies.history(connection, MAQIAO)

    assert [
        (3, None, "丙", NOON + timedelta(hours=2)),
        (2, SLOWER, "乙", NOON + timedelta(hours=1)),
        (1, SLOW, "甲", NOON),
    ] == [(v.number, v.policy, v.edited_by, v.edited_at) for v in found]


def test_where_each_part_comes_from(database: Engine) -> None:
    """A reader sees for each severity whose ladder holds, and which version an edit must name."""
    with database.begin() as connection:
        elder_id = register_household(connection, now=NOON).elder_id
    own = Scope(kind=ScopeKind.ELDER, id=str(elder_id))
    edit(database, MAQIAO, SLOW)
    edit(database, own, SLOWEST, severity=Severity.URGENT)

    with reading(database) as connection:
        found = policies.holdings(connection, own)
        scopes = policies.edited_scopes(connection, scope=accounts.EVERYWHERE)

    assert [(MAQIAO, 0), (own, 1), (None, 0)] == [
        (found[severity].origin, found[severity].version) for severity in Severity
    ]
    assert [MAQIAO, own] == scopes


def test_a_ladder_that_asks_nobody_is_refused(database: Engine) -> None:
    """What could not be climbed is never stored, by whichever way it comes."""
    with pytest.raises(ValueError, match="no_steps"):
        edit(database, EVERYWHERE, replace(STANDARD, guardian_steps=()))

    with reading(database) as connection:
        assert [] == policies.history(connection, EVERYWHERE)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(kind=ScopeKind.ORGANISATION, id="nowhere"),
        Scope(kind=ScopeKind.ELDER, id="99"),
        Scope(kind=ScopeKind.ELDER, id="x"),
    ],
)
def test_nobody_has_no_ladder(database: Engine, scope: Scope) -> None:
    """A ladder cannot be edited for a street or an elder that is not registered."""
    with pytest.raises(NotFound):
        edit(database, scope, SLOW)


@pytest.mark.parametrize("broken", [{"guardian_steps": []}, {"x": 1}, [], "?"])
def test_a_broken_row_does_not_stop_an_alarm(
    database: Engine, broken: object, caplog: pytest.LogCaptureFixture
) -> None:
    """A ladder that was broken by hand is passed over for the wider one, and the log says so."""
    with database.begin() as connection:
        elder_id = register_household(connection, now=NOON).elder_id
    edit(database, EVERYWHERE, SLOW)
    edit(database, MAQIAO, SLOWER)
    table = schema.policy_version
    with database.begin() as connection:
        connection.execute(table.update().where(table.c.scope_id == "maqiao").values(ladder=broken))

    assert SLOW == held(database, elder_id).normal
    assert "policy_unreadable" in {getattr(r, "action", "") for r in caplog.records}


@on_both_databases
def test_an_open_incident_keeps_its_ladder(town: Town, clock: ManualClock) -> None:
    """An edit never changes an incident that is open; the next one is opened with it."""
    before = town.sos()
    frozen = town.incident(before)
    for severity in Severity:
        edit(town.engine, EVERYWHERE, SLOWEST, severity=severity)
    clock.advance(30)
    after = town.incident(before)

    assert (frozen.policies, frozen.next_action_at) == (after.policies, after.next_action_at)
    with town.engine.begin() as connection:
        table = schema.incident
        connection.execute(
            table.update().values(state="closed", next_action_at=None, closed_at=clock.now())
        )
    assert 800 == town.incident(town.sos("sos-2")).policy.guardian_window_s


@on_both_databases
def test_a_graver_cause_stays_with_the_frozen_ladders(town: Town, clock: ManualClock) -> None:
    """Severity that rises while an incident is open takes the ladder of its opening, too."""
    incident_id = town.wanders_off()
    edit(town.engine, EVERYWHERE, SLOWEST, severity=Severity.URGENT)
    clock.advance(10)
    town.sos()

    raised = town.incident(incident_id)
    assert (Severity.URGENT, URGENT) == (raised.severity, raised.policy)
