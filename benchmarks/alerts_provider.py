"""A provider for benchmarks: a process that takes Twilio's requests and writes down when.

It speaks just enough of Twilio's HTTP for its SDK, at no cost worth mentioning, and fails as often
as it is told. Times are those of the wall, which all processes of one machine share.
"""

import itertools
import json
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from urllib.parse import parse_qs

from core.clock import SystemClock, pause

_spawned = get_context("spawn")
_TOKEN = re.compile(r"token=(\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Request:
    """One request that the provider took."""

    at: datetime
    to: str
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares of requests that go wrong."""

    refused: float = 0.0
    #: taken, but the answer is an error
    lost: float = 0.0
    #: taken, and the answer comes late
    slow: float = 0.0
    slow_s: float = 2.0


class Provider:
    """The process, as its parent sees it."""

    def __init__(self, url: str, line: Connection) -> None:
        """Reach it at *url*; ask it over *line*."""
        self.url = url
        self._line = line

    def taken(self) -> list[Request]:
        """Return everything that it took, in order."""
        self._line.send("taken")
        found: list[Request] = self._line.recv()
        return found

    def count(self) -> int:
        """Return how much it took."""
        self._line.send("count")
        return int(self._line.recv())

    def does(self, faults: Faults) -> None:
        """Let so much go wrong from now on."""
        self._line.send(faults)


@contextmanager
def provider() -> Iterator[Provider]:
    """Run one."""
    here, there = _spawned.Pipe()
    process = _spawned.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield Provider(here.recv(), here)
    finally:
        process.terminate()
        process.join()


def _serve(line: Connection) -> None:
    clock, rng = SystemClock(), random.Random(1)  # noqa: S311  repeatable, not secret
    requests: list[Request] = []
    numbers = itertools.count(1)
    faults = Faults()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(200, {"messages": [], "calls": []})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            at, chance = clock.now(), rng.random()
            if chance < faults.refused:
                self._answer(503, {"code": 20503, "message": "away", "status": 503})
                return
            form = parse_qs(body)
            found = _TOKEN.search(form.get("StatusCallback", [""])[0])
            message_id = int(found.group(1)) if found else 0
            requests.append(Request(at, form.get("To", [""])[0], message_id))
            if chance < faults.refused + faults.lost:
                self._answer(500, {"code": 20500, "message": "lost", "status": 500})
                return
            if chance < faults.refused + faults.lost + faults.slow:
                pause(faults.slow_s)
            self._answer(201, {"sid": f"SM{next(numbers):032x}", "status": "queued"})

        def _answer(self, status: int, body: dict[str, object]) -> None:
            said = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_arguments: object) -> None:
            """Say nothing: a client that was killed hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    Handler.disable_nagle_algorithm = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    line.send(f"http://127.0.0.1:{server.server_address[1]}")
    while True:
        asked = line.recv()
        if isinstance(asked, Faults):
            faults = asked
        else:
            line.send(len(requests) if asked == "count" else list(requests))
