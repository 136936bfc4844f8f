"""The eight stories, as data; those that leave home stand here.

Each has its own elder and guardians, so they can play together. Seconds are service time since the
story began. Whoever answers by SMS only does so well before the call that policy would send next;
whoever must not be reached answers nothing at all.
"""

from collections.abc import Callable

from core.incidents import IncidentState, Trigger
from core.people import Channel
from core.places import Position
from simulators.expectations import GUARDIANS, RESCUERS, Expected, asks
from simulators.ground import wall_lat
from simulators.phone_network.people import Habit, PicksUp, Text
from simulators.plots import Leg, Part, Story, at, home_again, numbers
from simulators.scripts import Happening
from simulators.stories_at_home import drift, sos, strap_off
from simulators.walks import straight

SMS, VOICE = Channel.SMS, Channel.VOICE
SUSPECT, ASKED, ACCEPTED = (
    IncidentState.SUSPECT,
    IncidentState.GUARDIANS,
    IncidentState.ACCEPTED,
)
RESCUE, RESCUE_ACCEPTED = IncidentState.RESCUE, IncidentState.RESCUE_ACCEPTED
CLOSED = IncidentState.CLOSED


def wander_at_dusk(part: Part) -> Story:
    """Leaves home and keeps walking; one guardian goes and finds."""
    rng = part.rng()
    path = part.stroll(rng, length_m=600)
    elder = part.cast(rng, home=path.points[0], radius_m=200)
    number = numbers(elder)
    return Story(
        name=part.story,
        title_zh="黄昏走失",
        title_en="Wandering at dusk",
        elder=elder,
        legs=(Leg(from_s=30, path=path, speed_mps=0.9), home_again(path, from_s=1150)),
        habits=(
            Habit(
                number=number["guardian-1"],
                about=elder.name,
                texts=(Text(after_s=6, text="1"), Text(after_s=640, text="3")),
            ),
        ),
        expected=Expected(
            trigger=Trigger.CROSSING,
            states=(SUSPECT, ASKED, ACCEPTED, CLOSED),
            asks=asks(GUARDIANS, SMS, at_s=0),
        ),
        plays_s=1300,
        limit_s=2400,
    )


def nobody_answers(part: Part) -> Story:
    """No guardian answers; the ladder climbs to the rescue team, who take it."""
    rng = part.rng()
    path = part.stroll(rng, length_m=700)
    elder = part.cast(rng, home=path.points[0], radius_m=200)
    number = numbers(elder)
    return Story(
        name=part.story,
        title_zh="无人应答",
        title_en="Nobody answers",
        elder=elder,
        legs=(Leg(from_s=30, path=path, speed_mps=0.9), home_again(path, from_s=1500)),
        habits=(
            Habit(
                number=number["rescuer-4"],
                about=elder.name,
                call=PicksUp(after_s=12, key="1", listens_s=8, misses=1),
                then=(Text(after_s=480, text="3 {no}"),),
            ),
        ),
        expected=Expected(
            trigger=Trigger.CROSSING,
            states=(SUSPECT, ASKED, RESCUE, RESCUE_ACCEPTED, CLOSED),
            asks=(
                *asks(GUARDIANS, SMS, at_s=0),
                *asks(GUARDIANS, VOICE, at_s=60),
                *asks(GUARDIANS, SMS, VOICE, at_s=180),
                *asks(RESCUERS, SMS, VOICE, at_s=300),
                *asks(RESCUERS, VOICE, at_s=420),
            ),
        ),
        plays_s=1650,
        limit_s=2700,
    )


def by_the_river(part: Part) -> Story:
    """Walks over the sea wall; guardians and the team are asked together, the team goes."""
    rng = part.rng()
    lon = rng.uniform(120.535, 120.585)
    home = Position(lon, wall_lat(lon)).moved(north_m=150)
    elder = part.cast(rng, home=home, radius_m=150)
    path = straight(home, bearing_deg=180, length_m=240)
    number = numbers(elder)
    return Story(
        name=part.story,
        title_zh="钱塘江边",
        title_en="By the river",
        elder=elder,
        legs=(Leg(from_s=30, path=path, speed_mps=1.0), home_again(path, from_s=900)),
        habits=(
            Habit(
                number=number["rescuer-6"],
                about=elder.name,
                call=PicksUp(after_s=10, key="1", listens_s=6),
                then=(Text(after_s=420, text="3 {no}"),),
            ),
        ),
        expected=Expected(
            trigger=Trigger.DANGER_ZONE,
            states=(SUSPECT, ASKED, RESCUE_ACCEPTED, CLOSED),
            asks=(
                *asks(GUARDIANS, SMS, VOICE, at_s=0),
                *asks(RESCUERS, SMS, VOICE, at_s=0),
            ),
        ),
        plays_s=1000,
        limit_s=1800,
    )


def gone_silent(part: Part) -> Story:
    """One report from outside, then nothing more: the timer must raise it."""
    rng = part.rng()
    # 72 m from report to report: 144 m is well inside the circle, 216 m well outside.
    path = part.stroll(rng, length_m=720, exactly_straight=True)
    elder = part.cast(rng, home=path.points[0], radius_m=180)
    number = numbers(elder)
    return Story(
        name=part.story,
        title_zh="越界失联",
        title_en="Gone silent",
        elder=elder,
        legs=(Leg(from_s=30, path=path, speed_mps=1.2), home_again(path, from_s=1500)),
        beats=(at(30 + 180 + 3, Happening.GOES_SILENT), at(1660, Happening.SPEAKS_AGAIN)),
        habits=(
            Habit(
                number=number["guardian-1"],
                about=elder.name,
                texts=(Text(after_s=6, text="我去"), Text(after_s=480, text="找到了")),
            ),
        ),
        expected=Expected(
            trigger=Trigger.CROSSING,
            states=(SUSPECT, ASKED, ACCEPTED, CLOSED),
            suspects=True,
            by_silence=True,
            asks=asks(GUARDIANS, SMS, at_s=0),
        ),
        plays_s=1700,
        limit_s=2700,
    )


def both_cannot(part: Part) -> Story:
    """Both guardians decline: the team is asked at once, not at the end of the window."""
    rng = part.rng()
    path = part.stroll(rng, length_m=500)
    elder = part.cast(rng, home=path.points[0], radius_m=200)
    number = numbers(elder)
    return Story(
        name=part.story,
        title_zh="两人都去不了",
        title_en="Both cannot",
        elder=elder,
        legs=(Leg(from_s=30, path=path, speed_mps=0.9), home_again(path, from_s=1100)),
        habits=(
            Habit(
                number=number["guardian-1"],
                about=elder.name,
                texts=(Text(after_s=6, text="2"),),
            ),
            Habit(
                number=number["guardian-2"],
                about=elder.name,
                call=PicksUp(after_s=6, key="2", listens_s=5),
            ),
            Habit(
                number=number["rescuer-5"],
                about=elder.name,
                call=PicksUp(after_s=12, key="1", listens_s=8),
                then=(Text(after_s=420, text="3 {no}"),),
            ),
        ),
        expected=Expected(
            trigger=Trigger.CROSSING,
            states=(SUSPECT, ASKED, RESCUE, RESCUE_ACCEPTED, CLOSED),
            asks=(
                *asks(GUARDIANS, SMS, at_s=0),
                # The "cannot" of the first pulls the other's call forward from 60 s.
                *asks(("guardian-2",), VOICE, at_s=6, late_s=6),
                *asks(RESCUERS, SMS, VOICE, at_s=18, late_s=12),
            ),
        ),
        plays_s=1200,
        limit_s=2400,
    )


STORIES: dict[str, Callable[[Part], Story]] = {
    "sos": sos,
    "wander-at-dusk": wander_at_dusk,
    "by-the-river": by_the_river,
    "both-cannot": both_cannot,
    "nobody-answers": nobody_answers,
    "strap-off": strap_off,
    "gone-silent": gone_silent,
    "drift": drift,
}


def build_story(name: str, *, seed: int, take: int = 0) -> Story:
    """Return story *name*; another *take* is the same story with other people.

    KeyError when there is no such story.
    """
    index = list(STORIES).index(name) if name in STORIES else -1
    return STORIES[name](Part(story=name, index=index, take=take, seed=seed))
