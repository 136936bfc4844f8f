"""Danger zones: water and railways. The first plausible fix counts."""

import pytest

from core.pings import Ping
from core.zones import ZoneKind
from geofence.engine import ChangeKind, Rule
from tests.geofence.walks import HOME_ZONE, Watch, cell, circle, ping

ENTERED, GONE = ChangeKind.DANGER_ENTERED, ChangeKind.DANGER_LEFT
#: a pond, its middle 200 m east of home
POND = circle(50, zone_id=7, kind=ZoneKind.DANGER, east_m=200)


def dangers(watch: Watch) -> list[tuple[ChangeKind, int | None]]:
    """Return the danger changes reported, with their zones."""
    return [(c.kind, c.zone_id) for c in watch.changes if c.kind in (ENTERED, GONE)]


@pytest.mark.parametrize("accuracy_m", [2.0, 10.0, 30.0, None])
def test_one_plausible_fix_enters(accuracy_m: float | None) -> None:
    """One fix of GPS quality, mostly in the zone, is reported at once with the zone."""
    watch = Watch(zones=(HOME_ZONE, POND)).see(ping(0, 0), ping(2, 200, accuracy_m=accuracy_m))

    assert [(ENTERED, 7)] == dangers(watch)
    assert (7,) == watch.belief.in_danger
    entered = next(change for change in watch.changes if change.kind is ENTERED)
    assert (Rule.FIX_IN_DANGER, -50.0, 1) == (
        entered.evidence.rule,
        entered.evidence.beyond_m,
        entered.evidence.fixes,
    )


@pytest.mark.parametrize(
    "seen",
    [
        ping(2, 155),  # on the bank
        ping(2, 200, accuracy_m=100.0),  # the disc is wider than the pond
        cell(2, 200),
    ],
)
def test_a_doubtful_fix_does_not_enter(seen: Ping) -> None:
    """A fix at the edge, or vaguer than the zone, does not enter."""
    assert [] == dangers(Watch(zones=(HOME_ZONE, POND)).see(ping(0, 0), seen))


def test_an_unreachable_fix_waits_for_a_second() -> None:
    """A fix no walker can have reached enters only when the next one agrees."""
    far = circle(100, zone_id=8, kind=ZoneKind.DANGER, east_m=3000)
    watch = Watch(zones=(HOME_ZONE, far)).see(ping(0, 0), ping(1, 3000))
    after_one = dangers(watch)

    watch.see(ping(2, 3005))

    assert ([], [(ENTERED, 8)]) == (after_one, dangers(watch))


def test_danger_counts_within_a_safe_zone() -> None:
    """A pond in the garden is a danger although the garden is safe."""
    pond = circle(30, zone_id=9, kind=ZoneKind.DANGER, east_m=50)
    watch = Watch(zones=(HOME_ZONE, pond)).see(ping(0, 0), ping(1, 50, accuracy_m=5.0))

    assert [ENTERED] == watch.kinds


def test_danger_counts_without_safe_zones() -> None:
    """An elder without safe zones is still kept from the water."""
    watch = Watch(zones=(POND,)).see(ping(0, 200))

    assert [ENTERED] == watch.kinds


def test_danger_is_entered_once() -> None:
    """Staying in the zone, also at its edge, is one entry."""
    track = [ping(2 + i, 200 + (i % 3) * 22) for i in range(20)]

    assert [(ENTERED, 7)] == dangers(Watch(zones=(HOME_ZONE, POND)).see(ping(0, 0), *track))


def test_two_good_fixes_outside_leave() -> None:
    """One fix out of the zone may be wrong; the second ends it."""
    watch = Watch(zones=(HOME_ZONE, POND)).see(ping(0, 0), ping(2, 200), ping(3, 100))
    after_one = dangers(watch)

    watch.see(cell(4, 0), ping(5, 60))

    assert ([(ENTERED, 7)], [(ENTERED, 7), (GONE, 7)]) == (after_one, dangers(watch))
    assert () == watch.belief.in_danger


def test_a_removed_danger_zone_is_left() -> None:
    """When the zone is deleted, the elder is soon believed out of it."""
    watch = Watch(zones=(HOME_ZONE, POND)).see(ping(0, 0), ping(2, 200))
    watch.zones = (HOME_ZONE,)

    watch.see(ping(3, 200), ping(4, 200))

    assert () == watch.belief.in_danger
