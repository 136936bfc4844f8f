"""Servers for one benchmark: durable as in production, on free ports, thrown away after."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ServerMissing
from tests.servers import MOSQUITTO, POSTGRESQL, PostgreSQL, free_port, until

_CONFIGURATION = Path(__file__).parent.parent / "deploy/mosquitto/mosquitto.conf"
#: lines of the production configuration that need files or names of their own
_ITS_OWN = ("listener", "allow_anonymous", "password_file", "acl_file", "use_username_as_clientid")


@contextmanager
def mosquitto() -> Iterator[int]:
    """Run Mosquitto with the limits of deploy/mosquitto/mosquitto.conf; give its port."""
    if not MOSQUITTO.exists():
        raise ServerMissing(f"{MOSQUITTO} is missing: make test-setup")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="aihuijia-bench-") as folder:
        kept = [
            line
            for line in _CONFIGURATION.read_text(encoding="utf-8").splitlines()
            if line and not line.startswith(("#", *_ITS_OWN))
        ]
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
            yield port
        finally:
            process.terminate()
            process.wait(20)


class DurablePostgreSQL(PostgreSQL):
    """The tests' throw-away cluster, but it waits for the disk as a real one does."""

    def start(self) -> None:
        """Start with PostgreSQL's own defaults and wait until it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
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


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a cluster and give the address of an empty database; ServerMissing without one."""
    server = DurablePostgreSQL()
    try:
        server.start()
        yield server.create_database("bench")
    finally:
        server.throw_away()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
