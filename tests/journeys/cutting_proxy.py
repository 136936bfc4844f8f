"""A line to PostgreSQL that can be cut at the worst moment: the commit is done, nobody hears it."""

import socket
import threading
from contextlib import suppress

_COMMIT = b"COMMIT"


class CuttingProxy:
    """Forwards connections to a server on this machine until it is told to lose an answer."""

    def __init__(self, server_port: int) -> None:
        """Listen on a free port."""
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._armed = threading.Event()
        #: how many answers to a commit were lost
        self.lost = 0
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_next_answer(self) -> None:
        """Let the next COMMIT through, and cut the line when the server has answered it."""
        self._armed.set()

    def throw_away(self) -> None:
        """Cut every line and listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for line in self._open:
                _cut(line)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:  # it is down: so is the line
                _cut(client)
                continue
            with self._guard:
                self._open |= {client, server}
            is_cut = threading.Event()
            for forward in (self._to_server, self._to_client):
                threading.Thread(target=forward, args=(client, server, is_cut), daemon=True).start()

    def _to_server(
        self, client: socket.socket, server: socket.socket, is_cut: threading.Event
    ) -> None:
        with suppress(OSError):
            while said := client.recv(65536):
                if _COMMIT in said and self._armed.is_set():
                    self._armed.clear()
                    is_cut.set()
                server.sendall(said)
        self._end(client, server)

    def _to_client(
        self, client: socket.socket, server: socket.socket, is_cut: threading.Event
    ) -> None:
        with suppress(OSError):
            while said := server.recv(65536):
                if is_cut.is_set():
                    self.lost += 1  # the server has done it, and says so to nobody
                    break
                client.sendall(said)
        self._end(client, server)

    def _end(self, *lines: socket.socket) -> None:
        for line in lines:
            _cut(line)
        with self._guard:
            self._open -= set(lines)


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
