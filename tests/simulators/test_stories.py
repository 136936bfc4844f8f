"""The stories as data."""

from datetime import UTC, datetime, timedelta

import pytest
from shapely.geometry import Point

from core.incidents import IncidentState, Trigger
from core.places import distance_m, haining_outline
from simulators.bands import MOVING_INTERVAL_S
from simulators.ground import river
from simulators.plots import Story, numbers
from simulators.programme import programme
from simulators.scripts import Happening
from simulators.stories import STORIES, build_story

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
SEEDS = range(5)


def place(story: Story, second: float) -> Point:
    """Return where the elder is *second* seconds into the story."""
    position = story.life(START).truth(START + timedelta(seconds=second)).position
    return Point(position.lon, position.lat)


def from_home_m(story: Story, second: float) -> float:
    """Return how far from home the elder is then."""
    truth = story.life(START).truth(START + timedelta(seconds=second))
    return distance_m(story.elder.home, truth.position)


def test_there_are_eight_stories() -> None:
    """The stories have the names one can play them by."""
    names = {
        "wander-at-dusk",
        "nobody-answers",
        "by-the-river",
        "sos",
        "strap-off",
        "gone-silent",
        "drift",
        "both-cannot",
    }

    assert names == set(STORIES)


def test_an_unknown_story_is_a_key_error() -> None:
    """There is nothing to play under another name."""
    with pytest.raises(KeyError):
        build_story("happy-end", seed=1)


@pytest.mark.parametrize("name", list(STORIES))
@pytest.mark.parametrize("seed", SEEDS)
def test_a_story_begins_and_ends_at_home(name: str, seed: int) -> None:
    """Everyone starts at home inside Haining and is home again when their part is played."""
    story = build_story(name, seed=seed)
    home = Point(story.elder.home.lon, story.elder.home.lat)

    assert haining_outline().contains(home)
    assert 0 == from_home_m(story, 0)
    assert from_home_m(story, story.plays_s) < 1
    assert story.limit_s <= 3900


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [n for n in STORIES if n != "by-the-river"])
def test_only_one_story_goes_near_the_water(name: str, seed: int) -> None:
    """No other story's way leads into the danger zone."""
    story = build_story(name, seed=seed)

    assert not any(river().contains(place(story, second)) for second in range(0, 3900, 20))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_river_story_enters_the_danger_zone(seed: int) -> None:
    """A report three minutes after setting out lies well beyond the wall, and no earlier one."""
    story = build_story("by-the-river", seed=seed)
    begins_s = story.legs[0].from_s
    inside = [river().contains(place(story, begins_s + k * MOVING_INTERVAL_S)) for k in range(5)]

    assert [False, False, False, True, True] == inside


@pytest.mark.parametrize("seed", SEEDS)
def test_the_silent_band_reports_once_from_outside(seed: int) -> None:
    """Of the reports before the silence the last is well outside, the one before well inside."""
    story = build_story("gone-silent", seed=seed)
    silent_s = next(b.at_s for b in story.beats if b.event.what is Happening.GOES_SILENT)
    begins_s = story.legs[0].from_s
    reported = [begins_s + k * MOVING_INTERVAL_S for k in range(20)]
    heard_m = [from_home_m(story, second) for second in reported if second < silent_s]

    assert heard_m[-1] > story.elder.home_radius_m + 30
    assert heard_m[-2] < story.elder.home_radius_m - 30


@pytest.mark.parametrize("name", list(STORIES))
def test_habits_speak_of_the_elder(name: str) -> None:
    """Whoever acts in a story belongs to it and only answers about its elder."""
    story = build_story(name, seed=3)
    people = set(numbers(story.elder).values())

    assert {habit.number for habit in story.habits} <= people
    assert {story.elder.name} >= {habit.about for habit in story.habits}


def test_stories_share_no_guardian_and_no_name() -> None:
    """All casts of a programme can be on stage together."""
    cast = [story.elder for story in programme(seed=4, takes=3, bands=30).stories]
    guardians = [helper.number for elder in cast for helper in elder.guardians]

    assert len(guardians) == len(set(guardians)) == 48
    assert 24 == len({elder.name for elder in cast}) == len({elder.device_id for elder in cast})


def test_a_programme_has_as_many_bands_as_asked() -> None:
    """The bands of the stories are among the 400."""
    whole = programme(seed=1)

    assert 400 == len(whole.town.elders) == len(whole.bands(START))
    assert 8 == len(whole.stories)


def test_a_story_named_twice_is_played_once() -> None:
    """Names are taken once, in the order given."""
    whole = programme(seed=1, stories=("drift", "sos", "drift"), bands=5)

    assert ["drift", "sos"] == [story.name for story in whole.stories]


def test_nobody_in_town_bears_a_name_of_the_cast() -> None:
    """A message that names somebody of a story can mean nobody else."""
    whole = programme(seed=9, takes=3)
    cast = {story.elder.name for story in whole.stories}
    others = [elder.name for elder in whole.town.elders if elder.name not in cast]

    assert 400 - len(cast) == len(others)


def test_takes_come_one_after_another() -> None:
    """A programme lists the first cast of every story, then the second."""
    whole = programme(seed=1, stories=("sos", "drift"), takes=2, bands=10)

    assert ["sos-1-1", "drift-1-1", "sos-1-2", "drift-1-2"] == [
        story.elder.device_id for story in whole.stories
    ]


@pytest.mark.parametrize("name", list(STORIES))
def test_what_is_expected_fits_together(name: str) -> None:
    """A story that wakes people ends closed; one that does not expects nothing at all."""
    expected = build_story(name, seed=1).expected
    if expected.trigger is None:
        assert ((), ()) == (expected.asks, expected.states)
    else:
        assert (IncidentState.SUSPECT, IncidentState.CLOSED) == (
            expected.states[0],
            expected.states[-1],
        )
        assert {"guardian-1", "guardian-2"} <= expected.told_the_end


def test_a_beat_takes_its_place_in_time() -> None:
    """The button is pressed as many seconds into the performance as the story says."""
    story = build_story("sos", seed=1)

    assert [(START + timedelta(seconds=4), Happening.SOS)] == [
        (event.at, event.what) for event in story.events(START)
    ]
    assert Trigger.SOS is story.expected.trigger
