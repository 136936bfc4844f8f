"""Two phones as the demo's page sees them, kept by hand: what a test says has arrived."""

from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request

NUMBER = "+8610020000011"


class StandInPhones:
    """`app` answers like the stand-in phone network's people side."""

    def __init__(self) -> None:
        """Begin without a message."""
        self.phones: list[dict[str, Any]] = []
        self.done: list[tuple[str, str, dict[str, Any]]] = []
        self.app = FastAPI()
        self.app.state.phones = self
        self.app.get("/phones")(self._list)
        self.app.post("/phones/{number}/{what}")(self._act)

    def receive(self, body: str) -> None:
        """Let a message arrive, and a call ring."""
        at = datetime(2026, 11, 23, 6, 33, tzinfo=UTC).isoformat()
        self.phones = [
            {
                "number": NUMBER,
                "label": "王大伯",
                "messages": [{"direction": "in", "body": body, "at": at, "status": "delivered"}],
                "calls": [
                    {"sid": "CA1", "status": "ringing", "at": at, "heard": "这里是121爱回家"}
                ],
            }
        ]

    async def _list(self) -> list[dict[str, Any]]:
        return self.phones

    async def _act(self, number: str, what: str, request: Request) -> dict[str, str]:
        self.done.append((number, what, await request.json()))
        return {}
