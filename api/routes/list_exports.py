"""Any list as a spreadsheet: Excel or CSV, in the reader's scope, each on record."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import StreamingResponse

from api.access import Caller, Viewer, callers
from api.pages import language_of
from api.routes.imports import XLSX
from api.services import Held, Services
from core.people import Language
from core.register_sheets import ListName, sheet_of, sheets
from core.workbook_writing import WrittenSheet
from store import looks
from store.record_export import HEADINGS, RecordList, record_lines
from store.register_export import list_lines

router = APIRouter(prefix="/api/exports", tags=["spreadsheets"])

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
Auditor = Annotated[Viewer, callers(Caller.AUDITOR)]
Administrator = Annotated[Viewer, callers(Caller.ADMINISTRATOR, everywhere=True)]


class FileType(StrEnum):
    """How a list is written."""

    XLSX = "xlsx"
    CSV = "csv"


class OperatorsList(StrEnum):
    """What operators may export; the first five can be imported again."""

    ELDERS = "elders"
    BANDS = "bands"
    GUARDIANS = "guardians"
    ZONES = "zones"
    CONTACTS = "contacts"
    PAIRINGS = "pairings"
    INCIDENTS = "incidents"


FileTypePath = Annotated[FileType, Path(description="xlsx or csv.")]
_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            XLSX: {"schema": {"type": "string", "format": "binary"}},
            "text/csv": {"schema": {"type": "string"}},
        }
    }
}


class Spreadsheet(StreamingResponse):
    """A workbook, or comma-separated values."""

    media_type = XLSX


@router.get("/register.xlsx", response_class=Spreadsheet, responses=_FILES)
def export_register(request: Request, services: Held, viewer: Operator) -> Spreadsheet:
    """Return elders, bands, guardians, zones and family contacts, as the template has them.

    The file imports again and changes nothing. What is sealed is left out, and zones that were
    drawn as polygons are.
    """
    _note(services, viewer, "register")
    language = language_of(request)
    written = (_sheet(services, viewer, sheet.name, language) for sheet in sheets())
    return _answer("register", FileType.XLSX, written)


@router.get("/history.{file_type}", response_class=Spreadsheet, responses=_FILES)
def export_history(
    request: Request, services: Held, viewer: Auditor, file_type: FileTypePath
) -> Spreadsheet:
    """Return who changed what in the register, the oldest first."""
    _note(services, viewer, "history")
    return _record(request, services, viewer, RecordList.HISTORY, file_type)


@router.get("/accounts.{file_type}", response_class=Spreadsheet, responses=_FILES)
def export_accounts(
    request: Request, services: Held, viewer: Administrator, file_type: FileTypePath
) -> Spreadsheet:
    """Return who may do what; no passwords and no tokens."""
    return _record(request, services, viewer, RecordList.ACCOUNTS, file_type)


@router.get("/{list_name}.{file_type}", response_class=Spreadsheet, responses=_FILES)
def export_list(
    request: Request,
    services: Held,
    viewer: Operator,
    list_name: Annotated[OperatorsList, Path(description="Which list.")],
    file_type: FileTypePath,
) -> Spreadsheet:
    """Return one list of what the viewer looks after, in the form in which it can be imported.

    Recorded as a look at everybody in the viewer's scope.
    """
    _note(services, viewer, list_name.value)
    if list_name.value in tuple(RecordList):
        return _record(request, services, viewer, RecordList(list_name.value), file_type)
    sheet = _sheet(services, viewer, ListName(list_name.value), language_of(request))
    return _answer(list_name.value, file_type, [sheet])


def _note(services: Services, viewer: Viewer, what: str) -> None:
    with services.engine.begin() as connection:
        looks.record(
            connection,
            viewer.name,
            None,
            f"export {what}",
            services.clock.now(),
            scope=viewer.scope,
        )


def _sheet(services: Services, viewer: Viewer, name: ListName, language: Language) -> WrittenSheet:
    from core.register_template import headings_of, row_of

    sheet = sheet_of(name)
    lines = list_lines(
        services.engine, name, viewer.scope, language=language, now=services.clock.now()
    )
    return WrittenSheet(
        title=sheet.title(language),
        headings=headings_of(sheet, language),
        rows=(row_of(sheet, line, language) for line in lines),
    )


def _record(
    request: Request, services: Services, viewer: Viewer, name: RecordList, file_type: FileType
) -> Spreadsheet:
    is_chinese = language_of(request) is Language.CHINESE
    columns = HEADINGS[name]
    lines = record_lines(services.engine, name, viewer.scope)
    sheet = WrittenSheet(
        title=name.value,
        headings=[zh if is_chinese else en for _key, zh, en in columns],
        rows=_picked(lines, [key for key, _zh, _en in columns]),
    )
    return _answer(name.value, file_type, [sheet])


def _picked(lines: Iterable[Mapping[str, Any]], keys: list[str]) -> Iterator[list[Any]]:
    for line in lines:
        yield [line.get(key) for key in keys]


def _answer(name: str, file_type: FileType, written: Iterable[WrittenSheet]) -> Spreadsheet:
    from core.workbook_writing import csv_pieces, xlsx_pieces

    headers = {"Content-Disposition": f'attachment; filename="{name}.{file_type.value}"'}
    if file_type is FileType.XLSX:
        return Spreadsheet(xlsx_pieces(written), headers=headers)
    pieces = (piece for sheet in written for piece in csv_pieces(sheet))
    return Spreadsheet(pieces, headers=headers, media_type="text/csv; charset=utf-8")
