"""The API role: serves people and the provider's callbacks."""

import threading
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from api.app import create_app
from api.services import Services
from core.clock import Clock, monotonic, pause
from core.errors import SettingError
from core.settings import Settings

_START_S = 20


class ApiRole:
    """Serves people and the provider's callbacks."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        *,
        is_demo: bool = False,
        inbox_arrived: Callable[[], None] = lambda: None,
    ) -> None:
        """SettingError when a secret is missing."""
        settings.require_secret_key()
        self.app: FastAPI = create_app(
            Services(
                engine=engine,
                clock=clock,
                settings=settings,
                is_demo=is_demo,
                inbox_arrived=inbox_arrived,
            )
        )
        config = uvicorn.Config(
            self.app,
            host=settings.http_host,
            port=settings.http_port,
            log_level="warning",
            access_log=False,  # addresses hold tokens
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        self._address = f"{settings.http_host}:{settings.http_port}"
        self._thread = threading.Thread(target=self._server.run, name="api", daemon=True)

    def start(self) -> None:
        """Listen; SettingError when the port is taken."""
        self._thread.start()
        deadline = monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or monotonic() > deadline:
                raise SettingError(
                    f"Setting AIHUIJIA_HTTP_PORT: cannot listen on {self._address}; is the port in"
                    " use? Example: AIHUIJIA_HTTP_PORT=8122"
                )
            pause(0.02)

    def stop(self) -> None:
        """Answer what is under way and stop listening."""
        self.app.state.closing.set()  # live feeds end, so the server need not wait for them
        self._server.should_exit = True
        self._thread.join(10)
