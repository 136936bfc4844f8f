"""The sender dies at every point between claiming a message and recording what became of it.

Then its lease runs out and another one takes over. Nobody is left out, and no phone is reached a
third time, whatever the provider did meanwhile; the provider's own record is what counts.
"""

import pytest

from core.incidents import IncidentState
from store import schema
from tests.crashes.boundaries import Boundary, Moment
from tests.crashes.rows import CHEN, GUARDIANS, SHEN, TEAM
from tests.crashes.stage import TICK, Stage, hears, lives, waits
from tests.scenes import on_both_databases, phone_of

#: as long as the ladder of somebody who walked off asks the guardians, and a little of the next
LADDER_S = 330

WALKS_OFF = (
    hears("walk-0", east_m=0),
    waits(60),
    hears("walk-1", east_m=600),
    waits(60),
    hears("walk-2", east_m=700),
)

#: sender's steps 1 and 3, on either side; the call (2) lies between them
POINTS = [
    (Boundary.CLAIM, Moment.BEFORE, 1),
    (Boundary.CLAIM, Moment.AFTER, 1),
    (Boundary.RECORD, Moment.BEFORE, 1),
    (Boundary.RECORD, Moment.AFTER, 1),
    (Boundary.RECORD, Moment.BEFORE, 2),
    (Boundary.RECORD, Moment.AFTER, 2),
]
#: what the provider does to each of the first requests, and how often
FAULTS = [
    ("no_receipts", None),
    ("error_after_accepting", 2),
    ("too_many", 2),
    ("down", 2),
]


def all_is_well(stage: Stage) -> None:
    """Assert what holds after any death of a sender, once the guardians' ladder is over."""
    (incident,) = stage.incidents()
    assert IncidentState.RESCUE is incident.state
    assert {phone_of(person) for person in GUARDIANS | TEAM} == stage.heard_from_us()
    assert 2 >= max(stage.sends().values())
    assert set(stage.sends()) <= stage.believed_out()
    for person in GUARDIANS:
        kinds = {one.happened for one in stage.taken() if one.detail["to"] == phone_of(person)}
        assert 2 == len(kinds), f"{person} was to be reached by SMS and by a call"
    assert [] == stage.problems()


@on_both_databases
@pytest.mark.parametrize(("fault", "times"), FAULTS, ids=[fault for fault, _ in FAULTS])
@pytest.mark.parametrize(
    ("boundary", "moment", "nth"), POINTS, ids=[f"{m}-{b}-{n}" for b, m, n in POINTS]
)
def test_a_sender_dies(
    stage: Stage, boundary: Boundary, moment: Moment, nth: int, fault: str, times: int | None
) -> None:
    """Wherever a sender dies, and whatever the provider did: everyone is asked, nobody thrice."""
    stage.does(*WALKS_OFF)
    stage.catch_up()
    if times is not None:
        stage.breaks(fault, times=times)

    stage.dies(TICK, boundary, moment, nth=nth)
    stage.breaks("no_receipts")
    stage.does(lives(LADDER_S))

    all_is_well(stage)


@on_both_databases
def test_a_sender_dies_while_it_waits_for_the_provider(stage: Stage) -> None:
    """Killed from outside in the middle of a call that the provider has taken."""
    stage.does(*WALKS_OFF)
    stage.catch_up()

    stage.dies_in_a_call(TICK)
    stage.does(lives(LADDER_S))

    all_is_well(stage)


@on_both_databases
def test_a_sender_dies_each_time(stage: Stage) -> None:
    """Every sender dies before it can record: nobody is reached thrice, and the team is asked."""
    stage.does(*WALKS_OFF)

    for _ in range(3):
        stage.dies(TICK, Boundary.RECORD, Moment.BEFORE)
        stage.does(waits(31))
    stage.does(lives(LADDER_S))

    all_is_well(stage)


@on_both_databases
def test_a_refusal_is_not_taken_for_a_send(stage: Stage) -> None:
    """A sender that died after a clear refusal leaves the guardian to be asked, soon, and once."""
    stage.does(*WALKS_OFF)
    stage.catch_up()
    stage.breaks("down", times=2)

    stage.dies(TICK, Boundary.RECORD, Moment.AFTER, nth=2)
    stage.breaks("no_receipts")
    stage.does(lives(45))

    asked = [one.detail["to"] for one in stage.taken()]
    assert {phone_of(CHEN), phone_of(SHEN)} == set(asked)
    assert {1} == set(stage.sends().values())
    assert 2 <= len(stage.rows(schema.attempt, "id"))
