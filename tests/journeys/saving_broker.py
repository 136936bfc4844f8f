"""Mosquitto that keeps its queue as in production: saved every few seconds, not at each change."""

import signal
from pathlib import Path

from tests.servers import Mosquitto, until

_PRODUCTION = Path(__file__).parents[2] / "deploy/mosquitto/mosquitto.conf"
#: what it writes into its log when it could not save
FULL = "No space left on device"
#: which lines of its configuration decide what survives a crash
_SAVING = ("autosave", "max_queued", "max_inflight", "persistent_client")


class SavingBroker(Mosquitto):
    """A broker that the test may kill; a crash costs it what came since it saved last."""

    def __init__(self, kept_in: Path | None = None) -> None:
        """*kept_in*: where it saves its queue, if not in a folder of its own."""
        super().__init__()
        path = self._folder / "mosquitto.conf"
        self.saved = (kept_in or self._folder) / "mosquitto.db"
        kept = [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if not line.startswith((*_SAVING, "persistence_location"))
        ]
        saving = [
            line
            for line in _PRODUCTION.read_text(encoding="utf-8").splitlines()
            if line.startswith(_SAVING)
        ]
        lines = [*kept, *saving, f"persistence_location {self.saved.parent}/"]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def save(self) -> None:
        """Have it save now and not in some seconds; returns when it has, or says that it cannot."""
        assert self._process is not None
        before, complaints = self._when_saved(), self.log().count(FULL)
        self._process.send_signal(signal.SIGUSR1)
        until(
            lambda: self._when_saved() != before or self.log().count(FULL) > complaints,
            "Mosquitto saves its queue",
        )

    def _when_saved(self) -> int:
        return self.saved.stat().st_mtime_ns if self.saved.exists() else 0

    def log(self) -> str:
        """Return all that it has written."""
        return (self._folder / "log").read_text(encoding="utf-8")
