"""Operators' tasks about bands: opened, made worse and ended by the machine; nobody is woken."""

from datetime import timedelta
from typing import Any

import pytest

from alerts import health_watch
from core.accounts import EVERYWHERE
from core.bands import Level, Trouble
from core.incidents import EntryKind, Trigger
from store import band_tasks, registry, schema, workers
from store.band_tasks import Task
from store.database import reading
from tests.scenes import Town, on_both_databases, register_household, rows

GONE_S = 30.0


@pytest.fixture
def listened_to(town: Town) -> Town:
    """Return a town to whose bands somebody has been listening for long."""
    town.clock.advance(86_400)
    hear_the_town(town, since=timedelta(days=1))
    return town


def hear_the_town(town: Town, *, since: timedelta) -> None:
    """Let the ingest role say that it has been listening for so long."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        workers.beat(
            connection,
            "w",
            role="ingest",
            detail={"listening_since": (now - since).isoformat()},
            now=now,
        )


def look(town: Town, *, beat: bool = True) -> dict[tuple[Trouble, str], Task]:
    """Let the alerts role look at the bands once; return the open tasks."""
    if beat:
        now = town.clock.now()
        with town.engine.begin() as connection:
            connection.execute(schema.worker_beat.update().values(beat_at=now))
    with town.engine.begin() as connection:
        health_watch.look(connection, town.clock.now(), ingest_gone_s=GONE_S)
    with reading(town.engine) as connection:
        return {
            (task.trouble, task.subject): task
            for task in band_tasks.open_tasks(connection, scope=EVERYWHERE)
        }


def hears(town: Town, report_id: str, device_id: str = "band-1", **fields: Any) -> None:
    """Let a band say something now."""
    town.hears(report_id, device_id=device_id, **fields)


SILENT = (Trouble.SILENT, "band-1")


@on_both_databases
def test_a_silent_band_is_a_task_until_it_speaks(town: Town) -> None:
    """A band that was not heard becomes a task, worse with time; its next word ends it."""
    hears(town, "r-1", bat={"pct": 8})
    hear_the_town(town, since=timedelta(days=1))
    assert SILENT not in look(town)
    town.clock.advance(17 * 60)
    assert Level.NOTICE is look(town)[SILENT].level
    town.clock.advance(2 * 3600)
    task = look(town)[SILENT]
    assert (Level.SOON, True) == (task.level, task.detail["battery_was_low"])

    hears(town, "r-2")

    assert SILENT not in look(town)
    assert [] == rows(town.engine, schema.incident)  # and nobody was woken


def test_nobody_is_silent_while_ingest_is_away(listened_to: Town) -> None:
    """Without a living ingest role silence says nothing, and an open task stays as it is."""
    town = listened_to
    hears(town, "r-1")
    town.clock.advance(2000)
    assert SILENT not in look(town, beat=False)
    assert SILENT in look(town)
    town.clock.advance(100)

    assert SILENT in look(town, beat=False)


def test_after_an_outage_every_band_has_its_grace(listened_to: Town) -> None:
    """After the broker was away, silence is counted from its return."""
    town = listened_to
    hears(town, "r-1")
    town.clock.advance(7200)
    hear_the_town(town, since=timedelta(minutes=5))
    assert SILENT not in look(town)

    town.clock.advance(13 * 60)

    assert SILENT in look(town)


def test_silence_is_an_incident_for_a_wearer_at_risk(listened_to: Town) -> None:
    """By the wearer's policy a silence asks people, once; back at home, they are asked to look."""
    town = listened_to
    with town.engine.begin() as connection:
        connection.execute(schema.elder.update().values(silence_alarm_s=1800))
    for number in range(3):
        hears(town, f"r-{number}", position=town.household.home)
        town.clock.advance(60)
    town.clock.advance(1800)
    look(town)
    town.clock.advance(60)
    look(town)

    assert [Trigger.SILENCE.value] == rows(town.engine, schema.incident, "trigger")
    assert [EntryKind.OPENED, EntryKind.STEP_STARTED] == town.timeline(1)

    hears(town, "r-9", position=town.household.home)
    look(town)
    assert EntryKind.SEEMS_BACK in town.timeline(1)
    assert town.incident(1).is_open  # only a human closes


@on_both_databases
def test_an_outage_of_ours_raises_no_silence_alarm(town: Town) -> None:
    """After our start or the broker's return a band has its interval and two minutes to speak.

    Only a silence that goes on for that long with somebody listening asks people.
    """
    with town.engine.begin() as connection:
        connection.execute(schema.elder.update().values(silence_alarm_s=60))
    hears(town, "r-1", position=town.household.home)
    town.clock.advance(7200)  # the broker was away for all of it, or we were
    hear_the_town(town, since=timedelta(0))

    raised = []
    for seconds in (1, 299, 119, 1):  # 420 s are its interval and two minutes
        town.clock.advance(seconds)
        look(town)
        raised.append(len(rows(town.engine, schema.incident)))

    assert [0, 0, 0, 1] == raised


@on_both_databases
def test_many_silent_bands_are_one_task_and_no_incident(town: Town) -> None:
    """A mast that dies makes one task; what is still silent afterwards gets its own."""
    devices = [f"band-{n}" for n in range(2, 13)]
    with town.engine.begin() as connection:
        for device_id in devices:
            register_household(connection, device_id, now=town.clock.now(), guardian_channels=())
        connection.execute(schema.elder.update().values(silence_alarm_s=1800))
    for device_id in ["band-1", *devices]:
        hears(town, "r-1", device_id)
    hear_the_town(town, since=timedelta(days=1))
    town.clock.advance(3600)

    assert {(Trouble.MASS_SILENCE, "")} == look(town).keys()
    assert {(Trouble.MASS_SILENCE, "")} == look(town).keys()
    assert [] == rows(town.engine, schema.incident)
    task = look(town)[Trouble.MASS_SILENCE, ""]
    assert {"bands": 12, "of": 12} == task.detail

    for device_id in devices:
        hears(town, "r-2", device_id)

    assert {SILENT} == look(town).keys()
    assert ["silence"] == rows(town.engine, schema.incident, "trigger")


def test_a_low_battery_says_when_it_will_be_empty(listened_to: Town) -> None:
    """Two low readings make a task with the predicted hour; charging ends it."""
    town = listened_to
    low = (Trouble.LOW_BATTERY, "band-1")
    for number, pct in enumerate((50, 40, 30)):
        hears(town, f"r-{number}", bat={"pct": pct})
        assert low not in look(town)
        town.clock.advance(1800)
    hears(town, "r-4", bat={"pct": 20})
    task = look(town)[low]

    empty_at = town.clock.now() + timedelta(hours=1)
    assert (Level.SOON, 20) == (task.level, task.detail["pct"])
    assert empty_at.isoformat(timespec="minutes") == task.detail["empty_at"]

    hears(town, "r-5", bat={"pct": 21, "charging": True})
    assert low not in look(town)


def test_a_worse_level_is_new_again(listened_to: Town) -> None:
    """A task that somebody handles comes back when it gets worse."""
    town = listened_to
    hears(town, "r-1")
    town.clock.advance(2000)
    task = look(town)[SILENT]
    with town.engine.begin() as connection:
        band_tasks.handle(connection, task.id, scope=EVERYWHERE, by="ma", now=town.clock.now())
    assert "ma" == look(town)[SILENT].handled_by

    town.clock.advance(7200)

    assert None is look(town)[SILENT].handled_by


@on_both_databases
def test_poor_fixes_and_wrong_clocks_are_counted_over_reports(town: Town) -> None:
    """What most of a band's last reports have in common becomes a task."""
    hear_the_town(town, since=timedelta(days=1))
    look(town)
    for number in range(20):
        town.clock.advance(300)
        hears(town, f"r-{number}", t=town.clock.now().timestamp() + 8 * 3600)
    found = look(town)

    assert {Trouble.POOR_FIXES, Trouble.WRONG_CLOCK} == {trouble for trouble, _ in found}

    for number in range(30):
        town.clock.advance(300)
        hears(town, f"s-{number}", position=town.household.home)
    assert {} == look(town)


def test_a_band_that_nobody_wears_has_no_tasks(listened_to: Town) -> None:
    """When a band is taken from its wearer, its tasks end."""
    town = listened_to
    hears(town, "r-1")
    town.clock.advance(2000)
    assert SILENT in look(town)
    with town.engine.begin() as connection:
        connection.execute(schema.band.update().values(elder_id=None))

    assert {} == look(town)
    with reading(town.engine) as connection:
        assert None is registry.band_of(connection, town.household.elder_id)
