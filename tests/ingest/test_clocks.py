"""A band's clock: a zone off is told from a memory that is emptied, and from a clock never set."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import Doubt, Ping
from ingest.clocks import Lags, note, put_right, zone_off_h

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TIMES = {Doubt.FUTURE_CLOCK, Doubt.BAD_CLOCK, Doubt.LATE, Doubt.WRONG_ZONE}


def ping(arrives_s: float, lag: timedelta | None, *, is_backlog: bool = False) -> Ping:
    """Return a ping that arrives after *arrives_s* and says that it was measured *lag* before."""
    received_at = NOW + timedelta(seconds=arrives_s)
    return Ping(
        device_id="b7",
        report_id=f"{arrives_s}",
        measured_at=None if lag is None else received_at - lag,
        received_at=received_at,
        is_backlog=is_backlog,
    )


def heard(*pings: Ping) -> tuple[list[Ping], Lags]:
    """Put the times of *pings* right, one after the other; return them and what is remembered."""
    lags: Lags = ()
    righted = []
    for one in pings:
        righted.append(put_right(one, lags))
        lags = note(one, lags)
    return righted, lags


def named(pings: list[Ping]) -> list[set[Doubt]]:
    """Return what was found wrong with the time of each."""
    return [set(one.doubts) & TIMES for one in pings]


@pytest.mark.parametrize("hours", [8, -8, 7, -7, 9, -9])
def test_a_zone_off_is_named_and_live(hours: int) -> None:
    """Live reports that are always the same hours off have a wrong zone, and count on arrival."""
    off = timedelta(hours=hours)
    wander = [0, 3, -2, 40, 1]
    righted, lags = heard(*(ping(60 * n, off + timedelta(seconds=s)) for n, s in enumerate(wander)))

    assert [{Doubt.WRONG_ZONE}] * 3 == named(righted[2:])
    assert [one.received_at for one in righted[2:]] == [one.at for one in righted[2:]]
    assert not any(one.is_backlog for one in righted[2:])
    assert hours == zone_off_h(lags)


@pytest.mark.parametrize("hours", [8, -8])
def test_the_first_reports_prove_nothing(hours: int) -> None:
    """Before it is proved, a time off by hours is late or ahead, as any other clock's."""
    righted, _ = heard(*(ping(60 * n, timedelta(hours=hours)) for n in range(2)))

    assert [{Doubt.LATE if hours > 0 else Doubt.FUTURE_CLOCK}] * 2 == named(righted)


@pytest.mark.parametrize("offset_h", [1, 5, 6, 10, 24])
def test_other_hours_are_no_zone(offset_h: int) -> None:
    """A clock that is wrong by any other span is wrong, not in another zone."""
    righted, lags = heard(*(ping(60 * n, timedelta(hours=-offset_h)) for n in range(12)))

    assert [{Doubt.FUTURE_CLOCK}] * 12 == named(righted)
    assert None is zone_off_h(lags)


@pytest.mark.parametrize("pace_s", [0, 0.5, 5, 30, 40])
def test_a_memory_that_is_emptied_is_late_not_in_another_zone(pace_s: float) -> None:
    """Eight hours without coverage, then minute after minute of it in seconds: that is history."""
    missed = timedelta(hours=8, minutes=5)
    righted, lags = heard(
        *(ping(pace_s * n, missed - timedelta(seconds=(60 - pace_s) * n)) for n in range(20))
    )

    assert [{Doubt.LATE}] * 20 == named(righted)
    assert None is zone_off_h(lags)


def test_declared_backlog_tells_nothing_of_the_zone() -> None:
    """Reports that the band itself calls stored may be any hours late, for as long as they like."""
    righted, lags = heard(*(ping(60 * n, timedelta(hours=8), is_backlog=True) for n in range(12)))

    assert [{Doubt.LATE}] * 12 == named(righted)
    assert () == lags


def test_a_report_in_time_is_taken_as_it_is() -> None:
    """Of a band with a wrong zone, one report with the right time is right."""
    off = [ping(60 * n, timedelta(hours=-8)) for n in range(5)]
    righted, _ = heard(*off, ping(300, timedelta(seconds=2)), ping(360, timedelta(hours=-8)))

    assert [set(), {Doubt.WRONG_ZONE}] == named(righted[5:])
    assert timedelta(seconds=2) == righted[5].received_at - righted[5].at


def test_a_mended_profile_is_forgiven() -> None:
    """When the times are right again, the past is forgotten, and nothing is remembered."""
    off = [ping(60 * n, timedelta(hours=8)) for n in range(5)]
    righted, lags = heard(*off, *(ping(300 + 60 * n, timedelta(seconds=1)) for n in range(12)))

    assert [set()] * 12 == named(righted[5:])
    assert () == lags


def test_a_clock_that_was_not_set_yet_tells_nothing_of_the_zone() -> None:
    """Reports of 1970 among those of a wrong zone neither prove nor disprove it."""
    unset = [ping(30 + 60 * n, timedelta(days=20_000)) for n in range(6)]
    off = [ping(60 * n, timedelta(hours=-8)) for n in range(6)]
    righted, lags = heard(*(one for pair in zip(off, unset, strict=True) for one in pair))

    assert -8 == zone_off_h(lags)
    assert {Doubt.BAD_CLOCK} == named(righted)[-1]


def test_what_the_broker_kept_tells_nothing_of_the_zone() -> None:
    """A retained report may be any hours old."""
    kept = [
        replace(ping(60 * n, timedelta(hours=8)), doubts=frozenset({Doubt.RETAINED}))
        for n in range(6)
    ]

    assert () == heard(*kept)[1]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e5),
            st.none() | st.timedeltas(timedelta(days=-20_000), timedelta(days=20_000)),
            st.booleans(),
        ),
        max_size=15,
    )
)
def test_no_time_is_ahead_and_little_is_remembered(
    said: list[tuple[float, timedelta | None, bool]],
) -> None:
    """Whatever a band claims, its pings are never ahead of their arrival; ten lags are kept."""
    righted, lags = heard(*(ping(s, lag, is_backlog=backlog) for s, lag, backlog in said))

    assert all(one.at <= one.received_at for one in righted)
    assert len(lags) <= 10
