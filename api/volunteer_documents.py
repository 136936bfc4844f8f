"""A volunteer's own things as programs see them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.wire_types import Printable, Wire, example
from core.incidents import Answer, IncidentState, Outcome
from core.people import Role

Number = Annotated[str, Field(min_length=1, max_length=40), Printable]
Code = Annotated[str, Field(min_length=1, max_length=40), Printable]


class Asking(Wire):
    """The number that a code should go to."""

    phone: Number

    model_config = example(phone="+8613800000005")


class Asked(Wire):
    """What is always answered, so that nobody learns whose numbers are registered."""

    valid_s: int = Field(description="If the number is a volunteer's, a code for so long went.")

    model_config = example(valid_s=600)


class SigningIn(Wire):
    """The number, and the code that came to it."""

    phone: Number
    code: Code

    model_config = example(phone="+8613800000005", code="123456")


class SignedIn(Wire):
    """A device that is known from now on: by its cookie, or as `Authorization: Bearer …`."""

    person_id: int
    device: str

    model_config = example(person_id=5, device="121d_…")


class LastDigits(Wire):
    """A number of one's own, as far as is needed to recognise it."""

    channel: str
    ends_with: str
    verified: bool

    model_config = example(channel="sms", ends_with="0005", verified=True)


class Myself(Wire):
    """Who this device belongs to."""

    person_id: int
    name: str
    role: Role
    language: str
    organisation_id: str | None
    numbers: list[LastDigits]
    minutes: int = Field(description="All service so far.")
    is_ranked: bool

    model_config = example(
        person_id=5,
        name="王大伯",
        role="guardian",
        language="zh",
        organisation_id="xiashi",
        numbers=[],
        minutes=420,
        is_ranked=False,
    )


class LastPlace(Wire):
    """Where an elder was last; only while somebody who was asked searches for them. WGS-84."""

    lon: float
    lat: float
    accuracy_m: float | None
    at: datetime

    model_config = example(lon=120.69, lat=30.53, accuracy_m=15.0, at="2026-11-23T04:00:00Z")


class ElderOfMine(Wire):
    """An elder whom this volunteer guards."""

    id: int
    name: str
    organisation_id: str
    incident_id: int | None
    state: IncidentState | None = Field(description="Null: all is quiet.")
    last_place: LastPlace | None

    model_config = example(
        id=7, name="张阿芬", organisation_id="xiashi", incident_id=None, state=None, last_place=None
    )


class EldersOfMine(Wire):
    """All of them."""

    items: list[ElderOfMine]

    model_config = example(items=[])


class IncidentOfMine(Wire):
    """An incident about which this volunteer was asked."""

    id: int
    elder_id: int
    opened_at: datetime
    closed_at: datetime | None
    state: IncidentState
    outcome: Outcome | None
    is_drill: bool
    my_answer: Answer | None

    model_config = example(
        id=12,
        elder_id=7,
        opened_at="2026-11-23T04:00:00Z",
        closed_at=None,
        state="guardians",
        outcome=None,
        is_drill=False,
        my_answer="going",
    )


class IncidentsOfMine(Wire):
    """A page of them, the newest first."""

    items: list[IncidentOfMine]
    next: str | None

    model_config = example(items=[], next=None)


class Shown(Wire):
    """Whether to be listed in the ranking; nobody is who did not ask for it."""

    shown: bool

    model_config = example(shown=True)
