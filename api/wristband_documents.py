"""Wristbands as programs send and read them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.wire_types import (
    DeviceId,
    Id,
    Line,
    LongLine,
    OrganisationId,
    Printable,
    Wire,
    example,
)
from core.band_life import BandState
from store.band_life import BandDetails
from store.wristbands import LastPlace, Wristband

_MODEL = r"^[a-z0-9._-]{1,40}$"
_SHOWN = {
    "device": "hn-0042",
    "state": "paired",
    "elder_id": 17,
    "last_elder_id": None,
    "organisation_id": "xiashi",
    "model": "tk905-4g",
    "interval_s": 300,
    "serial": "SN-2026-0042",
    "imei": "490154203237518",
    "sim_number": "+8613900000042",
    "note": "",
    "registered_at": "2026-11-01T02:00:00Z",
    "retired_at": None,
    "heard_at": "2026-11-23T03:58:00Z",
    "battery_pct": 64,
    "may_sign_in": True,
    "is_applied": True,
    "version": 2,
}


class BandBody(Wire):
    """What is written on a band and its card, and how often it reports."""

    model_config = example(
        model="tk905-4g",
        interval_s=300,
        serial="SN-2026-0042",
        imei="490154203237518",
        sim_number="139 0000 0042",
        note="",
        organisation_id="xiashi",
    )

    model: Annotated[str, StringConstraints(pattern=_MODEL)] | None = None
    interval_s: int = Field(default=300, ge=10, le=86_400, description="Seconds at rest.")
    serial: Annotated[str, StringConstraints(max_length=40, strip_whitespace=True), Printable] = ""
    imei: Annotated[str, StringConstraints(max_length=20), Printable] = ""
    sim_number: Annotated[str, StringConstraints(max_length=40), Printable] = ""
    note: LongLine = ""
    organisation_id: OrganisationId | None = Field(
        default=None, description="Whose shelf it is on; left away: everybody's."
    )

    @property
    def details(self) -> BandDetails:
        """Return it as the register takes it."""
        return BandDetails(
            model=self.model,
            expected_interval_s=self.interval_s,
            serial=self.serial or None,
            imei=self.imei or None,
            sim_number=self.sim_number or None,
            note=self.note,
            organisation_id=self.organisation_id,
        )


class NewBandBody(BandBody):
    """A band to be registered."""

    model_config = example(
        device="hn-0042", model="tk905-4g", imei="490154203237518", organisation_id="xiashi"
    )

    device: DeviceId
    elder_id: Id | None = Field(default=None, description="Who wears it; left away: nobody yet.")


class PairBody(Wire):
    """Who wears a band from now on."""

    model_config = example(elder_id=17, reason="首次佩戴")

    elder_id: Id
    reason: LongLine = ""


class StepBody(Wire):
    """Why a band is taken off, given up, repaired or retired."""

    model_config = example(reason="家属报失", while_searched=False)

    reason: LongLine = Field(min_length=1)
    while_searched: bool = Field(
        default=False, description="All the same while its wearer is being looked for."
    )


class ReasonBody(Wire):
    """Why."""

    model_config = example(reason="密码泄露")

    reason: Line = Field(min_length=1)


class BandAnswer(Wire):
    """One band."""

    model_config = example(**_SHOWN)

    device: str
    state: BandState
    elder_id: int | None
    last_elder_id: int | None = Field(description="Who wore it before.")
    organisation_id: str | None
    model: str | None
    interval_s: int
    serial: str | None
    imei: str | None
    sim_number: str | None
    note: str
    registered_at: datetime
    retired_at: datetime | None
    heard_at: datetime | None
    battery_pct: int | None
    may_sign_in: bool = Field(description="At the broker.")
    is_applied: bool = Field(description="Does the broker know?")
    version: int


class Login(Wire):
    """What to put into the band. The password is shown once and kept nowhere."""

    user: str
    password: str | None = Field(description="null: the broker asks for none, or see `note`.")
    note: str


class BandWithLogin(BandAnswer):
    """One band with its login, if it has a new one."""

    model_config = example(
        **_SHOWN,
        login={
            "user": "hn-0042",
            "password": "abcdefghijklmnopqrstuvwxyz",
            "note": "Put it into the band now: it is kept nowhere.",
        },
    )

    login: Login | None = Field(description="null: it keeps the password it has.")


class BandPage(Wire):
    """Some bands, by device id."""

    model_config = example(items=[_SHOWN], next=None)

    items: list[BandAnswer]
    next: str | None


class PlaceAnswer(Wire):
    """Where a lost band was when it was heard last. WGS-84 degrees."""

    model_config = example(
        device="hn-0042", at="2026-11-23T03:58:00Z", lon=120.69, lat=30.53, accuracy_m=15.0
    )

    device: str
    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None


def band_answer(band: Wristband) -> BandAnswer:
    """Return a band as programs read it."""
    return BandAnswer(
        device=band.device_id,
        state=band.state,
        elder_id=band.elder_id,
        last_elder_id=band.last_elder_id,
        organisation_id=band.organisation_id,
        model=band.model,
        interval_s=band.expected_interval_s,
        serial=band.serial,
        imei=band.imei,
        sim_number=band.sim_number,
        note=band.note,
        registered_at=band.registered_at,
        retired_at=band.retired_at,
        heard_at=band.heard_at,
        battery_pct=band.battery_pct,
        may_sign_in=band.may_sign_in,
        is_applied=band.is_applied,
        version=band.version,
    )


def place_answer(device_id: str, place: LastPlace) -> PlaceAnswer:
    """Return where a band was as programs read it."""
    return PlaceAnswer(
        device=device_id,
        at=place.at,
        lon=place.lon,
        lat=place.lat,
        accuracy_m=place.accuracy_m,
    )
