"""When something cannot be done: what happened, what is safe, what to do.

Programs (`/api`, `/live`) get an RFC 9457 problem document; people get a page with a sentence.
"""

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from api.pages import gettext_of, page
from core.errors import AihuijiaError, Conflict, NotFound, Refused, ServerMissing

_log = logging.getLogger(__name__)

_SENTENCES: dict[int, str] = {
    400: "The request makes no sense. Nothing was changed.",
    401: "Please sign in first.",
    403: "The form did not come from this page. Nothing was changed; please open it again.",
    404: "There is no such thing here.",
    405: "This address cannot be used like that. Nothing was changed.",
    409: "Somebody else was faster. Please look at the present state and try again.",
    422: "Something in the request is missing or wrong. Nothing was changed.",
    428: "Please read the present state first, and say which version is meant.",
    429: "Too many wrong tries. Please wait five minutes.",
    500: "Something went wrong on our side. Please try again; alerts go on without this page.",
    503: "The database does not answer. Please try again in a moment.",
}


def install(app: FastAPI) -> None:
    """Make *app* answer every error in this way."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(AihuijiaError, _ours)
    app.add_exception_handler(Exception, _unexpected)


def problem(request: Request, status: int, detail: str = "") -> Response:
    """Return the answer to an error: a document for programs, a page for people."""
    sentence = gettext_of(request)(_SENTENCES.get(status, _SENTENCES[500]))
    if _wants_document(request):
        document = {
            "type": "about:blank",
            "title": sentence,
            "status": status,
            "detail": detail or sentence,
            "instance": request.url.path,
        }
        return JSONResponse(document, status, media_type="application/problem+json")
    if status == 401 and request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(back, safe='')}", 303)
    return page(request, "problem.html", status=status, sentence=sentence)


def _wants_document(request: Request) -> bool:
    if request.url.path.startswith(("/api/", "/live", "/metrics", "/hooks")):
        return True
    return "application/json" in request.headers.get("accept", "")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = problem(request, error.status_code)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    if error.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    where = "; ".join(".".join(str(part) for part in item["loc"]) for item in error.errors())
    return problem(request, 422, where)


async def _ours(request: Request, error: Exception) -> Response:
    status = 500
    for kind, code in ((NotFound, 404), (Conflict, 409), (Refused, 403), (ServerMissing, 503)):
        if isinstance(error, kind):
            status = code
    return problem(request, status, str(error))


async def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("A request failed.", exc_info=error, extra={"action": "request_failed"})
    return problem(request, 500)
