"""From the box to the bin: which steps of a band lead where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.band_life import BandState, BandStep, after, check_imei, state_of
from core.errors import BadInput, Conflict


@given(st.lists(st.sampled_from(BandStep), max_size=20))
def test_no_chain_of_steps_leads_astray(steps: list[BandStep]) -> None:
    """Only pairing makes a band worn, a retired one comes back only by pairing, and none is new."""
    state = BandState.NEW
    for step in steps:
        before = state
        try:
            state = after(state, step, "hn-0001")
        except Conflict:
            continue

        assert (state is BandState.PAIRED) == (step is BandStep.PAIR)
        assert state is not BandState.NEW
        assert before is not BandState.RETIRED or step is BandStep.PAIR


def test_a_worn_band_is_paired_whatever_the_shelf_says() -> None:
    """What it was on the shelf counts only while nobody wears it, and while it is in use."""
    states = [
        state_of(is_retired=retired, is_worn=worn, shelf=BandState.LOST)
        for retired, worn in ((False, False), (False, True), (True, False))
    ]

    assert [BandState.LOST, BandState.PAIRED, BandState.RETIRED] == states


@pytest.mark.parametrize("text", ["49015420323751", "490154203237519", "49015420323751x", ""])
def test_a_mistyped_imei_is_refused(text: str) -> None:
    """Fifteen digits, the last of which fits the others."""
    with pytest.raises(BadInput):
        check_imei(text)


def test_an_imei_may_be_written_in_groups() -> None:
    """Spaces and hyphens are left out."""
    assert "490154203237518" == check_imei("49-015420-323751 8")
