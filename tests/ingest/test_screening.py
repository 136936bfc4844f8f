"""Doubt has a name: clocks, lateness, impossible jumps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position
from ingest.screening import Place, Previous, is_news, remember, screen, screen_all

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HOME = Position(120.68945, 30.52811)
PING = Ping(
    device_id="b7",
    report_id="x",
    measured_at=NOW,
    received_at=NOW,
    fix=Fix(position=HOME, accuracy_m=8),
)
TIMES = {Doubt.FUTURE_CLOCK, Doubt.BAD_CLOCK, Doubt.LATE}


@pytest.mark.parametrize(
    ("lag", "expected_lag", "doubts", "is_backlog"),
    [
        (timedelta(0), timedelta(0), set(), False),
        (timedelta(seconds=30), timedelta(seconds=30), set(), False),
        (timedelta(seconds=-90), timedelta(0), set(), False),  # a little fast: its now is ours
        (timedelta(minutes=-3), timedelta(0), {Doubt.FUTURE_CLOCK}, False),
        (timedelta(days=-400), timedelta(0), {Doubt.FUTURE_CLOCK}, False),
        (timedelta(minutes=11), timedelta(minutes=11), {Doubt.LATE}, True),
        (timedelta(days=3), timedelta(days=3), {Doubt.LATE}, True),
        (timedelta(days=31), timedelta(0), {Doubt.BAD_CLOCK}, False),
        (timedelta(days=365 * 56), timedelta(0), {Doubt.BAD_CLOCK}, False),  # 1970
    ],
)
def test_clocks(
    lag: timedelta, expected_lag: timedelta, doubts: set[Doubt], is_backlog: bool
) -> None:
    """A wrong clock is replaced by the time of arrival and named; an old report is late."""
    screened = screen(replace(PING, measured_at=NOW - lag), previous={})

    assert expected_lag == NOW - screened.at
    assert doubts == screened.doubts & TIMES
    assert is_backlog == screened.is_backlog


def test_a_declared_backlog_with_an_unset_clock_is_not_of_1970() -> None:
    """Also a stored report with a clock that was never set is ordered by its arrival."""
    unset = replace(PING, measured_at=datetime(1970, 1, 1, 0, 5, tzinfo=UTC), is_backlog=True)

    assert NOW == screen(unset, previous={}).at


@pytest.mark.parametrize(
    ("metres", "seconds", "accuracy_m", "is_impossible"),
    [
        (1000, 60, 8, False),
        (4000, 60, 8, False),  # a fast train
        (6000, 60, 8, True),
        (6000, 60, 1500, False),  # two discs may touch
        (60, 0, 8, False),
        (200, 0, 8, True),
    ],
)
def test_impossible_jumps(
    metres: float, seconds: float, accuracy_m: float, is_impossible: bool
) -> None:
    """Nobody covers more than 70 m a second, allowing for both accuracies."""
    before = NOW - timedelta(seconds=seconds)
    previous = Previous(believed=Place(position=HOME, at=before, accuracy_m=accuracy_m))
    there = replace(PING, fix=Fix(position=HOME.moved(north_m=metres), accuracy_m=accuracy_m))

    screened = screen(there, previous={"b7": previous})

    assert is_impossible == (Doubt.IMPOSSIBLE_SPEED in screened.doubts)


def test_two_that_agree_outvote_one() -> None:
    """After a jump, a second fix beside it is believed, and the first place was the wrong one."""
    previous = Previous(
        believed=Place(position=Position(116.4, 39.9), at=NOW - timedelta(minutes=2), accuracy_m=8)
    )
    doubts = []
    for seconds in (60, 0):
        ping = screen(
            replace(PING, measured_at=NOW - timedelta(seconds=seconds)), previous={"b7": previous}
        )
        doubts.append(Doubt.IMPOSSIBLE_SPEED in ping.doubts)
        previous = remember(ping, previous)

    assert [True, False] == doubts
    assert previous.believed is not None
    assert HOME == previous.believed.position


def test_an_older_fix_is_not_a_jump() -> None:
    """A fix from before the newest one is out of order, not impossible."""
    later = NOW + timedelta(seconds=1)
    previous = Previous(believed=Place(position=HOME.moved(north_m=90_000), at=later, accuracy_m=8))

    assert {Doubt.OUT_OF_ORDER} == screen(PING, previous={"b7": previous}).doubts


def test_an_old_place_sent_again_is_no_jump() -> None:
    """A place that the device itself calls old neither is impossible nor vouches for a jump."""
    previous = Previous(believed=Place(position=HOME, at=NOW, accuracy_m=8))
    wild = Fix(position=HOME.moved(north_m=90_000), accuracy_m=8, is_current=False)
    repeated = screen(
        replace(PING, measured_at=NOW, fix=wild, report_id="old"), previous={"b7": previous}
    )

    assert frozenset() == repeated.doubts
    assert None is remember(repeated, previous).doubted


def test_without_an_accuracy_a_cell_may_be_anywhere_near() -> None:
    """Two cells a few kilometres apart are no jump, whether they say how vague they are or not."""
    vague = Fix(position=HOME, accuracy_m=None, source=FixSource.CELL)
    there = replace(vague, position=HOME.moved(north_m=4000))
    said = [replace(PING, report_id=str(n), fix=f) for n, f in enumerate((vague, there))]

    screened, _ = screen_all(said, {})
    assert [{Doubt.CELL_ONLY}] * 2 == [ping.doubts for ping in screened]


@pytest.mark.parametrize(
    ("satellites", "accuracy_m", "expected"),
    [
        (0, 5.0, (FixSource.UNKNOWN, 100.0, {Doubt.NO_SATELLITES})),
        (0, None, (FixSource.UNKNOWN, 100.0, {Doubt.NO_SATELLITES})),
        (0, 900.0, (FixSource.UNKNOWN, 900.0, {Doubt.NO_SATELLITES})),
        (3, 5.0, (FixSource.GNSS, 5.0, set())),
        (None, 5.0, (FixSource.GNSS, 5.0, set())),
    ],
)
def test_a_satellite_fix_from_no_satellite(
    satellites: int | None,
    accuracy_m: float | None,
    expected: tuple[FixSource, float, set[Doubt]],
) -> None:
    """A network's guess with the label of satellites is worth 100 m at best."""
    fix = Fix(position=HOME, accuracy_m=accuracy_m, source=FixSource.GNSS, satellites=satellites)
    screened = screen(replace(PING, fix=fix), previous={})

    assert screened.fix is not None
    assert expected[:2] == (screened.fix.source, screened.fix.accuracy_m)
    assert expected[2] == screened.doubts


def test_a_batch_is_screened_in_the_order_of_its_times() -> None:
    """A clock an hour ahead is put right before anything is compared; the newest comes last."""
    said = [
        replace(PING, report_id="fast", measured_at=NOW + timedelta(hours=1)),
        replace(PING, report_id="old", measured_at=NOW - timedelta(seconds=40)),
        replace(PING, report_id="new", received_at=NOW + timedelta(seconds=1)),
    ]
    screened, memory = screen_all(said, {})

    assert ["old", "fast", "new"] == [ping.report_id for ping in screened]
    assert NOW == screened[1].at
    believed = memory["b7"].believed
    assert believed is not None
    assert NOW == believed.at


@pytest.mark.parametrize("doubt", Doubt)
def test_what_may_become_the_newest_position(doubt: Doubt) -> None:
    """Only a current position without a disqualifying doubt is what the map shows as newest."""
    disqualifying = {
        Doubt.NULL_ISLAND,
        Doubt.STALE_FIX,
        Doubt.IMPOSSIBLE_SPEED,
        Doubt.RETAINED,
        Doubt.FROZEN_FIX,
    }

    assert (doubt not in disqualifying) == is_news(replace(PING, doubts=frozenset({doubt})))
    assert not is_news(replace(PING, fix=None))
    assert not is_news(replace(PING, fix=Fix(position=HOME, accuracy_m=8, is_current=False)))


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.booleans(),
    st.sets(st.sampled_from(Doubt)),
)
def test_no_clock_breaks_screening(
    measured_at: datetime, is_backlog: bool, doubts: set[Doubt]
) -> None:
    """Whatever time a band claims, its ping is never ahead of its arrival."""
    ping = replace(PING, measured_at=measured_at, is_backlog=is_backlog, doubts=frozenset(doubts))

    assert screen(ping, previous={}).at <= NOW
