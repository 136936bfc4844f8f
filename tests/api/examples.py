"""The answers shown in the OpenAPI document: real ones, of the service on the tests' small world.

`python -m tests.api.examples` asks every address for reading that has no example of its own and
writes what it answers, shortened, to api/data/examples.json. A test holds the file to the routes.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

import api
from alerts.drill_desk import start_drill
from api.app import create_app
from api.openapi import openapi_document
from api.services import Services
from core.clock import ManualClock
from core.relays import ALL_EVENTS, SubscriberKind
from core.settings import Settings
from store import relays, schema, subscribers
from store.database import open_database
from tests.accounts import bearer
from tests.api.conftest import listening
from tests.api.test_access import FILLED
from tests.api.world import SECRET, World, build_world
from tests.conftest import NOON

PATH = Path(api.__file__).parent / "data" / "examples.json"
#: what an address needs beside its path
_QUERIES: dict[str, dict[str, str]] = {
    "/live/since": {"cursor": "0"},
    "/api/zones": {"elder": "1"},
}
#: without end, or documents that have their own home
#: the small world's drill is its second incident
_IDS = {"/api/drills/{incident_id}": {"incident_id": "2"}}
LEFT_OUT = {"/live", "/openapi.json", "/ogc/api"}
_MOST_ITEMS = 2
_MOST_LETTERS = 200


def build() -> dict[str, Any]:
    """Return answers by "GET /path" of all addresses without an example of their own."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/examples.db")
        schema.metadata.create_all(engine)
        world = build_world(engine, ManualClock(NOON))
        world.lose_elder()
        _subscribe(world)
        with engine.begin() as connection:
            elder, now = world.other_elder_id, world.clock.now()
            start_drill(connection, elder, with_rescue=False, by="test", now=now)
        try:
            return _ask(world)
        finally:
            engine.dispose()


def _subscribe(world: World) -> None:
    """Let another system be told, so that there is one to show."""
    with world.engine.begin() as connection:
        made = subscribers.add(
            connection,
            kind=SubscriberKind.WEBHOOK,
            name="市民政局",
            address="https://agency.example.org/121",
            organisation_id=None,
            events=set(ALL_EVENTS),
            with_position=False,
            by="test",
            now=world.clock.now(),
        )
        relays.enqueue_test(connection, made.id, now=world.clock.now())


def _ask(world: World) -> dict[str, Any]:
    settings = Settings(secret_key=SecretStr(SECRET), public_url="https://121.example.org")
    app = create_app(Services(engine=world.engine, clock=world.clock, settings=settings))
    found: dict[str, Any] = {}
    with (
        listening(app) as url,
        httpx.Client(base_url=url, headers=bearer(world.token), timeout=30) as client,
    ):
        for path, methods in openapi_document(app, examples={})["paths"].items():
            if "get" not in methods or path in LEFT_OUT:
                continue
            content = methods["get"]["responses"].get("200", {}).get("content", {})
            if "application/json" not in content or has_example(content["application/json"]):
                continue
            filled = path.format(**FILLED | _IDS.get(path, {}))
            answer = client.get(filled, params=_QUERIES.get(path, {}))
            if answer.status_code == 200:
                found[f"GET {path}"] = shortened(answer.json())
    return found


def has_example(content: dict[str, Any]) -> bool:
    """Say whether an answer's description brings an example, or a model that brings one."""
    return "example" in content or "examples" in content or "$ref" in str(content.get("schema"))


def shortened(value: Any) -> Any:
    """Return *value* with short lists and texts, as an example should be."""
    if isinstance(value, dict):
        return {key: shortened(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shortened(one) for one in value[:_MOST_ITEMS]]
    if isinstance(value, str) and len(value) > _MOST_LETTERS:
        return value[:_MOST_LETTERS] + " …"
    return value


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(build(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
