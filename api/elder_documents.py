"""Elders as programs send and read them, and what is kept beside them."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Request
from pydantic import Field

from api.pages import language_of
from api.wire_types import (
    DeviceId,
    Id,
    Line,
    LongLine,
    Name,
    OrganisationId,
    Prose,
    Wire,
    example,
)
from core import elder_rules
from core.elder_rules import Problem
from core.elders import (
    DETAILS,
    ArchiveReason,
    ConsentScope,
    ElderDetails,
    NewElder,
    Risk,
)
from core.errors import BadInput
from store.elder_lists import ElderRecord

_EXAMPLE: dict[str, Any] = {
    "organisation_id": "xiashi",
    "name": "演示 张阿芬",
    "birth_year": 1944,
    "sex": "f",
    "height_cm": 155,
    "appearance": "深蓝棉袄，短白发",
    "hint": "请叫小名阿芬，别从背后拉",
    "habits": "清早去菜市场",
    "hometown": "海宁袁花",
    "past_places": "丝厂旧址；2024 年在车站找到",
    "dialect": "海宁话",
    "risks": ["river", "hearing"],
    "home_address": "演示路 121 号",
    "removal_matters": True,
    "silence_alarm_s": None,
    "health_risk": False,
}

Texts = Annotated[list[Risk], Field(max_length=len(Risk))]


class Warned(Wire):
    """What is odd about one field; it was kept all the same."""

    field: str
    detail: str


class ElderBody(Wire):
    """What operators write down of an elder."""

    model_config = example(**_EXAMPLE)

    organisation_id: OrganisationId
    name: Name
    birth_year: int = Field(ge=1800, le=2200)
    sex: str = Field(pattern="^[fm]$", description="`f` woman, `m` man.")
    height_cm: int | None = Field(None, ge=80, le=220)
    appearance: Prose = ""
    hint: Prose = ""
    habits: Prose = ""
    hometown: LongLine = ""
    past_places: Prose = ""
    dialect: Line = ""
    risks: Texts = Field(default_factory=list)
    home_address: LongLine = ""
    removal_matters: bool = True
    silence_alarm_s: int | None = Field(None, ge=900, le=604_800)
    health_risk: bool = False

    def details(self) -> ElderDetails:
        """Return what is meant."""
        values = {name: getattr(self, name) for name in DETAILS}
        return ElderDetails(**{**values, "risks": tuple(self.risks)})


class NewElderBody(ElderBody):
    """Somebody to be registered."""

    model_config = example(**_EXAMPLE, identity_number="", medical_notes="", also=False)

    identity_number: str = Field("", max_length=40, description="GB 11643; kept sealed.")
    medical_notes: Prose = Field("", description="Kept sealed.")
    also: bool = Field(False, description="Register them although they seem to be there already.")

    def new_elder(self) -> NewElder:
        """Return what is meant."""
        values = {name: getattr(self, name) for name in DETAILS}
        return NewElder(
            **{**values, "risks": tuple(self.risks)},
            identity_number=self.identity_number,
            medical_notes=self.medical_notes,
        )


class ElderListed(Wire):
    """One line of a list: `store.elder_lists.ElderLine`, as it is."""

    model_config = example(
        id=17,
        version=3,
        organisation_id="xiashi",
        name="演示 张阿芬",
        birth_year=1944,
        sex="f",
        device_id="hn-0001",
        guardians=2,
        has_photo=True,
        archived_at=None,
    )

    id: Id
    version: int
    organisation_id: str
    name: str
    birth_year: int
    sex: str
    device_id: str | None = Field(description="The band they wear.")
    guardians: int = Field(description="Two is right.")
    has_photo: bool
    archived_at: datetime | None


class ElderPage(Wire):
    """Some elders, and where the list goes on."""

    items: list[ElderListed]
    next: str | None


class ElderAnswer(Wire):
    """An elder in full; of what is sealed, whether it is there."""

    model_config = example(
        **_EXAMPLE,
        id=17,
        version=3,
        device_id="hn-0001",
        guardians=2,
        has_photo=True,
        has_identity_number=True,
        has_medical_notes=False,
        archived_at=None,
        archived_why=None,
        consents=["position", "photo_volunteers"],
        warnings=[],
    )

    id: Id
    version: int
    organisation_id: str
    name: str
    birth_year: int
    sex: str
    height_cm: int | None
    appearance: str
    hint: str
    habits: str
    hometown: str
    past_places: str
    dialect: str
    risks: list[Risk]
    home_address: str
    removal_matters: bool
    silence_alarm_s: int | None
    health_risk: bool
    device_id: DeviceId | None
    guardians: int
    has_photo: bool
    has_identity_number: bool
    has_medical_notes: bool
    archived_at: datetime | None
    archived_why: ArchiveReason | None
    consents: list[ConsentScope] = Field(description="What is agreed to today.")
    warnings: list[Warned] = Field(description="What is odd about what was sent.")

    @classmethod
    def of(
        cls, record: ElderRecord, consents: frozenset[ConsentScope], warnings: list[Warned]
    ) -> Self:
        """Return the answer for *record*."""
        own: dict[str, Any] = {
            name: getattr(record, name, None) for name in ElderAnswer.model_fields
        }
        said = {"consents": sorted(consents), "warnings": warnings, "risks": list(record.risks)}
        return cls(**{**own, **said})


class ArchiveBody(Wire):
    """Why somebody is looked after no more."""

    model_config = example(why="moved_away")

    why: ArchiveReason


class SealedBody(Wire):
    """What is kept sealed; what is left out stays, what is empty is removed."""

    model_config = example(identity_number="", medical_notes="演示：每天两次降压药")

    identity_number: str | None = Field(None, max_length=40, description="GB 11643.")
    medical_notes: Prose | None = None
    also: bool = Field(False, description="Although another record has this identity number.")


class SealedAnswer(Wire):
    """What was kept sealed; the look is on record."""

    model_config = example(
        identity_number=None, medical_notes="演示：每天两次降压药", withheld=["identity_number"]
    )

    identity_number: str | None
    medical_notes: str | None
    withheld: list[str] = Field(description="What is there and not shown to this account.")


class SealedKept(Wire):
    """What is there now, without showing it."""

    model_config = example(
        version=4, has_identity_number=False, has_medical_notes=True, warnings=[]
    )

    version: int
    has_identity_number: bool
    has_medical_notes: bool
    warnings: list[Warned]


class PhotoKept(Wire):
    """A photo as it is kept."""

    model_config = example(version=5, width_px=540, height_px=675)

    version: int = Field(description="Of the elder, from now on.")
    width_px: int
    height_px: int


def checked(request: Request, problems: list[Problem]) -> list[Warned]:
    """Return what is odd, in the reader's words; BadInput when anything must be mended."""
    language = language_of(request)
    wrong = {f"body.{one.field}": one.said(language) for one in elder_rules.errors(problems)}
    if wrong:
        raise BadInput(" ".join(dict.fromkeys(wrong.values())), wrong)
    return [
        Warned(field=one.field, detail=one.said(language)) for one in elder_rules.warnings(problems)
    ]
