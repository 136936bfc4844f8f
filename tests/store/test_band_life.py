"""A band's life is on record, and a band that nobody wears alarms nobody."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from alerts import desk
from alerts.triggers import Signal, SignalKind
from core.accounts import EVERYWHERE, Scope
from core.band_life import BandState, BandStep
from core.errors import AihuijiaError, BadInput, Conflict, NotFound, Refused, Stale
from core.history import Subject
from core.incidents import Trigger
from store import (
    band_access,
    band_life,
    band_record,
    band_register,
    history,
    registry,
    wristbands,
)
from store.band_life import BandDetails
from store.database import reading
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases, register_household

LATER = NOON + timedelta(hours=1)
STREET = Scope(organisations=frozenset({"maqiao"}))
ELSEWHERE = Scope(organisations=frozenset({"xiashi"}))
IMEI = "490154203237518"


def step(connection: Connection, which: BandStep, *, searched: bool = False) -> BandState:
    """Take the household's band one step on."""
    return band_life.step(
        connection,
        "band-1",
        which,
        reason="家属报失",
        by="anna",
        now=LATER,
        while_searched=searched,
    )


def register(connection: Connection, device_id: str = "band-2", **details: Any) -> None:
    """Register a band on the shelf."""
    band_life.register(connection, device_id, BandDetails(**details), by="anna", now=NOON)


def states(engine: Engine, scope: Scope = EVERYWHERE) -> dict[str, BandState]:
    """Return the state of each band that *scope* sees."""
    with reading(engine) as connection:
        return {one.device_id: one.state for one in wristbands.wristbands(connection, scope)}


@on_both_databases
def test_a_lost_band_is_nobodys(town: Town) -> None:
    """It has no wearer, so that its reports alarm nobody; it may sign in, and it comes back."""
    elder_id = town.household.elder_id
    with town.engine.begin() as connection:
        lost = step(connection, BandStep.LOST)
        wearer = registry.wearers(connection, ["band-1"])
        (access,) = band_access.all_wanted(connection)
        band = wristbands.wristband(connection, "band-1", STREET)
        with pytest.raises(Conflict, match="is lost"):
            band_life.pair(connection, "band-1", elder_id, by="anna", now=LATER)
        step(connection, BandStep.FOUND)
        band_life.pair(connection, "band-1", elder_id, by="anna", now=LATER)
        entries = history.changes_of(connection, subject=Subject.BAND)

    assert (BandState.LOST, {"band-1": None}) == (lost, wearer)
    assert "granted" == access.wanted.value
    assert (elder_id, "maqiao") == (band.last_elder_id, band.organisation_id)
    assert [
        ("returned", "paired"),
        ("lost", "returned"),
        ("paired", "lost"),
    ] == [entry.changes["state"] for entry in entries]
    assert {"band-1": BandState.PAIRED} == states(town.engine)


@on_both_databases
def test_one_band_on_one_elder(town: Town) -> None:
    """A second band for an elder, or a second elder for a band, is refused by name."""
    with town.engine.begin() as connection:
        other = register_household(connection, "band-9", now=NOON)
        register(connection)
        with pytest.raises(Conflict, match="wears the band band-1"):
            band_life.pair(connection, "band-2", town.household.elder_id, by="anna", now=NOON)
        with pytest.raises(Conflict, match=f"Elder {town.household.elder_id} wears the band"):
            band_life.pair(connection, "band-1", other.elder_id, by="anna", now=NOON)
        with pytest.raises(Conflict, match="is registered already"):
            register(connection, "band-1")


@on_both_databases
def test_a_band_in_a_search_stays_on(town: Town) -> None:
    """While its elder is looked for it is taken off only when somebody confirms it."""
    signal = Signal(
        elder_id=town.household.elder_id,
        kind=SignalKind.ALARM,
        trigger=Trigger.SOS,
        at=NOON,
        report_id="r-1",
        evidence={},
    )
    with town.engine.begin() as connection:
        desk.report(connection, signal, ping_id=None, now=NOON)
        for which in (BandStep.UNPAIR, BandStep.LOST, BandStep.REPAIR, BandStep.RETIRE):
            with pytest.raises(Conflict, match="being looked for"):
                step(connection, which)
        confirmed = step(connection, BandStep.RETIRE, searched=True)

    assert BandState.RETIRED is confirmed


@on_both_databases
def test_a_retired_band_comes_back_with_a_new_password(town: Town) -> None:
    """Retiring revokes its login; paired again it has the next generation."""
    with town.engine.begin() as connection:
        step(connection, BandStep.RETIRE)
        (revoked,) = band_access.all_wanted(connection)
        with pytest.raises(Conflict, match="is retired"):
            band_life.rotate(connection, "band-1", reason="x", by="anna", now=LATER)
        generation = band_life.pair(
            connection, "band-1", town.household.elder_id, by="anna", now=LATER
        )
        (granted,) = band_access.all_wanted(connection)
        again = band_life.rotate(connection, "band-1", reason="x", by="anna", now=LATER)

    assert ("revoked", "granted") == (revoked.wanted.value, granted.wanted.value)
    assert (2, 3) == (generation, again)


@on_both_databases
def test_the_command_line_is_on_record(town: Town) -> None:
    """What a command does to a band stands in the history; a command that fails leaves nothing."""
    with town.engine.begin() as connection:
        with band_record.recorded(connection, "band-1", by="cli", now=LATER):
            band_register.retire(connection, "band-1", now=LATER)
        with band_record.recorded(connection, "band-2", by="cli", now=LATER):
            band_register.add(connection, "band-2", now=LATER)
        with (
            pytest.raises(Refused),
            band_record.recorded(connection, "band-2", by="cli", now=LATER),
        ):
            band_register.add(connection, "band-2", now=LATER)
        added, retired = history.changes_of(connection, subject=Subject.BAND)
        band = wristbands.wristband(connection, "band-1", STREET)

    assert (("paired", "retired"), 2) == (retired.changes["state"], band.version)
    assert ((None, "new"), 1) == (added.changes["state"], added.version)
    assert town.household.elder_id == band.last_elder_id


@on_both_databases
def test_what_is_written_on_a_band_is_checked(town: Town) -> None:
    """IMEI and SIM are unique and in one form; a history shows the end of a number only."""
    with town.engine.begin() as connection:
        register(connection, imei="49-015420-323751-8", sim_number="139 0000 0042")
        band = wristbands.wristband(connection, "band-2", EVERYWHERE)
        (entry,) = history.changes_of(connection, subject=Subject.BAND)
        for bad in (
            {"imei": "1"},
            {"sim_number": "anna"},
            {"organisation_id": "nowhere"},
            {"model": "TK 905"},
        ):
            with pytest.raises(BadInput):
                register(connection, "band-3", **bad)
        for taken in ({"imei": IMEI}, {"sim_number": "+8613900000042"}):
            with pytest.raises(Conflict, match="band-2 has this"):
                register(connection, "band-3", **taken)

    assert (IMEI, "+8613900000042", BandState.NEW) == (band.imei, band.sim_number, band.state)
    assert (None, "…0042") == entry.changes["sim_number"]


@on_both_databases
def test_details_are_edited_by_version(town: Town) -> None:
    """An edit of an old version overwrites nothing; the same again is no version."""
    with town.engine.begin() as connection:
        new = BandDetails(note="换过表带", sim_number="13900000042")
        version = band_life.update(connection, "band-1", new, seen=1, by="anna", now=LATER)
        same = band_life.update(connection, "band-1", new, seen=2, by="anna", now=LATER)
        with pytest.raises(Stale):
            band_life.update(connection, "band-1", new, seen=1, by="berta", now=LATER)

    assert (2, 2) == (version, same)


@on_both_databases
def test_shelves_belong_to_streets(town: Town) -> None:
    """A street sees what its elders wear, its own shelf and everybody's, and nothing else."""
    with town.engine.begin() as connection:
        registry.add_organisation(
            connection, "xiashi", kind="street", name_zh="硖石街道", name_en="Xiashi"
        )
        register(connection, "common-1")
        register(connection, "theirs-1", organisation_id="xiashi")
        with pytest.raises(NotFound):
            wristbands.wristband(connection, "band-1", ELSEWHERE)

    assert {"band-1", "common-1"} == set(states(town.engine, STREET))
    assert {"common-1", "theirs-1"} == set(states(town.engine, ELSEWHERE))


@on_both_databases
def test_lists_are_narrowed_and_paged(town: Town) -> None:
    """By state, by how the name begins, and on from where a page ended."""
    with town.engine.begin() as connection:
        for number in range(3):
            register(connection, f"x_{number}")
        new = wristbands.wristbands(connection, EVERYWHERE, state=BandState.NEW, limit=2)
        rest = wristbands.wristbands(
            connection, EVERYWHERE, state=BandState.NEW, after=new[-1].device_id
        )
        begins = wristbands.wristbands(connection, EVERYWHERE, begins="x_")
        worn = wristbands.wristbands(connection, EVERYWHERE, elder_id=town.household.elder_id)

    assert ["x_0", "x_1", "x_2"] == [one.device_id for one in (*new, *rest)]
    assert ["x_0", "x_1", "x_2"] == [one.device_id for one in begins]
    assert ["band-1"] == [one.device_id for one in worn]


@on_both_databases
def test_two_who_give_one_elder_a_band_at_once(town: Town) -> None:
    """One band is put on; the other operator is told which it is."""
    with town.engine.begin() as connection:
        step(connection, BandStep.RETIRE)
        register(connection, "band-2")
        register(connection, "band-3")
    gate = threading.Barrier(2)
    said: list[str] = []

    def put_on(device_id: str) -> None:
        gate.wait(10)
        try:
            with town.engine.begin() as connection:
                band_life.pair(connection, device_id, town.household.elder_id, by="anna", now=LATER)
        except AihuijiaError as error:
            said.append(str(error))

    threads = [threading.Thread(target=put_on, args=(name,)) for name in ("band-2", "band-3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    (sentence,) = said
    assert "nobody wears two" in sentence
    assert 1 == list(states(town.engine).values()).count(BandState.PAIRED)
