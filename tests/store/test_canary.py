"""The canary's rows: who plays, what its rounds were, and that they go away again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from core.canary import Result, Round, Stage
from core.clock import ManualClock
from core.errors import SettingError
from core.people import Channel, Role
from store import band_register, canary, canary_cast, registry, rosters, schema, workers
from store.canary_cast import DEVICE_ID, Cast
from store.database import reading
from tests.scenes import rows

NUMBER = "+15005550199"


def ensured(engine: Engine, now: datetime, *, number: str = NUMBER, key: str | None = None) -> Cast:
    """Register the cast, or find it."""
    with engine.begin() as connection:
        return canary_cast.ensure(connection, number=number, key_mark=key, now=now)


def test_the_cast_is_registered_once(database: Engine, clock: ManualClock) -> None:
    """A second start finds everybody as they are."""
    first = ensured(database, clock.now())

    assert first == ensured(database, clock.now())
    assert [True] == rows(database, schema.elder, "is_virtual")
    assert [NUMBER] == rows(database, schema.contact_point, "value")
    assert [DEVICE_ID] == rows(database, schema.band, "device_id")
    assert [Role.GUARDIAN.value] == rows(database, schema.person, "role")


def test_a_number_of_somebody_is_refused(database: Engine, clock: ManualClock) -> None:
    """Whoever answers the canary could have meant a real alarm: their number is not taken."""
    with database.begin() as connection:
        registry.add_person(
            connection, role=Role.OPERATOR, name="值班员", contacts={Channel.SMS: NUMBER}
        )

    with pytest.raises(SettingError, match="AIHUIJIA_CANARY_NUMBER"):
        ensured(database, clock.now())


def test_what_was_lost_comes_back(database: Engine, clock: ManualClock) -> None:
    """A band that was retired gets a new login, and a number that was refused another chance."""
    cast = ensured(database, clock.now(), key="k1")
    with database.begin() as connection:
        band_register.retire(connection, DEVICE_ID, now=clock.now())
        connection.execute(schema.contact_point.update().values(disabled_reason="21211"))
    again = ensured(database, clock.now(), key="k1", number="+15005550198")

    assert replace(cast, generation=2) == again
    assert [("+15005550198", None)] == rows(
        database, schema.contact_point, "value", "disabled_reason"
    )
    assert [(cast.elder_id, None)] == rows(database, schema.band, "elder_id", "retired_at")
    assert again == ensured(database, clock.now(), key="k1", number="+15005550198")


def test_another_key_is_another_password(database: Engine, clock: ManualClock) -> None:
    """With a new key the band asks for a new login, once."""
    generations = [
        ensured(database, clock.now(), key=key).generation for key in ("k1", "k1", "k2", "k2")
    ]

    assert [1, 1, 2, 2] == generations


def test_nobody_on_duty_is_asked_for_a_virtual_elder(database: Engine, clock: ManualClock) -> None:
    """The roster of the canary's elder is its own person; a real elder's is untouched by it."""
    cast = ensured(database, clock.now())
    with database.begin() as connection:
        for role in (Role.RESCUER, Role.OPERATOR):
            registry.add_person(connection, role=role, name="甲", contacts={})
        registry.add_organisation(connection, "x", kind="street", name_zh="x", name_en="x")
        real = registry.add_elder(
            connection, organisation_id="x", name="王秀英", birth_year=1944, sex="f"
        )
    with reading(database) as connection:
        virtual = rosters.roster(connection, cast.elder_id, clock.now())
        roster = rosters.roster(connection, real, clock.now())

    assert ((cast.person_id,), (), ()) == (virtual.guardians, virtual.rescuers, virtual.operators)
    assert ((), 1, 1) == (roster.guardians, len(roster.rescuers), len(roster.operators))


def play(connection: Connection, at: datetime, result: Result) -> None:
    """Store one round that ended at once."""
    number = canary.begin(connection, at)
    problem = Stage.STORED if result is Result.FAILED else None
    ended = Round(started_at=at, ended_at=at, result=result, problem=problem)
    canary.finish(connection, number, ended)


def test_failures_are_counted_for_good(database: Engine, clock: ManualClock) -> None:
    """The count of failed rounds never falls, also when their rows are removed."""
    cast = ensured(database, clock.now())
    with database.begin() as connection:
        for result in (Result.FAILED, Result.GOOD, Result.FAILED, Result.GOOD, Result.INTERRUPTED):
            play(connection, clock.advance(300), result)
            canary.forget_old(connection, elder_id=cast.elder_id, device_id=DEVICE_ID, keep=2)
        stands = canary.standing(connection)

    assert 2 == stands.failures
    assert 2 == len(rows(database, schema.canary_round))
    assert stands.newest is not None
    assert stands.last_good is not None
    assert (Result.INTERRUPTED, Result.GOOD) == (stands.newest.result, stands.last_good.result)


def test_a_round_left_open_is_ended(database: Engine, clock: ManualClock) -> None:
    """What a canary that was killed left counts as neither good nor failed."""
    with database.begin() as connection:
        canary.begin(connection, clock.now())

        assert [1, 0] == [canary.end_left_open(connection, clock.now()) for _ in range(2)]
        assert 0 == canary.standing(connection).failures


def test_workers_gone_for_a_day_are_forgotten(database: Engine, clock: ManualClock) -> None:
    """The beat of a process that is gone leaves the table; one of today stays."""
    with database.begin() as connection:
        workers.beat(connection, "old:1", role="ingest", detail={}, now=clock.now())
        now = clock.advance(timedelta(hours=25).total_seconds())
        workers.beat(connection, "new:2", role="ingest", detail={}, now=now)
        workers.forget_gone(connection, now)

    assert ["new:2"] == rows(database, schema.worker_beat, "worker")
