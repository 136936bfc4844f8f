"""False alarms are counted from the incidents themselves; proposals keep what became of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon
from sqlalchemy import Connection

from core.accounts import EVERYWHERE
from core.clock import LOCAL_ZONE
from core.errors import Conflict, NotFound
from core.false_alarms import (
    PartOfDay,
    PastIncident,
    Proof,
    ProposalKind,
    ProposalState,
    Suggestion,
    month_of,
    part_of_day,
)
from core.incidents import Outcome
from core.zones import Circle
from store import false_alarms, pings, zone_proposals
from store.false_alarms import Study
from tests.geofence.fortnight import HOME, days_of
from tests.past_days import remember
from tests.scenes import Town, on_both_databases

#: local midnight between two months
MONTH = datetime(2026, 11, 1, tzinfo=LOCAL_ZONE)
SUGGESTION = Suggestion(
    kind=ProposalKind.MISSING_PLACE,
    zone_id=None,
    shape=Circle(HOME, 120),
    part_of_day=PartOfDay.MORNING,
    from_min=480,
    until_min=570,
    proof=Proof(
        days_seen=4,
        days_known=14,
        alarms_before=4,
        alarms_after=0,
        false_alarms=3,
        spared=3,
        others_hidden=1,
    ),
)
TRIANGLE = Polygon([(120.69, 30.53), (120.691, 30.53), (120.69, 30.531)])


def ended(at: datetime, outcome: Outcome = Outcome.FALSE_ALARM) -> PastIncident:
    """Return an incident that ended at *at*, half an hour after it began."""
    return PastIncident(id=0, opened_at=at - timedelta(minutes=30), closed_at=at, outcome=outcome)


def happened(town: Town, *past: PastIncident, closed_by: int | None = None) -> None:
    """Store incidents of the town's elder."""
    with town.engine.begin() as connection:
        remember(
            connection,
            elder_id=town.household.elder_id,
            device_id=town.household.device_id,
            happened=past,
            closed_by=closed_by,
        )


# -- months and hours ------------------------------------------------------------------------------


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  they get their zone
def test_a_month_holds_its_moments(now: datetime) -> None:
    """Every moment lies in its month, which begins and ends on a first at midnight in Haining."""
    begin, end = month_of(now)

    assert begin <= now < end
    assert {(1, 0, 0)} == {(at.day, at.hour, at.minute) for at in (begin, end)}
    assert 28 <= (end - begin).days <= 31


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (5, PartOfDay.NIGHT),
        (6, PartOfDay.MORNING),
        (11, PartOfDay.NOON),
        (13, PartOfDay.AFTERNOON),
        (18, PartOfDay.EVENING),
        (22, PartOfDay.NIGHT),
    ],
)
def test_a_day_has_parts(hour: int, expected: PartOfDay) -> None:
    """Each hour belongs to one part of the day."""
    assert expected == part_of_day(hour)


# -- counting --------------------------------------------------------------------------------------


@on_both_databases
def test_a_month_is_haining_s(town: Town) -> None:
    """Months begin at midnight in Haining; only what people called false is counted."""
    happened(
        town,
        ended(MONTH - timedelta(seconds=1)),
        ended(MONTH),
        ended(MONTH + timedelta(days=3)),
        ended(MONTH + timedelta(days=4), Outcome.FOUND),
        ended(MONTH + timedelta(days=5), Outcome.NOT_CONFIRMED),
    )
    begin, end = month_of(MONTH)
    with town.engine.begin() as connection:
        counts = false_alarms.counts(connection, begin, end, scope=EVERYWHERE)

    assert {town.household.elder_id: 2} == counts


@on_both_databases
def test_who_said_so_is_known(town: Town) -> None:
    """Each false alarm names its incident, and the person who said so."""
    guardian, *_ = town.household.guardians
    happened(town, ended(MONTH), closed_by=guardian)
    happened(town, ended(MONTH + timedelta(days=1)))
    begin, end = month_of(MONTH)
    with town.engine.begin() as connection:
        newest, oldest = false_alarms.between(connection, begin, end, scope=EVERYWHERE, limit=10)

    assert ("", "陈志强") == (newest.said_by, oldest.said_by)
    assert MONTH == oldest.closed_at


# -- whose turn it is ------------------------------------------------------------------------------


def due(connection: Connection, now: datetime, *, most: int = 2) -> Study | None:
    """Return whose past days should be studied."""
    return false_alarms.due_for_study(
        connection,
        since=now - timedelta(days=14),
        month_began=month_of(now)[0],
        night=now - timedelta(hours=9),
        most=most,
    )


@on_both_databases
def test_a_fresh_false_alarm_is_studied_once(town: Town) -> None:
    """An elder is due after a false alarm until somebody has studied it."""
    now = town.clock.now()
    happened(town, ended(now - timedelta(hours=1)))
    with town.engine.begin() as connection:
        study = due(connection, now)
        assert study is not None
        claims = [false_alarms.begin_study(connection, study, now) for _ in range(2)]
        after = due(connection, now + timedelta(hours=20))

    assert ([True, False], None) == (claims, after)


@on_both_databases
def test_over_budget_is_studied_every_night(town: Town) -> None:
    """More than the budget in a month is looked at again each night, by one worker."""
    now = town.clock.now()
    happened(town, *(ended(now - timedelta(hours=n)) for n in (1, 2, 3)))
    with town.engine.begin() as connection:
        first = due(connection, now)
        assert first is not None
        false_alarms.begin_study(connection, first, now)
        same_day = due(connection, now + timedelta(hours=8))
        next_day = due(connection, now + timedelta(hours=20))
        generous = due(connection, now + timedelta(hours=20), most=3)
        assert next_day is not None
        claims = [
            false_alarms.begin_study(connection, next_day, now + timedelta(hours=20))
            for _ in range(2)
        ]

    assert (None, None) == (same_day, generous)
    assert [True, False] == claims


@on_both_databases
def test_old_false_alarms_rest(town: Town) -> None:
    """What is older than the pings looked at is not studied."""
    now = town.clock.now()
    happened(town, ended(now - timedelta(days=60)))
    with town.engine.begin() as connection:
        assert due(connection, now) is None


# -- proposals -------------------------------------------------------------------------------------


@on_both_databases
@pytest.mark.parametrize("shape", [Circle(HOME, 120), TRIANGLE])
def test_a_proposal_comes_back_as_it_was(town: Town, shape: Circle | Polygon) -> None:
    """Shape, numbers and hints survive the database."""
    suggestion = Suggestion(
        kind=ProposalKind.BETTER_HOME, zone_id=1, shape=shape, proof=SUGGESTION.proof
    )
    with town.engine.begin() as connection:
        for one in (suggestion, SUGGESTION):
            zone_proposals.add(connection, town.household.elder_id, one, town.clock.now())
        stored = zone_proposals.open_ones(connection, scope=EVERYWHERE, limit=10)

    assert [suggestion, SUGGESTION] == [proposal.suggestion for proposal in stored]
    assert {ProposalState.OPEN} == {proposal.state for proposal in stored}


@on_both_databases
def test_a_proposal_is_decided_once(town: Town) -> None:
    """Who decides second is told so, and what the first said stays."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        proposal_id = zone_proposals.add(connection, town.household.elder_id, SUGGESTION, now)
        zone_proposals.decide(
            connection,
            proposal_id,
            state=ProposalState.REFUSED,
            by="值班员甲",
            reason="河边",
            now=now,
        )
        with pytest.raises(Conflict):
            zone_proposals.decide(
                connection,
                proposal_id,
                state=ProposalState.ACCEPTED,
                by="值班员乙",
                reason="",
                now=now,
            )
        zone_proposals.outdate(connection, [proposal_id], now)
        stored = zone_proposals.load(connection, proposal_id, scope=EVERYWHERE)
        left = zone_proposals.open_ones(connection, scope=EVERYWHERE, limit=10)
        with pytest.raises(NotFound):
            zone_proposals.load(connection, 999, scope=EVERYWHERE)

    assert [] == left
    assert (ProposalState.REFUSED, "值班员甲", "河边") == (
        stored.state,
        stored.decided_by,
        stored.reason,
    )


@on_both_databases
def test_the_past_days_come_back(town: Town) -> None:
    """The pings of the past days come in order; of too many the newest."""
    said = days_of()[:100]
    with town.engine.begin() as connection:
        remember(connection, elder_id=town.household.elder_id, device_id="band-1", said=said)
        elder_id = town.household.elder_id
        all_of_them = pings.lately(connection, elder_id, since=said[0].at, limit=1000)
        newest = pings.lately(connection, elder_id, since=said[0].at, limit=10)
        later = pings.lately(connection, elder_id, since=said[40].at, limit=1000)

    assert [ping.report_id for ping in said] == [ping.report_id for ping in all_of_them]
    assert (all_of_them[-10:], all_of_them[40:]) == (newest, later)
