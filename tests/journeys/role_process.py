"""A role of the service in its own process, which a test may kill and start again."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.processes import start
from tests.servers import PATIENCE_S


class RoleProcess:
    """`aihuijia <role>` with fixed settings; its log is `<role>.log` in its folder."""

    def __init__(self, role: str, settings: Mapping[str, str], folder: Path) -> None:
        """Prepare; nothing runs before `start`."""
        self._role = role
        self._settings = settings
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return its number; another one after each start."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Say whether it runs and has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and return at once."""
        self._process = start(self._role, self._settings, cwd=self._folder)

    def kill(self) -> None:
        """End it as a power cut would. AssertionError when it had ended by itself."""
        assert self._process is not None
        ended_by_itself = self._process.poll()
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self._process = None
        assert ended_by_itself is None, f"{self._role} ended by itself: {self.log()[-2000:]}"

    def throw_away(self) -> None:
        """End it, whatever state it is in."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def log(self) -> str:
        """Return all that it has written."""
        path = self._folder / f"{self._role}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
