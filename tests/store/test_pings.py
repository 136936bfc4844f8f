"""A stored ping is judged like the one that came."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from core.accounts import EVERYWHERE
from core.pings import Alarm, Doubt, Fix, FixSource, Health, Ping
from core.places import Position
from core.radio import AccessPoint, Cell, Network
from store import elder_names, pings, registry
from store.database import reading
from tests.conftest import NOON
from tests.scenes import register_household

_numbers = st.none() | st.integers(0, 2**31 - 1)
_fixes = st.builds(
    Fix,
    position=st.builds(Position, st.floats(-180, 180), st.floats(-90, 90)),
    accuracy_m=st.none() | st.floats(0, 1e6),
    source=st.sampled_from(FixSource),
    is_current=st.booleans(),
    satellites=st.none() | st.integers(0, 64),
    speed_kmh=st.none() | st.floats(0, 500),
)
_cells = st.builds(
    Cell, mcc=_numbers, mnc=_numbers, lac=_numbers, cid=_numbers, level=_numbers,
    rat=st.none() | st.sampled_from(["gsm", "lte"]), dbm=st.none() | st.integers(-140, 0),
)  # fmt: skip
_points = st.builds(
    AccessPoint,
    mac=st.sampled_from(["0c:11:22:33:44:55", "a0:b1:c2:d3:e4:f5"]),
    dbm=st.none() | st.integers(-120, 0),
)
_networks = st.builds(
    Network, cells=st.lists(_cells, max_size=3).map(tuple), wifi=st.lists(_points).map(tuple)
)


@st.composite
def said(draw: st.DrawFn) -> Ping:
    """Draw a ping with anything in it that a judgement may read."""
    late = timedelta(microseconds=draw(st.integers(0, 10**12)))
    return Ping(
        device_id="band-1",
        report_id=draw(st.uuids()).hex,
        measured_at=draw(st.none() | st.just(NOON - late)),
        received_at=NOON + late,
        fix=draw(st.none() | _fixes),
        battery_pct=draw(st.none() | st.integers(0, 100)),
        charging=draw(st.none() | st.booleans()),
        worn=draw(st.none() | st.booleans()),
        steps=draw(_numbers),
        alarms=draw(st.frozensets(st.sampled_from(Alarm))),
        why=draw(st.sampled_from(["", "timer", "alarm"])),
        network=draw(st.none() | _networks),
        is_backlog=draw(st.booleans()),
        doubts=draw(st.frozensets(st.sampled_from(Doubt))),
    )


def stored(engine: Engine, *given_pings: Ping) -> list[Ping]:
    """Store pings and read them as a judgement would; nothing stays."""
    with engine.connect() as connection:
        ids = pings.add(connection, given_pings, {})
        found = pings.by_ids(connection, list(ids.values()))
        connection.rollback()
    return [found[ids[one.device_id, one.report_id]] for one in given_pings]


def test_a_stored_ping_is_as_it_came(database: Engine) -> None:
    """Every number to the last bit, every doubt, every access point, on both databases."""

    @settings(max_examples=60)
    @given(st.lists(said(), min_size=1, max_size=4))
    def holds(given_pings: list[Ping]) -> None:
        assert given_pings == stored(database, *given_pings)

    holds()


def test_what_no_judgement_reads_stays_in_the_bytes(database: Engine) -> None:
    """Health, the order it answers and the bytes themselves are not read back."""
    ping = Ping(device_id="band-1", report_id="1", measured_at=NOON, received_at=NOON)
    full = replace(ping, command="c-1", health=Health(bpm=70), raw=b"{}")

    assert [ping] == stored(database, full)


def test_an_elders_pings_come_in_order_of_arrival(database: Engine) -> None:
    """Only theirs, only those after another one and up to an instant, the newest of too many."""
    with database.begin() as connection:
        register_household(connection, "band-1", now=NOON)
        made = [
            Ping(device_id=device, report_id=str(n), measured_at=None, received_at=NOON + n * _MIN)
            for n in range(6)
            for device in ("band-1", "stray")
        ]
        ids = pings.add(connection, made, {"band-1": 1})
    first = ids["band-1", "0"]
    with reading(database) as connection:
        found = pings.of_elder(connection, 1, after_id=first, until=NOON + 4 * _MIN, limit=3)

    assert [(ids["band-1", str(n)], str(n)) for n in (2, 3, 4)] == [
        (ping_id, ping.report_id) for ping_id, ping in found
    ]


_MIN = timedelta(minutes=1)


def test_an_elder_is_found_by_id_or_whole_name(database: Engine) -> None:
    """An id is an id, a name is the whole name."""
    with database.begin() as connection:
        register_household(connection, "band-1", now=NOON)
        other = registry.add_elder(
            connection, organisation_id="maqiao", name="陈福根", birth_year=1944, sex="m"
        )
    with reading(database) as connection:
        found = [
            elder_names.find(connection, one, scope=EVERYWHERE)
            for one in ("1", "王秀英", " 陈福根 ")
        ]

    assert [1, 1, other] == found
