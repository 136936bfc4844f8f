"""When something cannot be done: what happened, what is safe, what to do.

Programs (`/api`, `/live`, `/ogc`) get an RFC 9457 problem document; people get a page with a
sentence.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.access import CHOOSE_FIRST
from api.pages import gettext_of, language_of, page
from core.errors import (
    AihuijiaError,
    BadFile,
    BadInput,
    Conflict,
    NotFound,
    Refused,
    ServerMissing,
    SettingError,
    Stale,
)
from core.languages import translations
from core.worded import Worded

_log = logging.getLogger(__name__)

_STATUS: dict[type[AihuijiaError], int] = {
    BadFile: 422,
    BadInput: 422,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    Refused: 403,
    ServerMissing: 503,
    SettingError: 503,
}

SENTENCES: dict[int, str] = {
    400: "The request makes no sense. Nothing was changed.",
    401: "Please sign in first.",
    403: "The form did not come from this page. Nothing was changed; please open it again.",
    404: "There is no such thing here.",
    405: "This address cannot be used like that. Nothing was changed.",
    409: "This does not fit the present state. Please look at it and try again.",
    412: "Somebody else changed this meanwhile. Please read it again and repeat your change.",
    413: "This is too large. Nothing was changed.",
    415: "A file of this kind cannot be used. Nothing was changed.",
    422: "Something in the request is missing or wrong. Nothing was changed.",
    428: "Please read the present state first, and say which version is meant.",
    429: "Too many wrong tries. Please wait five minutes.",
    500: "Something went wrong on our side. Please try again; alerts go on without this page.",
    503: "The database does not answer. Please try again in a moment.",
}


#: what a check of one field says (pydantic's kinds of errors), in words that say what to do
_FIELDS: dict[str, str] = {
    "missing": "Fill this in.",
    "extra_forbidden": "This field is not known here: leave it out.",
    "string_type": "Write a text here.",
    "string_too_short": "Write at least %(min_length)s characters.",
    "string_too_long": "Write at most %(max_length)s characters.",
    "string_pattern_mismatch": "This is not written as it has to be: %(pattern)s",
    "int_parsing": "Write a whole number.",
    "int_type": "Write a whole number.",
    "float_parsing": "Write a number.",
    "float_type": "Write a number.",
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
    "greater_than_equal": "Write a number from %(ge)s up.",
    "less_than_equal": "Write a number of at most %(le)s.",
    "enum": "Write one of: %(expected)s.",
    "literal_error": "Write one of: %(expected)s.",
    "date_from_datetime_parsing": "Write a date like 2026-11-24.",
    "date_parsing": "Write a date like 2026-11-24.",
    "datetime_from_date_parsing": "Write an instant like 2026-11-24T08:00:00+08:00.",
    "datetime_parsing": "Write an instant like 2026-11-24T08:00:00+08:00.",
    "timezone_aware": "Write an instant like 2026-11-24T08:00:00+08:00.",
    "too_short": "Give at least %(min_length)s of them.",
    "too_long": "Give at most %(max_length)s of them.",
}


def install(app: FastAPI) -> None:
    """Make *app* answer every error in this way."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(AihuijiaError, _ours)
    for kind in (DataError, OverflowError, UnicodeEncodeError):
        app.add_exception_handler(kind, _unkeepable)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    request: Request, status: int, detail: str = "", fields: Mapping[str, str] | None = None
) -> Response:
    """Return the answer to an error: a document for programs, a page for people.

    *fields* says for single fields of what was sent what is wrong with them.
    """
    standard = SENTENCES.get(status, SENTENCES[500])
    # A refusal says why; what else a person reads is the standard sentence of its kind.
    sentence = gettext_of(request)((detail if status == 403 else "") or standard)
    if _wants_document(request):
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": sentence,
            "status": status,
            "detail": detail or sentence,
            "instance": request.url.path,
        }
        if fields:
            document["errors"] = [
                {"field": field, "detail": said} for field, said in sorted(fields.items())
            ]
        return JSONResponse(document, status, media_type="application/problem+json")
    if status == 401 and request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(back, safe='')}", 303)
    if detail == CHOOSE_FIRST and request.method == "GET":
        return RedirectResponse("/account", 303)
    return page(request, "problem.html", status=status, sentence=sentence)


def _wants_document(request: Request) -> bool:
    if request.url.path.startswith(("/api/", "/live", "/ogc", "/openapi", "/metrics", "/hooks")):
        return True
    return "application/json" in request.headers.get("accept", "")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    plain = HTTPStatus(error.status_code).phrase
    detail = error.detail if isinstance(error.detail, str) and error.detail != plain else ""
    response = problem(request, error.status_code, detail)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(_methods_at(request))
    if error.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _methods_at(request: Request) -> list[str]:
    """Return every method that some route takes at this address; Starlette names one route's."""
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        matched, _scope = route.matches(request.scope)
        if matched is not Match.NONE:
            found |= set(route.methods or ())
    return sorted(found)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = {
        ".".join(str(part) for part in one["loc"]): _field(request, one) for one in error.errors()
    }
    return problem(request, 422, "; ".join(fields), fields)


def _field(request: Request, fault: Mapping[str, Any]) -> str:
    known = _FIELDS.get(fault["type"])
    if known is None:
        return str(fault["msg"])
    values: Mapping[str, object] = fault.get("ctx", {})
    return gettext_of(request)(known) % values


async def _ours(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    fields = error.fields if isinstance(error, BadInput) else {}
    said = {name: _said(request, text) for name, text in fields.items()}
    return problem(request, status, _said(request, error.args[0] if error.args else ""), said)


def _said(request: Request, text: object) -> str:
    """Return a sentence in the reader's language, where it has words for that."""
    if not isinstance(text, Worded):
        return str(text)
    return text.said(translations(language_of(request)).gettext)


async def _unkeepable(request: Request, error: Exception) -> Response:
    """Answer for a value that got past the checks and that no database keeps."""
    _log.error("A value was refused late.", exc_info=error, extra={"action": "value_unkeepable"})
    return problem(request, 422)


async def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("A request failed.", exc_info=error, extra={"action": "request_failed"})
    return problem(request, 500)
