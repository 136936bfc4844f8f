"""The demo's made-up past."""

from sqlalchemy import Engine

from alerts.false_alarms import study_next
from core.accounts import EVERYWHERE
from core.clock import from_unix
from core.false_alarms import ProposalKind, month_of
from simulators.history import remember_visits
from simulators.registration import register
from simulators.town import build_town
from store import false_alarms, zone_proposals

NOW = from_unix(1_795_000_000)


def test_the_demo_has_something_to_learn(sqlite_database: Engine) -> None:
    """One elder's past fortnight has three false alarms, and a better zone comes of it."""
    town = build_town(seed=1, elder_count=40)
    with sqlite_database.begin() as connection:
        registered = register(connection, town, NOW)
        device_id = remember_visits(connection, town.elders, registered, NOW)
        counts = false_alarms.counts(connection, *month_of(NOW), scope=EVERYWHERE)
    assert device_id is not None
    studied = study_next(sqlite_database, NOW)
    with sqlite_database.begin() as connection:
        (found,) = zone_proposals.open_ones(connection, scope=EVERYWHERE, limit=10)

    elder_id = registered.elder_ids[device_id]
    assert studied
    assert {elder_id: 3} == counts
    assert (elder_id, ProposalKind.BETTER_HOME) == (found.elder_id, found.suggestion.kind)
    assert 3 == found.suggestion.proof.spared


def test_nobody_plain_has_no_past(sqlite_database: Engine) -> None:
    """Without an elder whose home is plain nothing is written."""
    town = build_town(seed=1, elder_count=5)
    with sqlite_database.begin() as connection:
        registered = register(connection, town, NOW)

        assert remember_visits(connection, (), registered, NOW) is None
