"""Why a drawing cannot be a zone, in words: what it is, and how to mend it. Pure."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from core.languages import translations
from core.people import Language

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str


class ZoneFault(StrEnum):
    """Why a zone is refused."""

    NAME_LENGTH = "name_length"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    RADIUS_IN_DEGREES = "radius_in_degrees"
    RADIUS_OUT_OF_RANGE = "radius_out_of_range"
    NO_RING = "no_ring"
    CORNER_NOT_TWO_NUMBERS = "corner_not_two_numbers"
    TOO_FEW_CORNERS = "too_few_corners"
    NOT_CLOSED = "not_closed"
    TOO_MANY_CORNERS = "too_many_corners"
    NOT_FLAT = "not_flat"
    OFF_THE_GLOBE = "off_the_globe"
    CHANGED_ROUND = "changed_round"  #: longitude and latitude
    CROSSES_ITSELF = "crosses_itself"
    TOUCHES_ITSELF = "touches_itself"
    HOLE_OUTSIDE = "hole_outside"
    HOLE_IN_HOLE = "hole_in_hole"
    IN_PIECES = "in_pieces"
    NO_SHAPE = "no_shape"
    TOO_FAR_ACROSS = "too_far_across"
    TOO_LITTLE_GROUND = "too_little_ground"
    OUTSIDE_SERVICE_AREA = "outside_service_area"


#: which part of a zone a fault speaks of; the others speak of its shape
_PARTS = {
    ZoneFault.NAME_LENGTH: "name",
    ZoneFault.ENDS_BEFORE_IT_BEGINS: "valid_until",
    ZoneFault.RADIUS_IN_DEGREES: "radius_m",
    ZoneFault.RADIUS_OUT_OF_RANGE: "radius_m",
}

_SENTENCES: dict[ZoneFault, str] = {
    ZoneFault.NAME_LENGTH: N_("a zone's name has 1 to %(most)s letters, not %(found)s"),
    ZoneFault.ENDS_BEFORE_IT_BEGINS: N_(
        "a zone ends after it begins: valid_until must be later than valid_from"
    ),
    ZoneFault.RADIUS_IN_DEGREES: N_(
        "the radius is in metres, %(least)s to %(most)s; %(found)s looks like degrees"
    ),
    ZoneFault.RADIUS_OUT_OF_RANGE: N_(
        "a circle's radius is %(least)s to %(most)s metres, not %(found)s"
    ),
    ZoneFault.NO_RING: N_("a zone has at least one ring"),
    ZoneFault.CORNER_NOT_TWO_NUMBERS: N_(
        "each corner of a zone is two numbers: longitude, then latitude"
    ),
    ZoneFault.TOO_FEW_CORNERS: N_(
        "a ring of a zone has at least three corners, and ends at the first"
    ),
    ZoneFault.NOT_CLOSED: N_("a ring of a zone ends where it begins: repeat the first corner last"),
    ZoneFault.TOO_MANY_CORNERS: N_(
        "a zone has at most %(most)s corners, not %(found)s: simplify it"
    ),
    ZoneFault.NOT_FLAT: N_("a zone's polygon has corners of two numbers: longitude, then latitude"),
    ZoneFault.OFF_THE_GLOBE: N_(
        "a corner of the zone is not on the globe: each is longitude, then latitude, in degrees"
    ),
    ZoneFault.CHANGED_ROUND: N_(
        "the two numbers of a place look changed round: write longitude, then latitude"
        " (in Haining about 120.7, then 30.5)"
    ),
    ZoneFault.CROSSES_ITSELF: N_(
        "the polygon cannot be a zone: its edge crosses itself; draw it anew"
    ),
    ZoneFault.TOUCHES_ITSELF: N_(
        "the polygon cannot be a zone: its edge touches itself; draw it anew"
    ),
    ZoneFault.HOLE_OUTSIDE: N_(
        "the polygon cannot be a zone: a hole lies outside of it; draw it anew"
    ),
    ZoneFault.HOLE_IN_HOLE: N_(
        "the polygon cannot be a zone: a hole lies in another hole; draw it anew"
    ),
    ZoneFault.IN_PIECES: N_(
        "the polygon cannot be a zone: its holes cut it into pieces; draw it anew"
    ),
    ZoneFault.NO_SHAPE: N_("the polygon cannot be a zone: it covers no ground; draw it anew"),
    ZoneFault.TOO_FAR_ACROSS: N_(
        "a zone reaches at most %(most)s km, not %(found)s: look for a corner with a wrong digit"
    ),
    ZoneFault.TOO_LITTLE_GROUND: N_("a zone covers at least %(most)s m², not %(found)s"),
    ZoneFault.OUTSIDE_SERVICE_AREA: N_(
        "the zone lies %(found)s km from Haining, and at most %(most)s km are allowed: look for a"
        " wrong digit in its place"
    ),
}


class BadZone(ValueError):
    """A zone that cannot be meant. The text says in English what to mend."""

    def __init__(self, fault: ZoneFault, **values: object) -> None:
        """Keep the named *fault*; *values* fill its sentence."""
        super().__init__(_SENTENCES[fault] % values)
        self.fault = fault
        self.values: Mapping[str, object] = values

    @property
    def part(self) -> str:
        """Return the part of the zone that it speaks of."""
        return _PARTS.get(self.fault, "shape")

    def sentence(self, language: Language) -> str:
        """Return what to mend in the reader's language."""
        return translations(language).gettext(_SENTENCES[self.fault]) % self.values
