"""The OpenAPI document: what programs may ask, who may ask it, and every way it can go wrong.

FastAPI writes paths, parameters and bodies from the routes. Here the rest is added from what each
route declares: its callers become security requirements, and the errors that callers, parameters
and bodies can cause become documented problem documents (RFC 9457) with an example each.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import Mount

from api.access import DEVICE_COOKIE, SESSION_COOKIE, STAFF, Admission, Caller
from api.problems import SENTENCES

#: the addresses for programs; pages and providers' callbacks are not among them
_FOR_PROGRAMS = ("/api/", "/live", "/ogc", "/healthz", "/readyz", "/metrics", "/openapi.json")
_PROBLEM = "application/problem+json"
_CHANGES = frozenset({"post", "put", "patch", "delete"})

_DESCRIPTION = """
The people's door of 121 爱回家: elders, bands, guardians, zones, incidents, the live map.

**Sign in** with a token in the header (`Authorization: Bearer 121t_…`, made by
`aihuijia account token` or on the page /accounts). What a token may do follows from the roles of
its account, and what it sees from the organisations in which it has them: what lies outside is
answered with 404, as if it did not exist.

**Positions** are WGS-84, longitude before latitude. **Instants** go out in UTC and come in with a
zone. **Lists** take `limit` and `cursor` and answer `next`. **Changes** of what several people edit
need `If-Match` with the `ETag` that was read (428 without, 412 when somebody was faster).
**Errors** are problem documents (RFC 9457); `errors` names single fields.
"""


def install(app: FastAPI) -> None:
    """Let *app* answer with this document at /openapi.json; made once, when first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi_document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to change it


def openapi_document(app: FastAPI, *, examples: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the document of the routes for programs.

    *examples*: answers by "GET /path" for operations whose models bring none; as a rule those of
    api/data/examples.json, which are real answers to made-up people.
    """
    if examples is None:
        examples = _kept_examples()
    routes = [one for one in iter_route_contexts(app.routes) if _is_for_programs(one)]
    document = get_openapi(
        title="121 爱回家",
        version="1",
        description=_DESCRIPTION,
        routes=routes,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM_SCHEMA
    components["securitySchemes"] = _SECURITY_SCHEMES
    for route in routes:
        path = document["paths"].get(route.path_format, {})
        for method in {one.lower() for one in route.methods or ()} & path.keys():
            _complete(path[method], method, callers_of(route))
            _show(path[method], examples.get(f"{method.upper()} {route.path_format}"))
    return document


def callers_of(route: RouteContext) -> frozenset[Caller]:
    """Return who may call *route*, from the admissions among its dependencies."""
    found: set[Caller] = set()
    waiting = list(route.dependant.dependencies)
    while waiting:
        one = waiting.pop()
        waiting += one.dependencies
        if isinstance(one.call, Admission):
            found |= one.call.allowed
    return frozenset(found)


def _is_for_programs(route: RouteContext) -> bool:
    if isinstance(route.original_route, Mount):
        return False
    return bool(route.include_in_schema) and str(route.path).startswith(_FOR_PROGRAMS)


def _complete(operation: dict[str, Any], method: str, allowed: frozenset[Caller]) -> None:
    """Add to one operation who may call it and what can go wrong."""
    operation["security"] = _security(allowed)
    operation["x-callers"] = sorted(one.value for one in allowed)
    if allowed & frozenset(STAFF) or Caller.GUARDIAN in allowed:
        said = operation.get("description", "")
        operation["description"] = f"{said}\n\nFor: {', '.join(operation['x-callers'])}.".strip()
    parameters = operation.get("parameters", [])
    places = {one["in"] for one in parameters}
    versions = [one for one in parameters if one["name"].lower() == "if-match"]
    for one in versions:
        one["required"] = True  # the route answers 428 itself, rather than 422
        one["schema"] = {"type": "string", "pattern": '^"[0-9]{1,9}"$', "examples": ['"1"']}
    responses = operation["responses"]
    for status in _errors(
        is_closed=Caller.PUBLIC not in allowed,
        is_change=method in _CHANGES,
        has_path="path" in places,
        has_input=bool(places) or "requestBody" in operation,
        has_body="requestBody" in operation,
        takes_version=bool(versions),
    ):
        described = responses.get(str(status), {})
        if "HTTPValidationError" in str(described) or not described.get("content"):
            responses[str(status)] = _problem(status, described.get("description"))
    for status, described in responses.items():
        if int(status) >= 400 and "example" not in described.get("content", {}).get(_PROBLEM, {}):
            responses[status] = _problem(int(status), described.get("description"))


def _show(operation: dict[str, Any], example: Any) -> None:
    """Let an operation's good answer show *example*, where there is one."""
    content = operation["responses"].get("200", {}).get("content", {})
    if example is not None and "application/json" in content:
        content["application/json"].setdefault("example", example)


@cache
def _kept_examples() -> dict[str, Any]:
    text = files("api").joinpath("data/examples.json").read_text(encoding="utf-8")
    kept: dict[str, Any] = json.loads(text)
    return kept


def _errors(
    *,
    is_closed: bool,
    is_change: bool,
    has_path: bool,
    has_input: bool,
    has_body: bool,
    takes_version: bool,
) -> Iterable[int]:
    """Return the statuses that such an operation can answer with, beside its own."""
    yield 503
    if is_closed:
        yield from (401, 403, 429)
    if has_path or has_body or has_input:
        yield 404
    if has_input:
        yield 422
    if has_body:
        yield from (400, 413, 415)
    if is_change or has_path:
        yield 409
    if takes_version:
        yield from (412, 428)


def _problem(status: int, description: str | None = None) -> dict[str, Any]:
    title = SENTENCES.get(status, HTTPStatus(status).phrase)
    example = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": title,
        "instance": "/api/elders/17",
    }
    if status == 422:
        example["errors"] = [
            {"field": "body.birth_year", "detail": "Input should be greater than 1900"}
        ]
    return {
        "description": description or title,
        "content": {
            _PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }


def _security(allowed: frozenset[Caller]) -> list[dict[str, list[str]]]:
    if Caller.PUBLIC in allowed:
        return []
    schemes: list[dict[str, list[str]]] = []
    if allowed & frozenset(STAFF):
        schemes += [{"token": []}, {"session": []}]
    if Caller.GUARDIAN in allowed:
        schemes += [{"device": []}, {"deviceToken": []}]
    return schemes


_SECURITY_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A program's token: `121t_…`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "A browser that signed in at /login.",
    },
    "device": {
        "type": "apiKey",
        "in": "cookie",
        "name": DEVICE_COOKIE,
        "description": "A volunteer's own phone.",
    },
    "deviceToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "A volunteer's device as a program: `121d_…`.",
    },
}

_PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "What went wrong, what is safe and what to do (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "Always about:blank: `status` says the kind."},
        "title": {"type": "string", "description": "A sentence in the reader's language."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What exactly, and how to mend it."},
        "instance": {"type": "string", "description": "The path that was asked."},
        "errors": {
            "type": "array",
            "description": "Single fields of what was sent.",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {
                    "field": {"type": "string", "description": "For example body.birth_year."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
