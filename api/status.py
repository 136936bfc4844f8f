"""How each incident state looks and where it stands in a list: shape, colour, order, words.

One table feeds the list, the legend and the map. Colour is never the only sign.
"""

from dataclasses import dataclass

from core.bands import Level
from core.incidents import IncidentState


@dataclass(frozen=True, slots=True)
class Look:
    """The appearance of a state; *words* is the English source text."""

    order: int
    shape: str
    colour: str
    words: str


LOOKS: dict[IncidentState, Look] = {
    IncidentState.UNANSWERED: Look(1, "octagon", "alarm", "Nobody answered"),
    IncidentState.RESCUE: Look(2, "triangle", "alarm", "Rescue asked"),
    IncidentState.GUARDIANS: Look(3, "triangle", "waiting", "Guardians asked"),
    IncidentState.SUSPECT: Look(4, "diamond", "waiting", "Checking"),
    IncidentState.RESCUE_ACCEPTED: Look(5, "square", "search", "Team on the way"),
    IncidentState.ACCEPTED: Look(6, "circle", "going", "Guardian on the way"),
    IncidentState.CLOSED: Look(7, "check", "safe", "Closed"),
}

#: the colour of how soon a band needs somebody
LEVEL_COLOURS: dict[Level, str] = {
    Level.NOTICE: "going",
    Level.SOON: "waiting",
    Level.NOW: "alarm",
}
