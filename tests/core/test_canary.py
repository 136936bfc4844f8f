"""What a round of the canary says: how long each stage took, and where a failed one stuck."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.canary import WHOLE, Result, Round, Stage, is_nightly, next_begin, spread

BEGAN = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
INSTANTS = ("published", "arrived", "stored", "triggered", "handed_over", "receipt")


def after(seconds: float) -> datetime:
    """Return an instant of a round."""
    return BEGAN + timedelta(seconds=seconds)


def test_each_stage_begins_where_the_one_before_ended() -> None:
    """The spans of a good round add up to the time from the fix to the receipt."""
    played = Round(
        started_at=BEGAN,
        published_at=after(50),
        arrived_at=after(50.2),
        stored_at=after(50.5),
        triggered_at=after(50.5),
        handed_over_at=after(52),
        receipt_at=after(53),
    )

    assert {
        "arrived": 0.2,
        "stored": 0.3,
        "triggered": 0.0,
        "handed_over": 1.5,
        "receipt": 1.0,
        WHOLE: 2.0,
    } == {stage: round(span_s, 6) for stage, span_s in played.spans_s().items()}


@given(
    st.fixed_dictionaries(
        {f"{name}_at": st.none() | st.floats(0, 1000).map(after) for name in INSTANTS}
    )
)
def test_no_stage_takes_less_than_nothing(instants: dict[str, datetime | None]) -> None:
    """However the clocks of several machines differ, no span is negative."""
    spans = Round(started_at=BEGAN, **instants).spans_s()  # type: ignore[arg-type]

    assert [] == [span_s for span_s in spans.values() if span_s < 0]


@pytest.mark.parametrize(
    ("reached", "stuck"),
    [
        (0, Stage.PUBLISHED),
        (1, Stage.STORED),
        (2, Stage.TRIGGERED),
        (3, Stage.TRIGGERED),
        (4, Stage.HANDED_OVER),
    ],
)
def test_a_failed_round_names_where_it_stuck(reached: int, stuck: Stage) -> None:
    """It is the first stage that was not reached."""
    instants = {f"{name}_at": after(n) for n, name in enumerate(INSTANTS[:reached])}

    assert stuck is Round(started_at=BEGAN, **instants).stuck_at()  # type: ignore[arg-type]


def test_the_spread_counts_good_rounds_only() -> None:
    """Half of the rounds were as fast as the first figure, nineteen of twenty as the second."""
    rounds = [
        Round(
            started_at=BEGAN,
            published_at=after(0),
            handed_over_at=after(seconds),
            result=Result.GOOD,
        )
        for seconds in range(1, 21)
    ]
    failed = Round(
        started_at=BEGAN,
        published_at=after(0),
        handed_over_at=after(999),
        result=Result.FAILED,
    )

    assert (10.0, 19.0) == spread([*rounds, failed], (0.5, 0.95))[WHOLE]
    assert {} == spread([failed], (0.5, 0.95))


#: three in the morning in Haining
NIGHT = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "last", "expected"),
    [
        (NIGHT, None, True),
        (NIGHT + timedelta(minutes=5), NIGHT - timedelta(hours=24), True),
        (NIGHT + timedelta(hours=2), NIGHT, False),  # played already
        (NIGHT + timedelta(hours=3), None, False),  # the morning
        (NIGHT - timedelta(seconds=1), None, False),
    ],
)
def test_one_round_a_night_is_the_nights(
    begin: datetime, last: datetime | None, expected: bool
) -> None:
    """The first round from three to six local time, once."""
    assert expected is is_nightly(begin, last)


@pytest.mark.parametrize("every_s", [300, 3600, 10_800])
def test_a_canary_that_flies_often_keeps_its_time(every_s: int) -> None:
    """Whoever flies within the window anyway need not hurry."""
    every = timedelta(seconds=every_s)

    assert NIGHT + every == next_begin(NIGHT, every)


def test_a_canary_that_flies_seldom_does_not_miss_the_night() -> None:
    """With one round a day the next begins at three, not at noon."""
    noon = NIGHT + timedelta(hours=9)

    assert NIGHT + timedelta(days=1) == next_begin(noon, timedelta(days=1))
