"""Time is handed out in one place; it never jumps back, and a test owns its own."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock, ScaledClock, SystemClock, check_aware, from_unix

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
#: a wall instant long ago: any mistake in anchoring shows as hours
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=6))
def test_changing_the_speed_never_turns_time_back_or_makes_it_jump(speeds: list[float]) -> None:
    """Whatever speeds it is given, a scaled clock goes on from where it was."""
    clock = ScaledClock(speed=1, anchor=LONG_AGO, anchor_wall=LONG_AGO)
    instants = [clock.now()]
    for speed in speeds:
        clock.set_speed(speed)
        instants.append(clock.now())

    assert sorted(instants) == instants
    assert instants[-1] - instants[0] < timedelta(hours=1)


def test_two_processes_with_the_same_anchor_agree() -> None:
    """The scaled time is a function of the wall alone: a process started later shows the same."""
    first = ScaledClock(speed=30, anchor=LONG_AGO, anchor_wall=LONG_AGO)
    earlier = first.now()
    second = ScaledClock(speed=30, anchor=LONG_AGO, anchor_wall=LONG_AGO).now()

    assert earlier <= second <= first.now()


def test_a_faster_clock_is_further() -> None:
    """At thirty times the speed, thirty times as much has passed since the anchor."""
    slow = ScaledClock(speed=1, anchor=LONG_AGO, anchor_wall=LONG_AGO)
    fast = ScaledClock(speed=30, anchor=LONG_AGO, anchor_wall=LONG_AGO)

    passed = slow.now() - LONG_AGO

    assert 30 * passed <= fast.now() - LONG_AGO
    assert 30 == fast.speed


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_clock_needs_a_positive_speed(speed: float) -> None:
    """A clock that stands or runs backwards is refused, also later."""
    clock = ScaledClock(speed=1, anchor=NOON)

    with pytest.raises(ValueError, match="positive"):
        ScaledClock(speed=speed, anchor=NOON)
    with pytest.raises(ValueError, match="positive"):
        clock.set_speed(speed)
    assert 1 == clock.speed


def test_a_manual_clock_moves_only_when_told() -> None:
    """A test's clock stands still, and moves by exactly what it is told."""
    clock = ManualClock(NOON)
    readings = [clock.now(), clock.now(), clock.advance(90.5), clock.now()]

    later = NOON + timedelta(seconds=90.5)
    assert [NOON, NOON, later, later] == readings


def test_a_manual_clock_never_turns_back() -> None:
    """Not even a test can turn time back."""
    with pytest.raises(ValueError, match="backwards"):
        ManualClock(NOON).advance(-1)


def test_every_clock_tells_aware_utc() -> None:
    """Instants carry their zone, and it is UTC."""
    clocks = (SystemClock(), ManualClock(NOON), ScaledClock(speed=2, anchor=NOON))

    assert [timedelta(0)] * 3 == [clock.now().utcoffset() for clock in clocks]


def test_a_naive_instant_is_refused_and_any_zone_becomes_utc() -> None:
    """An instant without a zone is a mistake; one of Haining is the same instant in UTC."""
    local = NOON.astimezone(timezone(timedelta(hours=8)))

    with pytest.raises(ValueError, match="time zone"):
        check_aware(datetime(2026, 11, 23, 4, 0))  # noqa: DTZ001  the mistake itself
    assert (NOON, UTC) == (check_aware(local), check_aware(local).tzinfo)


def test_unix_seconds() -> None:
    """Unix seconds become an instant, decimals included; what is out of range is refused."""
    assert datetime(2026, 3, 1, 2, 11, 9, 500_000, tzinfo=UTC) == from_unix(1772331069.5)
    with pytest.raises((ValueError, OverflowError)):
        from_unix(1e20)
