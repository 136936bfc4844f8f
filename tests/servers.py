"""Real servers for tests: Mosquitto 2 and PostgreSQL with PostGIS, started here and thrown away.

Both keep their data in a folder of their own, so that a test can stop one, kill it (as a power cut
would) and start it again on the same data. A missing program is an error, never a skipped test.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from core.clock import monotonic, pause
from core.errors import ServerMissing

MOSQUITTO = Path("/usr/sbin/mosquitto")
POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
POSTGIS_CONTROL = Path("/usr/share/postgresql/15/extension/postgis.control")

#: how long a server, or anything else that must happen soon, is waited for; wall seconds. A busy
#: machine is no defect: only what never comes should fail a test
PATIENCE_S = 60.0


def scratch_folder(name: str) -> Path:
    """Return a new folder for a server's data: in memory where the system has such a place."""
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() else None
    return Path(tempfile.mkdtemp(prefix=f"aihuijia-{name}-", dir=parent))


def until(
    happened: Callable[[], bool],
    what: str,
    *,
    within_s: float = PATIENCE_S,
    progress: Callable[[], object] | None = None,
) -> None:
    """Return as soon as *happened* says so; AssertionError that names *what* did not happen.

    With *progress* the patience begins anew whenever what it returns changes.
    """
    deadline = monotonic() + within_s
    reached = progress and progress()
    while not happened():
        if progress is not None and (now_reached := progress()) != reached:
            reached, deadline = now_reached, monotonic() + within_s
        if monotonic() > deadline:
            far = "" if progress is None else f" (came as far as {reached})"
            raise AssertionError(f"waited {within_s:g} s in vain: {what}{far}")
        pause(0.01)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _require(program: Path, package: str) -> Path:
    if not program.exists():
        raise ServerMissing(f"{program} is missing: apt-get install {package}")
    return program


class Mosquitto:
    """The broker of the production set-up, with its queues on disk."""

    def __init__(self) -> None:
        """Prepare a folder; `start` makes it listen."""
        self._program = _require(MOSQUITTO, "mosquitto")
        self._folder = scratch_folder("mosquitto")
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {self._folder}/",
            "autosave_on_changes true",
            "autosave_interval 1",
            "max_queued_messages 100000",
            "set_tcp_nodelay true",
            f"log_dest file {self._folder}/log",
        ]
        if os.geteuid() == 0:
            lines.append("user root")
        (self._folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    @property
    def url(self) -> str:
        """Return the address clients use."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start on the kept data and wait until it listens."""
        self._process = subprocess.Popen(
            [str(self._program), "-c", str(self._folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._listens, f"Mosquitto listens; its log is {self._folder}/log")

    def stop(self) -> None:
        """End it in good order; it saves its queues."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None

    def throw_away(self) -> None:
        """Stop it and remove its data."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class PostgreSQL:
    """A throw-away cluster. It does not wait for the disk, but survives `kill` like a real one."""

    def __init__(self, folder: Path | None = None) -> None:
        """Make the cluster in *folder*; `start` makes it listen. Root runs it as `postgres`."""
        _require(POSTGRESQL / "initdb", "postgresql-15")
        _require(POSTGIS_CONTROL, "postgresql-15-postgis-3")
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = folder or scratch_folder("postgresql")
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        #: the connection that makes and removes databases
        self._owner: psycopg.Connection[tuple[object, ...]] | None = None
        subprocess.run(
            [
                str(POSTGRESQL / "initdb"),
                "--pgdata=data",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            cwd=self._folder,
            user=self._user,
            check=True,
            capture_output=True,
        )

    def url(self, database: str) -> str:
        """Return the address of *database* in this cluster."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start on the kept data and wait until it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "60",
            "shared_buffers": "64MB",
            # Not UTC on purpose: instants must come back right all the same.
            "timezone": "Asia/Shanghai",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(POSTGRESQL / "postgres"), "-D", "data", *options],
                cwd=self._folder,
                user=self._user,
                stdout=log,
                stderr=log,
            )
        until(self._answers, f"PostgreSQL takes connections; its log is {self._folder}/log")

    def stop(self) -> None:
        """End it in good order, disconnecting everyone."""
        self._let_go()
        if self._process is not None:
            self._process.send_signal(2)  # SIGINT: fast shutdown
            self._process.wait(PATIENCE_S)
            self._process = None

    def kill(self) -> None:
        """End it at once, as a power cut would; the next start recovers from its log."""
        self._let_go()
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: immediate shutdown, nothing is tidied up
            self._process.wait(PATIENCE_S)
            self._process = None

    def throw_away(self) -> None:
        """Stop it and remove its data."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Create a database from *template* and return its address."""
        self._command("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, disconnecting whoever is still there."""
        self._command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _command(self, statement: str, *names: str) -> None:
        if self._owner is None:
            self._owner = psycopg.connect(self.url("postgres"), autocommit=True)
        identifiers = [sql.Identifier(name) for name in names]
        self._owner.execute(sql.SQL(statement).format(*identifiers))

    def _let_go(self) -> None:
        if self._owner is not None:
            self._owner.close()
            self._owner = None

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"PostgreSQL ended; its log is {self._folder}/log")
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False
