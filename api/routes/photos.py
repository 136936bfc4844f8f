"""The photo of an elder: a file of any phone comes in, a small harmless JPEG is kept, sealed."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import Caller, Viewer, callers
from api.elder_documents import PhotoKept
from api.pages import gettext_of
from api.portraits import MOST_BYTES, Portrait, portrait
from api.services import Held, Services
from api.uploads import body_of, check_type
from api.versions import WantedVersion, tag
from api.wire_types import PathId
from core.errors import BadInput, NotFound
from core.sealing import sealer_of
from store import elder_lists, looks, photos, scoping
from store.database import reading

router = APIRouter(prefix="/api/elders/{elder_id}/photo", tags=["elders"])

Reader = Annotated[Viewer, callers(Caller.OPERATOR, Caller.COORDINATOR)]
Operator = Annotated[Viewer, callers(Caller.OPERATOR)]

TYPES = ("image/jpeg", "image/png", "image/webp")
_FILE = {"schema": {"type": "string", "format": "binary"}}
_UPLOAD: dict[str, Any] = {
    "requestBody": {"required": True, "content": dict.fromkeys(TYPES, _FILE)}
}


class Picture(Response):
    """A JPEG."""

    media_type = "image/jpeg"


@router.get("", response_class=Picture, responses={200: {"content": {"image/jpeg": _FILE}}})
def show_photo(services: Held, viewer: Reader, elder_id: PathId) -> Response:
    """Return the photo; the look is on record."""
    with services.engine.begin() as connection:
        record = elder_lists.record(connection, elder_id, viewer.scope)
        if not record.has_photo:
            raise NotFound(f"There is no photo of elder {elder_id}.")
        jpeg = photos.jpeg_of(connection, sealer_of(services.settings), elder_id)
        looks.record(connection, viewer.name, elder_id, "photo", services.clock.now())
    response = Picture(jpeg)
    response.headers["Content-Disposition"] = f'inline; filename="elder-{elder_id}.jpg"'
    tag(response, record.version)
    return response


@router.put("", openapi_extra=_UPLOAD)
async def keep_photo(
    request: Request,
    response: Response,
    services: Held,
    viewer: Operator,
    elder_id: PathId,
    version: WantedVersion,
) -> PhotoKept:
    """Keep a photo (JPEG, PNG or WebP, at most 8 MiB); the body is the file itself.

    It is turned upright, made at most 540 x 675 pixels, and keeps nothing but its pixels: not where
    it was taken, not by what.
    """
    check_type(request, *TYPES)
    await run_in_threadpool(_check, services, viewer, elder_id)
    data = await body_of(request, most_bytes=MOST_BYTES)
    try:
        made = await run_in_threadpool(portrait, data)
    except ValueError as error:
        said = gettext_of(request)(str(error))
        raise BadInput(said, {"body": said}) from None
    newest = await run_in_threadpool(_keep, services, viewer, elder_id, version, made)
    tag(response, newest)
    return PhotoKept(version=newest, width_px=made.width_px, height_px=made.height_px)


@router.delete("", status_code=204)
def remove_photo(
    services: Held, viewer: Operator, elder_id: PathId, version: WantedVersion
) -> Response:
    """Remove the photo; `If-Match` is the elder's `ETag`."""
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        newest = photos.remove(
            connection, elder_id, version=version, by=viewer.name, now=services.clock.now()
        )
    response = Response(status_code=204)
    tag(response, newest)
    return response


def _check(services: Services, viewer: Viewer, elder_id: int) -> None:
    """Refuse before a byte of the file is read."""
    sealer_of(services.settings)
    with reading(services.engine) as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)


def _keep(services: Services, viewer: Viewer, elder_id: int, version: int, made: Portrait) -> int:
    with services.engine.begin() as connection:
        scoping.check_elder(connection, elder_id, viewer.scope)
        return photos.put(
            connection,
            elder_id,
            made.jpeg,
            width_px=made.width_px,
            height_px=made.height_px,
            sealer=sealer_of(services.settings),
            version=version,
            by=viewer.name,
            now=services.clock.now(),
        )
