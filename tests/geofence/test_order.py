"""Arrival order, duplicates and batches: the same pings end in the same belief."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.pings import Doubt, FixSource, Ping
from core.zones import Side, ZoneKind
from geofence.announcing import Told
from geofence.beliefs import FRESH, Belief
from geofence.engine import Case, ChangeKind, WhyNot, judge
from tests.geofence.walks import HOME_ZONE, START, Watch, circle, ping, unhurried

LEFT, RETURNED = ChangeKind.LEFT, ChangeKind.RETURNED
POND = circle(50, zone_id=7, kind=ZoneKind.DANGER, east_m=200)
ZONES = (HOME_ZONE, POND)


@st.composite
def tracks(draw: st.DrawFn, minutes: int = 29) -> list[Ping]:
    """Draw up to twenty pings within the window, of every quality, around home."""
    at = draw(st.lists(st.integers(0, minutes * 60), min_size=1, max_size=20, unique=True))
    return [
        ping(
            second / 60,
            draw(st.sampled_from([0, 20, 90, 110, 200, 300, 450, 2000])),
            accuracy_m=draw(st.sampled_from([None, 2.0, 10.0, 60.0, 800.0])),
            source=draw(st.sampled_from([FixSource.GNSS, FixSource.WIFI, FixSource.CELL])),
            report_id=str(second),
        )
        for second in at
    ]


def apart_from_told(belief: Belief) -> Belief:
    """Return *belief* without what others were told, which depends on what was known when."""
    return replace(belief, told=Told())


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[list[Ping], list[Ping]]:
    """Draw a track in time order, and the same pings in another order."""
    track = sorted(draw(tracks()), key=lambda one: one.at)
    return track, draw(st.permutations(track))


@unhurried
@given(shuffled())
def test_any_order_ends_in_the_same_belief(orders: tuple[list[Ping], list[Ping]]) -> None:
    """Pings of half an hour end in the same belief in whatever order they arrive."""
    in_order, as_arrived = (Watch(zones=ZONES).see(*track) for track in orders)

    assert apart_from_told(in_order.belief) == apart_from_told(as_arrived.belief)


@unhurried
@given(shuffled())
def test_any_order_reports_what_happened(orders: tuple[list[Ping], list[Ping]]) -> None:
    """Whatever the order, every crossing found in time order is reported, and none twice in turn.

    A crossing may be reported for a neighbouring fix, when that one made it known first.
    """
    in_order, as_arrived = (Watch(zones=ZONES).see(*track) for track in orders)
    turns = [LEFT, RETURNED] * len(as_arrived.crossings)

    assert turns[: len(as_arrived.crossings)] == as_arrived.crossings
    assert len(as_arrived.crossings) >= len(in_order.crossings)


@unhurried
@given(shuffled())
def test_home_for_certain_settles_the_story(orders: tuple[list[Ping], list[Ping]]) -> None:
    """Once good fixes say "home", everyone has been told so, in whatever order it was learned."""
    home = [ping(29.5 + i, 0, report_id=f"home {i}") for i in range(4)]
    in_order, as_arrived = (Watch(zones=ZONES).see(*track, *home) for track in orders)

    assert (Side.INSIDE, Told()) == (as_arrived.belief.side, as_arrived.belief.told)
    assert in_order.belief == as_arrived.belief


@unhurried
@given(shuffled())
def test_one_batch_is_like_one_by_one(orders: tuple[list[Ping], list[Ping]]) -> None:
    """A batch in any order gives the belief and the changes of its pings one by one."""
    in_order, as_arrived = orders
    alone = Watch(zones=ZONES).see(*in_order)
    together = Watch(zones=ZONES).see_together(*as_arrived)

    assert alone.belief == together.belief
    assert alone.changes == together.changes


@unhurried
@given(st.lists(tracks(), min_size=1, max_size=6))
def test_cases_do_not_touch_each_other(many: list[list[Ping]]) -> None:
    """A batch of many elders gives each what it gives them alone."""
    cases = [Case(belief=FRESH, zones=ZONES, pings=tuple(track)) for track in many]

    assert [judge([case])[0] for case in cases] == judge(cases)


@unhurried
@given(tracks(), st.data())
def test_duplicates_change_nothing(track: list[Ping], data: st.DataObject) -> None:
    """A ping that comes again leaves belief and story as they were."""
    watch = Watch(zones=ZONES).see(*track)
    belief, changes = watch.belief, list(watch.changes)

    watch.see(*data.draw(st.lists(st.sampled_from(track))))

    assert (belief, changes) == (watch.belief, watch.changes)


def test_a_duplicate_is_named() -> None:
    """The verdict on a repeated report says so, in a batch and over batches."""
    watch = Watch().see_together(ping(0, 0), ping(0, 0)).see(ping(0, 0))

    assert [
        WhyNot.JUDGED,
        WhyNot.DUPLICATE,
        WhyNot.DUPLICATE,
    ] == [verdict.why_not for verdict in watch.verdicts]


def test_a_late_fix_is_put_in_its_place() -> None:
    """Two fixes outside are no confirmation any more when a late one inside lies between."""
    watch = Watch().see(ping(0, 0), ping(1, 300), ping(2, 5), ping(10, 300))
    watch.see(ping(11, 5), ping(9, 300))

    assert [] == watch.crossings
    assert Side.INSIDE == watch.belief.side


def test_a_late_fix_completes_the_evidence() -> None:
    """A good fix outside that comes late confirms the one before it."""
    watch = Watch().see(ping(0, 0), ping(5, 320)).see(ping(4, 300))

    assert [LEFT] == watch.crossings
    assert START + timedelta(minutes=5) == watch.changes[-1].at


def test_leaving_stands_until_a_good_fix_inside() -> None:
    """A coarse fix that comes late does not take back that somebody left."""
    watch = Watch().see(ping(0, 0), ping(1, 300), ping(3, 320))
    watch.see(ping(2, 340, accuracy_m=800.0), ping(4, 330), ping(5, 330))

    assert [LEFT] == watch.crossings


def test_a_taken_back_departure_is_ended_once() -> None:
    """When late fixes show that nobody left, others hear "returned" with the next fix at home."""
    watch = Watch().see(ping(0, 0), ping(1, 300), ping(5, 320)).see(ping(3, 0))
    before_home = list(watch.crossings)

    watch.see(ping(6, 0), ping(7, 0), ping(8, 0))

    assert ([LEFT], [LEFT, RETURNED]) == (before_home, watch.crossings)


def test_a_moved_departure_is_told_once() -> None:
    """A late fix shows that who is long back had left earlier: nobody is woken for it again."""
    watch = Watch().see(ping(0, 0), ping(5, 400), ping(8, 420), ping(12, 0), ping(13, 0))
    then = list(watch.crossings)

    watch.see(ping(6, 410), ping(14, 0))

    assert ([LEFT, RETURNED], [LEFT, RETURNED]) == (then, watch.crossings)
    assert Told() == watch.belief.told


def test_a_moved_return_is_not_heard_while_out_again() -> None:
    """A late fix shows that the return before this outing was earlier: they are still out."""
    watch = Watch().see(ping(0, 0), ping(2, 400), ping(4, 420), ping(9, 0), ping(10, 1))
    watch.see(ping(14, 400), ping(16, 420))
    then = list(watch.crossings)

    watch.see(ping(7, 2))

    assert ([LEFT, RETURNED, LEFT], then) == (then, watch.crossings)
    assert watch.belief.told.left


def test_a_moved_entry_into_danger_is_told_once() -> None:
    """A late fix of a visit to the pond that is over calls nobody there."""
    watch = Watch(zones=(circle(1000), POND)).see(ping(0, 0), ping(5, 200), ping(6, 0))
    watch.see(ping(7, 0), ping(8, 0))
    then = list(watch.kinds)

    watch.see(ping(4, 198), ping(9, 0))

    assert ([ChangeKind.DANGER_ENTERED, ChangeKind.DANGER_LEFT], then) == (then, watch.kinds)


def test_a_second_outing_that_came_late_is_told() -> None:
    """Fixes that come late and cut an outing in two tell of a second one: that is news."""
    watch = Watch().see(ping(0, 0), ping(2, 400), ping(4, 420), ping(12, 410), ping(14, 400))
    watch.see(ping(16, 0), ping(17, 0))

    watch.see(ping(8, 0), ping(9, 0))

    assert [LEFT, RETURNED, LEFT, RETURNED] == watch.crossings


def test_a_fix_too_old_is_history_only() -> None:
    """A fix more than half an hour behind the newest one changes nothing, and says why."""
    watch = Watch().see(*(ping(5 * i, 0) for i in range(10)))
    belief = watch.belief

    watch.see(ping(3, 900), ping(4, 900))

    assert [WhyNot.TOO_OLD] * 2 == [verdict.why_not for verdict in watch.verdicts[-2:]]
    assert belief == watch.belief


def test_stored_fixes_do_not_wake_anyone_for_what_is_over() -> None:
    """An outing learned of from stored fixes, after the elder was seen at home, is not reported."""
    watch = Watch().see(ping(0, 0), ping(20, 0), ping(21, 0))

    watch.see_together(*(ping(5 + i, 300 + i, is_backlog=True) for i in range(5)))

    assert [] == watch.crossings
    assert Side.INSIDE == watch.belief.side


@pytest.mark.parametrize(
    "stored", [{"is_backlog": True}, {"doubts": [Doubt.LATE]}], ids=["backlog", "late"]
)
def test_stored_fixes_that_end_outside_alarm(stored: dict[str, object]) -> None:
    """A band that was out of reach and is still outside alarms, late or not."""
    watch = Watch().see(ping(0, 0))

    watch.see_together(*(ping(60 + i, 300 + 20 * i, **stored) for i in range(5)))  # type: ignore[arg-type]

    assert [LEFT] == watch.crossings


def test_of_one_instant_the_best_fix_is_judged() -> None:
    """Of several fixes with one time the most accurate one speaks."""
    vague, sharp = ping(1, 500, accuracy_m=60.0), ping(1, 0, accuracy_m=5.0)
    watch = Watch().see(ping(0, 0)).see_together(vague, sharp)

    assert Side.INSIDE == watch.belief.side
    assert watch.belief.probability_outside is not None
    assert watch.belief.probability_outside < 0.05


def test_crowded_windows_stay_bounded() -> None:
    """A band that sends every second does not make the belief grow without end."""
    watch = Watch().see_together(*(ping(i / 60, 0) for i in range(1000)))

    assert 128 == len(watch.belief.recent)
