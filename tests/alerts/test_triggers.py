"""What came together is known together."""

from datetime import timedelta

import pytest

from alerts.triggers import Signal, SignalKind, without_brief_returns
from core.incidents import Trigger
from tests.conftest import NOON

LEFT, BACK, SOS = "left", "back", "sos"


def signals(*happened: tuple[int, str]) -> list[Signal]:
    """Return signals (elder, what), a minute apart."""
    kinds = {
        LEFT: (SignalKind.ALARM, Trigger.CROSSING),
        BACK: (SignalKind.RETURNED, Trigger.CROSSING),
        SOS: (SignalKind.ALARM, Trigger.SOS),
    }
    return [
        Signal(
            elder_id=elder_id,
            kind=kinds[what][0],
            trigger=kinds[what][1],
            at=NOON + timedelta(minutes=place),
            report_id=what,
            evidence={},
        )
        for place, (elder_id, what) in enumerate(happened)
    ]


@pytest.mark.parametrize(
    ("happened", "heard"),
    [
        ([(1, LEFT), (1, BACK)], [LEFT, BACK]),
        ([(1, LEFT), (1, BACK), (1, LEFT)], [LEFT, LEFT]),  # out again: no false comfort
        ([(1, BACK), (2, LEFT)], [BACK, LEFT]),  # somebody else
        ([(1, BACK), (1, SOS)], [BACK, SOS]),  # an SOS at home is one
        ([(1, LEFT), (1, BACK), (1, LEFT), (1, BACK)], [LEFT, LEFT, BACK]),
    ],
)
def test_a_return_that_is_over_is_not_told(
    happened: list[tuple[int, str]], heard: list[str]
) -> None:
    """Of one batch nobody hears "seems to be back" about an elder who has left again since."""
    assert heard == [one.report_id for one in without_brief_returns(signals(*happened))]
