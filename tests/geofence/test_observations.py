"""Which pings are judged, at what time, and what their accuracy is worth."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.pings import Doubt, Fix, FixSource
from core.zones import Side
from geofence.engine import WhyNot
from geofence.model import MODEL, FixClass
from geofence.observations import grade
from tests.geofence.walks import HOME, START, Watch, ping, without_clock


@pytest.mark.parametrize(
    ("accuracy_m", "source", "expected"),
    [
        (2.0, FixSource.GNSS, (FixClass.GPS, 2.0)),
        (35.0, FixSource.UNKNOWN, (FixClass.GPS, 35.0)),
        (36.0, FixSource.WIFI, (FixClass.WIFI, 36.0)),
        (151.0, FixSource.WIFI, (FixClass.COARSE, 151.0)),
        (50.0, FixSource.CELL, (FixClass.COARSE, 150.0)),  # a cell is never as good as it claims
        (None, FixSource.GNSS, (FixClass.UNKNOWN, 20.0)),
        (0.0, FixSource.UNKNOWN, (FixClass.UNKNOWN, 20.0)),  # 0 is "did not say"
        (-1.0, FixSource.GNSS, (FixClass.UNKNOWN, 20.0)),
        (None, FixSource.WIFI, (FixClass.UNKNOWN, 100.0)),
        (None, FixSource.CELL, (FixClass.COARSE, 1000.0)),
        (0.0, FixSource.CELL, (FixClass.COARSE, 1000.0)),
    ],
)
def test_accuracy_decides_the_class(
    accuracy_m: float | None, source: FixSource, expected: tuple[FixClass, float]
) -> None:
    """A fix is worth what its accuracy says; no accuracy is a class of its own."""
    fix = Fix(position=HOME, accuracy_m=accuracy_m, source=source)

    assert expected == grade(fix, MODEL)


@pytest.mark.parametrize(
    ("satellites", "accuracy_m", "expected"),
    [
        (None, None, (FixClass.UNKNOWN, 20.0)),
        (5, None, (FixClass.UNKNOWN, 20.0)),
        (4, None, (FixClass.UNKNOWN, 60.0)),
        (4, 12.0, (FixClass.GPS, 12.0)),  # it says itself how good it is
    ],
)
def test_few_satellites_without_an_accuracy_are_worth_less(
    satellites: int | None, accuracy_m: float | None, expected: tuple[FixClass, float]
) -> None:
    """A receiver that does not say how good it is shows it by what it sees."""
    fix = Fix(position=HOME, accuracy_m=accuracy_m, source=FixSource.GNSS, satellites=satellites)

    assert expected == grade(fix, MODEL)


@pytest.mark.parametrize(
    ("doubt", "expected"),
    [
        (Doubt.NULL_ISLAND, WhyNot.NULL_ISLAND),
        (Doubt.STALE_FIX, WhyNot.STALE_FIX),
        (Doubt.RETAINED, WhyNot.RETAINED),
        (Doubt.FROZEN_FIX, WhyNot.FROZEN_FIX),
        (Doubt.IMPOSSIBLE_SPEED, WhyNot.IMPOSSIBLE_SPEED),
        (Doubt.SHIFTED, WhyNot.SHIFTED),
        (Doubt.MAYBE_GCJ02, WhyNot.SHIFTED),
        (Doubt.OBSERVED, WhyNot.OBSERVED),
        (Doubt.NO_ACCURACY, WhyNot.JUDGED),
        (Doubt.NO_SATELLITES, WhyNot.JUDGED),
        (Doubt.CELL_ONLY, WhyNot.JUDGED),
        (Doubt.RESOLVED, WhyNot.JUDGED),
        (Doubt.WRONG_ZONE, WhyNot.JUDGED),
        (Doubt.OUT_OF_ORDER, WhyNot.JUDGED),
        (Doubt.BAD_FIELD, WhyNot.JUDGED),
    ],
)
def test_a_doubt_that_disqualifies_is_named(doubt: Doubt, expected: WhyNot) -> None:
    """A ping with a disqualifying doubt is not judged, and the verdict says why."""
    watch = Watch().see(ping(0, 0, doubts=[doubt]))

    assert expected == watch.verdicts[0].why_not
    assert (expected is WhyNot.JUDGED) == watch.verdicts[0].judged


def test_disqualified_pings_never_alarm() -> None:
    """Many doubted fixes far outside leave the belief as it was."""
    watch = Watch().see(ping(0, 0))
    before = watch.belief

    watch.see(*(ping(i, 900, doubts=[Doubt.STALE_FIX]) for i in range(1, 9)))

    assert before == watch.belief
    assert [] == watch.changes


def test_a_ping_without_a_fix_is_not_judged() -> None:
    """A ping that speaks of battery only has no verdict about a place."""
    watch = Watch().see(replace(ping(0, 0), fix=None))

    assert (WhyNot.NO_FIX, Side.UNSURE) == (watch.verdicts[0].why_not, watch.verdicts[0].side)
    assert watch.belief.judged_at is None


def test_a_position_that_is_not_current_is_not_judged() -> None:
    """A band that repeats an old position does not move the belief."""
    sent = ping(0, 500)
    assert sent.fix is not None
    watch = Watch().see(replace(sent, fix=replace(sent.fix, is_current=False)))

    assert WhyNot.NOT_CURRENT == watch.verdicts[0].why_not


def test_a_wrong_clock_is_ordered_by_arrival() -> None:
    """A band whose clock stands in 1970 is judged by when we heard it."""
    watch = Watch().see(ping(0, 0), without_clock(ping(-9999, 0), received_minute=1))

    assert START + timedelta(minutes=1) == watch.belief.judged_at


@pytest.mark.parametrize("doubts", [(), (Doubt.FUTURE_CLOCK,)])
def test_a_fix_from_the_future_blocks_nothing(doubts: tuple[Doubt, ...]) -> None:
    """After a fix dated next year, correct ones are still judged."""
    future = replace(ping(0, 0), measured_at=START + timedelta(days=365), doubts=frozenset(doubts))

    watch = Watch().see(future, ping(1, 0))

    assert [True, True] == [verdict.judged for verdict in watch.verdicts]
    assert START + timedelta(minutes=1) == watch.belief.judged_at


@pytest.mark.parametrize(
    ("east_m", "accuracy_m", "expected"),
    [
        (20, 10, Side.INSIDE),
        (150, 10, Side.OUTSIDE),
        (150, 80, Side.UNSURE),  # the disc still touches home
        (95, 10, Side.UNSURE),  # by the door
        (0, 400, Side.UNSURE),  # the disc reaches far beyond home
    ],
)
def test_only_a_whole_disc_counts(east_m: float, accuracy_m: float, expected: Side) -> None:
    """By itself a fix is inside or outside only when its whole accuracy disc is."""
    watch = Watch().see(ping(0, east_m, accuracy_m=accuracy_m))

    assert expected == watch.verdicts[0].side


def test_verdicts_follow_the_pings() -> None:
    """There is one verdict per ping, in the order of the pings."""
    watch = Watch().see_together(ping(5, 0), ping(0, 0), replace(ping(3, 0), fix=None))

    assert ["5/0/10.0", "0/0/10.0", "3/0/10.0"] == [v.report_id for v in watch.verdicts]
