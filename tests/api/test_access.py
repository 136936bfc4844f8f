"""Every route declares who may call it, and nobody else gets in."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import select
from starlette.routing import Mount

from api.access import SESSION_COOKIE, STAFF, Admission, Caller
from api.routes.sign_in import LIFETIME
from api.throttle import Throttle
from core.clock import ManualClock
from store import schema
from store.database import reading
from tests.accounts import NAME, PASSWORD, bearer
from tests.api.conftest import OWN_PAGE, Serve
from tests.api.test_answers import counted
from tests.api.world import World

GOOD = {"name": NAME, "password": PASSWORD}
FILLED = {
    "incident_id": "1",
    "elder_id": "1",
    "contact_id": "1",
    "consent_id": "1",
    "erasure_id": "1",
    "link_id": "1",
    "task_id": "1",
    "proposal_id": "1",
    "device": "hn-0001",
    "severity": "normal",
    "shift_id": "1",
    "absence_id": "1",
    "change_id": "1",
    "batch": "file-1",
    "person_id": "1",
    "year": "2026",
    "organisation_id": "xiashi",
    "token": "1.1.x",
    "subscriber_id": "1",
    "event_id": "evt_1",
    "point_id": "1",
    "zone_id": "1",
    "account_id": "1",
    "token_id": "1",
    "collection": "bands",
    "feature": "hn-0001",
    "list_name": "elders",
    "file_type": "csv",
}


def declared(app: FastAPI) -> list[tuple[str, str, frozenset[Caller] | None]]:
    """Return (method, path, allowed callers) of every route; None where nobody said."""
    found = []
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            allowed = getattr(route.original_route.app, "allowed", None)
            found.append(("MOUNT", str(route.path), allowed))
            continue
        stamps = [call.allowed for call in calls_of(route.dependant) if isinstance(call, Admission)]
        allowed = frozenset[Caller]().union(*stamps) if stamps else None
        path = str(route.path_format)
        found += [(method, path, allowed) for method in sorted(route.methods or ())]
    return found


def admissions(app: FastAPI) -> list[tuple[str, list[Admission]]]:
    """Return (path, who is let in) of every route that is no mount."""
    return [
        (
            str(route.path_format),
            [one for one in calls_of(route.dependant) if isinstance(one, Admission)],
        )
        for route in iter_route_contexts(app.routes)
        if not isinstance(route.original_route, Mount)
    ]


def calls_of(dependant: Any) -> list[Any]:
    """Return the dependencies of a route, those of dependencies included."""
    return [call for child in dependant.dependencies for call in (child.call, *calls_of(child))]


def closed_routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return the routes that only people with an account may call."""
    return [
        (method, path.format(**FILLED))
        for method, path, allowed in declared(app)
        if allowed is not None and allowed <= frozenset(STAFF)
    ]


def test_every_route_declares_its_callers(app: FastAPI) -> None:
    """No route was added without saying who may call it."""
    undeclared = [(method, path) for method, path, allowed in declared(app) if not allowed]

    assert [] == undeclared


def test_the_walk_sees_the_routes(app: FastAPI) -> None:
    """The walk over the routes finds them all, or the test above would prove nothing."""
    paths = {path for _method, path, _allowed in declared(app)}

    assert {"/console", "/live", "/a/{token}", "/api/incidents", "/static", "/demo"} <= paths
    assert 15 < len(closed_routes(app))


def test_a_stranger_gets_nothing(app: FastAPI, client: httpx.Client) -> None:
    """Without a session every coordinator's route answers 401, or leads a reader to the form."""
    for method, path in closed_routes(app):
        answer = client.request(method, path, headers=OWN_PAGE)

        is_page = not path.startswith(("/api", "/live", "/m", "/ogc"))
        expected = 303 if method == "GET" and is_page else 401
        assert expected == answer.status_code, f"{method} {path}"


def test_a_wrong_token_gets_nothing(client: httpx.Client, world: World) -> None:
    """A program with a wrong token stays outside, however often, and shuts nobody else out."""
    answers = [
        client.get("/api/bands", headers=bearer(f"121t_wrong-{n}")).status_code for n in range(60)
    ]
    right = client.get("/api/bands", headers=bearer(world.token)).status_code

    assert ([401] * 60, 200) == (answers, right)


def test_the_right_token_opens_the_door(client: httpx.Client, world: World) -> None:
    """A program with an account's token is let in."""
    answer = client.get("/api/bands", headers=bearer(world.token))

    assert 200 == answer.status_code


def test_no_account_means_nobody(serve: Serve, world: World) -> None:
    """Before the first account is made nobody gets in, and the form says how it is made."""
    with world.engine.begin() as connection:
        for table in (schema.account_session, schema.api_token, schema.account_grant):
            connection.execute(table.delete())
        connection.execute(schema.account.delete())
    with serve(world).client() as client:
        by_header = client.get("/api/bands", headers={"Authorization": "Bearer"})
        by_form = client.post("/login", data={"name": " ", "password": " "}, headers=OWN_PAGE)

    assert (401, 401) == (by_header.status_code, by_form.status_code)
    assert "aihuijia account add" in by_form.text


def test_signing_in_sets_a_guarded_cookie(client: httpx.Client) -> None:
    """The session's cookie is out of scripts' reach and does not travel with foreign forms."""
    answer = client.post("/login", data=GOOD | {"next": "/console?incident=3"}, headers=OWN_PAGE)

    cookie = answer.headers["set-cookie"].lower()
    assert (303, "/console?incident=3") == (answer.status_code, answer.headers["location"])
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:1", ""]
)
def test_signing_in_leads_nowhere_else(client: httpx.Client, elsewhere: str) -> None:
    """A link to the form cannot send the coordinator to another site afterwards."""
    answer = client.post("/login", data=GOOD | {"next": elsewhere}, headers=OWN_PAGE)

    assert "/console" == answer.headers["location"]


def test_guessing_is_slowed_down(client: httpx.Client) -> None:
    """After five wrong passwords the form believes none for a while, not even the right one."""
    for left in (4, 3, 2, 1, 0):
        answer = client.post("/login", data=GOOD | {"password": "wrong"}, headers=OWN_PAGE)
        assert 401 == answer.status_code
        assert f"还可以试 {left} 次" in answer.text
    refused = client.post("/login", data=GOOD, headers=OWN_PAGE)

    assert 429 == refused.status_code


def test_a_guess_is_forgotten_in_time() -> None:
    """The window of wrong tries slides."""
    seconds = [0.0]
    throttle = Throttle(tries=2, window_s=300, elapsed_s=lambda: seconds[0])
    throttle.count_wrong("here")
    throttle.count_wrong("here")
    before = throttle.tries_left("here")
    seconds[0] = 301.0

    assert (0, 2, 2) == (before, throttle.tries_left("here"), throttle.tries_left("there"))


def test_a_session_ends(coordinator: httpx.Client, clock: ManualClock) -> None:
    """A session is good for twelve hours and not a second more."""
    clock.advance(LIFETIME.total_seconds() - 1)
    before = coordinator.get("/api/bands").status_code
    clock.advance(1)

    assert (200, 401) == (before, coordinator.get("/api/bands").status_code)


@pytest.mark.parametrize("forged", ["", "x", "121s_", "121s_é", "9999999999.ab.cd"])
def test_a_forged_session_is_none(client: httpx.Client, forged: str) -> None:
    """What we did not give out opens nothing."""
    answer = client.get("/api/bands", headers={b"Cookie": f"{SESSION_COOKIE}={forged}".encode()})

    assert 401 == answer.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_foreign_form_changes_nothing(
    coordinator: httpx.Client, world: World, headers: dict[str, str]
) -> None:
    """Another site's page cannot give orders with the coordinator's cookie."""
    incident_id = world.lose_elder()

    answer = coordinator.post(
        f"/incidents/{incident_id}/orders",
        data={"do": "close", "outcome": "found"},
        headers=headers,
    )

    assert 403 == answer.status_code


def test_our_own_form_is_believed_by_its_token(coordinator: httpx.Client, world: World) -> None:
    """A browser that says nothing about itself is believed by the token in the form."""
    incident_id = world.lose_elder()
    form = coordinator.get(f"/console/incidents/{incident_id}/orders").text
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', form)
    assert token is not None

    answer = coordinator.post(
        f"/incidents/{incident_id}/orders",
        data={"do": "note", "text": "已通知家属", "form_token": token[1]},
    )

    assert 303 == answer.status_code


def test_the_demo_needs_no_password(serve: Serve, world: World) -> None:
    """In the demo a visitor is a coordinator, and the page says so."""
    with serve(world, is_demo=True).client() as client:
        front = client.get("/")
        page = client.get("/demo")

    assert "/demo" == front.headers["location"]
    assert 200 == page.status_code
    assert "不需要密码" in page.text


def test_the_demo_is_only_in_the_demo(coordinator: httpx.Client) -> None:
    """A real service has no demo page, not even for its coordinator."""
    assert 404 == coordinator.get("/demo").status_code


def test_signing_out_forgets(coordinator: httpx.Client) -> None:
    """After signing out the console asks for the token again."""
    coordinator.post("/logout", headers=OWN_PAGE)

    assert 303 == coordinator.get("/console").status_code


def test_a_program_signs_nobody_out(coordinator: httpx.Client, world: World) -> None:
    """A token that is shown as a password ends no session that happens to have its number."""
    shown = httpx.BasicAuth("anybody", world.token)
    with httpx.Client(base_url=coordinator.base_url, auth=shown) as program:
        answer = program.post("/logout", headers=OWN_PAGE)
    numbers = (schema.account_session.c.id, schema.api_token.c.id)
    with reading(world.engine) as connection:
        same = [connection.scalars(select(number)).all() for number in numbers]

    assert [[1], [1]] == same
    assert (303, 200) == (answer.status_code, coordinator.get("/console").status_code)


def test_looking_around_changes_nothing(
    coordinator: httpx.Client, app: FastAPI, world: World
) -> None:
    """A coordinator may open every page and every document; only POSTs change something."""
    world.lose_elder()
    before = counted(world)
    for method, path in closed_routes(app):
        if method == "GET" and path != "/live":  # the feed does not end by itself
            assert coordinator.get(path).status_code in (200, 404, 422), path

    assert before == counted(world)
