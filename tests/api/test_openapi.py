"""The OpenAPI document says what programs may ask, and every way in which it can go wrong."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from api.openapi import callers_of
from tests.api.examples import LEFT_OUT, PATH, build, has_example
from tests.api.test_access import declared

FOR_PROGRAMS = ("/api", "/ogc", "/live")
ERRORS = {"400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "503"}


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    """Give the document as anybody may read it."""
    answer = client.get("/openapi.json")

    assert 200 == answer.status_code
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return every operation with its name."""
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_address_for_programs_is_in_it(app: FastAPI, document: dict[str, Any]) -> None:
    """No route under /api, /ogc or /live is left out."""
    paths = {path.replace(":int}", "}") for _method, path, _allowed in declared(app)}

    assert set() == {path for path in paths if path.startswith(FOR_PROGRAMS)} - {*document["paths"]}


def test_no_page_is_in_it(document: dict[str, Any]) -> None:
    """Pages, forms and providers' callbacks are nobody's API."""
    assert not [
        path for path in document["paths"] if path.startswith(("/console", "/hooks", "/a/"))
    ]


def test_every_error_has_an_example(document: dict[str, Any]) -> None:
    """Each error that is documented is a problem document with an example of its own status."""
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status in ERRORS:
                problem = answer["content"]["application/problem+json"]
                assert int(status) == problem["example"]["status"], name


def test_closed_addresses_say_who_may_come(document: dict[str, Any]) -> None:
    """What is not public names its ways in, and 401 and 403 among the answers."""
    for name, operation in operations(document):
        if operation["security"]:
            assert {"401", "403"} <= operation["responses"].keys(), name
            assert "For: " in operation["description"], name


def test_every_operation_explains_itself(document: dict[str, Any]) -> None:
    """Each operation has a sentence, and no two the same id."""
    found = operations(document)
    ids = [operation["operationId"] for _name, operation in found]

    assert [] == [name for name, operation in found if not operation.get("description", "").strip()]
    assert len(ids) == len(set(ids))


def test_a_change_of_a_version_says_so(document: dict[str, Any]) -> None:
    """What takes `If-Match` can answer 412 and 428, and says that the header is needed."""
    for name, operation in operations(document):
        header = [
            one for one in operation.get("parameters", []) if one["name"].lower() == "if-match"
        ]
        if header:
            assert header[0]["required"], name
            assert {"412", "428"} <= operation["responses"].keys(), name


def test_a_wrong_method_names_the_right_ones(client: httpx.Client) -> None:
    """405 names every method that the address takes, not only those of one route."""
    answer = client.request("PATCH", "/api/policies/normal")

    assert 405 == answer.status_code
    assert "DELETE, GET, PUT" == answer.headers["allow"]


def test_the_document_knows_all_callers(app: FastAPI) -> None:
    """Who may call is read from where the routes are guarded: none of them is without."""
    routes = [r for r in iter_route_contexts(app.routes) if not isinstance(r.original_route, Mount)]

    assert [] == [route.path for route in routes if not callers_of(route)]


def test_every_answer_has_an_example(document: dict[str, Any]) -> None:
    """Whoever reads the document sees for each reading address what an answer looks like."""
    without = [
        name
        for name, operation in operations(document)
        if name.startswith("GET") and name.split()[1] not in LEFT_OUT
        for content in [operation["responses"].get("200", {}).get("content", {})]
        if "application/json" in content and not has_example(content["application/json"])
    ]

    assert [] == without


def test_the_kept_examples_are_fresh() -> None:
    """The examples are what the service answers today: `python -m tests.api.examples` writes them.

    Only the names in them are compared: a figure may differ from run to run.
    """
    kept = json.loads(PATH.read_text(encoding="utf-8"))

    assert names_in(build()) == names_in(kept)


def names_in(value: Any) -> Any:
    """Return the shape of *value*: names of fields, without what stands in them."""
    if isinstance(value, dict):
        return {key: names_in(one) for key, one in value.items()}
    return [names_in(value[0])] if isinstance(value, list) and value else None
