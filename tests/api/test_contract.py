"""Whatever the document allows may be asked, by anybody: no crash, no answer it does not name.

Schemathesis invents the requests from the document. Other ones with another seed, more with more
examples: `SEED=5 EXAMPLES=50 pytest tests/api/test_contract.py`.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from unittest import SkipTest

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from sqlalchemy import Engine

from api.access import Caller
from core.accounts import AccountRole, Grant
from core.clock import ManualClock
from store import credentials
from tests.accounts import staff_token
from tests.api.conftest import Serve, Site
from tests.api.world import build_world

SEED = int(os.environ.get("SEED", "1"))
EXAMPLES = int(os.environ.get("EXAMPLES", "4"))
LIFETIME = timedelta(days=1)
#: what is asked of every answer
load_all_checks()
CHECKED = CHECKS.get_by_names(
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
#: everybody who can come with a token, and somebody without
COMERS = [role.value for role in AccountRole] + [Caller.GUARDIAN.value, "nobody"]


@pytest.fixture
def crowded(serve: Serve, database: Engine, clock: ManualClock) -> Iterator[Site]:
    """Give the service on both databases, with somebody lost."""
    world = build_world(database, clock)
    world.lose_elder()
    return serve(world)


def header_of(site: Site, comer: str) -> dict[str, str]:
    """Return what *comer* shows at the door."""
    world, now = site.world, site.world.clock.now()
    if comer == "nobody":
        return {}
    if comer == Caller.GUARDIAN.value:
        with world.engine.begin() as connection:
            value = credentials.trust_device(
                connection, world.guardian_id, lifetime=LIFETIME, now=now
            )
    else:
        grants = [Grant(AccountRole(comer), None)]
        value = staff_token(world.engine, now, name=f"{comer}.test", grants=grants)
    return {"Authorization": f"Bearer {value}"}


@pytest.mark.parametrize("comer", COMERS)
def test_no_surprise(crowded: Site, comer: str) -> None:
    """Every operation answers as documented, to good requests and to bad ones."""
    with crowded.client() as client:
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    surprises: list[str] = []
    with requests.Session() as session:
        session.headers.update(header_of(crowded, comer))
        for result in schema.get_all_operations():
            operation = result.ok()
            if operation.path in ENDLESS:
                continue
            for mode in GenerationMode:
                surprises += surprises_of(operation, mode, crowded, session)

    assert [] == surprises


def surprises_of(
    operation: APIOperation, mode: GenerationMode, site: Site, session: requests.Session
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
    def ask(case: Case) -> None:
        case.call_and_validate(base_url=site.url, session=session, checks=CHECKED, timeout=30)

    try:
        ask()
    except (Unsatisfiable, SkipTest):  # nothing bad can be asked of an address without input
        return []
    except FailureGroup as group:
        return [f"{operation.label}: {failure}" for failure in group.exceptions]
    return []
