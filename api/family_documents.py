"""The family of an elder and consents, as programs send and read them."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StrictBool

from api.elder_documents import Warned
from api.wire_types import Id, Line, LongLine, Name, Wire, example
from core.elders import Consent, ConsentBy, ConsentScope, FamilyMember
from core.people import Language
from store.consents import RecordedConsent
from store.family import FamilyContact


class FamilyBody(Wire):
    """Somebody of the family; never a guardian."""

    model_config = example(
        name="演示 女儿",
        relation="女儿",
        phone="13800000121",
        position=1,
        note="晚上可以打",
        is_told=True,
        language="zh",
    )

    name: Name
    relation: Annotated[str, Field(max_length=40)] = ""
    phone: str = Field(min_length=3, max_length=40, description="138… or 0573-… or +852….")
    position: int = Field(1, ge=1, le=20, description="1 is called first.")
    note: LongLine = ""
    is_told: StrictBool = Field(True, description="Hears of changes of guardians.")
    language: Language = Language.CHINESE

    def member(self) -> FamilyMember:
        """Return what is meant."""
        return FamilyMember(**self.model_dump())


class FamilyAnswer(FamilyBody):
    """Somebody of the family, as registered."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "id": 5,
                "elder_id": 17,
                "version": 1,
                "name": "演示 女儿",
                "relation": "女儿",
                "phone": "+8613800000121",
                "position": 1,
                "note": "",
                "is_told": True,
                "language": "zh",
                "warnings": [],
            }
        },
    )

    id: Id
    elder_id: Id
    version: int
    warnings: list[Warned] = Field(default_factory=list, description="What is odd about it.")

    @classmethod
    def of(cls, contact: FamilyContact, warnings: list[Warned] | None = None) -> Self:
        """Return the answer for *contact*."""
        own: dict[str, Any] = {
            name: getattr(contact, name, None) for name in FamilyAnswer.model_fields
        }
        return cls(**{**own, "warnings": warnings or []})


class FamilyList(Wire):
    """The family in the order of calling."""

    items: list[FamilyAnswer]
    next: None = None


class ConsentBody(Wire):
    """What was agreed to."""

    model_config = example(
        given_by="family",
        giver_name="演示 女儿",
        relation="女儿",
        given_on="2026-11-20",
        scopes=["position", "photo_volunteers"],
        until=None,
        note="纸质同意书存街道",
    )

    given_by: ConsentBy
    giver_name: Line = ""
    relation: Annotated[str, Field(max_length=40)] = ""
    given_on: date
    scopes: Annotated[list[ConsentScope], Field(min_length=1, max_length=len(ConsentScope))]
    until: date | None = Field(None, description="Its last day; null: until it is withdrawn.")
    note: LongLine = ""

    def consent(self) -> Consent:
        """Return what is meant."""
        return Consent(**{**self.model_dump(), "scopes": tuple(self.scopes)})


class ConsentAnswer(ConsentBody):
    """A consent on record."""

    model_config = example(
        id=3,
        given_by="family",
        giver_name="演示 女儿",
        relation="女儿",
        given_on="2026-11-20",
        scopes=["position"],
        until=None,
        note="",
        recorded_at="2026-11-20T01:00:00Z",
        recorded_by="anna",
        withdrawn_at=None,
        withdrawn_by=None,
    )

    id: Id
    recorded_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None

    @classmethod
    def of(cls, consent: RecordedConsent) -> Self:
        """Return the answer for *consent*."""
        own = {name: getattr(consent, name) for name in ConsentAnswer.model_fields}
        return cls(**{**own, "scopes": list(consent.scopes)})


class ConsentList(Wire):
    """All consents, also those that are over, the newest first."""

    in_force: list[ConsentScope] = Field(description="What is agreed to today.")
    items: list[ConsentAnswer]
    next: None = None
