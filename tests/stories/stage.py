"""What every story shares: two servers on loopback ports, whose content is each story's own.

Starting a server costs more than a story; so the stand-in provider and the service's pages listen
once a session, and what stands behind them is changed.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app
from api.services import Services
from api.throttle import Throttle
from core.clock import ManualClock
from core.settings import Settings
from simulators.phone_network import BackgroundServer, PhoneNetwork

ACCOUNT = "AC00000000000000000000000000000121"
AUTH_TOKEN = "the auth token of all stories"
OUR_NUMBER = "+15005550006"
SECRET = "the secret key of all stories, 32 of it"
HOOK_SECRET = "0123456789abcdef0123456789abcdef"

Answer = TypeVar("Answer")


class Board:
    """An ASGI application that is whatever application stands behind it now."""

    def __init__(self) -> None:
        """Stand for nothing yet."""
        self.behind: ASGIApp | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the loop when the server starts; pass on what comes later."""
        if scope["type"] == "lifespan":
            self._loop = asyncio.get_running_loop()
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert self.behind is not None
        await self.behind(scope, receive, send)

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do *work* in the loop that serves, and return its result."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


class Stage:
    """The two servers of all stories."""

    def __init__(self) -> None:
        """Listen; `play` puts a story's own things behind the servers."""
        self._provider = Board()
        self._provider_server = BackgroundServer(self._provider)
        self._provider_server.start()
        self._pages = Board()
        self._pages_server = BackgroundServer(self._pages)
        self._pages_server.start()
        self.provider_url = self._provider_server.url
        self.public_url = self._pages_server.url
        # A connection that is kept may be closed by the server in the moment of its next use.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.phones = httpx.Client(base_url=self.provider_url, timeout=30, limits=limits)
        self.pages = httpx.Client(base_url=self.public_url, timeout=30, limits=limits)
        self.network: PhoneNetwork | None = None
        self._app: Any = None

    def play(self, settings: Settings, engine: Engine, clock: ManualClock) -> PhoneNetwork:
        """Serve a story's database and a phone network in which nothing happened yet."""
        self.serve(settings, engine, clock)
        self.pages.cookies.clear()
        self.network = PhoneNetwork(
            clock=clock,
            account_sid=ACCOUNT,
            auth_token=AUTH_TOKEN,
            number=OUR_NUMBER,
            public_url=self.public_url,
        )
        self.network.take_over()
        self._provider.behind = self.network.app
        return self.network

    def serve(self, settings: Settings, engine: Engine, clock: ManualClock) -> None:
        """Serve pages and callbacks from a story's database."""
        services = Services(engine=engine, clock=clock, settings=settings)
        if self._app is None:
            self._app = create_app(services)
            self._pages.behind = self._app
        self._app.state.services = services
        self._app.state.throttle = Throttle()

    def run_due(self) -> int:
        """Let the phone network do what is due and what follows; return how much that was."""
        assert self.network is not None
        return self._provider.run(self.network.run_due())

    def clear(self) -> None:
        """End a story's phone network."""
        if self.network is not None:
            self._provider.run(self.network.stop())
            self.network = None

    def throw_away(self) -> None:
        """Stop listening."""
        self.phones.close()
        self.pages.close()
        self._provider_server.stop()
        self._pages_server.stop()
