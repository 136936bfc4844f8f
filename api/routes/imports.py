"""Lists from spreadsheets: a template, a dry run that names every mistake, all or nothing."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access import Caller, Viewer, callers
from api.import_desk import RAW_TYPES, handle, sent_file
from api.import_documents import ImportReport
from api.pages import gettext_of, language_of
from api.services import Held, Services
from core.errors import BadInput
from core.people import Language
from core.register_sheets import ListName, sheet_of
from store import organisations
from store.database import reading

router = APIRouter(prefix="/api/imports", tags=["spreadsheets"])

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY = {"type": "string", "format": "binary"}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {**_BINARY, "description": "An .xlsx or a CSV file."}},
                }
            },
            **{kind: {"schema": _BINARY} for kind in RAW_TYPES},
        },
    }
}


class Workbook(Response):
    """A workbook."""

    media_type = XLSX


class Csv(Response):
    """Comma-separated values."""

    media_type = "text/csv; charset=utf-8"


@router.post("", openapi_extra=_FILE)
async def import_file(
    request: Request,
    services: Held,
    viewer: Operator,
    dry_run: Annotated[bool, Query(description="Only say what would be done.")] = False,
    csv_list: Annotated[
        ListName | None,
        Query(alias="list", description="Which list a CSV file is; else its headings tell."),
    ] = None,
) -> ImportReport:
    """Take lists over from a spreadsheet (at most 10 MiB and 5,000 rows a sheet): all or nothing.

    With `dry_run` nothing is changed, and the answer names every problem by sheet, row and column.
    Without it a file with a problem is answered with 422, and `errors` names them. Guardians are
    only asked for: until a second person approves the batch, elders have no new guardian.
    """
    sent = await sent_file(request)
    answer = await handle(request, services, viewer, sent, name=csv_list, is_dry_run=dry_run)
    if not dry_run and not answer.done:
        _ = gettext_of(request)
        fields: dict[str, str] = {}
        for told in answer.problems:
            field = f"{told.cell} {told.column}".strip() or "file"
            fields[field] = f"{fields[field]} {told.says}" if field in fields else told.says
        text = _("The file has %(n)s problems. Nothing was changed.")
        raise BadInput(text % {"n": answer.problem_count}, fields)
    return answer


@router.get(
    "/template.xlsx",
    response_class=Workbook,
    responses={200: {"content": {XLSX: {"schema": _BINARY}}}},
)
def template_workbook(request: Request, services: Held, viewer: Operator) -> Workbook:
    """Return the empty template: headings, choices to pick from, examples and notes."""
    from core.register_template import template

    language = language_of(request)
    data = template(language, _organisations(services, viewer, language))
    return Workbook(data, headers=_attachment("template.xlsx"))


@router.get(
    "/template.csv",
    response_class=Csv,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def template_csv(
    request: Request,
    viewer: Operator,  # noqa: ARG001  declares who may
    wanted: Annotated[ListName, Query(alias="list", description="Which list.")] = ListName.ELDERS,
) -> Csv:
    """Return the headings of one list as CSV, in UTF-8 with the mark that Excel needs."""
    from core.register_template import headings_of
    from core.workbook_writing import WrittenSheet, csv_pieces

    headings = headings_of(sheet_of(wanted), language_of(request))
    pieces = csv_pieces(WrittenSheet(title=wanted.value, headings=headings, rows=()))
    return Csv(b"".join(pieces), headers=_attachment(f"template-{wanted.value}.csv"))


def _organisations(services: Services, viewer: Viewer, language: Language) -> list[str]:
    with reading(services.engine) as connection:
        return [
            one.name(language)
            for one in organisations.organisations(connection)
            if viewer.scope.covers(one.id)
        ]


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
