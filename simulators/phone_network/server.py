"""Run the phone network by itself: in the foreground, or in a thread beside something else."""

import asyncio
import socket
import threading

import uvicorn

from core.clock import monotonic, pause
from core.errors import ServerMissing
from simulators.phone_network.network import PhoneNetwork


def serve(network: PhoneNetwork, *, host: str = "127.0.0.1", port: int) -> None:
    """Serve until the process is told to stop."""
    uvicorn.run(network.app, host=host, port=port, log_level="warning", access_log=False)
    network.close()


class BackgroundServer:
    """An ASGI application on a free port of this machine, in a thread of its own."""

    def __init__(self, app: object, *, port: int = 0) -> None:
        """Serve *app*; port 0 takes a free one."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        config = uvicorn.Config(app, log_level="warning", access_log=False)  # type: ignore[arg-type]
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="background-server", daemon=True)

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self, *, timeout_s: float = 10) -> None:
        """Serve from now on; ServerMissing when it does not come up."""
        self._thread.start()
        deadline_s = monotonic() + timeout_s
        while not self._server.started:
            if monotonic() > deadline_s or not self._thread.is_alive():
                raise ServerMissing("The background server did not come up")
            pause(0.01)

    def stop(self, *, timeout_s: float = 10) -> None:
        """Finish the requests under way and end the thread."""
        self._server.should_exit = True
        self._thread.join(timeout_s)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
