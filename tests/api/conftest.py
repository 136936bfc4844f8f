"""A small world, the service on it behind a real socket, clients, and a browser."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright
from pydantic import SecretStr
from sqlalchemy import Engine

from api.access import SESSION_COOKIE
from api.app import create_app
from api.services import Services
from core.clock import Clock, ManualClock, SystemClock
from core.settings import Settings
from store import schema
from store.database import open_database
from tests.api.stand_in_phones import StandInPhones
from tests.api.world import SECRET, World, build_world

#: seals what tests keep sealed
DATA_KEY = "dGhpcyBrZXkgaXMgb25seSB1c2VkIGluIHRlc3RzICE="

#: what a browser says when a form comes from the page's own site
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Give an engine on a fresh SQLite file with the present tables."""
    engine = open_database(f"sqlite:///{tmp_path / 'aihuijia.db'}")
    schema.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine: Engine, clock: ManualClock) -> World:
    """Return the small world on a clock that stands at noon."""
    return build_world(engine, clock)


@pytest.fixture
def settings() -> Settings:
    """Return settings with a key; links open without digits, but for test_strangers.py."""
    return Settings(
        secret_key=SecretStr(SECRET),
        data_keys=SecretStr(DATA_KEY),
        public_url="http://121.example.org",
        guardian_second_factor=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The service, listening on the loopback address."""

    url: str
    app: FastAPI
    world: World
    phones: StandInPhones = field(default_factory=StandInPhones)

    def client(self) -> httpx.Client:
        """Return a client that follows no redirect and holds no cookie."""
        return httpx.Client(base_url=self.url, timeout=60)


Serve = Callable[..., Site]


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Give a function that lets the service listen: (world, settings, is_demo) -> Site."""
    with ExitStack() as stack:

        def start(world: World, *, changed: Settings | None = None, is_demo: bool = False) -> Site:
            app = create_app(
                Services(
                    engine=world.engine,
                    clock=world.clock,
                    settings=changed or settings,
                    is_demo=is_demo,
                )
            )
            phones = StandInPhones()
            if is_demo:
                app.mount("/standin", phones.app)
            url = stack.enter_context(listening(app))
            return Site(url=url, app=app, world=world, phones=phones)

        yield start


@pytest.fixture
def site(serve: Serve, world: World) -> Site:
    """Return the service on the small world."""
    return serve(world)


@pytest.fixture
def app(site: Site) -> FastAPI:
    """Return the application that listens."""
    return site.app


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    """Give a client nobody knows."""
    with site.client() as client:
        yield client


@pytest.fixture
def coordinator(site: Site) -> Iterator[httpx.Client]:
    """Give a client that is signed in with every role everywhere."""
    with site.client() as client:
        client.cookies.set(SESSION_COOKIE, site.world.session())
        yield client


@pytest.fixture
def live_world(engine: Engine) -> World:
    """Return the small world on the real clock, for pages whose clock runs."""
    clock: Clock = SystemClock()
    return build_world(engine, clock)


@pytest.fixture
def live_site(serve: Serve, live_world: World) -> Site:
    """Return the service on the real clock."""
    return serve(live_world)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give the system's Chromium, without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve *app* on a free port of the loopback address; give its URL."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        app.state.closing.set()
        server.should_exit = True
        thread.join(10)
