"""What a list speaks of, and what the register knows of it already: read by the store. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.elders import ElderDetails, FamilyMember
from core.people import Language
from core.places import Position
from core.register_sheets import ListName, heading_key
from core.register_tables import Line, Lines
from core.zones import Zone

_NAME_AND_YEAR = re.compile(r"(.*?)[\s（(,，]*((?:18|19|20)\d\d)年?[)）]?")
_NUMBER = re.compile(r"(?:#|编号|No\.?)?\s*(\d{1,15})")
_CJK_SPACES = re.compile(r"(?<=[\u3400-\u9fff·])\s+(?=[\u3400-\u9fff·])")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOrganisation:
    """One that the importer looks after."""

    id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownElder:
    """Somebody registered, in the importer's scope."""

    id: int
    version: int
    details: ElderDetails
    is_archived: bool = False
    band: str | None = None
    #: only where the file says something of them
    medical_notes: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandTold:
    """What is written on a band and its card."""

    model: str | None = None
    interval_s: int = 300
    serial: str | None = None
    imei: str | None = None
    sim_number: str | None = field(default=None, repr=False)
    note: str = ""
    #: whose shelf; None: everybody's
    organisation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBand:
    """A registered band, wherever it is."""

    device_id: str
    version: int
    elder_id: int | None
    told: BandTold
    #: why it cannot be given out; empty: it can
    obstacle: str = ""
    #: worn by one of the importer's elders, or on a shelf that they may use
    is_ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGuardian:
    """A guardian by one of their numbers."""

    id: int
    version: int
    name: str
    language: Language
    organisation_id: str | None
    numbers: frozenset[str]
    #: belongs to an organisation of the importer
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContact:
    """Somebody of an elder's family."""

    id: int
    version: int
    member: FamilyMember


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that matters for one file."""

    organisations: tuple[KnownOrganisation, ...] = ()
    elders: Mapping[int, KnownElder] = field(default_factory=dict)
    bands: Mapping[str, KnownBand] = field(default_factory=dict)
    #: phone (E.164) -> guardians who are reached there
    guardians: Mapping[str, tuple[KnownGuardian, ...]] = field(default_factory=dict)
    #: elder -> place -> person
    holders: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    #: the same, of changes that wait to be approved
    waiting: Mapping[int, Mapping[int, int | None]] = field(default_factory=dict)
    zones: Mapping[int, tuple[Zone, ...]] = field(default_factory=dict)
    contacts: Mapping[int, tuple[KnownContact, ...]] = field(default_factory=dict)
    #: identity number -> elders who have it; None for one that is out of the importer's scope
    identities: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)
    #: can identity numbers and medical notes be sealed here?
    has_keys: bool = True

    def organisation(self, text: str) -> KnownOrganisation | None:
        """Return the organisation that *text* names."""
        key = heading_key(text)
        found = [
            one
            for one in self.organisations
            if key in (heading_key(one.id), heading_key(one.name_zh), heading_key(one.name_en))
        ]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """How a line speaks of an elder."""

    name: str = ""
    birth_year: int | None = None
    number: int | None = None


def reference(text: str) -> Reference:
    """Return what `12`, `张三` or `张三 1944` speaks of."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.isascii() and (found := _NUMBER.fullmatch(plain)):
        return Reference(number=int(found[1]))
    if (found := _NAME_AND_YEAR.fullmatch(plain)) and found[1].strip():
        return Reference(name=person_name(found[1]), birth_year=int(found[2]))
    return Reference(name=person_name(plain))


def person_name(text: str) -> str:
    """Return a name without the spaces that spreadsheets put between Chinese characters."""
    return _CJK_SPACES.sub("", " ".join(text.split()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the register a file speaks of."""

    elder_ids: frozenset[int]
    elder_names: frozenset[str]
    device_ids: frozenset[str]
    guardian_phones: frozenset[str]
    identity_numbers: frozenset[str] = field(repr=False)
    has_notes: bool


def wanted(lines: Lines) -> Wanted:
    """Return what has to be read before the file can be planned."""
    references = [
        reference(text)
        for name, key in (
            (ListName.BANDS, "elder"),
            (ListName.ZONES, "elder"),
            (ListName.CONTACTS, "elder"),
        )
        for text in _texts(lines.of(name), key)
    ]
    for line in lines.of(ListName.GUARDIANS):
        references += [reference(text) for text in elder_texts(line)]
    elders = lines.of(ListName.ELDERS)
    numbers = {line.values["number"] for line in elders if "number" in line.values}
    return Wanted(
        elder_ids=frozenset(
            number
            for number in (*numbers, *(one.number for one in references))
            if isinstance(number, int) and number < 2**53
        ),
        elder_names=frozenset(
            {one.name for one in references if one.name}
            | {person_name(text) for text in _texts(elders, "name")}
        ),
        device_ids=frozenset(_texts(lines.of(ListName.BANDS), "device_id")),
        guardian_phones=frozenset(_texts(lines.of(ListName.GUARDIANS), "phone")),
        identity_numbers=frozenset(_texts(elders, "identity_number")),
        has_notes=any("medical_notes" in line.values for line in elders),
    )


def elder_texts(line: Line) -> tuple[str, ...]:
    """Return how a guardian's line speaks of its elders."""
    found = line.values.get("elders", ())
    return found if isinstance(found, tuple) else ()


def same_place(one: Position, other: Position) -> bool:
    """Say whether two positions are the same but for the last digits of a spreadsheet."""
    return abs(one.lon - other.lon) < 1e-7 and abs(one.lat - other.lat) < 1e-7


def _texts(lines: Iterable[Line], key: str) -> set[str]:
    return {text for line in lines if isinstance(text := line.values.get(key), str)}
