"""Single wrong fixes that claim to be precise: about one a day in the field. None may alarm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import Ping
from core.zones import Side
from geofence.engine import ChangeKind
from tests.geofence.walks import Watch, cell, ping, unhurried


def spike(minute: float) -> Ping:
    """Return a fix 200 m outside that claims 2 m."""
    return ping(minute, 300, accuracy_m=2.0)


def test_a_single_spike_never_alarms() -> None:
    """A precise-looking fix outside between fixes inside is a suspicion, dropped at once."""
    watch = Watch().see(ping(0, 0), spike(1), ping(2, 5), ping(3, 2))

    assert [ChangeKind.SUSPECTED, ChangeKind.SUSPICION_DROPPED] == watch.kinds


@pytest.mark.parametrize("between", [ping(2, 5), cell(2, 340), cell(2, 0), cell(2, -500)])
def test_two_spikes_with_something_between_never_alarm(between: Ping) -> None:
    """Two spikes with an inside or a coarse fix between them do not confirm each other."""
    watch = Watch().see(ping(0, 0), spike(1), between, spike(3), cell(4, 340), ping(5, 0))

    assert [] == watch.crossings
    assert Side.INSIDE == watch.belief.side


def test_spikes_among_coarse_fixes_expire() -> None:
    """Spikes more than a quarter of an hour apart, coarse fixes between, never add up."""
    track = [spike(i) if i % 8 == 0 else cell(i, 340) for i in range(1, 200)]
    watch = Watch().see(ping(0, 0), *track)

    assert [] == watch.crossings


def test_after_a_contradicted_fix_one_more_is_needed() -> None:
    """A receiver caught being wrong within the hour must bring three fixes, not two."""
    watch = Watch().see(ping(0, 0), spike(1), ping(2, 5), ping(3, 300), ping(4, 310))
    after_two = list(watch.crossings)

    watch.see(ping(5, 320))

    assert ([], [ChangeKind.LEFT]) == (after_two, watch.crossings)


def test_vague_fixes_between_ask_for_a_third() -> None:
    """A real walk with cells between good fixes is found with the third good one."""
    watch = Watch().see(ping(0, 0), ping(1, 300), cell(2, 340), ping(3, 330), cell(4, 300))
    after_two = list(watch.crossings)

    watch.see(ping(5, 360))

    assert ([], [ChangeKind.LEFT]) == (after_two, watch.crossings)


def test_a_coarse_fix_wholly_outside_does_not_interrupt() -> None:
    """A cell far away agrees with the good fixes around it: two of them are enough."""
    watch = Watch().see(ping(0, 0), ping(1, 400), cell(2, 1500), ping(3, 450))

    assert [ChangeKind.LEFT] == watch.crossings


@unhurried
@given(
    st.lists(st.sampled_from(["inside", "coarse", "spike"]), max_size=40),
    st.floats(min_value=0.7, max_value=20),
)
def test_separated_spikes_never_alarm(kinds: list[str], step_min: float) -> None:
    """Whatever the mix, spikes that are each followed by a fix inside never alarm."""
    track = [ping(0, 0)]
    for kind in kinds:
        minute = len(track) * step_min
        if kind == "spike":
            track += [spike(minute), ping(minute + step_min, 4)]
        else:
            track.append(ping(minute, 3) if kind == "inside" else cell(minute, 340))

    assert [] == Watch().see(*track).crossings
