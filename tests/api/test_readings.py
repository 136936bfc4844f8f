"""Times, distances and drawings as people read them."""

from datetime import timedelta

import pytest
from shapely.geometry import box

from api.moments import metres, when
from api.sketch import HEIGHT, WIDTH, sketch
from api.whereabouts import Whereabouts, from_home_sentence, stale_sentence
from api.words import words
from core.people import Language
from core.pings import FixSource
from core.places import Position, bearing_deg, distance_m
from core.zones import Circle, Zone, ZoneKind
from tests.api.world import HOME
from tests.conftest import NOON

chinese = words(Language.CHINESE).gettext
english = words(Language.ENGLISH).gettext


def seen(*, east_m: float, north_m: float, age_s: float = 60) -> Whereabouts:
    """Return a whereabouts this far from home."""
    place = HOME.moved(east_m=east_m, north_m=north_m)
    return Whereabouts(
        position=place,
        at=NOON - timedelta(seconds=age_s),
        accuracy_m=15,
        source=FixSource.GNSS,
        age_s=age_s,
        from_home_m=distance_m(HOME, place),
        from_home_deg=bearing_deg(HOME, place),
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "刚刚（12:00）"),
        (45, "45 秒前（11:59）"),
        (125, "2 分钟前（11:57）"),
        (3 * 3600 + 5, "3 小时前（08:59）"),
        (12 * 3600 + 1, "12 小时前（2026-11-22 23:59）"),  # it was another day
    ],
)
def test_a_moment_is_told_twice(seconds: float, expected: str) -> None:
    """A moment is told as an age and as the time on the wall in Haining."""
    assert expected == when(NOON - timedelta(seconds=seconds), NOON, chinese)


@pytest.mark.parametrize(
    ("distance_m", "expected"),
    [(0, "0 米"), (3, "10 米"), (863, "860 米"), (999.6, "1000 米"), (3240, "3.2 公里")],
)
def test_distances_are_rounded_for_people(distance_m: float, expected: str) -> None:
    """Nobody needs a walk's length to the metre."""
    assert expected == metres(distance_m, chinese)


@pytest.mark.parametrize(
    ("east_m", "north_m", "expected"),
    [
        (0, 800, "离家 800 米，在家的北面"),
        (600, 600, "离家 850 米，在家的东北面"),
        (0, -1500, "离家 1.5 公里，在家的南面"),
        (-500, 20, "离家 500 米，在家的西面"),
        (10, 10, "在家"),
    ],
)
def test_where_somebody_is_from_home(east_m: float, north_m: float, expected: str) -> None:
    """The page says how far from home and on which side of it."""
    assert expected == from_home_sentence(seen(east_m=east_m, north_m=north_m), chinese)


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (300, ""),
        (12 * 60, "This position is 12 min old; they may be about 800 m further."),
        # capped: 95 of 100 were found within this distance
        (86_400, "This position is 1440 min old; they may be about 12.6 km further."),
    ],
)
def test_an_old_position_warns(age_s: float, expected: str) -> None:
    """From five minutes on the page says how far they may have gone since."""
    assert expected == stale_sentence(seen(east_m=500, north_m=0, age_s=age_s), english)


@pytest.mark.parametrize("east_m", [50.0, 800.0, 30_000.0])
def test_the_sketch_holds_everything(east_m: float) -> None:
    """Home, zone, trail and last place stay inside the drawing, near or far."""
    zone = Zone(id=1, elder_id=1, kind=ZoneKind.SAFE, name="家", shape=Circle(HOME, 200))
    where = seen(east_m=east_m, north_m=-east_m / 2)
    drawn = sketch(where, HOME, [zone], [HOME, where.position])
    dots = [tuple(float(n) for n in dot.split(",")) for dot in drawn.trail.split()]

    assert drawn.home is not None
    for x, y in (drawn.home, (drawn.last.x, drawn.last.y), *dots):
        assert 0 < x < WIDTH
        assert 0 < y < HEIGHT
    assert drawn.last.x > drawn.home[0]  # east is right
    assert drawn.last.y > drawn.home[1]  # south is down
    assert 10 < drawn.bar <= WIDTH / 3


def test_a_danger_zone_shows_where_it_is_near() -> None:
    """Water beside the last place is drawn, and widens nothing; a pond far away is left out."""
    river = box(HOME.lon - 0.1, HOME.lat - 0.02, HOME.lon + 0.1, HOME.lat - 0.003)
    near = Zone(id=1, elder_id=None, kind=ZoneKind.DANGER, name="江", shape=river)
    pond = Circle(HOME.moved(east_m=9000, north_m=0), 50)
    far = Zone(id=2, elder_id=None, kind=ZoneKind.DANGER, name="塘", shape=pond)
    where = seen(east_m=0, north_m=-300)
    drawn = sketch(where, HOME, [near, far], [HOME, where.position])
    without = sketch(where, HOME, [], [HOME, where.position])

    assert (1, ()) == (len(drawn.danger_outlines), drawn.danger_discs)
    assert (without.bar, without.last) == (drawn.bar, drawn.last)


def test_a_sketch_without_a_home() -> None:
    """Without a zone the drawing still shows the last place and a scale."""
    drawn = sketch(seen(east_m=0, north_m=0), None, [], [])

    assert (None, (), "") == (drawn.home, drawn.zone_discs, drawn.trail)
    assert (WIDTH / 2, HEIGHT / 2) == (drawn.last.x, drawn.last.y)
    assert Position(HOME.lon, HOME.lat) == HOME
