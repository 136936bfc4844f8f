"""Servers for one benchmark: durable as in production, on free ports, thrown away after."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import ServerMissing
from tests.servers import MOSQUITTO, POSTGRESQL, PostgreSQL, free_port, until

_CONFIGURATION = Path(__file__).parent.parent / "deploy/mosquitto/mosquitto.conf"
#: what the production configuration says about keeping and limits; the rest needs files of its own
_LIMITS = ("persistence true", "autosave_", "persistent_client", "max_queued", "max_inflight")


@dataclass(frozen=True, slots=True)
class Server:
    """A server at work: how to reach it, and which process it is."""

    address: str
    pid: int

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return urlsplit(self.address).port or 0


@contextmanager
def mosquitto() -> Iterator[Server]:
    """Run Mosquitto with the limits of deploy/mosquitto/mosquitto.conf."""
    if not MOSQUITTO.exists():
        raise ServerMissing(f"{MOSQUITTO} is missing: make test-setup")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="aihuijia-bench-") as folder:
        lines = _CONFIGURATION.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.startswith(_LIMITS)]
        own = [f"listener {port} 127.0.0.1", "allow_anonymous true"]
        own += [f"persistence_location {folder}/", "log_dest none"]
        own += ["user root"] if os.geteuid() == 0 else []
        path = Path(folder) / "mosquitto.conf"
        path.write_text("\n".join([*kept, *own]) + "\n", encoding="utf-8")
        process = subprocess.Popen(  # noqa: S603  our own words
            [str(MOSQUITTO), "-c", str(path)], stderr=subprocess.DEVNULL
        )
        try:
            until(lambda: _listens(port), "Mosquitto listens")
            yield Server(f"mqtt://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            process.wait(20)


class DurablePostgreSQL(PostgreSQL):
    """The tests' throw-away cluster, but it lies on a disk and waits for it as a real one does."""

    def __init__(self) -> None:
        """Make the cluster outside the memory that tests use."""
        super().__init__(Path(tempfile.mkdtemp(prefix="aihuijia-bench-", dir="/var/tmp")))

    def start(self) -> None:
        """Start with PostgreSQL's own defaults and wait until it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "track_commit_timestamp": "on",  # tells to the microsecond when a ping was safe
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own words
                [str(POSTGRESQL / "postgres"), "-D", "data", *options],
                cwd=self._folder,
                user=self._user,
                stdout=log,
                stderr=log,
            )
        until(self._answers, "PostgreSQL takes connections")

    @property
    def pid(self) -> int:
        """Return the process that all others of the cluster come from."""
        assert self._process is not None
        return self._process.pid


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a cluster with an empty database; ServerMissing without one."""
    server = DurablePostgreSQL()
    try:
        server.start()
        yield Server(server.create_database("bench"), server.pid)
    finally:
        server.throw_away()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
