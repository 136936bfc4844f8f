"""From an uploaded file to an answer: what the API and the page for operators do alike."""

import hashlib
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.access import Viewer
from api.import_documents import ImportReport, report
from api.pages import language_of
from api.services import Services
from api.uploads import body_of
from core.band_passwords import key_mark
from core.clock import LOCAL_ZONE
from core.errors import SettingError
from core.people import Language
from core.register_files import MOST_BYTES, UnusableFile, read_file
from core.register_sheets import ListName
from core.register_tables import read_tables
from core.sealing import Sealer, sealer_of
from core.workbook_safety import FileFault
from store.register_hands import Importer
from store.register_import import take_over, try_out

#: what a body may be when it is the file itself
RAW_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
    "application/octet-stream",
)
_FORM = "multipart/form-data"
_MOST_FIELDS = 10
_MOST_FIELD_BYTES = 2**14

#: everything else that is wrong with a file is a file of another kind: 415
_STATUS = {
    FileFault.TOO_LARGE: 413,
    FileFault.EMPTY: 422,
    FileFault.BROKEN: 422,
    FileFault.BOMB: 422,
    FileFault.ENTITIES: 422,
    FileFault.BAD_PATHS: 422,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A file as it came, and the fields beside it."""

    data: bytes
    fields: dict[str, str]

    @property
    def digest(self) -> str:
        """Return SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


async def sent_file(request: Request) -> Sent:
    """Return the file of a form (its first one), or the body itself; HTTPException otherwise."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != _FORM:
        if said not in RAW_TYPES:
            raise HTTPException(415)
        return Sent(data=await body_of(request, most_bytes=MOST_BYTES), fields={})
    async with request.form(
        max_files=1, max_fields=_MOST_FIELDS, max_part_size=_MOST_FIELD_BYTES
    ) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        data = await files[0].read(MOST_BYTES + 1) if files else b""
    return Sent(data=data, fields=fields)


async def handle(
    request: Request,
    services: Services,
    viewer: Viewer,
    sent: Sent,
    *,
    name: ListName | None,
    is_dry_run: bool,
) -> ImportReport:
    """Return what the file would do or has done; HTTPException when it cannot be read."""
    return await run_in_threadpool(
        _handle, services, viewer, sent, name, is_dry_run, language_of(request)
    )


def fault_status(fault: FileFault) -> int:
    """Return the status that says what is wrong with a file."""
    return _STATUS.get(fault, 415)


def _handle(
    services: Services,
    viewer: Viewer,
    sent: Sent,
    name: ListName | None,
    is_dry_run: bool,
    language: Language,
) -> ImportReport:
    now = services.clock.now()
    try:
        tables = read_file(sent.data, name)
    except UnusableFile as error:
        raise HTTPException(fault_status(error.fault), error.said(language)) from None
    key = services.settings.band_key.get_secret_value().encode()
    importer = Importer(
        name=viewer.name,
        scope=viewer.scope,
        now=now,
        digest=sent.digest,
        sealer=_sealer(services),
        key_mark=key_mark(key) if key else None,
    )
    lines = read_tables(tables, now.astimezone(LOCAL_ZONE).date())
    do: Any = try_out if is_dry_run else take_over
    return report(
        do(services.engine, lines, importer),
        digest=importer.digest,
        batch=importer.batch,
        is_dry_run=is_dry_run,
        language=language,
    )


def _sealer(services: Services) -> Sealer | None:
    try:
        return sealer_of(services.settings)
    except SettingError:
        return None
