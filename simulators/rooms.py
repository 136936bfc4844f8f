"""Stand-in chat rooms: an ntfy server and a WeCom group robot, with what was written in them."""

import json
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response


@dataclass(slots=True)
class ChatRooms:
    """`app` takes messages as ntfy and as WeCom do."""

    #: (room, text) of everything that was taken
    written: list[tuple[str, str]] = field(default_factory=list)
    #: answer this instead, so many times
    fault: int = 0
    fault_times: int = 0

    @property
    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI(title="Stand-in chat rooms", openapi_url=None)
        app.add_api_route("/cgi-bin/webhook/send", self._wecom, methods=["POST"])
        app.add_api_route("/", self._ntfy_json, methods=["POST"])
        app.add_api_route("/{topic}", self._ntfy, methods=["POST", "PUT"])
        return app

    def fail(self, status: int, *, times: int = 1) -> None:
        """Answer *status* to the next requests."""
        self.fault, self.fault_times = status, times

    async def _wecom(self, request: Request, key: str) -> Response:
        """Take a robot's text; more than 2048 bytes is an error in a 200, as the real one says."""
        said = json.loads(await request.body())
        text = str(said["text"]["content"])
        if len(text.encode()) > 2048:
            return JSONResponse({"errcode": 40058, "errmsg": "content size exceed limit"})
        return self._keep(f"wecom/{key}", text, {"errcode": 0, "errmsg": "ok"})

    async def _ntfy_json(self, request: Request) -> Response:
        said = json.loads(await request.body())
        return self._keep(str(said["topic"]), str(said["message"]), {"id": "n1"})

    async def _ntfy(self, request: Request, topic: str) -> Response:
        text = (await request.body()).decode()
        return self._keep(topic, text, {"id": "n1"})

    def _keep(self, room: str, text: str, answer: dict[str, object]) -> Response:
        if self.fault_times > 0:
            self.fault_times -= 1
            return Response("no", status_code=self.fault)
        self.written.append((room, text))
        return JSONResponse(answer)
