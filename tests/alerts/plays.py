"""One incident on a stage: the pure lifecycle with a clock in seconds and an outbox's memory.

A `Play` applies moves as the desk does: what was ordered once (same key) is not sent again, and
whoever was asked counts as woken.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts import answering, lifecycle
from alerts.lifecycle import Move
from core.incidents import Answer, EntryKind, Incident, IncidentState, Outcome, Trigger
from core.notifications import Order, Purpose
from core.people import PHONE, Channel, Roster

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CHEN, SHEN = 1, 2  # the two guardians
LI, WU = 11, 12  # the rescue team
MA = 21  # the operator

SMS, VOICE = Channel.SMS, Channel.VOICE

#: (seconds, person, channel)
Line = tuple[int, int, Channel]


def roster(
    *,
    guardians: tuple[int, ...] = (CHEN, SHEN),
    rescuers: tuple[int, ...] = (LI, WU),
    operators: tuple[int, ...] = (MA,),
    deaf: Collection[tuple[int, Channel]] = (),
) -> Roster:
    """Return a roster on which everyone can be reached, except as *deaf* says."""
    everyone = (*guardians, *rescuers, *operators)
    return Roster(
        guardians=guardians,
        rescuers=rescuers,
        operators=operators,
        reachable=frozenset(
            (person, channel)
            for person in everyone
            for channel in PHONE
            if (person, channel) not in deaf
        ),
    )


def both(*people: int) -> list[tuple[int, Channel]]:
    """Return *people* on both channels, for `deaf`."""
    return [(person, channel) for person in people for channel in PHONE]


class Play:
    """One incident, from its opening on."""

    def __init__(self, cast: Roster | None = None) -> None:
        """Begin at second 0 with nothing open."""
        self.roster = cast or roster()
        self.now_s = 0.0
        self.orders: list[tuple[int, Order]] = []
        self.entries: list[EntryKind] = []
        self.moves: list[Move] = []
        #: does anything that is ordered go out?
        self.has_provider = True
        self._keys: set[tuple[object, ...]] = set()
        self._incident: Incident | None = None

    @property
    def incident(self) -> Incident:
        """Return the incident as it is now."""
        assert self._incident is not None
        return self._incident

    @property
    def state(self) -> IncidentState:
        """Return where people stand."""
        return self.incident.state

    @property
    def due_s(self) -> float | None:
        """Return the second of the next look, None when there is none."""
        due_at = self.incident.next_action_at
        return None if due_at is None else (due_at - START).total_seconds()

    def now(self) -> datetime:
        """Return the instant on stage."""
        return START + timedelta(seconds=self.now_s)

    # -- what happens ------------------------------------------------------------------------------

    def opens(self, trigger: Trigger) -> "Play":
        """Open loudly."""
        self.apply(
            lifecycle.alarm(
                elder_id=7, trigger=trigger, evidence={}, roster=self.roster, now=self.now()
            )
        )
        return self

    def suspects(self, trigger: Trigger = Trigger.CROSSING, wait_s: float = 180) -> "Play":
        """Open quietly."""
        self.apply(
            lifecycle.suspect(
                elder_id=7, trigger=trigger, wait_s=wait_s, evidence={}, now=self.now()
            )
        )
        return self

    def suspects_also(self, trigger: Trigger) -> None:
        """Suspect something else as well."""
        self.apply(
            lifecycle.suspect_more(
                self.incident, trigger=trigger, wait_s=360, evidence={}, now=self.now()
            )
        )

    def drops(self, trigger: Trigger) -> None:
        """Have one suspicion contradicted."""
        self.apply(
            lifecycle.drop_suspicion(self.incident, trigger=trigger, evidence={}, now=self.now())
        )

    def triggers_again(self, trigger: Trigger) -> None:
        """Meet another cause."""
        self.apply(
            lifecycle.trigger_again(
                self.incident, trigger=trigger, evidence={}, roster=self.roster, now=self.now()
            )
        )

    def sends_for_rescue(self) -> None:
        """Have a coordinator ask the rescue team."""
        self.apply(
            lifecycle.start_rescue(self.incident, self.roster, self.now(), reason="order:test")
        )

    def seems_back(self) -> None:
        """Hear the band from inside again."""
        self.apply(
            lifecycle.seems_back(self.incident, evidence={}, roster=self.roster, now=self.now())
        )

    def closes(self, outcome: Outcome = Outcome.FALSE_ALARM) -> None:
        """Be closed by an operator."""
        self.apply(
            lifecycle.close(
                self.incident,
                outcome=outcome,
                person_id=None,
                by="operator",
                roster=self.roster,
                now=self.now(),
            )
        )

    def says(self, person_id: int, said: Answer) -> None:
        """Hear *said* from *person_id* by SMS."""
        role = self.roster.role_of(person_id)
        assert role is not None
        self.apply(
            answering.answer(
                self.incident,
                person_id=person_id,
                role=role,
                said=said,
                channel="sms",
                roster=self.roster,
                now=self.now(),
            )
        )

    def waits_until(self, second: float) -> None:
        """Let time pass, doing at each due second what is due."""
        while (due_s := self.due_s) is not None and due_s <= second:
            self.now_s = max(self.now_s, due_s)
            self._advance()
        self.now_s = second

    def sleeps_until(self, second: float) -> None:
        """Let time pass with nobody looking, then catch up."""
        self.now_s = second
        while (due_s := self.due_s) is not None and due_s <= second:
            self._advance()

    def apply(self, move: Move) -> None:
        """Keep *move* as the desk would."""
        incident = move.incident
        self.moves.append(move)
        for order in move.orders:
            key = (
                incident.round,
                order.step,
                order.person_id,
                order.channel,
                order.purpose,
                order.topic,
            )
            if key not in self._keys:
                self._keys.add(key)
                self.orders.append((round(self.now_s), order))
        woken = {
            order.person_id
            for order in move.orders
            if order.purpose in (Purpose.ASK, Purpose.ALARM) and self.has_provider
        }
        self.entries.extend(entry.kind for entry in move.entries)
        self._incident = replace(incident, woken=incident.woken | woken, fence=incident.fence + 1)

    def _advance(self) -> None:
        self.apply(lifecycle.advance(self.incident, self.roster, self.now()))

    # -- what was heard ----------------------------------------------------------------------------

    def asked(self, since_s: float = 0) -> list[Line]:
        """Return who was asked or alarmed from *since_s* on."""
        return self._lines((Purpose.ASK, Purpose.ALARM), since_s)

    def told(self, purpose: Purpose, since_s: float = 0) -> list[Line]:
        """Return who got a message of *purpose* from *since_s* on."""
        return self._lines((purpose,), since_s)

    def topics(self, purpose: Purpose) -> list[tuple[int, str]]:
        """Return (person, topic) of messages of *purpose*."""
        return [
            (o.person_id, o.topic.partition("|")[0]) for _, o in self.orders if o.purpose is purpose
        ]

    def _lines(self, purposes: tuple[Purpose, ...], since_s: float) -> list[Line]:
        return [
            (second, order.person_id, order.channel)
            for second, order in self.orders
            if order.purpose in purposes and second >= since_s
        ]


def call(second: int, *lines: tuple[Channel, int]) -> list[Line]:
    """Return lines of one second."""
    return [(second, person, channel) for channel, person in lines]
