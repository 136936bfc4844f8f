"""The stories that play at home: the button, the strap, an evening of bad fixes."""

from core.incidents import IncidentState, Trigger
from core.people import Channel
from core.pings import FixSource
from simulators.expectations import GUARDIANS, Expected, asks
from simulators.fixes import BAD_EVENING
from simulators.phone_network.people import Habit, OpensLink, PicksUp, Text
from simulators.plots import Part, Story, at, numbers
from simulators.scripts import Happening

SMS, VOICE = Channel.SMS, Channel.VOICE
SUSPECT, ASKED = IncidentState.SUSPECT, IncidentState.GUARDIANS
ACCEPTED, CLOSED = IncidentState.ACCEPTED, IncidentState.CLOSED


def sos(part: Part) -> Story:
    """The button, at home; the neighbour picks up and is there in two minutes."""
    rng = part.rng()
    home = part.stroll(rng, length_m=50).points[0]
    elder = part.cast(rng, home=home, radius_m=200)
    number = numbers(elder)
    return Story(
        name=part.story,
        title_zh="家中求救",
        title_en="SOS at home",
        elder=elder,
        beats=(at(4, Happening.SOS),),
        habits=(
            Habit(
                number=number["guardian-1"],
                about=elder.name,
                call=PicksUp(after_s=12, key="1", listens_s=8),
                then=(Text(after_s=80, text="3"),),
            ),
        ),
        expected=Expected(
            trigger=Trigger.SOS,
            states=(SUSPECT, ASKED, ACCEPTED, CLOSED),
            asks=asks(GUARDIANS, SMS, VOICE, at_s=0),
        ),
        plays_s=10,
        limit_s=1200,
    )


def strap_off(part: Part) -> Story:
    """The band is taken off at home and stays off; a guardian answers on the page."""
    rng = part.rng()
    home = part.stroll(rng, length_m=50).points[0]
    elder = part.cast(rng, home=home, radius_m=200)
    number = numbers(elder)
    return Story(
        name=part.story,
        title_zh="手环脱落",
        title_en="The band is taken off",
        elder=elder,
        beats=(at(20, Happening.TAKEN_OFF), at(700, Happening.PUT_ON)),
        habits=(
            Habit(
                number=number["guardian-2"],
                about=elder.name,
                link=OpensLink(after_s=6),
                then=(Text(after_s=480, text="3"),),
            ),
        ),
        expected=Expected(
            trigger=Trigger.STRAP_REMOVED,
            states=(SUSPECT, ASKED, ACCEPTED, CLOSED),
            suspects=True,
            by_silence=True,
            asks=asks(GUARDIANS, SMS, at_s=0),
        ),
        plays_s=720,
        limit_s=1800,
    )


def drift(part: Part) -> Story:
    """An evening of bad fixes in a back room, one of them 2 km away. Nobody may be woken."""
    rng = part.rng()
    home = part.stroll(rng, length_m=50).points[0]
    elder = part.cast(rng, home=home, radius_m=180)
    return Story(
        name=part.story,
        title_zh="室内漂移",
        title_en="Indoor drift",
        elder=elder,
        beats=(
            at(200, Happening.STRAY_FIX, east_m=260, north_m=-90, accuracy_m=90),
            at(600, Happening.STRAY_FIX, east_m=-1500, north_m=1320, accuracy_m=65),
            at(
                1300,
                Happening.STRAY_FIX,
                east_m=420,
                north_m=310,
                accuracy_m=800,
                source=FixSource.CELL,
            ),
            at(
                1900,
                Happening.STRAY_FIX,
                east_m=-210,
                north_m=150,
                accuracy_m=12,
                source=FixSource.GNSS,
            ),
            at(2500, Happening.STRAY_FIX, east_m=230, north_m=-120, accuracy_m=80),
        ),
        habits=(),
        expected=Expected(trigger=None, outcome=None),
        plays_s=2880,
        limit_s=3600,
        indoors=BAD_EVENING,
    )
