"""Everything that is held about one person, as a zip file; each export is on record."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.access import Caller, Viewer, callers
from api.export_words import readme
from api.services import Held, Services
from api.wire_types import PathId
from api.zip_stream import ZipStream
from core.history import Subject
from core.sealing import sealer_of
from store import elder_lists, elder_secrets, history, looks, person_lists, personal_export, photos
from store.database import reading
from store.elder_secrets import SecretKind

router = APIRouter(prefix="/api", tags=["privacy"])

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]


class ExportPurpose(StrEnum):
    """Who asked for it."""

    SELF = "self"
    FAMILY = "family"
    AUTHORITY = "authority"  #: police or a court


Purpose = Annotated[ExportPurpose, Query(description="Who asked for it; on record.")]


class Zip(StreamingResponse):
    """A zip file."""

    media_type = "application/zip"


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/elders/{elder_id}/export", response_class=Zip, responses=_FILE)
def export_elder(services: Held, viewer: Operator, elder_id: PathId, purpose: Purpose) -> Zip:
    """Return all that is held about an elder: one JSON file a table, the photo, a README.

    What is kept sealed is opened. Numbers of the volunteers are not in it.
    """
    with services.engine.begin() as connection:
        record = elder_lists.record(connection, elder_id, viewer.scope)
        now = services.clock.now()
        sealed: dict[SecretKind, str] = {}
        if elder_secrets.kinds_of(connection, elder_id):
            sealer = sealer_of(services.settings)
            sealed = elder_secrets.opened(connection, sealer, elder_id, frozenset(SecretKind))
        photo = b""
        if record.has_photo:
            photo = photos.jpeg_of(connection, sealer_of(services.settings), elder_id)
        looks.record(connection, viewer.name, elder_id, f"export:{purpose.value}", now)
    return _zip(_of_elder(services, elder_id, sealed, photo), f"elder-{elder_id}.zip")


@router.get("/people/{person_id}/export", response_class=Zip, responses=_FILE)
def export_person(services: Held, viewer: Operator, person_id: PathId, purpose: Purpose) -> Zip:
    """Return all that is held about a volunteer or operator on duty: one JSON file a table."""
    with services.engine.begin() as connection:
        person_lists.check_edited(connection, person_id, viewer.scope)
        history.record(
            connection,
            subject=Subject.PERSON,
            subject_id=person_id,
            version=person_lists.person(connection, person_id).version,
            changes={"exported": (None, purpose.value)},
            by=viewer.name,
            now=services.clock.now(),
        )
    return _zip(_of_person(services, person_id), f"person-{person_id}.zip")


def _of_elder(
    services: Services, elder_id: int, sealed: dict[SecretKind, str], photo: bytes
) -> Iterator[bytes]:
    stream, names = ZipStream(), ["looks", "sealed"]
    for name, rows in personal_export.of_elder(services.engine, elder_id):
        if name != "look":
            names.append(name)
            yield from stream.add_rows(f"{name}.json", rows)
    opened = [{"kind": kind.value, "value": value} for kind, value in sorted(sealed.items())]
    yield from stream.add_rows("sealed.json", opened)
    yield from stream.add_rows("looks.json", _looks(services, elder_id))
    if photo:
        yield from stream.add("photo.jpg", photo)
    yield from stream.add("README.txt", readme(names, has_photo=bool(photo)).encode())
    yield from stream.end()


def _of_person(services: Services, person_id: int) -> Iterator[bytes]:
    stream, names = ZipStream(), []
    for name, rows in personal_export.of_person(services.engine, person_id):
        names.append(name)
        yield from stream.add_rows(f"{name}.json", rows)
    yield from stream.add("README.txt", readme(names, has_photo=False).encode())
    yield from stream.end()


def _looks(services: Services, elder_id: int) -> Iterator[dict[str, Any]]:
    """Yield who looked, alone or among many; volunteers by their number only."""
    before_id: int | None = None
    while True:
        with reading(services.engine) as connection:
            found = looks.looks_at(
                connection, elder_id, before_id=before_id, limit=personal_export.PAGE
            )
        for one in found:
            yield {
                "at": one.at,
                "viewer": one.viewer,
                "roles": one.roles,
                "organisations": one.organisations,
                "purpose": one.purpose,
                "incident_id": one.incident_id,
            }
        if len(found) < personal_export.PAGE:
            return
        before_id = found[-1].id


def _zip(parts: Iterator[bytes], name: str) -> Zip:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Zip((part for part in parts if part), headers=headers)
