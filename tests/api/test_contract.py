"""Whatever the document allows may be asked, by anybody: no crash, no answer it does not name.

Schemathesis invents the requests from the document. Other ones with another seed, more with more
examples: `SEED=5 EXAMPLES=50 pytest tests/api/test_contract.py`.
"""

import os
from datetime import timedelta
from typing import Any
from unittest import SkipTest

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from sqlalchemy import Engine

from api.access import Caller
from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from store import credentials
from tests.accounts import bearer, staff_token
from tests.api.conftest import Serve, Site
from tests.api.world import World, build_world

SEED = int(os.environ.get("SEED", "1"))
EXAMPLES = int(os.environ.get("EXAMPLES", "3"))
LIFETIME = timedelta(days=1)
#: what is asked of every answer
load_all_checks()
CHECKED: Any = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)
#: it does not end: tests/api/test_live.py
ENDLESS = {"/live"}
EVERYTHING = "everything"
#: everybody who can come with a token; who may not come at all: tests/api/test_access_matrix.py
COMERS = [role.value for role in AccountRole] + [Caller.GUARDIAN.value]


@pytest.fixture
def crowded(serve: Serve, database: Engine, clock: ManualClock) -> Site:
    """Give the service on both databases, with somebody lost."""
    return _crowd(serve, build_world(database, clock))


@pytest.fixture
def crowded_file(serve: Serve, world: World) -> Site:
    """Give the same on SQLite only."""
    return _crowd(serve, world)


def _crowd(serve: Serve, world: World) -> Site:
    world.lose_elder()
    return serve(world)


def header_of(site: Site, comer: str) -> dict[str, str]:
    """Return what *comer* shows at the door."""
    world, now = site.world, site.world.clock.now()
    if comer == EVERYTHING:
        return bearer(world.token)
    if comer == Caller.GUARDIAN.value:
        with world.engine.begin() as connection:
            value = credentials.trust_device(
                connection, world.guardian_id, lifetime=LIFETIME, now=now
            )
    else:
        grants = [Grant(AccountRole(comer), None)]
        value = staff_token(world.engine, now, name=f"{comer}.test", grants=grants)
    return bearer(value)


def test_no_surprise(crowded: Site) -> None:
    """Every operation answers as documented, to good requests and to bad ones."""
    assert [] == all_surprises(crowded, EVERYTHING)


@pytest.mark.parametrize("comer", COMERS)
def test_no_surprise_for_anybody(crowded_file: Site, comer: str) -> None:
    """The same holds for each role alone and for a volunteer's phone, where they may ask."""
    assert [] == all_surprises(crowded_file, comer)


def all_surprises(site: Site, comer: str) -> list[str]:
    """Return what went otherwise than documented, asked by *comer*."""
    with site.client() as client:
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    surprises: list[str] = []
    with requests.Session() as session:
        session.headers.update(header_of(site, comer))
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result
            operation = result.ok()
            callers = operation.definition.raw["x-callers"]
            if operation.path in ENDLESS or comer not in (EVERYTHING, *callers):
                continue
            for mode in GenerationMode:
                surprises += surprises_of(operation, mode, site, session)
    return surprises


def surprises_of(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    site: Site,
    session: requests.Session,
) -> list[str]:
    """Return what went otherwise than documented, the smallest request for each."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(base_url=site.url, session=session, checks=CHECKED, timeout=30)

    try:
        ask()
    except (Unsatisfiable, SkipTest):  # nothing bad can be asked of an address without input
        return []
    except FailureGroup as group:
        return [f"{operation.label}: {failure}" for failure in group.exceptions]
    return []
