"""Whatever happens, in whatever order, to the real thing on a database: the promise holds.

Bands, people, providers, receipts, coordinators, outages and deaths between any two commits; after
every step the rules of docs/architecture.md are looked for in the rows and in what the providers
wrote down themselves, beside the auditor's own findings.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from core.incidents import Answer, EntryKind, Incident, IncidentState, Outcome
from core.notifications import NotificationStatus, Trouble
from core.people import Channel
from store import schema
from store.database import reading
from tests.alerts.promise_world import Ground, Mode, World
from tests.crashes.boundaries import Boundary, Moment
from tests.scenes import Town, phone_of, rows

#: the longest that an incident may go without a new ask while nobody goes: half an hour's pause,
#: the interval of the last stage, and a little
LADDER_S = 1800 + 600 + 90
PEOPLE = st.integers(0, 4)
#: how long the service is at work after something happened; None: it has not looked yet
THEN_S = st.sampled_from([None, 0, 7, 61, 200])
MODES = st.sampled_from([Mode.FINE, Mode.FINE, *Mode])
_ASKS = ("ask", "alarm")
_ASKING = (IncidentState.GUARDIANS, IncidentState.RESCUE, IncidentState.UNANSWERED)
_STATUSES = (
    *("queued", "sent", "delivered", "undelivered", "failed"),
    *("completed", "busy", "no-answer", "read"),
)
_WORDS = ("1", "2", "3", "4", "５", "收到", "去", "不能", "1 1", "1 2", "99", "?", "no", "1。")
#: a process dies where the rows of this are committed; deaths whose outcome threads would decide
#: (which of two records came first) are left to tests/crashes
_DEATHS = [
    (boundary, moment)
    for boundary in Boundary
    for moment in Moment
    if boundary is not Boundary.OTHER and (boundary, moment) != (Boundary.RECORD, Moment.AFTER)
]


class PromiseMachine(RuleBasedStateMachine):
    """One household, thrown about."""

    #: what each example begins on
    ground: Ground

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        #: incidents that may be closed, because a human said so or nobody was ever woken
        self.may_be_closed: set[int] = set()
        #: how many sends were looked at, and what was over before they were made
        self.checked = 0
        self.over: dict[int, datetime] = {}
        self.answers_kept = 0
        #: whether everything that is due was done
        self.is_idle = True

    @initialize(
        has_budgets=st.booleans(),
        tells=st.booleans(),
        sms=MODES,
        voice=MODES,
        beginning=st.sampled_from(["sos", "fall", "leaves", "strap"]),
    )
    def begin(self, has_budgets: bool, tells: bool, sms: Mode, voice: Mode, beginning: str) -> None:
        """Begin with something that has just happened, and providers in some state."""
        self.world = World(self.ground, has_budgets=has_budgets, tells=tells)
        self.has_budgets = has_budgets
        self.provider_does(Channel.SMS, sms, None)
        self.provider_does(Channel.VOICE, voice, None)
        match beginning:
            case "leaves":
                self.is_somewhere(0, 60, None)
                self.is_somewhere(600, 60, None)
            case "strap":
                self.strap(True, None)
                self.strap(False, None)
            case alarm:
                self.alarms(alarm, None)

    # -- bands -------------------------------------------------------------------------------------

    @rule(alarm=st.sampled_from(["sos", "fall"]), then_s=THEN_S)
    def alarms(self, alarm: str, then_s: float | None) -> None:
        """Have the band raise an alarm."""
        self.world.hears(alarms=[alarm], why="alarm")
        self._goes_on(then_s)

    @rule(east_m=st.sampled_from([0, 0, 600, 2500]), wait_s=st.sampled_from([0, 60]), then_s=THEN_S)
    def is_somewhere(self, east_m: float, wait_s: float, then_s: float | None) -> None:
        """Have the band report a good fix, twice for good measure."""
        home = self.world.town.household.home
        for _ in range(2):
            self.world.clock.advance(wait_s)
            self.world.hears(position=home.moved(east_m=east_m))
        self._note_dropped()
        self._goes_on(then_s)

    @rule(worn=st.booleans(), then_s=THEN_S)
    def strap(self, worn: bool, then_s: float | None) -> None:
        """Have the band taken off, or put on."""
        self.world.hears(worn=worn)
        self._note_dropped()
        self._goes_on(then_s)

    def _note_dropped(self) -> None:
        """A contradicted suspicion may end what nobody was woken for."""
        for one in self.world.incidents():
            if one.outcome is Outcome.NOT_CONFIRMED and not one.woken:
                self.may_be_closed.add(one.id)

    # -- people ------------------------------------------------------------------------------------

    @rule(who=PEOPLE, text=st.sampled_from(_WORDS), at_once=st.booleans(), then_s=THEN_S)
    def texts(self, who: int, text: str, at_once: bool, then_s: float | None) -> None:
        """Have anybody text anything."""
        self._let_close()
        self.world.arrives("reply", {"from": phone_of(self.world.people[who]), "text": text})
        self._may_be_handled(at_once, then_s)

    @rule(
        who=PEOPLE,
        said=st.sampled_from(Answer),
        at_once=st.booleans(),
        then_s=THEN_S,
        again=st.booleans(),
    )
    def answers(
        self, who: int, said: Answer, at_once: bool, again: bool, then_s: float | None
    ) -> None:
        """Have anybody answer on their page, perhaps twice with one press."""
        found = self.world.incidents()
        if not found:
            return
        self._let_close()
        self.answers_kept += 1
        body = {
            "incident_id": found[-1].id,
            "person_id": self.world.people[who],
            "answer": said.value,
        }
        for _ in range(1 + again):
            self.world.arrives("answer", body, key=f"page-{self.answers_kept}")
        self._may_be_handled(at_once, then_s)

    @rule(
        key=st.sampled_from(["1", "2", "9"]),
        newest=st.integers(1, 4),
        at_once=st.booleans(),
        then_s=THEN_S,
    )
    def presses(self, key: str, newest: int, at_once: bool, then_s: float | None) -> None:
        """Have somebody press a key in one of the last calls."""
        calls = [one for one in self.world.taken() if one.channel is Channel.VOICE]
        if calls:
            token = calls[-min(newest, len(calls))].token
            self.world.arrives("keypress", {"token": token, "key": key})
            self._may_be_handled(at_once, then_s)

    @rule(
        do=st.sampled_from(["rescue", "pause", "pause", "resume", "close"]),
        seconds=st.sampled_from([60, 900, 10_000]),
        outcome=st.sampled_from([Outcome.FOUND, Outcome.FALSE_ALARM]),
        then_s=THEN_S,
    )
    def orders(self, do: str, seconds: int, outcome: Outcome, then_s: float | None) -> None:
        """Have a coordinator give an order."""
        found = self.world.incidents()
        if not found:
            return
        if do == "close":
            self._let_close()
        body = {"incident_id": found[-1].id, "do": do, "by": "duty room"}
        body |= {"seconds": seconds, "outcome": outcome.value}
        self.world.arrives("order", body)
        self._may_be_handled(True, then_s)

    def _let_close(self) -> None:
        self.may_be_closed |= {one.id for one in self.world.incidents() if one.is_open}

    def _may_be_handled(self, at_once: bool, then_s: float | None) -> None:
        if at_once:
            self.world.handles()
        self._goes_on(then_s)

    # -- providers ---------------------------------------------------------------------------------

    @rule(
        channel=st.sampled_from([Channel.SMS, Channel.VOICE]),
        mode=MODES,
        then_s=THEN_S,
    )
    def provider_does(self, channel: Channel, mode: Mode, then_s: float | None) -> None:
        """Let a provider do well, or badly."""
        self.world.providers[channel].mode = mode
        self._goes_on(then_s)

    @rule(
        newest=st.integers(1, 6),
        statuses=st.lists(st.sampled_from(_STATUSES), min_size=1, max_size=3),
        trouble=st.sampled_from([None, None, Trouble.AWAY, Trouble.BLOCKED, Trouble.EXPIRED]),
        twice=st.booleans(),
        then_s=THEN_S,
    )
    def receipts(
        self,
        newest: int,
        statuses: list[str],
        trouble: Trouble | None,
        twice: bool,
        then_s: float | None,
    ) -> None:
        """Have receipts come for one of the last messages, in any order, perhaps twice."""
        taken = self.world.taken()
        if not taken:
            return
        one = taken[-min(newest, len(taken))]
        notification, _, number = one.token.partition("-")
        for status in statuses * (1 + twice):
            body: dict[str, Any] = {
                "notification": int(notification),
                "number": int(number),
                "provider_id": one.provider_id,
                "status": status,
                "error": "30003" if status in ("failed", "undelivered") else None,
            }
            if trouble is not None:
                body["trouble"] = trouble.value
            self.world.arrives("receipt", body, key=f"{one.provider_id}:{status}")
        self._goes_on(then_s)

    # -- time and death ----------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([31, 130, 301, 700, 1900]))
    def time_passes(self, seconds: int) -> None:
        """Let time pass with the service at work."""
        self._goes_on(seconds)

    @rule(seconds=st.sampled_from([45, 400, 4000]))
    def outage(self, seconds: int) -> None:
        """Let time pass with no process alive; then one begins."""
        self._remember_what_is_over()
        self.world.clock.advance(seconds)
        self._goes_on(0)

    @rule(death=st.sampled_from(_DEATHS), then_s=THEN_S)
    def dies(self, death: tuple[Boundary, Moment], then_s: float | None) -> None:
        """Let the next process that comes there die."""
        self.world.kills(*death)
        self._goes_on(then_s)

    def _goes_on(self, seconds: float | None) -> None:
        """Let the service be at work for so long; for 0 it does what is due now."""
        self.is_idle = seconds is not None
        if seconds is not None:
            self._remember_what_is_over()
            self.world.passes(seconds)
            self.world.ticks()

    def _remember_what_is_over(self) -> None:
        for one in self.world.incidents():
            if one.closed_at is not None:
                self.over.setdefault(one.id, one.closed_at)

    # -- what must hold, always --------------------------------------------------------------------

    @invariant()
    def an_open_incident_has_its_next_look(self) -> None:
        """I1, and at most one is open."""
        found = self.world.incidents()

        assert all(one.is_open == (one.next_action_at is not None) for one in found)
        assert 1 >= sum(one.is_open for one in found)

    @invariant()
    def only_people_and_contradictions_end_it(self) -> None:
        """Nothing that woke somebody ends without a human."""
        closed = {one.id for one in self.world.incidents() if not one.is_open}

        assert closed <= self.may_be_closed

    @invariant()
    def no_phone_is_reached_a_third_time(self) -> None:
        """I5, as the providers wrote it down: even what they may have taken counts."""
        assert 2 >= max(self.world.possible().values(), default=0)

    @invariant()
    def nobody_is_asked_about_what_is_over(self) -> None:
        """I6: no ask reaches a phone that was claimed after the end."""
        taken = self.world.taken()
        purposes = self.world.purposes()
        for one in taken:
            purpose, incident_id = purposes[one.message_id]
            ended_at = self.over.get(incident_id)
            assert purpose not in _ASKS or ended_at is None or one.at <= ended_at

    @invariant()
    def numbers_keep_their_budgets(self) -> None:
        """I7, as the providers wrote it down."""
        if not self.has_budgets:
            return
        limits = self.world.limits
        for (_, channel), instants in self.world.by_number().items():
            if channel is Channel.SMS:
                assert limits.sms_per_day >= _most_within(instants, timedelta(days=1))
            else:
                assert limits.calls_per_hour >= _most_within(instants, timedelta(hours=1))
                assert limits.calls_per_day >= _most_within(instants, timedelta(days=1))

    @invariant()
    def the_timeline_has_no_gap(self) -> None:
        """I9: numbers begin at one and leave none out."""
        numbers: dict[int, list[int]] = {}
        for incident_id, number in rows(
            self.world.engine, schema.timeline, "incident_id", "number"
        ):
            numbers.setdefault(incident_id, []).append(number)

        assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())

    # -- what must hold once all that is due was done ----------------------------------------------

    @precondition(lambda self: self.is_idle)
    @invariant()
    def nothing_that_is_due_lies_about(self) -> None:
        """I2, I3: no step, message or answer waits."""
        now = self.world.clock.now()
        message, inbox = schema.notification, schema.inbox
        with reading(self.world.engine) as connection:
            late = connection.scalars(
                select(message.c.id).where(
                    message.c.status == NotificationStatus.READY.value,
                    message.c.next_try_at < now,
                )
            ).all()
            hanging = connection.scalars(
                select(message.c.id).where(
                    message.c.status == NotificationStatus.SENDING.value,
                    message.c.lease_until < now,
                )
            ).all()
            unheard = connection.scalar(
                select(func.count()).where(
                    inbox.c.processed_at.is_(None), inbox.c.kind != "receipt"
                )
            )

        assert ([], [], 0) == (list(late), list(hanging), unheard)

    @precondition(lambda self: self.is_idle)
    @invariant()
    def every_answer_counts_once(self) -> None:
        """What people said on their pages is on record as often as they said it."""
        pages = [by for by in rows(self.world.engine, schema.answer, "channel") if by == "page"]

        assert self.answers_kept == len(pages)

    @precondition(lambda self: self.is_idle)
    @invariant()
    def somebody_new_is_always_being_asked(self) -> None:
        """I4, I8: while nobody goes and nothing is paused, a step was taken not long ago."""
        found = self.world.open_one()
        if found is None or found.state not in _ASKING or found.paused_until is not None:
            return
        last = self._last_step(found)

        assert last is not None
        assert (self.world.clock.now() - last).total_seconds() <= LADDER_S

    @precondition(lambda self: self.is_idle)
    @invariant()
    def the_auditor_finds_nothing(self) -> None:
        """The rules that the service watches itself agree."""
        assert [] == self.world.audit()

    def _last_step(self, found: Incident) -> datetime | None:
        table = schema.timeline
        kinds = (EntryKind.STEP_STARTED.value, EntryKind.NOBODY_REACHABLE.value)
        with reading(self.world.engine) as connection:
            last: datetime | None = connection.scalar(
                select(func.max(table.c.at)).where(
                    table.c.incident_id == found.id, table.c.kind.in_(kinds)
                )
            )
        return last

    # -- and in the end ----------------------------------------------------------------------------

    def teardown(self) -> None:
        """With providers at work again, somebody goes, or somebody new is asked in time."""
        if not hasattr(self, "world"):
            return
        world = self.world
        for provider in world.providers.values():
            provider.mode = Mode.FINE
        world.kills(Boundary.OTHER, Moment.BEFORE)
        world.passes(60)
        found = world.open_one()
        if found is None or found.state not in (*_ASKING, IncidentState.SUSPECT):
            return
        before = len(world.taken())
        world.passes(LADDER_S)
        after = world.open_one()

        assert after is not None
        asked = [
            one for one in world.taken()[before:] if world.purposes()[one.message_id][0] in _ASKS
        ]
        assert asked or self.has_budgets


def _most_within(instants: list[datetime], span: timedelta) -> int:
    """Return how many of *instants* lie within *span* at most."""
    return max(
        (sum(begin <= at < begin + span for at in instants) for begin in instants), default=0
    )


@pytest.fixture
def ground(_sqlite_model: tuple[Path, Town]) -> Iterator[Ground]:
    """Give a household to be copied for each example."""
    path, model = _sqlite_model
    ground = Ground(path, model)
    yield ground
    ground.throw_away()


def test_the_promise_holds_whatever_happens(ground: Ground) -> None:
    """Any story ends with somebody asked, somebody going, or a human's word that all is well."""

    class Here(PromiseMachine):
        """The machine on this ground."""

    Here.ground = ground
    run_state_machine_as_test(
        Here,
        settings=settings(max_examples=18, stateful_step_count=12, report_multiple_bugs=False),
    )
