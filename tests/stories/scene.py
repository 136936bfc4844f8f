"""A story: people with phones, a band, the whole service, and a clock that the story moves.

What is real: the database (migrated), the pipeline of pings, the alerts role as production builds
it, the providers' own packages over loopback HTTP, the service's pages and signed callbacks. What
stands in: the phone network with its people. See docs/testing.md, "Stories".
"""

from typing import Any

from aihuijia.senders import limits_of
from alerts.auditor import audit
from core.clock import ManualClock
from core.incidents import EntryKind, Incident, IncidentState
from simulators.phone_network.record import Happened
from store import schema
from store.database import reading
from tests.scenes import Town, phone_of, rows
from tests.stories.cast import Person
from tests.stories.doings import Doings
from tests.stories.spoken import Line, taken, told
from tests.stories.stage import Stage

__all__ = ["Person", "Story"]

#: what nobody expected may come this long after a story, seconds
QUIET_S = 180.0


class Story(Doings):
    """One story on one database, and what came of it."""

    def __init__(self, town: Town, stage: Stage, clock: ManualClock) -> None:
        """Begin at the clock's time with one household and the team of *town*."""
        super().__init__(town, stage, clock)
        #: entries of the stand-in's record that the story expected
        self._heard: set[int] = set()

    @property
    def incident(self) -> Incident:
        """The incident that this story is about."""
        return self.town.incident(self.incident_id)

    @property
    def state(self) -> IncidentState:
        """Where people stand."""
        return self.incident.state

    @property
    def timeline(self) -> list[EntryKind]:
        """What happened to the incident, in order."""
        return self.town.timeline(self.incident_id)

    def sent(self, *people: Person) -> list[str]:
        """Return what left since the last look (to *people* only), and count it as expected."""
        wanted = {person.number for person in people}
        lines = [line for line in self._unheard() if not wanted or line.number in wanted]
        self._heard |= {line.entry for line in lines}
        return told(lines, since=self.began_at, name=self._name)

    def texts_to(self, person: Person) -> list[str]:
        """Return every text and call script that was taken for a person, the first one first."""
        lines = taken(self.engine, self.network.record.entries())
        return [line.text for line in lines if line.number == person.number]

    def replies_to(self, person: Person) -> list[str]:
        """Return what the service answered at once to a person's texts."""
        phones = self.stage.phones.get("/phones").json()
        texts = [
            m for phone in phones if phone["number"] == person.number for m in phone["messages"]
        ]
        ours = {line.text for line in taken(self.engine, self.network.record.entries())}
        return [m["body"] for m in texts if m["direction"] == "in" and m["body"] not in ours]

    def refused(self) -> list[int]:
        """Return the codes of requests that the provider refused, in order."""
        entries = self.record(Happened.REQUEST_REFUSED)
        return [entry.detail["code"] for entry in entries]

    def outcomes(self, kind: str) -> list[str]:
        """Return what became of what arrived: the inbox's outcomes of this kind."""
        return rows(self.engine, schema.inbox, "outcome", kind=kind)

    def statuses(self, **where: Any) -> list[tuple[str, str | None]]:
        """Return (status, reason) of the messages with these columns."""
        return rows(self.engine, schema.notification, "status", "reason", **where)

    def incidents(self) -> int:
        """Return how many incidents there were."""
        return len(rows(self.engine, schema.incident, "id"))

    def wraps_up(self) -> None:
        """Have the coordinator close as found: whoever was woken hears it once, nobody else."""
        woken = self.incident.woken
        self.sent()
        self.operator("close", outcome="found")
        wanted = sorted(phone_of(p) for p in woken if self._can_be_told(p))
        for _ in range(13):  # a phone that rang a moment ago is not called again at once
            closings = [line for line in self._unheard() if "closing" in line.matter]
            if len(closings) >= len(wanted):
                break
            self.passes(5)
        self._heard |= {line.entry for line in closings}

        assert wanted == sorted(line.number for line in closings)

    def ends(self) -> None:
        """Be quiet for three minutes: AssertionError with whatever nobody expected."""
        self.passes(QUIET_S)
        with reading(self.engine) as connection:
            problems = audit(
                connection, self.clock.now(), patience_s=60, limits=limits_of(self.settings)
            )
        unexpected = [
            *told(self._unheard(), since=self.began_at, name=self._name),
            *(f"audit: {p.rule.value} {p.row_id}" for p in problems),
            *(f"log: {line}" for line in self.noise.unexpected()),
        ]

        assert [] == unexpected

    def clear(self) -> None:
        """Let everything go."""
        self.worker_restarts()
        self.stage.clear()
        self.noise.close()

    def _unheard(self) -> list[Line]:
        lines = taken(self.engine, self.network.record.entries())
        return [line for line in lines if line.entry not in self._heard]

    def _can_be_told(self, person_id: int) -> bool:
        points = rows(self.engine, schema.contact_point, "disabled_reason", person_id=person_id)
        return any(reason is None for reason in points)
