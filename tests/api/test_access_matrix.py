"""Every route, called as everybody, inside and outside of their scope; made from the route table.

A new route is called here without anybody writing a line; one whose body cannot be made up from its
example in the OpenAPI document is named by the test that needs it.
"""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.access import NOT_YOURS, STAFF, WHOLE_TOWN, Admission, Caller
from core.accounts import AccountRole
from tests.accounts import bearer
from tests.api.scoped_world import (
    ELSEWHERE,
    Rows,
    dead_tokens,
    device_of,
    populate,
    token_of,
    token_of_street,
)
from tests.api.test_access import FILLED, admissions, declared
from tests.api.world import BAND, World

#: these prove themselves in the route
BY_ROUTE = frozenset({Caller.PUBLIC, Caller.LINK, Caller.PHONE, Caller.PROVIDER, Caller.DEMO})
AS_PROGRAM = {"Accept": "application/json", "If-Match": '"1"'}
#: ids that nothing has: nobody's rows change while everybody knocks
NOTHING = {name: "999999" if value.isdecimal() else value for name, value in FILLED.items()} | {
    "device": "nobody-1",
    "year": "2026",
}
#: what everybody with an account may read of every organisation
OF_ALL = frozenset({"/api/organisations/{organisation_id}"})
#: bands that are nobody's yet, for any office to claim
TO_CLAIM = frozenset({"/api/bands/unknown"})
#: parts of a path that say whose something is
WHOSE = frozenset(
    {
        "elder_id",
        "incident_id",
        "device",
        "person_id",
        "organisation_id",
        "zone_id",
        "point_id",
        "task_id",
        "proposal_id",
        "shift_id",
        "absence_id",
    }
)
#: bodies of forms, which stand in no document
FORMS: dict[str, dict[str, str]] = {
    "/incidents/{incident_id}/orders": {"do": "note", "text": "x"},
    "/band-tasks/{task_id}/handled": {"x": "x"},
    "/zone-proposals/{proposal_id}/refuse": {"reason": "x"},
    "/contact-points/{point_id}/verify": {"code": "1"},
    "/contact-points/{point_id}/number": {"number": "+8610020000099"},
}
#: bodies that have no example of their own in the document
BODIES: dict[str, Any] = {
    "/api/zone-proposals/{proposal_id}/refuse": {"reason": "x"},
    "/api/contact-points/{point_id}/verify": {"code": "1"},
    "/api/people/{person_id}/quiet-hours": {"hours": None},
    "/api/organisations/{organisation_id}/rescue-team": {"team": None},
}
NAMES = ("张阿芬", "陈福根", BAND, "hn-0002")
POSITION = re.compile(r"120\.6\d{2,}|30\.5\d{2,}")


@pytest.fixture
def rows(world: World) -> Rows:
    """Return the ids of rows of every kind in Xiashi."""
    return populate(world)


def fill(path: str, rows: Rows, **more: str) -> str:
    """Return *path* with the ids of Xiashi in it."""
    incident = rows.drill_id if "drills/" in path else rows.incident_id
    theirs = {
        "incident_id": incident,
        "proposal_id": rows.proposal_id,
        "task_id": rows.task_id,
        "shift_id": rows.shift_id,
        "absence_id": rows.absence_id,
    }
    return path.format(**{**FILLED, **{k: str(v) for k, v in theirs.items()}, **more})


def body_of(app: FastAPI, method: str, path: str) -> dict[str, Any]:
    """Return keyword arguments for a request with a body that the route can read."""
    if path in FORMS:
        return {"data": FORMS[path]}
    if path in BODIES:
        return {"json": BODIES[path]}
    if path.endswith("/photo"):
        return {"content": b"\xff\xd8", "headers": {"Content-Type": "image/jpeg"}}
    operation = app.openapi()["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return {}
    told = content["application/json"]
    schema = told.get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    named = app.openapi()["components"]["schemas"].get(name, {})
    for place in (told, schema, named):
        if "example" in place:
            return {"json": place["example"]}
        if place.get("examples"):
            return {"json": place["examples"][0]}
    return {"json": {}}


def closed(app: FastAPI) -> list[tuple[str, str, frozenset[Caller]]]:
    """Return the routes that somebody has to show something for at the door itself."""
    return [
        (method, path, allowed)
        for method, path, allowed in declared(app)
        if allowed is not None and method not in ("MOUNT", "HEAD") and not allowed & BY_ROUTE
    ]


def whole_town(app: FastAPI) -> set[str]:
    """Return the paths that only somebody whose role holds everywhere may call."""
    return {path for path, stamps in admissions(app) if any(one.everywhere for one in stamps)}


def refused_at_the_door(answer: httpx.Response) -> bool:
    """Say whether the caller was turned away for who they are."""
    if answer.status_code == 401:
        return True
    return answer.status_code == 403 and answer.json().get("detail") == NOT_YOURS


def test_everybody_gets_in_where_declared_and_nowhere_else(
    app: FastAPI, client: httpx.Client, world: World
) -> None:
    """Each kind of caller is let in by exactly the routes that declare it."""
    knocking = {Caller(role.value): bearer(token_of(world, role)) for role in AccountRole}
    wrong = []
    for method, path, allowed in closed(app):
        knocking[Caller.GUARDIAN] = bearer(device_of(world))  # a route may sign it out
        for caller, header in knocking.items():
            if path == "/live" and caller in allowed:
                continue  # the feed does not end by itself
            answer = client.request(method, path.format(**NOTHING), headers=AS_PROGRAM | header)
            if refused_at_the_door(answer) == (caller in allowed):
                wrong.append((method, path, caller.value, answer.status_code))

    assert [] == wrong, "\n".join(map(str, wrong))


def test_what_was_good_once_opens_nothing(app: FastAPI, client: httpx.Client, world: World) -> None:
    """A revoked token, one that ran out, one of a disabled account and none at all: 401."""
    knocking = {name: bearer(token) for name, token in dead_tokens(world).items()}
    wrong = [
        (method, path, name)
        for method, path, _allowed in closed(app)
        for name, header in {**knocking, "nothing": {}}.items()
        if 401
        != client.request(method, path.format(**NOTHING), headers=AS_PROGRAM | header).status_code
    ]

    assert [] == wrong, "\n".join(map(str, wrong))


def test_nobody_reaches_beyond_their_street(
    app: FastAPI, client: httpx.Client, world: World, rows: Rows
) -> None:
    """Whatever names somebody of another street in its path does not exist for this viewer."""
    header = AS_PROGRAM | bearer(token_of_street(world, ELSEWHERE))
    wrong, town = [], whole_town(app)
    for method, path, allowed in closed(app):
        if not WHOSE & set(re.findall(r"{(\w+)}", path)) or path in OF_ALL or path in town:
            continue
        if not allowed & {Caller.OPERATOR, Caller.COORDINATOR, Caller.AUDITOR}:
            continue
        sent = body_of(app, method, path)
        sent["headers"] = header | sent.get("headers", {})
        purpose = "search" if path.endswith("/sealed") else "self"
        answer = client.request(method, fill(path, rows), params={"purpose": purpose}, **sent)
        if 404 != answer.status_code:
            wrong.append((method, path, answer.status_code, answer.text[:200]))

    assert [] == wrong, "\n".join(map(str, wrong))


def test_everybody_finds_their_own_street(
    app: FastAPI, client: httpx.Client, world: World, rows: Rows
) -> None:
    """The same addresses answer to a viewer of that street, or the test above proves nothing."""
    header = AS_PROGRAM | bearer(token_of_street(world, "xiashi"))
    found = set()
    for method, path, _allowed in closed(app):
        parts = set(re.findall(r"{(\w+)}", path))
        if method == "GET" and parts & WHOSE and parts <= WHOSE:
            answer = client.get(fill(path, rows), headers=header)
            found |= parts if answer.status_code == 200 else set()

    assert {"elder_id", "incident_id", "device", "person_id", "zone_id"} <= found


@pytest.mark.usefixtures("rows")
def test_no_list_tells_of_another_street(app: FastAPI, client: httpx.Client, world: World) -> None:
    """No list, page or document without an id tells names, bands or places of another street."""
    header = AS_PROGRAM | bearer(token_of_street(world, ELSEWHERE))

    found = told(app, client, header, names=True)

    assert [] == found, found


@pytest.mark.usefixtures("rows")
def test_an_administrator_sees_nobody(app: FastAPI, client: httpx.Client, world: World) -> None:
    """Who makes accounts sees no position and no elder."""
    header = AS_PROGRAM | bearer(token_of(world, AccountRole.ADMINISTRATOR))

    found = told(app, client, header, names=True)

    assert [] == found, found


@pytest.mark.usefixtures("rows")
def test_an_auditor_sees_no_position(app: FastAPI, client: httpx.Client, world: World) -> None:
    """Who reads the records of looks sees none of the places that were looked at."""
    header = AS_PROGRAM | bearer(token_of(world, AccountRole.AUDITOR))

    found = told(app, client, header, names=False)

    assert [] == found, found


def told(
    app: FastAPI, client: httpx.Client, header: dict[str, str], *, names: bool
) -> list[tuple[str, int, list[str]]]:
    """Return the routes without an id that tell places of Xiashi, and its people with *names*."""
    found = []
    for method, path, _allowed in closed(app):
        if method != "GET" or path in ("/live", "/api/outline"):
            continue
        if {"elder_id", "incident_id", "device", "person_id"} & set(re.findall(r"{(\w+)}", path)):
            continue
        for asked in questions(app, path):
            answer = client.get(path.format(**FILLED), params=asked, headers=header)
            text = answer.text.replace(answer.request.url.path, "")
            seen = [one for one in NAMES if names and one in text]
            seen += POSITION.findall(text) if path not in TO_CLAIM else []
            if seen or answer.status_code >= 500:
                found.append((path, answer.status_code, seen))
    return found


def questions(app: FastAPI, path: str) -> list[dict[str, str]]:
    """Return what to ask: nothing, and each filter alone, for one that fails would hide others."""
    described = app.openapi()["paths"].get(path, {}).get("get")
    if described is None:
        return [{}, QUERY]
    names = [one["name"] for one in described.get("parameters", []) if one["name"] in QUERY]
    return [{}, *({name: QUERY[name]} for name in names)]


#: what lists may be asked for, all of it about Xiashi
QUERY = {
    "elder": "1",
    "elder_id": "1",
    "organisation": "xiashi",
    "organisation_id": "xiashi",
    "incident": "1",
    "bbox": "120,30,121,31",
    "cursor": "0",
    "person": "1",
    "from": "2020-01-01T00:00:00Z",
    "until": "2030-01-01T00:00:00Z",
}


@pytest.mark.usefixtures("rows")
def test_a_street_cannot_do_what_concerns_the_whole_town(
    client: httpx.Client, world: World
) -> None:
    """Where a role must hold everywhere, an operator of one street is told so."""
    header = AS_PROGRAM | bearer(token_of(world, AccountRole.OPERATOR, ELSEWHERE))
    answer = client.get("/api/rejects", headers=header)

    assert (403, WHOLE_TOWN) == (answer.status_code, answer.json()["detail"])


def test_the_matrix_is_not_empty(app: FastAPI) -> None:
    """The walk finds the routes of people with an account, and volunteers' own."""
    found = closed(app)

    assert 100 < len(found)
    assert any(Caller.GUARDIAN in allowed for _method, _path, allowed in found)
    assert all(allowed <= {*STAFF, Caller.GUARDIAN} for _method, _path, allowed in found)
    assert all(isinstance(one, Admission) for _path, stamps in admissions(app) for one in stamps)
