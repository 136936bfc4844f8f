"""Bands come and go, and with them who may sign in."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from alerts import desk
from alerts.triggers import Signal, SignalKind
from core.accounts import EVERYWHERE
from core.band_access import Access, AccessState
from core.errors import NotFound, Refused
from core.incidents import Trigger
from ingest.messages import Message
from ingest.pipeline import process
from store import band_access, band_lists, band_register, map_views, registry
from store.database import reading
from tests.conftest import NOON
from tests.scenes import PREFIX, Town, on_both_databases, register_household

LATER = NOON + timedelta(hours=1)


def hear(engine: Engine, device_id: str, *, hours: int = 0, topic: str = "", **said: Any) -> None:
    """Let a band report, as the ingest role would take it."""
    body = {"v": 1, "id": f"r-{hours}", "why": "timer", "bat": {"pct": 64}} | said
    at = NOON + timedelta(hours=hours)
    message = Message(
        topic=topic or f"{PREFIX}/up/{device_id}/report",
        payload=json.dumps(body).encode(),
        received_at=at,
    )
    with engine.begin() as connection:
        assert 0 == process(connection, [message], prefix=PREFIX, now=at).rejected


def wanted(engine: Engine) -> dict[str, tuple[str, int]]:
    """Return what is wanted at the broker, by band: state and generation."""
    with reading(engine) as connection:
        return {
            access.device_id: (access.wanted.value, access.generation)
            for access in band_access.all_wanted(connection)
        }


def unknown(engine: Engine) -> list[str]:
    """Return the names of the bands that can be claimed."""
    with reading(engine) as connection:
        return [band.device_id for band in band_lists.unknown(connection)]


@on_both_databases
def test_registering_grants_and_retiring_revokes(town: Town) -> None:
    """Whoever is registered may sign in; a retired band may not, and has no wearer."""
    with town.engine.begin() as connection:
        band_register.add(connection, "band-2", model="tk905-4g", interval_s=600, now=NOON)
        elder_id = band_register.retire(connection, "band-1", now=LATER)
        known = registry.wearers(connection, ["band-1", "band-2"])
        worn = registry.band_of(connection, town.household.elder_id)

    assert town.household.elder_id == elder_id
    assert {"band-1": ("revoked", 1), "band-2": ("granted", 1)} == wanted(town.engine)
    assert {"band-2": None} == known
    assert None is worn


@on_both_databases
def test_a_retired_band_speaks_for_nobody(town: Town) -> None:
    """What it says later is of no elder, and it is in the list of unknown bands only then."""
    hear(town.engine, "band-1")
    with town.engine.begin() as connection:
        band_register.retire(connection, "band-1", now=NOON + timedelta(minutes=1))
        (on_map,) = map_views.bands(connection, scope=EVERYWHERE, device_id="band-1")
    before = unknown(town.engine)
    hear(town.engine, "band-1", hours=1)
    with reading(town.engine) as connection:
        (again,) = map_views.bands(connection, scope=EVERYWHERE, device_id="band-1")

    assert [] == before
    assert ["band-1"] == unknown(town.engine)
    assert (None, False) == (on_map.elder_id, on_map.is_registered)
    assert (None, 2) == (again.elder_id, again.reports)


@on_both_databases
def test_a_retired_band_can_be_claimed(town: Town) -> None:
    """It comes back with a new password, for the same elder or another."""
    with town.engine.begin() as connection:
        band_register.retire(connection, "band-1", now=NOON)
        generation = band_register.claim(
            connection, "band-1", elder_id=town.household.elder_id, now=LATER
        )
        (band,) = band_lists.registered(connection)

    assert 2 == generation
    assert {"band-1": ("granted", 2)} == wanted(town.engine)
    assert (town.household.elder_id, LATER, None, 300) == (
        band.elder_id,
        band.registered_at,
        band.retired_at,
        band.expected_interval_s,
    )


@on_both_databases
def test_an_unknown_band_can_be_claimed(town: Town) -> None:
    """A band that was heard is registered on an elder; the next report is theirs."""
    hear(town.engine, "stranger")
    with town.engine.begin() as connection:
        band_register.retire(connection, "band-1", now=NOON)
        generation = band_register.claim(
            connection, "stranger", elder_id=town.household.elder_id, now=LATER, interval_s=60
        )
    hear(town.engine, "stranger", hours=2)
    with reading(town.engine) as connection:
        (on_map,) = map_views.bands(connection, scope=EVERYWHERE, device_id="stranger")

    assert 1 == generation
    assert ([], town.household.elder_id, 60) == (
        unknown(town.engine),
        on_map.elder_id,
        on_map.expected_interval_s,
    )


@on_both_databases
def test_a_band_from_the_shelf_keeps_its_password(town: Town) -> None:
    """It was put into the band when it was registered."""
    with town.engine.begin() as connection:
        band_register.retire(connection, "band-1", now=NOON)
        band_register.add(connection, "shelf", now=NOON)
        generation = band_register.claim(
            connection, "shelf", elder_id=town.household.elder_id, now=LATER, model="fa66s"
        )
        (band,) = band_lists.registered(connection)

    assert None is generation
    assert ("shelf", "fa66s", NOON) == (band.device_id, band.model, band.registered_at)


@on_both_databases
def test_the_way_of_an_unknown_band_is_known(town: Town) -> None:
    """Our own format, a phone and a gateway's protocol are told apart, the last heard first."""
    hear(town.engine, "own")
    hear(town.engine, "own", hours=1, topic=f"{PREFIX}/up/own/report", id="x")
    hear(
        town.engine,
        "phone",
        hours=2,
        topic="owntracks/phone/x",
        _type="location",
        lat=30.5,
        lon=120.7,
        tst=int(NOON.timestamp()),
    )
    hear(town.engine, "8800000015", hours=3, via={"gw": "g1", "proto": "watch"})
    hear(town.engine, "liar", hours=4, via={"proto": "<b>"})
    with reading(town.engine) as connection:
        found = band_lists.unknown(connection)
        first = band_lists.unknown(connection, limit=1)

    assert [("liar", "mqtt"), ("8800000015", "watch"), ("phone", "owntracks"), ("own", "mqtt")] == [
        (band.device_id, band.way) for band in found
    ]
    assert (NOON, NOON + timedelta(hours=1), 2, 64) == (
        found[3].first_heard_at,
        found[3].heard_at,
        found[3].reports,
        found[3].battery_pct,
    )
    assert found[:1] == first


@on_both_databases
def test_the_last_band_of_a_search_is_not_retired_by_mistake(town: Town) -> None:
    """While an elder is looked for, retiring their band must be meant."""
    signal = Signal(
        elder_id=town.household.elder_id,
        kind=SignalKind.ALARM,
        trigger=Trigger.SOS,
        at=NOON,
        report_id="r",
        evidence={},
    )
    with town.engine.begin() as connection:
        desk.report(connection, signal, ping_id=None, now=NOON)
        with pytest.raises(Refused, match="--while-searched"):
            band_register.retire(connection, "band-1", now=NOON)
        band_register.retire(connection, "band-1", now=NOON, while_searched=True)

    assert {"band-1": ("revoked", 1)} == wanted(town.engine)


MISTAKES: list[tuple[str, Callable[[Connection], object], str]] = [
    ("registered", lambda c: band_register.add(c, "band-1", now=NOON), "registered already"),
    ("retired", lambda c: band_register.add(c, "old", now=NOON), "band claim old --elder ID"),
    ("capitals", lambda c: band_register.add(c, "Band 7", now=NOON), "Did you mean band-7"),
    ("empty", lambda c: band_register.add(c, "", now=NOON), "1 to 32 of"),
    ("ours", lambda c: band_register.add(c, "aihuijia-ingest", now=NOON), "service itself"),
    ("two", lambda c: band_register.add(c, "x", elder_id=1, now=NOON), "band retire band-1"),
    ("model", lambda c: band_register.add(c, "x", model="a b", now=NOON), "A model is"),
    ("interval", lambda c: band_register.add(c, "x", interval_s=1, now=NOON), "10 to 86400"),
    (
        "never heard",
        lambda c: band_register.claim(c, "x", elder_id=1, now=NOON),
        "band add x --elder 1",
    ),
    (
        "worn",
        lambda c: band_register.claim(c, "band-1", elder_id=1, now=NOON),
        "Elder 1 wears the band band-1",
    ),
    ("twice", lambda c: band_register.retire(c, "old", now=NOON), "2026-11-23 already"),
    ("rotate", lambda c: band_register.rotate(c, "old", now=NOON), "2026-11-23 already"),
]


@pytest.mark.parametrize(
    ("act", "says"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_is_explained(
    sqlite_town: Town, act: Callable[[Connection], object], says: str
) -> None:
    """Whoever asks for what cannot be is told what would be right, and nothing is changed."""
    with sqlite_town.engine.begin() as connection:
        band_register.add(connection, "old", now=NOON)
        band_register.retire(connection, "old", now=NOON)
    before = wanted(sqlite_town.engine)
    with pytest.raises(Refused, match=says), sqlite_town.engine.begin() as connection:
        act(connection)

    assert before == wanted(sqlite_town.engine)


@pytest.mark.parametrize("act", [band_register.retire, band_register.rotate])
def test_a_band_nobody_registered_is_not_found(
    sqlite_town: Town, act: Callable[..., object]
) -> None:
    """Retiring or rotating it says where to look."""
    with (
        pytest.raises(NotFound, match="aihuijia band list"),
        sqlite_town.engine.begin() as connection,
    ):
        act(connection, "x", now=NOON)


def test_an_elder_nobody_registered_gets_no_band(sqlite_town: Town) -> None:
    """The elder is named."""
    with pytest.raises(NotFound, match="elder 99"), sqlite_town.engine.begin() as connection:
        band_register.add(connection, "x", elder_id=99, now=NOON)


# -- what the broker was told ----------------------------------------------------------------------


def due(engine: Engine, *, at: Any = LATER) -> list[Access]:
    """Return what the broker must be told."""
    with reading(engine) as connection:
        return band_access.due(connection, at, 100)


def mark(engine: Engine, told: list[Access]) -> None:
    """Record that the broker knows."""
    with engine.begin() as connection:
        band_access.mark_applied(connection, told, key_mark="12345678", now=NOON)


@on_both_databases
def test_what_the_broker_knows_is_not_told_again(town: Town) -> None:
    """Due until it is recorded; who may no longer come in is first."""
    with town.engine.begin() as connection:
        register_household(connection, "band-0", now=NOON)
        band_register.add(connection, "band-2", now=NOON)
        band_register.retire(connection, "band-2", now=LATER)
    waiting = due(town.engine)
    mark(town.engine, waiting)
    with reading(town.engine) as connection:
        states = {b.device_id: b.is_applied for b in band_lists.registered(connection)}

    assert ["band-2", "band-0", "band-1"] == [access.device_id for access in waiting]
    assert AccessState.REVOKED is waiting[0].wanted
    assert [] == due(town.engine)
    assert {"band-0": True, "band-1": True} == states


@on_both_databases
def test_what_changed_meanwhile_stays_due(town: Town) -> None:
    """An answer to an older wish, or a failure of one, does not hide the newer wish."""
    first = due(town.engine)
    with town.engine.begin() as connection:
        band_register.rotate(connection, "band-1", now=LATER)
    mark(town.engine, first)
    with town.engine.begin() as connection:
        again_at = LATER + timedelta(hours=1)
        band_access.mark_problems(connection, {first[0]: "no"}, next_try_at=again_at)

    assert [2] == [access.generation for access in due(town.engine)]


@on_both_databases
def test_a_problem_is_shown_and_tried_again(town: Town) -> None:
    """The reason stands on the band's line until it works."""
    waiting = due(town.engine)
    with town.engine.begin() as connection:
        band_access.mark_problems(connection, {waiting[0]: "x" * 500}, next_try_at=LATER)
        (band,) = band_lists.registered(connection)
    early = due(town.engine, at=NOON)
    mark(town.engine, due(town.engine))
    with reading(town.engine) as connection:
        (mended,) = band_lists.registered(connection)

    assert ("x" * 200, False) == (band.problem, band.is_applied)
    assert [] == early
    assert (None, True) == (mended.problem, mended.is_applied)
