"""The last place sent again with a new time: honest at rest, frozen while the wearer moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position
from core.radio import AccessPoint, Cell, Network
from ingest.frozen import Run, follow
from ingest.screening import NOTHING, Previous, is_news, remember, screen

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HERE = Position(120.68945, 30.52811)
ROUTER = "00:00:5e:00:53:6d"


def around(cells: tuple[int, ...] = (), wifi: tuple[str, ...] = ()) -> Network:
    """Return surroundings with these cells and access points."""
    return Network(
        cells=tuple(Cell(mcc=460, mnc=0, lac=1, cid=cid) for cid in cells),
        wifi=tuple(AccessPoint(mac=mac) for mac in wifi),
    )


def ping(minute: float, *, place: Position = HERE, **said: Any) -> Ping:
    """Return a ping of that minute; *said* replaces its fields, `source` its fix's."""
    source = said.pop("source", FixSource.GNSS)
    at = NOW + timedelta(minutes=minute)
    return replace(
        Ping(
            device_id="b7",
            report_id=f"{minute}",
            measured_at=at,
            received_at=at,
            fix=Fix(position=place, accuracy_m=8, source=source),
        ),
        **said,
    )


def frozen(*pings: Ping) -> list[bool]:
    """Screen *pings* one after the other; say which repeat a place that was left."""
    memory = {"b7": NOTHING}
    found = []
    for one in pings:
        checked = screen(one, previous=memory)
        before = memory["b7"]
        # As after a restart: only what is stored comes back.
        memory["b7"] = replace(remember(checked, before), run=None, lags=()).recalling(
            remember(checked, before).to_json()
        )
        found.append(Doubt.FROZEN_FIX in checked.doubts)
        assert checked.fix is not None
        assert checked.fix.is_current is not found[-1]
        assert is_news(checked) is not found[-1]
    return found


def test_walking_on_one_spot_is_frozen() -> None:
    """From the third time on, the same numbers while steps are counted are no position of now."""
    said = [ping(n, steps=100 + 60 * n) for n in range(5)]

    assert [False, False, True, True, True] == frozen(*said)


def test_travelling_on_one_spot_is_frozen() -> None:
    """The same numbers while none of the cells is in reach any more are no position of now."""
    said = [ping(n, network=around(cells=(10 * n, 10 * n + 1))) for n in range(4)]

    assert [False, False, True, True] == frozen(*said)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"steps": 500},
        {"network": around(cells=(1, 2))},
        {"network": around(wifi=(ROUTER,))},
        {"steps": 0, "network": around(cells=(1,), wifi=(ROUTER,))},
    ],
    ids=str,
)
def test_at_rest_the_same_numbers_are_honest(said: dict[str, Any]) -> None:
    """While nothing changes, a place may be repeated for ever."""
    assert [False] * 20 == frozen(*(ping(n, **said) for n in range(20)))


def test_a_few_steps_are_no_walk() -> None:
    """Turning about in bed is counted, too."""
    assert [False] * 5 == frozen(*(ping(n, steps=4 * n) for n in range(5)))


def test_the_step_counter_begins_anew() -> None:
    """A counter that falls (midnight, a restart) is no walk; growing from there is one."""
    counts = [9000, 9010, 0, 5, 9020, 9031]

    assert [False] * 5 + [True] == frozen(*(ping(n, steps=s) for n, s in enumerate(counts)))


def test_a_neighbouring_cell_that_stays_is_the_same_place() -> None:
    """Cells come and go at rest; while one of them stays, nobody went far."""
    networks = [around(cells=cells) for cells in ((1, 2), (2, 3, 4), (4, 9), (3,))]

    assert [False] * 4 == frozen(*(ping(n, network=one) for n, one in enumerate(networks)))


def test_the_router_at_home_speaks_for_the_place() -> None:
    """With the same access point in reach the place is the same, whatever steps and cells do."""
    said = [ping(n, steps=100 * n, network=around((n,), wifi=(ROUTER,))) for n in range(5)]

    assert [False] * 5 == frozen(*said)


def test_a_hotspot_in_the_pocket_speaks_for_no_place() -> None:
    """An access point that travels along proves nothing."""
    hotspot = "02:00:5e:00:53:6d"
    said = [ping(n, steps=100 * n, network=around(wifi=(hotspot,))) for n in range(4)]

    assert [False, False, True, True] == frozen(*said)


@pytest.mark.parametrize("source", [FixSource.WIFI, FixSource.CELL])
def test_radio_gives_the_same_numbers_for_the_same_surroundings(source: FixSource) -> None:
    """A place found by radio repeats while somebody walks about in the house."""
    assert [False] * 4 == frozen(*(ping(n, source=source, steps=100 * n) for n in range(4)))


def test_another_digit_is_another_place() -> None:
    """One fix that differs in its last digit ends the run."""
    other = Position(HERE.lon + 1e-6, HERE.lat)
    said = [ping(n, steps=100 * n, place=other if n == 2 else HERE) for n in range(6)]

    assert [False] * 5 + [True] == frozen(*said)


def test_a_resend_is_no_repetition() -> None:
    """The same report again, or one from before, does not lengthen the run."""
    said = [ping(n, steps=100 * n) for n in (0, 5, 5, 0, 3)]

    assert [False] * 5 == frozen(*said)


def test_a_clock_that_stands_repeats_by_arrival() -> None:
    """Without a time of its own a report is told from its resend by its id."""
    one, two, three = (ping(n, steps=100 * n, measured_at=None) for n in range(3))
    again = replace(one, received_at=NOW + timedelta(seconds=30))

    assert [False, False, False, True] == frozen(one, again, two, three)


def test_a_repeated_place_that_says_so_is_no_run() -> None:
    """A device that calls its place old has said what there is to say."""
    old = Fix(position=HERE, accuracy_m=8, is_current=False)
    run = None
    for n in range(4):
        run = follow(run, ping(n, fix=old, steps=100 * n))

    assert None is run


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.sampled_from([HERE, HERE.moved(east_m=50)]), st.integers(0, 200)
        ),
        max_size=12,
    )
)
def test_what_is_remembered_survives_a_restart(
    said: list[tuple[int, Position, int]],
) -> None:
    """A run goes to the database and comes back the same; strange rows are forgotten."""
    memory = Previous()
    for minute, place, steps in said:
        memory = remember(ping(minute, place=place, steps=steps), memory)

    bare = Previous(believed=memory.believed)
    assert memory == bare.recalling(memory.to_json())


@pytest.mark.parametrize(
    "saved",
    [None, {}, {"run": 5}, {"run": []}, {"run": [1] * 8}, {"lags": 5}, {"lags": [[1]]}, []],
)
def test_what_cannot_be_read_is_forgotten(saved: Any) -> None:
    """A memory that makes no sense silences nobody."""
    assert Previous() == Previous().recalling(saved)


def test_a_run_is_small() -> None:
    """However much a band hears, little of it is remembered."""
    crowd = around(tuple(range(16)), tuple(f"00:00:5e:00:53:{n:02x}" for n in range(32)))
    run = follow(follow(None, ping(0, network=crowd)), ping(1, network=crowd))

    assert isinstance(run, Run)
    assert (6, 8) == (len(run.cells), len(run.points))
