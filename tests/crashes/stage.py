"""A database, the stand-in phone network, time, and processes that are started to be killed."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alerts.auditor import audit
from core.incidents import Incident
from core.notifications import AttemptResult
from simulators.phone_network import BackgroundServer, Entry, Happened, create_phone_network
from store import incidents, schema
from store.database import reading
from tests.crashes.boundaries import Boundary, Moment
from tests.crashes.shared_clock import SharedClock
from tests.crashes.worker import Death, Job
from tests.scenes import Town, rows
from tests.servers import until

ACCOUNT = "AC00000000000000000000000000000121"
TOKEN = "a secret for throw-away servers"
NUMBER = "+15005550006"
#: nobody listens there: what the provider would post, a story posts itself
PUBLIC_URL = "http://127.0.0.1:9"
_ROOT = Path(__file__).parent.parent.parent
_ATTEMPT = re.compile(r"token=(\d+)-(\d+)")


class Worker:
    """The warm parent of all processes that are started here."""

    def __init__(self, folder: Path, start: datetime) -> None:
        """Start it; its clock stands at *start*."""
        self.clock = SharedClock(folder / "clock", start)
        self._errors = folder / "worker.log"
        with self._errors.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.crashes.worker", str(folder / "clock")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=_ROOT,
                # one thread: forking a process with several is not sound
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                text=True,
            )

    def starts(self, job: Job) -> int:
        """Have one child begin with *job*; return its number."""
        assert self._process.stdin is not None
        self._process.stdin.write(job.to_line() + "\n")
        self._process.stdin.flush()
        return int(self._hears()["pid"])

    def ends(self) -> dict[str, Any]:
        """Wait for the child's end and say how it came."""
        return self._hears()

    def _hears(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the worker ended: {self.log()[-2000:]}"
        said: dict[str, Any] = json.loads(line)
        return said

    def log(self) -> str:
        """Return everything that processes complained about."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def end(self) -> None:
        """Let it go."""
        self._process.communicate(timeout=20)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the world does to the service; again, when it was not thanked."""

    do: str
    values: Mapping[str, Any]


class Stage:
    """One household on one database, whose service runs in processes that may die."""

    def __init__(self, town: Town, worker: Worker, start: datetime) -> None:
        """Begin at *start* with nothing heard yet."""
        self.town = town
        self._worker = worker
        self.clock = worker.clock
        behind = (start - self.clock.now()).total_seconds()
        self.clock.advance(max(0.0, behind))
        self._waiting: list[Act] = []
        self._quiet_until = len(worker.log())
        self.network = create_phone_network(
            clock=self.clock,
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            number=NUMBER,
            public_url=PUBLIC_URL,
        )
        self._server = BackgroundServer(self.network.app)
        self._server.start()
        self.breaks("no_receipts")
        url = town.engine.url.render_as_string(hide_password=False)
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._settings = {
            "database_url": self._url,
            "public_url": PUBLIC_URL,
            "secret_key": "a key for throw-away servers only 0123",
            "sms_provider": "twilio",
            "voice_provider": "twilio",
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            "twilio_from": NUMBER,
            "twilio_api_url": self._server.url,
        }

    def throw_away(self) -> None:
        """Stop the stand-in."""
        self._server.stop()
        self.network.close()

    def breaks(self, fault: str, **more: Any) -> None:
        """Put the provider into *fault* (`simulators/phone_network/faults.py`)."""
        body = json.dumps({"fault": fault, **more}).encode()
        request = urllib.request.Request(
            f"{self._server.url}/faults", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20):
            pass

    # -- what happens ------------------------------------------------------------------------------

    def does(self, *acts: Act) -> None:
        """Have a process do *acts*; those that nobody has looked at yet share one."""
        self._waiting.extend(acts)

    def dies(self, act: Act, boundary: Boundary, moment: Moment, *, nth: int = 1) -> None:
        """Have a process die in *act*; AssertionError when it never comes to that boundary."""
        self.catch_up()
        death = Death(boundary=boundary.value, moment=moment.value, nth=nth)
        self._worker.starts(self._job([act], death))
        ended = self._worker.ends()
        assert ended["status"] != 1, self.complaints()
        assert ended["killed"], f"never {moment} {boundary}, only {ended['seen']}"

    def dies_in_a_call(self, act: Act) -> None:
        """Have a process killed while it waits for the provider, who has taken the message."""
        taken = len(self.taken())
        self.breaks("hangs_after_accepting", hang_s=10)
        child = self._worker.starts(self._job([act]))
        until(lambda: len(self.taken()) > taken, "the provider takes a message")
        os.kill(child, signal.SIGKILL)
        ended = self._worker.ends()
        self.breaks("no_receipts")
        assert ended["killed"]

    def catch_up(self) -> None:
        """Let a process do what waits to be done."""
        acts, self._waiting = self._waiting, []
        if acts:
            self._worker.starts(self._job(acts))
            ended = self._worker.ends()
            assert ended["status"] == 0, self._complaints()

    def _job(self, acts: list[Act], death: Death | None = None) -> Job:
        return Job(
            acts=[(act.do, dict(act.values)) for act in acts],
            database_url=self._url,
            settings=self._settings,
            death=death,
        )

    # -- what is true ------------------------------------------------------------------------------

    def incidents(self) -> list[Incident]:
        """Return every incident, as stored."""
        self.catch_up()
        with reading(self.town.engine) as connection:
            ids = connection.scalars(
                schema.incident.select().with_only_columns(schema.incident.c.id)
            )
            return [incidents.load(connection, incident_id) for incident_id in ids.all()]

    def taken(self) -> list[Entry]:
        """Return what the stand-in took, as it wrote down itself."""
        self.catch_up()
        accepted = (Happened.MESSAGE_ACCEPTED, Happened.CALL_ACCEPTED)
        return [one for one in self.network.record.entries() if one.happened in accepted]

    def sends(self) -> Counter[int]:
        """Return how often the stand-in took each logical message."""
        found = (_ATTEMPT.search(one.detail["status_callback"]) for one in self.taken())
        return Counter(int(one.group(1)) for one in found if one)

    def believed_out(self) -> set[int]:
        """Return the logical messages of which the service believes that the provider took them."""
        took = {AttemptResult.ACCEPTED.value, AttemptResult.AMBIGUOUS.value}
        attempts = self.rows(schema.attempt, "notification_id", "result")
        return {message_id for message_id, result in attempts if result in took}

    def heard_from_us(self) -> set[str]:
        """Return every number that the stand-in was asked to reach."""
        return {one.detail["to"] for one in self.taken()}

    def rows(self, table: Any, *columns: str) -> list[Any]:
        """Return what is stored."""
        self.catch_up()
        return rows(self.town.engine, table, *columns)

    def problems(self) -> list[Any]:
        """Return what the auditor finds."""
        self.catch_up()
        with reading(self.town.engine) as connection:
            return list(audit(connection, self.clock.now(), patience_s=60))

    def complaints(self) -> str:
        """Return what processes of this stage complained about."""
        self.catch_up()
        return self._complaints()

    def _complaints(self) -> str:
        return self._worker.log()[self._quiet_until :]


def hears(report_id: str, **said: Any) -> Act:
    """Return the act of a band that reports, from so many metres (*east_m*) east of home."""
    return Act("hears", {"report_id": report_id, **said})


def waits(seconds: float) -> Act:
    """Return the act of nobody."""
    return Act("waits", {"seconds": seconds})


def lives(seconds: float) -> Act:
    """Return the act of a service at work for so long."""
    return Act("lives", {"seconds": seconds})


TICK = Act("ticks", {})
