"""Drills: people practise, everything says so, and nothing real ever waits for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import answering, desk, drills
from alerts.drill_desk import start_drill
from alerts.lifecycle import Move
from alerts.triggers import Signal, SignalKind
from core.accounts import EVERYWHERE
from core.drills import DrillAsk
from core.errors import Conflict
from core.incidents import Answer, GivenAnswer, Incident, IncidentState, Outcome, Trigger
from core.notifications import NotificationStatus, Priority, Purpose
from core.people import Channel, Role
from core.policies import DEFAULT_POLICIES
from store import drills as drill_rows
from store import false_alarms, map_views, schema, service_state
from store.database import reading
from tests.alerts.plays import CHEN, LI, MA, SHEN, WU, roster
from tests.scenes import AlertsRole, Town, on_both_databases, rows

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
GUARDIANS, RESCUERS = {CHEN, SHEN}, {LI, WU}


# -- the pure drill ------------------------------------------------------------------------------


def begin(*, with_rescue: bool = False) -> Move:
    """Begin a drill at NOW with everybody in reach."""
    return drills.start(
        elder_id=7,
        with_rescue=with_rescue,
        by="tests",
        roster=roster(),
        policies=DEFAULT_POLICIES,
        now=NOW,
    )


def played(with_rescue: bool, events: Sequence[tuple[int, int, Answer | None]]) -> list[Move]:
    """Return the moves of a drill in which *events* (seconds later, who, what) happen."""
    moves = [begin(with_rescue=with_rescue)]
    now = NOW
    for seconds, person, said in events:
        now += timedelta(seconds=seconds)
        incident = moves[-1].incident
        incident = replace(incident, woken=incident.woken | {o.person_id for o in moves[-1].orders})
        role = roster().role_of(person) or Role.GUARDIAN
        if said is None:
            moves.append(drills.advance(incident, roster(), now))
        else:
            heard = answering.answer(
                incident,
                person_id=person,
                role=role,
                said=said,
                channel="sms",
                roster=roster(),
                now=now,
            )
            moves.append(drills.bounded(heard))
    return moves


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 30, 61, 130, 301, 700]),
        st.sampled_from([CHEN, SHEN, LI, MA, WU]),
        st.sampled_from([None, None, *Answer]),
    ),
    max_size=12,
)


@given(with_rescue=st.booleans(), events=EVENTS)
def test_a_drill_never_leaves_its_bounds(
    with_rescue: bool, events: list[tuple[int, int, Answer | None]]
) -> None:
    """Whatever people say and whenever: last in every queue, no operator, no rescue unasked."""
    for move in played(with_rescue, events):
        asked = {o.person_id for o in move.orders if o.purpose is Purpose.ASK}

        assert {Priority.DRILL} >= {order.priority for order in move.orders}
        assert Purpose.ALARM not in {order.purpose for order in move.orders}
        assert asked <= (GUARDIANS | RESCUERS if with_rescue else GUARDIANS)
        assert move.incident.state is not IncidentState.UNANSWERED
        if not with_rescue:
            assert move.incident.state is not IncidentState.RESCUE
        if move.incident.is_open:
            assert move.incident.next_action_at is not None
            assert move.incident.next_action_at <= _end_of(move.incident)
        else:
            assert Outcome.DRILL == move.incident.outcome


@given(with_rescue=st.booleans(), events=EVENTS)
def test_a_drill_ends_by_itself(
    with_rescue: bool, events: list[tuple[int, int, Answer | None]]
) -> None:
    """At its end it is over, whatever happened in it, and nobody is told."""
    last = played(with_rescue, events)[-1].incident
    ended = drills.advance(last, roster(), _end_of(last) + timedelta(days=1))

    assert not ended.incident.is_open
    assert () == ended.orders


@given(with_rescue=st.booleans(), events=EVENTS)
def test_what_is_real_ends_it_at_once(
    with_rescue: bool, events: list[tuple[int, int, Answer | None]]
) -> None:
    """From any moment of a drill, one step closes it for what is real and asks nobody."""
    last = played(with_rescue, events)[-1].incident
    ended = drills.finish(last, NOW, detail={"by": "real"})

    assert (IncidentState.CLOSED, Outcome.DRILL) == (ended.incident.state, ended.incident.outcome)
    assert () == ended.orders
    assert None is ended.incident.next_action_at


def _end_of(incident: Incident) -> datetime:
    assert incident.drill_ends_at is not None
    return incident.drill_ends_at


def test_a_drill_of_the_guardians_waits_when_both_cannot() -> None:
    """Where the team would be asked next, nobody is, and the drill waits for its end."""
    moves = played(False, [(5, CHEN, Answer.CANNOT), (5, SHEN, Answer.CANNOT), (300, CHEN, None)])

    assert set() == {o.person_id for m in moves[2:] for o in m.orders if o.purpose is Purpose.ASK}
    assert IncidentState.GUARDIANS == moves[-1].incident.state
    assert _end_of(moves[-1].incident) == moves[-1].incident.next_action_at


def test_with_the_team_it_goes_further() -> None:
    """Where that was wished the team is asked after the window, as if it were serious."""
    moves = played(True, [(60, CHEN, None), (120, CHEN, None), (120, CHEN, None)])

    assert IncidentState.RESCUE == moves[-1].incident.state
    assert RESCUERS <= {o.person_id for o in moves[-1].orders if o.purpose is Purpose.ASK}


# -- what came of it -----------------------------------------------------------------------------


def test_results_tell_each_person_and_channel() -> None:
    """For each person: how fast a phone had it, by which channel, and what they said."""
    incident = replace(
        begin().incident,
        answers=(
            GivenAnswer(
                person_id=CHEN,
                role=Role.GUARDIAN,
                answer=Answer.GOING,
                round=0,
                at=NOW + timedelta(seconds=75),
            ),
        ),
    )

    def ask(person: int, channel: Channel, status: str, after_s: int | None) -> DrillAsk:
        return DrillAsk(
            person_id=person,
            role=Role.GUARDIAN,
            channel=channel,
            status=NotificationStatus(status),
            reason="",
            created_at=NOW,
            delivered_at=None if after_s is None else NOW + timedelta(seconds=after_s),
        )

    chen, shen = drills.results(
        incident,
        [
            ask(CHEN, Channel.SMS, "failed", None),
            ask(CHEN, Channel.SMS, "delivered", 12),
            ask(SHEN, Channel.SMS, "sent", None),
            ask(SHEN, Channel.VOICE, "failed", None),
        ],
    )

    assert (Answer.GOING, 75, True) == (chen.answer, chen.answered_after_s, chen.was_reached)
    assert [(Channel.SMS, 12)] == [(one.channel, one.after_s) for one in chen.channels]
    assert (None, None, False) == (shen.answer, shen.answered_after_s, shen.was_reached)
    assert ["sent", "failed"] == [one.status.value for one in shen.channels]


# -- with everything around it -------------------------------------------------------------------


def practise(town: Town, *, with_rescue: bool = False) -> int:
    """Begin a drill and commit; return its incident."""
    with town.engine.begin() as connection:
        return start_drill(
            connection,
            town.household.elder_id,
            with_rescue=with_rescue,
            by="tests",
            now=town.clock.now(),
        )


def open_incidents(town: Town) -> list[int]:
    """Return the ids of open incidents."""
    every = rows(town.engine, schema.incident, "id", "state")
    return [number for number, state in every if state != "closed"]


@on_both_databases
def test_a_drill_travels_the_whole_way_and_says_so(town: Town) -> None:
    """Texts and calls go out by the ladder, each begins with the word, and it ends by itself."""
    incident_id = practise(town)
    role = AlertsRole(town.engine, town.clock)

    role.pass_time(1200)

    said = [sent.message.text.removeprefix("【121爱回家】") for sent in role.sent]
    assert 8 == len(said)
    assert all(text.startswith("演练") for text in said)
    people = {person for _second, person, _channel in role.told()}
    assert set(town.household.guardians) == people
    ended = town.incident(incident_id)
    assert (IncidentState.CLOSED, Outcome.DRILL) == (ended.state, ended.outcome)
    assert ended.closed_at == ended.drill_ends_at


@on_both_databases
def test_what_people_answer_is_in_the_result(town: Town) -> None:
    """Who answers is thanked with the word, spared the rest, and stands in the result."""
    incident_id = practise(town)
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    town.clock.advance(20)
    town.texts(town.household.guardians[0], "1")
    role.pass_time(1200)

    with reading(town.engine) as connection:
        asks = drill_rows.asks_of(connection, incident_id)
    first, second = drills.results(town.incident(incident_id), asks)
    assert (Answer.GOING, 20) == (first.answer, first.answered_after_s)
    assert None is second.answer
    thanks = [sent.message.text for sent in role.sent if "已登记" in sent.message.text]
    assert 1 == len(thanks)
    assert "演练" in thanks[0]


@on_both_databases
@pytest.mark.parametrize("said", ["3", "误报"])
def test_found_in_a_drill_is_no_outcome(town: Town, said: str) -> None:
    """However somebody ends it, it counts as a drill: nothing found, no false alarm, no list."""
    incident_id = practise(town)
    role = AlertsRole(town.engine, town.clock)
    role.tick()

    town.texts(town.household.guardians[0], said)
    role.pass_time(60)

    assert Outcome.DRILL == town.incident(incident_id).outcome
    now = town.clock.now()
    with reading(town.engine) as connection:
        counts = false_alarms.counts(
            connection, now - timedelta(days=1), now + timedelta(1), scope=EVERYWHERE
        )
        past = false_alarms.past_incidents(
            connection, town.household.elder_id, since=now - timedelta(days=1)
        )
        shown = map_views.incident_ids(
            connection, scope=EVERYWHERE, closed_since=now - timedelta(days=1)
        )
    assert ({}, (), []) == (counts, past, shown)


def test_a_drill_is_no_open_incident_of_the_status(town: Town) -> None:
    """The service does not count people who practise among those in need."""
    practise(town)

    with reading(town.engine) as connection:
        assert 0 == service_state.open_incidents(connection).total


def test_the_band_hears_nothing_of_it(town: Town) -> None:
    """No order goes to the wristband when a drill begins or ends."""
    practise(town)
    AlertsRole(town.engine, town.clock).pass_time(1200)

    assert [] == rows(town.engine, schema.command, "do")


@on_both_databases
def test_no_drill_beside_what_is_real(town: Town) -> None:
    """With an open incident nobody practises, and not twice a day about the same elder."""
    town.sos()
    with pytest.raises(Conflict):
        practise(town)


def test_not_twice_in_a_row(town: Town) -> None:
    """A second drill about the same elder waits half a day: numbers have budgets."""
    practise(town)
    AlertsRole(town.engine, town.clock).pass_time(1200)

    with pytest.raises(Conflict):
        practise(town)

    town.clock.advance(12 * 3600)
    assert practise(town) > 0


# -- the real thing ------------------------------------------------------------------------------


@on_both_databases
@pytest.mark.parametrize("after_s", [0, 45, 200, 400])
def test_an_sos_in_a_drill_is_an_sos(town: Town, after_s: int) -> None:
    """The drill is over at once; everything goes as without it, and says that it is real."""
    drill_id = practise(town)
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(after_s)
    pressed = len(role.sent)

    real_id = town.sos()
    role.pass_time(5)

    drill, real = town.incident(drill_id), town.incident(real_id)
    assert (Outcome.DRILL, False) == (drill.outcome, drill.is_open)
    assert (Trigger.SOS, False, IncidentState.GUARDIANS) == (
        real.trigger,
        real.is_drill,
        real.state,
    )
    now_told = [(s.channel, s.message) for s in role.sent[pressed:]]
    assert 4 == len(now_told), "both guardians, by SMS and by call, as for any SOS"
    assert all("非演练" in message.text for _channel, message in now_told)
    assert [real_id] == open_incidents(town)
    with reading(town.engine) as connection:
        row = drill_rows.one(connection, drill_id, scope=EVERYWHERE)
    assert row is not None
    assert real_id == row.gave_way_to


@on_both_databases
def test_a_yes_to_a_drill_is_no_yes_when_it_is_real(town: Town) -> None:
    """Who was "going" in the drill, or presses a key in a call of it, is asked anew."""
    practise(town)
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(70)
    call = next(sent.message for sent in role.sent if sent.channel is Channel.VOICE)
    town.texts(town.household.guardians[0], "1")

    real_id = town.sos()
    town.arrives("keypress", {"token": call.token, "key": "1"})
    town.handles_arrivals()
    role.pass_time(5)

    real = town.incident(real_id)
    assert ((), IncidentState.GUARDIANS) == (real.answers, real.state)
    asked = rows(town.engine, schema.notification, "person_id", "status", incident_id=real_id)
    assert {(p, "sent") for p in town.household.guardians} == set(asked)


@on_both_databases
def test_whoever_practised_hears_that_it_is_real(town: Town) -> None:
    """The team was in the drill and is not asked yet: it reads that it is over and serious."""
    practise(town, with_rescue=True)
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(400)
    before = len(role.sent)

    town.sos()
    role.pass_time(5)

    told = {int(s.message.to.removeprefix("+86138")): s.message.text for s in role.sent[before:]}
    assert {*town.household.guardians, *town.team.rescuers} == set(told)
    assert all("演练结束" in told[person] for person in town.team.rescuers)


@on_both_databases
def test_a_doubt_in_a_drill_takes_its_ordinary_way(town: Town) -> None:
    """One fix outside ends the drill and opens quietly; silence confirms, as on any day."""
    drill_id = practise(town)
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(30)
    signal = Signal(
        elder_id=town.household.elder_id,
        kind=SignalKind.SUSPICION,
        trigger=Trigger.STRAP_REMOVED,
        at=town.clock.now(),
        report_id="r",
        evidence={},
    )
    with town.engine.begin() as connection:
        real_id = desk.report(connection, signal, ping_id=None, now=town.clock.now())
    assert real_id is not None

    assert not town.incident(drill_id).is_open
    assert IncidentState.SUSPECT == town.incident(real_id).state
    role.pass_time(200)
    assert IncidentState.GUARDIANS == town.incident(real_id).state


def test_news_of_no_weight_leaves_a_drill_alone(town: Town) -> None:
    """A dropped doubt, or "seems back", of nothing real does not touch it."""
    drill_id = practise(town)
    for kind in (SignalKind.SUSPICION_DROPPED, SignalKind.RETURNED, SignalKind.WEAK_SUSPICION):
        signal = Signal(
            elder_id=town.household.elder_id,
            kind=kind,
            trigger=Trigger.CROSSING,
            at=town.clock.now(),
            report_id="r",
            evidence={},
        )
        with town.engine.begin() as connection:
            assert None is desk.report(connection, signal, ping_id=None, now=town.clock.now())

    assert [drill_id] == open_incidents(town)
