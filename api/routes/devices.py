"""Phones that are known as a volunteer's own: since when; and forgotten when one is lost."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from api.access import Caller, Viewer, callers
from api.services import Held
from api.wire_types import PathId, Wire, example
from store import devices
from store.database import reading
from store.scoping import check_person

router = APIRouter(prefix="/api/people/{person_id}/devices", tags=["volunteers"])

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]


class DeviceDocument(Wire):
    """One phone or browser, without anything that would open a door."""

    id: int
    known_since: datetime
    known_until: datetime

    model_config = example(
        id=3, known_since="2026-11-23T04:00:00Z", known_until="2027-05-22T04:00:00Z"
    )


class DeviceList(Wire):
    """Those that are believed now."""

    items: list[DeviceDocument]

    model_config = example(items=[])


class Forgotten(Wire):
    """How many devices are believed no more."""

    forgotten: int

    model_config = example(forgotten=1)


@router.get("")
def list_devices(services: Held, viewer: Operator, person_id: PathId) -> DeviceList:
    """Return the devices that are known as this person's own."""
    with reading(services.engine) as connection:
        check_person(connection, person_id, viewer.scope)
        found = devices.known_devices(connection, person_id, services.clock.now())
    return DeviceList(
        items=[
            DeviceDocument(id=one.id, known_since=one.since, known_until=one.until) for one in found
        ]
    )


@router.delete("")
def forget_devices(services: Held, viewer: Operator, person_id: PathId) -> Forgotten:
    """Believe none of this person's devices any more: a phone was lost, or changed hands."""
    with services.engine.begin() as connection:
        check_person(connection, person_id, viewer.scope)
        count = devices.revoke_all(connection, person_id, services.clock.now())
    return Forgotten(forgotten=count)
