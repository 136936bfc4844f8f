"""What taking a file over would do, line by line. Values only; the store does it."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.elders import ElderDetails, FamilyMember
from core.people import Language
from core.register_known import BandTold
from core.register_tables import Line
from core.zones import Zone


class Verdict(StrEnum):
    """What becomes of a line."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Whose:
    """An elder: registered (by id), or a line of the file's own that will be (by row)."""

    id: int | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElderStep:
    """One elder; *version* is that of a registered one."""

    line: Line
    verdict: Verdict
    whose: Whose
    version: int = 0
    details: ElderDetails
    #: details differ, not only what is sealed
    has_new_details: bool = True
    identity_number: str = field(default="", repr=False)
    medical_notes: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandStep:
    """One band, and who gets it."""

    line: Line
    verdict: Verdict
    device_id: str
    version: int = 0
    #: None: nobody; or whoever wears it already
    whose: Whose | None
    #: it is given to *whose* now
    is_given: bool
    told: BandTold
    has_new_details: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianStep:
    """One guardian, of one or several lines with the same telephone."""

    line: Line
    verdict: Verdict
    phone: str = field(repr=False)
    person_id: int | None = None
    version: int = 0
    name: str
    language: Language
    #: None: that of the first elder
    organisation_id: str | None
    first_elder: Whose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingStep:
    """A guardian for an elder, to be asked for."""

    line: Line
    verdict: Verdict
    whose: Whose
    place: int
    phone: str = field(repr=False)
    #: somebody else holds the place
    is_replacing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneStep:
    """One zone; the zone's own id and elder are those of a registered one."""

    line: Line
    verdict: Verdict
    whose: Whose
    zone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStep:
    """Somebody of an elder's family."""

    line: Line
    verdict: Verdict
    whose: Whose
    contact_id: int | None = None
    version: int = 0
    member: FamilyMember


Step = ElderStep | BandStep | GuardianStep | PairingStep | ZoneStep | ContactStep
