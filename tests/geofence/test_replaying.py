"""Stored pings judged again lead to what was believed, however they are cut."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.pings import Ping
from geofence.announcing import Told
from geofence.beliefs import FRESH, Belief
from geofence.engine import Case, judge
from geofence.replaying import Kept, follow
from tests.geofence.test_order import ZONES, tracks
from tests.geofence.walks import START, Watch, unhurried

EVER = START + timedelta(days=9)
NOWHERE = Case(belief=FRESH, zones=ZONES, pings=())


def apart_from_told(belief: Belief) -> Belief:
    """Return *belief* without what others were told, which depends on what was known when."""
    return replace(belief, told=Told())


@unhurried
@given(tracks(minutes=240))
def test_followed_is_as_one_by_one(track: list[Ping]) -> None:
    """Pings in any order, judged in runs, leave the belief and verdicts of one after the other."""
    alone = Watch(zones=ZONES).see(*track)
    followed = follow(NOWHERE, list(enumerate(track)), [], zones=ZONES, at=EVER)

    assert apart_from_told(alone.belief) == apart_from_told(followed.belief)
    assert alone.verdicts == [seen.verdict for seen in followed.seen]
    assert list(range(len(track))) == [seen.ping_id for seen in followed.seen]


@unhurried
@given(tracks(), st.integers(1, 5))
def test_kept_judgements_lead_to_each_other(track: list[Ping], size: int) -> None:
    """With some judgements kept and the others not, the way through them is unbroken."""
    watch = Watch(zones=ZONES)
    kept, pings = [], list(enumerate(track))
    for start in range(0, len(pings), size):
        batch = pings[start : start + size]
        case = Case(belief=watch.belief, zones=ZONES, pings=tuple(ping for _, ping in batch))
        watch.see_together(*case.pings)
        if start % (2 * size) == 0:
            ids = tuple(ping_id for ping_id, _ in batch)
            kept.append(Kept(decided_at=batch[-1][1].at, case=case, ping_ids=ids))
            (judgement,) = judge([case])
            assert judgement.changes == kept[-1].changes()
    followed = follow(NOWHERE, pings, kept, zones=ZONES, at=EVER)

    assert followed.is_unbroken
    assert apart_from_told(watch.belief) == apart_from_told(followed.belief)
    assert len(track) == len(followed.seen)


@unhurried
@given(tracks(minutes=120), st.integers(0, 120))
def test_the_belief_is_that_of_the_instant(track: list[Ping], minute: int) -> None:
    """What arrived after the instant is seen, and does not count for the belief."""
    at = START + timedelta(minutes=minute)
    track.sort(key=lambda ping: ping.received_at)
    before = Watch(zones=ZONES).see(*(ping for ping in track if ping.received_at <= at))
    followed = follow(NOWHERE, list(enumerate(track)), [], zones=ZONES, at=at)

    assert apart_from_told(before.belief) == apart_from_told(followed.belief)
    assert len(track) == len(followed.seen)
