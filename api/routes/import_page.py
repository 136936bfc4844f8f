"""The page on which operators take spreadsheets over. It works without scripts.

Nothing is kept between the trial and the real thing: the page asks for the file again, and takes
it only if it is the one that was tried, by its digest.
"""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from api.access import Caller, Viewer, callers, form_token_of
from api.import_desk import handle, sent_file
from api.import_documents import ImportReport
from api.pages import gettext_of, language_of, page
from api.services import Held
from core.register_sheets import ListName, sheets

router = APIRouter(include_in_schema=False)

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]


@router.get("/ops/import")
def import_page(request: Request, viewer: Operator) -> Response:
    """Show where the template is, and the form for a first try."""
    return _show(request, viewer)


@router.post("/ops/import/try")
async def try_file(request: Request, services: Held, viewer: Operator) -> Response:
    """Say what the file would do, and everything that has to be mended; nothing is changed."""
    return await _answered(request, services, viewer, is_dry_run=True)


@router.post("/ops/import/do")
async def take_file(request: Request, services: Held, viewer: Operator) -> Response:
    """Take the file over, if it is the one that was tried."""
    return await _answered(request, services, viewer, is_dry_run=False)


async def _answered(
    request: Request, services: Held, viewer: Viewer, *, is_dry_run: bool
) -> Response:
    _ = gettext_of(request)
    try:
        sent = await sent_file(request)
        wanted = sent.fields.get("list", "")
        if not is_dry_run and sent.fields.get("digest") != sent.digest:
            said = _("This is not the file that you tried. Nothing was changed: try it first.")
            return _show(request, viewer, wrong=said, status=422)
        answer = await handle(
            request,
            services,
            viewer,
            sent,
            name=ListName(wanted) if wanted in tuple(ListName) else None,
            is_dry_run=is_dry_run,
        )
    except HTTPException as refused:
        if refused.status_code not in (413, 415, 422):
            raise
        said = refused.detail if refused.status_code != 413 else _("This file is too large.")
        return _show(request, viewer, wrong=said, status=refused.status_code)
    return _show(
        request, viewer, answer=answer, chosen=wanted, status=422 if answer.problem_count else 200
    )


def _show(
    request: Request,
    viewer: Viewer,
    *,
    answer: ImportReport | None = None,
    chosen: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    return page(
        request,
        "console/import.html",
        status=status,
        answer=answer,
        chosen=chosen,
        wrong=wrong,
        lists=[(sheet.name.value, sheet.title(language_of(request))) for sheet in sheets()],
        form_token=form_token_of(request, viewer),
    )
