"""A stand-in for the outside receiver of heartbeats: notes who called, and answers as it is told.

It speaks what Healthchecks.io speaks: any GET, POST or HEAD under a check's address is a sign of
life.
"""

import threading
from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from core.clock import Clock, pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One call that came in."""

    at: datetime
    method: str
    path: str


class HeartbeatReceiver:
    """Its `app` is served; its `heard` is the record that tests believe."""

    def __init__(self, clock: Clock) -> None:
        """Answer 200 at once until told otherwise."""
        #: what is answered
        self.status = 200
        #: how long the answer takes, wall seconds
        self.takes_s = 0.0
        self._clock = clock
        self._lock = threading.Lock()
        self._heard: list[Heartbeat] = []
        self.app = FastAPI(openapi_url=None)
        self.app.add_api_route(
            "/{path:path}", self._hear, methods=["GET", "POST", "HEAD"], response_model=None
        )

    @property
    def heard(self) -> list[Heartbeat]:
        """Return every call so far, in order."""
        with self._lock:
            return list(self._heard)

    def _hear(self, request: Request) -> PlainTextResponse:
        call = Heartbeat(at=self._clock.now(), method=request.method, path=request.url.path)
        with self._lock:
            self._heard.append(call)
        pause(self.takes_s)
        return PlainTextResponse("OK" if self.status == 200 else "no", status_code=self.status)
