"""A belief survives being stored."""

import json

from hypothesis import given

from core.pings import Ping
from core.zones import Side
from geofence.beliefs import FRESH, Belief
from geofence.changes import Evidence
from tests.geofence.test_order import ZONES, tracks
from tests.geofence.walks import Watch, ping, unhurried


@unhurried
@given(tracks(minutes=120))
def test_a_stored_belief_is_the_same(track: list[Ping]) -> None:
    """Written as JSON text and read again, a belief is equal to the last digit."""
    belief = Watch(zones=ZONES).see(*track).belief

    assert belief == Belief.from_json(json.loads(json.dumps(belief.to_json())))


def test_fresh_knows_nothing() -> None:
    """At the beginning nothing is known and nothing suspected."""
    assert (Side.UNSURE, False, (), None, None) == (
        FRESH.side,
        FRESH.suspicious,
        FRESH.in_danger,
        FRESH.judged_at,
        FRESH.probability_outside,
    )
    assert FRESH == Belief.from_json(json.loads(json.dumps(FRESH.to_json())))


def test_evidence_can_be_stored() -> None:
    """The evidence of a change is the same after storing."""
    evidence = Watch().see(ping(0, 300)).changes[0].evidence

    assert evidence == Evidence.from_json(json.loads(json.dumps(evidence.to_json())))
