"""What is too old goes in small steps, what an incident needs stays, and what went is on record."""

from datetime import timedelta

import pytest

from alerts.keeper import Keeper, would_go
from core.people import Channel
from core.pings import RejectReason
from core.retention import Kind, cutoffs, read_rules
from store import phone_use, rejects, retention, retention_runs, schema
from store.database import reading
from store.retention_sweeps import SWEEPS
from tests.scenes import HOME, Town, on_both_databases, rows

DAYS = read_rules("")
YEAR = 86_400 * 366


def keeper(town: Town, worker: str = "a") -> Keeper:
    """Return a worker that deletes."""
    return Keeper(town.engine, town.clock, days=DAYS, worker=worker)


def gone(town: Town, kind: Kind, *, batch: int = 2) -> int:
    """Delete what is too old of one kind; return how many rows."""
    until = cutoffs(DAYS, town.clock.now())
    return sum(retention.delete_old(town.engine, kind, until, batch=batch))


@on_both_databases
def test_positions_around_incidents_are_kept_longer(town: Town) -> None:
    """Reports outside incidents go after a month; those around one after a year."""
    for number in range(5):
        town.hears(f"early-{number}", position=HOME)
        town.clock.advance(300)
    town.clock.advance(3 * 3600)
    incident_id = town.sos()
    town.clock.advance(600)
    town.hears("in-it", position=HOME.moved(east_m=700))
    town.clock.advance(40 * 86_400)

    assert 0 == gone(town, Kind.POSITIONS)  # it is open: all of the elder's stays

    incident = schema.incident
    with town.engine.begin() as connection:
        opened_at = rows(town.engine, incident, "opened_at")[0]
        connection.execute(
            incident.update()
            .where(incident.c.id == incident_id)
            .values(state="closed", closed_at=opened_at + timedelta(hours=1))
        )

    assert 5 == gone(town, Kind.POSITIONS)
    assert ["sos-1", "in-it"] == rows(town.engine, schema.ping, "report_id")

    town.clock.advance(YEAR)

    assert 2 == gone(town, Kind.POSITIONS)


@on_both_databases
def test_decisions_go_with_the_zones_they_stood_on(town: Town) -> None:
    """A set of zones that no decision stands on any more goes, too."""
    town.wanders_off()
    incident = schema.incident
    with town.engine.begin() as connection:
        connection.execute(incident.update().values(state="closed", closed_at=town.clock.now()))
    before = len(rows(town.engine, schema.decision))
    town.clock.advance(YEAR)
    counted = gone(town, Kind.DECISIONS)

    assert 0 < before <= counted
    assert ([], []) == (rows(town.engine, schema.decision), rows(town.engine, schema.zone_set))


@on_both_databases
def test_what_waits_to_be_handled_stays(town: Town) -> None:
    """An answer that nobody could handle yet is kept, however old; a handled one goes."""
    now = town.clock.now()
    town.texts(town.household.guardians[0], "1", key="handled")
    town.arrives("reply", {"from": "+8613800000001", "text": "2"}, key="waits")
    with town.engine.begin() as connection:
        rejects.add(
            connection,
            topic="t",
            payload=b"{",
            reason=RejectReason.NOT_JSON,
            detail="",
            now=now,
        )
        phone_use.note(connection, "+8613800000001", Channel.SMS, now)
    town.clock.advance(100 * 86_400)

    assert (1, 1, 1) == (
        gone(town, Kind.INBOX),
        gone(town, Kind.REJECTS),
        gone(town, Kind.ADDRESSES),
    )
    assert ["waits"] == rows(town.engine, schema.inbox, "event_key")


@on_both_databases
def test_old_timelines_lose_their_texts_and_no_entry(town: Town) -> None:
    """Notes and places go from incidents closed long ago; what happened stays, without a gap."""
    incident_id = town.wanders_off()
    with town.engine.begin() as connection:
        connection.execute(
            schema.incident.update().values(state="closed", closed_at=town.clock.now())
        )
        connection.execute(
            schema.timeline.insert().values(
                incident_id=incident_id,
                number=99,
                at=town.clock.now(),
                kind="note",
                state="closed",
                detail={"text": "在桥头", "by": "li.na"},
            )
        )
    entries = len(rows(town.engine, schema.timeline))
    town.clock.advance(3 * YEAR)

    assert gone(town, Kind.INCIDENT_TEXTS) > 0
    assert entries == len(rows(town.engine, schema.timeline))
    assert {"by": "li.na"} == rows(town.engine, schema.timeline, "detail", number=99)[0]
    assert 0 == gone(town, Kind.INCIDENT_TEXTS)


@on_both_databases
def test_a_run_says_what_it_did(town: Town) -> None:
    """Each kind has its row with a count; a dry run counts the same and changes nothing."""
    for number in range(3):
        town.hears(f"r-{number}", position=HOME)
        town.clock.advance(60)
    town.clock.advance(40 * 86_400)
    counted = would_go(town.engine, DAYS, town.clock.now())
    done = keeper(town).run()
    with reading(town.engine) as connection:
        found = {run.kind: run.deleted for run in retention_runs.runs(connection)}
        turn = retention_runs.turn(connection)

    assert done == counted == found
    assert 3 == found[Kind.POSITIONS]
    assert turn is not None
    assert town.clock.now() == turn.done_at


@on_both_databases
def test_one_of_several_does_it(town: Town) -> None:
    """While one has the turn others do nothing; one that died loses it."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        retention_runs.look_after(connection, now)
        assert retention_runs.take_turn(connection, "b", lease=timedelta(hours=1), now=now)

    assert keeper(town).run() is None

    town.clock.advance(3601)

    assert keeper(town).run() is not None


def test_it_waits_for_the_night(town: Town) -> None:
    """At noon nothing is deleted; at three it is, once."""
    assert not keeper(town).look()  # noon of the first day

    town.clock.advance(15 * 3600)

    assert keeper(town).look()
    assert not keeper(town).look()


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind in SWEEPS])
def test_every_sweep_runs(town: Town, kind: Kind) -> None:
    """Each statement is one that the database understands, on what a town holds."""
    town.sos()
    town.clock.advance(12 * YEAR)

    assert gone(town, kind) >= 0
