"""People who can be asked, as programs send and read them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictBool, StringConstraints

from api.wire_types import Id, Name, OrganisationId, Printable, When, Wire, example
from core.people import Channel, Language, Role
from store.absences import KeptAbsence
from store.person_register import Reach, RegisteredPerson

#: a number as people write it
Written = Annotated[str, StringConstraints(min_length=3, max_length=40), Printable]


class PhoneChannel(StrEnum):
    """A way to reach somebody by phone."""

    SMS = "sms"
    VOICE = "voice"


class NumberBody(Wire):
    """One number, on one channel. A mobile that takes SMS and calls is written twice."""

    channel: PhoneChannel
    number: Written = Field(description="E.164, or as it is written on the mainland.")

    @property
    def reach(self) -> Reach:
        """Return it as the register takes it."""
        return Channel(self.channel.value), self.number


class PersonBody(Wire):
    """What an operator writes down of somebody."""

    model_config = example(
        name="陈志强",
        language="zh",
        organisation_id="xiashi",
        on_duty=True,
        numbers=[
            {"channel": "sms", "number": "138 0000 0011"},
            {"channel": "voice", "number": "138 0000 0011"},
        ],
    )

    name: Name
    language: Language = Language.CHINESE
    organisation_id: OrganisationId | None = Field(
        default=None,
        description="The street of a guardian, the team of a rescuer; without one only operators"
        " of the whole town see them.",
    )
    on_duty: StrictBool = Field(
        default=True, description="Is a rescuer asked, is an operator told? Not for guardians."
    )
    numbers: list[NumberBody] = Field(default=[], max_length=8)

    @property
    def reaches(self) -> list[Reach]:
        """Return the numbers as the register takes them."""
        return [one.reach for one in self.numbers]


class NewPersonBody(PersonBody):
    """Somebody to be registered; the role stays for ever."""

    model_config = example(
        role="guardian",
        name="陈志强",
        language="zh",
        organisation_id="xiashi",
        on_duty=True,
        numbers=[{"channel": "sms", "number": "138 0000 0011"}],
    )

    role: Role


class NumberAnswer(Wire):
    """One number, and what is known of it."""

    id: int = Field(description="Of the contact point: a code is sent to it by this id.")
    channel: str
    number: str
    verified_at: datetime | None
    last_ok_at: datetime | None
    disabled_reason: str | None


_SHOWN = {
    "id": 7,
    "role": "guardian",
    "name": "陈志强",
    "language": "zh",
    "organisation_id": "xiashi",
    "on_duty": True,
    "archived_at": None,
    "version": 1,
    "numbers": [
        {
            "id": 9,
            "channel": "sms",
            "number": "+8613800000011",
            "verified_at": "2026-11-01T08:00:00Z",
            "last_ok_at": "2026-11-20T09:12:00Z",
            "disabled_reason": None,
        }
    ],
}


class PersonAnswer(Wire):
    """Somebody who can be asked."""

    model_config = example(**_SHOWN)

    id: int
    role: Role
    name: str
    language: Language
    organisation_id: str | None
    on_duty: bool
    archived_at: datetime | None = Field(description="When they left; nothing is sent to them.")
    version: int
    numbers: list[NumberAnswer]


class PersonPage(Wire):
    """Some people, by id."""

    model_config = example(items=[_SHOWN], next=None)

    items: list[PersonAnswer]
    next: str | None


class AbsenceBody(Wire):
    """Somebody is away, and who stands in."""

    model_config = example(
        stand_in_id=8, from_at="2026-12-30T00:00:00+08:00", until_at="2027-01-03T00:00:00+08:00"
    )

    stand_in_id: Id | None = Field(default=None, description="Somebody of the same role.")
    from_at: When
    until_at: When


class AbsenceAnswer(Wire):
    """An absence as it is kept."""

    id: int
    away_id: int | None
    stand_in_id: int | None
    from_at: datetime
    until_at: datetime
    made_by: str
    made_at: datetime


class AbsenceList(Wire):
    """The absences of one person that are not over."""

    model_config = example(
        items=[
            {
                "id": 3,
                "away_id": 7,
                "stand_in_id": 8,
                "from_at": "2026-12-29T16:00:00Z",
                "until_at": "2027-01-02T16:00:00Z",
                "made_by": "anna",
                "made_at": "2026-12-20T02:00:00Z",
            }
        ]
    )

    items: list[AbsenceAnswer]


def person_answer(person: RegisteredPerson) -> PersonAnswer:
    """Return somebody as programs read them."""
    return PersonAnswer(
        id=person.id,
        role=person.role,
        name=person.name,
        language=person.language,
        organisation_id=person.organisation_id,
        on_duty=person.on_duty,
        archived_at=person.archived_at,
        version=person.version,
        numbers=[
            NumberAnswer(
                id=point.id,
                channel=point.channel.value,
                number=point.value,
                verified_at=point.verified_at,
                last_ok_at=point.last_ok_at,
                disabled_reason=point.disabled_reason,
            )
            for point in person.points
        ],
    )


def absence_answer(kept: KeptAbsence) -> AbsenceAnswer:
    """Return an absence as programs read it."""
    absence = kept.absence
    return AbsenceAnswer(
        id=absence.id,
        away_id=absence.away_id,
        stand_in_id=absence.stand_in_id,
        from_at=absence.from_at,
        until_at=absence.until_at,
        made_by=kept.made_by,
        made_at=kept.made_at,
    )
