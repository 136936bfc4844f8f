"""A process that has imported the service and forks one child for each life of the service.

    python -m tests.crashes.worker <file of the clock>

Each line it reads is a `Job` as JSON; it writes a line with the child's number, and one that says
how the child ended. A child does
things through the service's own doors and roles, and dies by SIGKILL at the boundary it is told,
where a power cut would leave it. The parent has one thread, so that forking it is sound.
"""

import asyncio
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, case, func, select
from twilio.request_validator import RequestValidator

from aihuijia.alerts_role import AlertsRole
from api.app import create_app
from api.inbox_door import hand_in
from api.services import Services
from core.incidents import IncidentState
from core.notifications import NotificationStatus
from core.settings import Settings
from store import schema
from store.database import open_database, reading
from tests.crashes.boundaries import Boundary, Moment, watch
from tests.crashes.shared_clock import SharedClock
from tests.scenes import HOME, message, report, take

#: what is due at one instant is done within so many looks, or it is due for ever
_MOST_LOOKS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """Die at the *nth* of these boundaries."""

    boundary: str
    moment: str
    nth: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one child does."""

    #: methods of `Life` with their values, one after the other
    acts: list[tuple[str, dict[str, Any]]]
    database_url: str
    settings: dict[str, Any]
    death: Death | None = None

    def to_line(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> "Job":
        """Return the job of one line."""
        data = json.loads(line)
        death = data.pop("death")
        return cls(**data, death=Death(**death) if death else None)


class Life:
    """One process of the service, from its start to its end."""

    def __init__(self, engine: Engine, clock: SharedClock, settings: Settings) -> None:
        """Work on *engine* at the time of *clock*."""
        self._engine = engine
        self._clock = clock
        self._settings = settings

    # -- ingest ------------------------------------------------------------------------------------

    def hears(self, report_id: str, east_m: float | None = None, **more: Any) -> None:
        """Take a band's report and commit it; the broker gives it again until it is thanked."""
        at = self._clock.now()
        place = None if east_m is None else HOME.moved(east_m=east_m)
        said = report(report_id, at=at, position=place, **more)
        take(self._engine, message("band-1", said, at=at))

    # -- api ---------------------------------------------------------------------------------------

    def posts(self, path: str, form: dict[str, str]) -> None:
        """Take what the provider posts."""
        url = self._settings.public_url + path
        token = self._settings.twilio_auth_token.get_secret_value()
        signature = RequestValidator(token).compute_signature(url, form)
        asyncio.run(self._post(path, form, {"X-Twilio-Signature": signature}))

    async def _post(self, path: str, form: dict[str, str], headers: dict[str, str]) -> None:
        door = httpx.ASGITransport(create_app(self._services()))
        async with httpx.AsyncClient(transport=door, base_url=self._settings.public_url) as outside:
            answer = await outside.post(path, data=form, headers=headers)
        answer.raise_for_status()

    def hands_in(self, key: str, kind: str, body: dict[str, Any]) -> None:
        """Take what a page posted, or a coordinator ordered."""
        hand_in(self._services(), source="page", key=key, kind=kind, body=body)

    def _services(self) -> Services:
        return Services(engine=self._engine, clock=self._clock, settings=self._settings)

    # -- alerts ------------------------------------------------------------------------------------

    def ticks(self) -> None:
        """Do everything that is due at this instant."""
        for _ in range(_MOST_LOOKS):
            role = AlertsRole(self._settings, self._engine, self._clock)
            role.ticker.tick()
            role.stop()
            due_at = next_due_at(self._engine)
            if due_at is None or due_at > self._clock.now():
                return
        raise AssertionError(f"something stays due for ever at {self._clock.now()}")

    def lives(self, seconds: float) -> None:
        """Let *seconds* pass, doing everything at the instant at which it is due."""
        end = self._clock.now() + timedelta(seconds=seconds)
        self.ticks()
        while (due_at := next_due_at(self._engine)) is not None and due_at <= end:
            self._clock.advance(max(0.0, (due_at - self._clock.now()).total_seconds()))
            self.ticks()
        self._clock.advance(max(0.0, (end - self._clock.now()).total_seconds()))

    def waits(self, seconds: float) -> None:
        """Let *seconds* pass in which the service does nothing."""
        self._clock.advance(seconds)


def next_due_at(engine: Engine) -> datetime | None:
    """Return when time has something to do next, None when nothing waits."""
    incident, waiting, inbox = schema.incident, schema.notification, schema.inbox
    came = func.coalesce(inbox.c.next_try_at, inbox.c.received_at)
    paused = incident.c.paused_until > incident.c.next_action_at
    due = case((paused, incident.c.paused_until), else_=incident.c.next_action_at)
    looks = (
        select(func.min(due)).where(incident.c.state != IncidentState.CLOSED.value),
        select(func.min(waiting.c.next_try_at)).where(
            waiting.c.status == NotificationStatus.READY.value
        ),
        select(func.min(waiting.c.lease_until)).where(
            waiting.c.status == NotificationStatus.SENDING.value
        ),
        select(func.min(waiting.c.receipt_due_at)),
        select(func.min(came)).where(inbox.c.processed_at.is_(None)),
    )
    with reading(engine) as connection:
        instants = [connection.scalar(look) for look in looks]
    return min((instant for instant in instants if instant is not None), default=None)


# -- dying -----------------------------------------------------------------------------------------


def _mark(death: Death | None, seen: list[str]) -> Callable[[Boundary, Moment], None]:
    left = death.nth if death else 0

    def reached(boundary: Boundary, moment: Moment) -> None:
        nonlocal left
        seen.append(f"{boundary} {moment}")
        if death is None or (death.boundary, death.moment) != (boundary.value, moment.value):
            return
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def _live(job: Job, engine: Engine, clock: SharedClock, seen: list[str]) -> None:
    watch(engine, _mark(job.death, seen))
    life = Life(engine, clock, Settings.model_validate(job.settings))
    for do, values in job.acts:
        getattr(life, do)(**values)


def _in_a_child(job: Job, engine: Engine, clock: SharedClock) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        seen: list[str] = []
        status = 0
        try:
            _live(job, engine, clock, seen)
        except BaseException:  # noqa: BLE001  a child must end here, whatever happened
            sys.excepthook(*sys.exc_info())
            status = 1
        os.write(writer, json.dumps(seen).encode())
        os._exit(status)
    os.close(writer)
    _say({"pid": child})
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    _, ended = os.waitpid(child, 0)
    return {
        "killed": os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL,
        "status": os.waitstatus_to_exitcode(ended),
        "seen": json.loads(said) if said else [],
    }


def _say(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Do one job for each line until there are no more."""
    logging.basicConfig(level=logging.ERROR)
    clock = SharedClock(Path(sys.argv[1]))
    engines: dict[str, Engine] = {}
    gc.freeze()
    for line in sys.stdin:
        job = Job.from_line(line)
        engine = engines.get(job.database_url)
        if engine is None:
            engine = engines[job.database_url] = open_database(job.database_url)
        _say(_in_a_child(job, engine, clock))


if __name__ == "__main__":
    main()
