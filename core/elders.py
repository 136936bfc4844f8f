"""What is registered of an elder, beyond what an alert needs (`core.people.Elder`)."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from core.people import Language


class Risk(StrEnum):
    """What endangers this person outside."""

    RIVER = "river"  #: is drawn to water
    ROAD = "road"  #: walks in the road
    RAILWAY = "railway"
    MEDICINE = "medicine"  #: needs it at fixed hours
    HEART = "heart"
    DIABETES = "diabetes"
    EPILEPSY = "epilepsy"
    FALLS = "falls"
    HEARING = "hearing"  #: does not hear a call
    SIGHT = "sight"
    SPEECH = "speech"  #: cannot say who they are
    COLD = "cold"  #: goes out undressed
    TEMPER = "temper"  #: may strike out when frightened


class ArchiveReason(StrEnum):
    """Why somebody is looked after no more."""

    MOVED_AWAY = "moved_away"
    DIED = "died"
    WITHDREW = "withdrew"  #: they or their family want it no longer
    MISTAKE = "mistake"  #: registered twice, or by mistake


class ConsentScope(StrEnum):
    """What somebody has agreed to."""

    POSITION = "position"  #: being located, and volunteers asked
    PHOTO_VOLUNTEERS = "photo_volunteers"  #: the photo goes to those who search
    PHOTO_PUBLIC = "photo_public"  #: the photo may be shown to anybody while they are missing
    PHONE_SHOWN = "phone_shown"  #: the family's numbers go to those who search
    MEDICAL = "medical"  #: medical notes are kept, and shown to rescuers while they are missing


class ConsentBy(StrEnum):
    """Who has agreed."""

    SELF = "self"
    FAMILY = "family"
    WARD = "ward"  #: the legal guardian, or the neighbourhood committee in their place


@dataclass(frozen=True, slots=True, kw_only=True)
class ElderDetails:
    """What operators write down of an elder, and may change; nothing of it is sealed."""

    organisation_id: str
    name: str
    birth_year: int
    sex: str  #: "f" or "m"
    height_cm: int | None = None
    #: clothing, build: how to recognise them
    appearance: str = ""
    #: how to approach them
    hint: str = ""
    habits: str = ""
    hometown: str = ""
    #: former addresses and places of work, where they were found before
    past_places: str = ""
    dialect: str = ""
    risks: tuple[Risk, ...] = ()
    home_address: str = ""
    removal_matters: bool = True
    silence_alarm_s: int | None = None
    health_risk: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewElder(ElderDetails):
    """Somebody to be registered; the last two are kept sealed."""

    identity_number: str = field(default="", repr=False)
    medical_notes: str = field(default="", repr=False)


DETAILS = tuple(one.name for one in fields(ElderDetails))


def details_of(elder: ElderDetails) -> dict[str, Any]:
    """Return the details by name, as they fit into a row and into JSON, without space around."""
    values = {name: getattr(elder, name) for name in DETAILS}
    texts = {name: value.strip() for name, value in values.items() if isinstance(value, str)}
    return {**values, **texts, "risks": sorted(risk.value for risk in elder.risks)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyMember:
    """Somebody of the elder's family; never a guardian."""

    name: str
    relation: str
    phone: str  #: E.164
    #: 1 is called first
    position: int = 1
    note: str = ""
    #: hears of changes of guardians and of who looked
    is_told: bool = True
    language: Language = Language.CHINESE


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was agreed to, by whom, when, for how long."""

    given_by: ConsentBy
    #: the name of whoever agreed, where it was not the elder
    giver_name: str = ""
    relation: str = ""
    given_on: date
    scopes: tuple[ConsentScope, ...]
    #: the last day on which it holds; None: until it is withdrawn
    until: date | None = None
    note: str = ""
    withdrawn_at: datetime | None = None

    def holds(self, scope: ConsentScope, on: date) -> bool:
        """Say whether *scope* is agreed to on this day."""
        return (
            scope in self.scopes
            and self.withdrawn_at is None
            and self.given_on <= on
            and (self.until is None or on <= self.until)
        )
