"""Whatever transition a process dies in, on either side of its commit: the incident goes its way.

The process is a real one and dies by SIGKILL; then the world repeats what it was not thanked for,
as a broker, a provider and a person do, and a new process lives on.
"""

import pytest

from store import schema
from tests.crashes.boundaries import Boundary, Moment
from tests.crashes.rows import ROWS, Row
from tests.crashes.stage import Act, Stage, lives
from tests.scenes import on_both_databases, phone_of

CASES = [
    pytest.param(row, boundary, moment, id=f"{row.name}-{moment}-{boundary}".replace(" ", "_"))
    for row in ROWS
    for boundary in row.boundaries
    for moment in Moment
]


@on_both_databases
@pytest.mark.parametrize(("row", "boundary", "moment"), CASES)
def test_a_death_at_a_commit(stage: Stage, row: Row, boundary: Boundary, moment: Moment) -> None:
    """Nothing is lost, nothing is said twice, everyone is asked who must be."""
    stage.does(*row.before)
    if row.on_the_way is not None:
        stage.does(row.on_the_way(stage))
    act = row.act if isinstance(row.act, Act) else row.act(stage)

    stage.dies(act, boundary, moment)
    stage.does(act, lives(row.rest_s))

    (incident,) = stage.incidents()
    assert (row.state, row.outcome, row.round) == (
        incident.state,
        incident.outcome,
        incident.round,
    )
    assert {phone_of(person) for person in row.reached} == stage.heard_from_us()
    assert row.answers == len(stage.rows(schema.answer, "id"))
    assert {1} >= set(stage.sends().values())
    assert stage.believed_out() == set(stage.sends())
    assert [] == stage.problems()
    assert "" == stage.complaints()
