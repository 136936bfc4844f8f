"""Sending: claimed, called, recorded. At least once, at most twice in doubt, or another way."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text, update

from alerts import desk
from alerts.auditor import audit
from alerts.outbox import Outbox
from alerts.triggers import Signal, SignalKind
from core.clock import ManualClock
from core.incidents import Answer, EntryKind, Trigger
from core.notifications import AttemptResult, Finding, Found, SendResult
from core.people import PHONE, Channel
from core.places import Position
from store import contacts, registry, schema
from store.database import reading
from tests.conftest import NOON
from tests.scenes import (
    SECRET,
    AlertsRole,
    RecordingSender,
    Town,
    accepted,
    ambiguous,
    on_both_databases,
    permanent,
    phone_of,
    register_household,
    report,
    rows,
    take,
    temporary,
)
from tests.scenes import message as heard


def lines_of(role: AlertsRole, person_id: int) -> list[tuple[int, str]]:
    """Return (second, channel) of every call made to one person."""
    return [(second, channel) for second, person, channel in role.told() if person == person_id]


def messages(engine: Engine, person_id: int, *, purpose: str = "ask") -> list[tuple[str, str, str]]:
    """Return (channel, status, reason) of one person's messages."""
    return [
        (channel, status, reason or "")
        for channel, status, reason in rows(
            engine,
            schema.notification,
            "channel",
            "status",
            "reason",
            person_id=person_id,
            purpose=purpose,
        )
    ]


# -- the plain way -------------------------------------------------------------------------------


@on_both_databases
def test_what_the_provider_took_is_sent_and_on_the_timeline(town: Town) -> None:
    """An accepted message is stored as sent, with the provider's id, and told on the timeline."""
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock, sms=[accepted(), accepted()])

    role.tick()

    assert [("sms", "sent", "")] == messages(town.engine, town.household.guardians[0])
    (first, second) = rows(town.engine, schema.attempt, "result", "provider_id")
    assert {"accepted"} == {first[0], second[0]}
    assert first[1] != second[1]
    assert 2 == town.timeline(incident_id).count(EntryKind.MESSAGE_SENT)


def test_a_message_goes_to_the_right_number_with_its_own_token(town: Town) -> None:
    """Each guardian gets the ask at their own number, with a token of its own."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)

    role.tick()

    assert {phone_of(p) for p in town.household.guardians} == {s.message.to for s in role.sent}
    assert 2 == len({sent.message.token for sent in role.sent})
    assert all("王秀英" in sent.message.text for sent in role.sent)
    assert all(sent.message.answerable for sent in role.sent)


def test_a_second_tick_sends_nothing_twice(town: Town) -> None:
    """Looking again at the same instant sends nothing."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    calls = len(role.sent)

    role.tick()
    role.tick()

    assert 4 == calls == len(role.sent)


def test_an_ask_carries_a_link_that_names_person_and_incident(town: Town) -> None:
    """Where links may be sent, each person gets a link of their own."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock, answer_url="https://121.example.org")

    role.tick()

    links = {sent.message.text.rpartition("\n")[2] for sent in role.sent}
    assert 2 == len(links)
    assert all(link.startswith("https://121.example.org/a/") for link in links)


def test_the_newest_band_says_where_the_elder_was_last(town: Town) -> None:
    """After a band was replaced, messages tell the place the new band reported."""
    home = town.household.home
    town.hears("old-1", position=home.moved(north_m=3000))
    with town.engine.begin() as connection:
        connection.execute(
            update(schema.band).where(schema.band.c.device_id == "band-1").values(elder_id=None)
        )
        registry.add_band(
            connection, "band-2", elder_id=town.household.elder_id, now=town.clock.now()
        )
    town.clock.advance(600)
    town.hears("new-1", device_id="band-2", position=home.moved(east_m=100))
    town.sos(device_id="band-2")
    role = AlertsRole(town.engine, town.clock)

    role.tick()

    assert all("在家东约100米" in sent.message.text for sent in role.sent)


# -- refused -------------------------------------------------------------------------------------


@on_both_databases
def test_a_temporary_refusal_is_tried_again_after_5_15_and_45_seconds(town: Town) -> None:
    """Each temporary refusal waits longer, and the fourth try may succeed."""
    town.wanders_off()
    first, _ = town.household.guardians
    with town.engine.begin() as connection:
        contacts.disable_contact(connection, first, Channel.VOICE, "landline gone")
        contacts.disable_contact(connection, town.household.guardians[1], Channel.SMS, "x")
    role = AlertsRole(town.engine, town.clock, sms=[temporary()] * 3)

    role.pass_time(70)

    # 0, 5, 20, 65; at 60 the ladder's call goes out as an SMS, because there is no other number
    assert [(0, "sms"), (5, "sms"), (20, "sms"), (60, "sms"), (65, "sms")] == lines_of(role, first)
    assert ("sms", "sent", "") == messages(town.engine, first)[0]


def test_four_temporary_refusals_go_another_way(town: Town) -> None:
    """When trying again does not help, the person is called instead, once."""
    town.wanders_off()
    first, second = town.household.guardians
    with town.engine.begin() as connection:
        contacts.disable_contact(connection, second, Channel.SMS, "x")
    role = AlertsRole(town.engine, town.clock, sms=[temporary()] * 4)

    role.pass_time(100)

    assert [(0, "sms"), (5, "sms"), (20, "sms"), (60, "voice"), (65, "sms")] == lines_of(
        role, first
    )
    assert ("sms", "failed", "429/20429") == messages(town.engine, first)[0]


def test_a_permanent_refusal_calls_at_once_and_not_again_in_a_minute(town: Town) -> None:
    """A dead SMS number is called at once; the ladder's own call does not come on top."""
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock, sms=[permanent(), permanent()])

    role.pass_time(170)

    for guardian in town.household.guardians:
        assert [(0, "sms"), (0, "voice")] == lines_of(role, guardian)
    assert EntryKind.MESSAGE_FAILED in town.timeline(incident_id)


def test_a_permanent_refusal_disables_the_number(town: Town) -> None:
    """A number the provider refused for good is not tried again; the other channel still is."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock, sms=[permanent(), permanent()])

    role.pass_time(200)

    assert [(180, "voice"), (180, "voice")] == [
        (second, channel) for second, _, channel in role.told(since_s=100)
    ]
    assert {"400/21211", None} == set(
        rows(
            town.engine,
            schema.contact_point,
            "disabled_reason",
            person_id=town.household.guardians[0],
        )
    )


def test_a_rescuer_with_a_dead_sms_number_is_called_once_a_minute_at_most(town: Town) -> None:
    """An SMS that fails does not double the call that goes out with it anyway."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(179)
    role.sms.script = [permanent()] * 10

    role.pass_time(20)

    for rescuer in town.team.rescuers:
        assert 1 == [channel for _, channel in lines_of(role, rescuer)].count("voice")


def test_a_person_without_any_number_left_is_recorded_not_forgotten(town: Town) -> None:
    """When every number of a person is dead, their messages fail with a reason and others go on."""
    incident_id = town.sos()
    first, second = town.household.guardians
    role = AlertsRole(town.engine, town.clock)
    with town.engine.begin() as connection:
        for channel in PHONE:
            contacts.disable_contact(connection, first, channel, "21211")

    role.tick()

    assert [("sms", "failed", "no_number"), ("voice", "failed", "no_number")] == messages(
        town.engine, first
    )
    assert [] == lines_of(role, first)
    assert [(0, "sms"), (0, "voice")] == lines_of(role, second)
    assert 2 == town.timeline(incident_id).count(EntryKind.MESSAGE_FAILED)


def test_a_channel_without_a_provider_goes_another_way(town: Town) -> None:
    """With no provider for SMS configured, people are called."""
    town.wanders_off()
    voice = RecordingSender(town.clock, Channel.VOICE)
    for _ in range(2):
        outbox = Outbox(
            town.engine,
            town.clock,
            {Channel.VOICE: [voice]},
            secret=SECRET,
            answer_url="",
        )
        outbox.deliver_due()
        outbox.finish()

    assert {phone_of(p) for p in town.household.guardians} == {
        sent.message.to for sent in voice.sent
    }


@on_both_databases
def test_a_long_explanation_of_the_provider_is_cut(town: Town) -> None:
    """However long a provider's reason is, the result is recorded and the other way begins."""
    town.wanders_off()
    first, _ = town.household.guardians
    role = AlertsRole(town.engine, town.clock, sms=[permanent("x" * 500)] * 2)

    role.pass_time(10)

    assert [(0, "sms"), (0, "voice")] == lines_of(role, first)


# -- in doubt ------------------------------------------------------------------------------------


@on_both_databases
def test_in_doubt_it_is_sent_once_more_and_another_way(town: Town) -> None:
    """When the provider cannot say what became of an SMS, it is repeated once and people called."""
    town.wanders_off()
    first, second = town.household.guardians
    role = AlertsRole(town.engine, town.clock, sms=[ambiguous(), ambiguous()])

    role.pass_time(50)

    for guardian in (first, second):
        assert [(0, "sms"), (2, "sms"), (2, "voice")] == sorted(lines_of(role, guardian))


@on_both_databases
def test_in_doubt_the_provider_is_asked_and_nothing_is_sent_twice(town: Town) -> None:
    """A provider that knows the message settles the doubt: its id is kept, nobody hears twice."""
    town.wanders_off()
    first, _ = town.household.guardians
    role = AlertsRole(town.engine, town.clock, sms=[ambiguous(), ambiguous()])
    for token in ("1-1", "2-1", "3-1", "4-1"):
        found = Finding(found=Found.YES, provider_id=f"SMfound{token}")
        role.sms.findings[token] = found

    role.pass_time(50)

    assert [(0, "sms")] == lines_of(role, first)
    assert ("sms", "sent", "") == messages(town.engine, first)[0]
    assert {("accepted", "recording"), ("not_sent", "recording")} == set(
        rows(town.engine, schema.attempt, "result", "provider")
    )


def test_in_doubt_twice_is_handed_over_and_never_sent_a_third_time(town: Town) -> None:
    """A second time-out ends the message as unsure; there is no third send."""
    town.wanders_off()
    first, _ = town.household.guardians
    role = AlertsRole(town.engine, town.clock, sms=[ambiguous()] * 4)

    role.pass_time(100)

    assert 2 == [channel for _, channel in lines_of(role, first)].count("sms")
    assert ("sms", "failed", "sent_twice_unsure") == messages(town.engine, first)[0]


@pytest.mark.parametrize("channel", PHONE)
@on_both_databases
def test_a_sender_that_dies_is_resumed_after_its_lease(town: Town, channel: Channel) -> None:
    """A worker that dies between claim and record loses nothing: after 30 s another sends."""
    incident_id = town.sos()
    first, _ = town.household.guardians
    role = AlertsRole(town.engine, town.clock)
    role.senders[channel].script = [SystemExit(), SystemExit()]

    role.pass_time(35)

    assert 2 == [c for _, c in lines_of(role, first)].count(channel.value)
    assert (30, channel.value) in lines_of(role, first)
    assert ("ambiguous", "sender_died") in rows(town.engine, schema.attempt, "result", "reason")
    assert EntryKind.MESSAGE_SENT in town.timeline(incident_id)


def test_a_sender_that_dies_twice_is_not_tried_a_third_time(town: Town) -> None:
    """Two deaths may be two sends: the message is handed over, never sent a third time."""
    town.wanders_off()
    first, _ = town.household.guardians
    role = AlertsRole(town.engine, town.clock, sms=[SystemExit()] * 4)

    role.pass_time(150)

    assert [(0, "sms"), (30, "sms"), (30, "voice")] == lines_of(role, first)
    assert ("sms", "failed", "sent_twice_unsure") == messages(town.engine, first)[0]
    with reading(town.engine) as connection:
        assert [] == audit(connection, town.clock.now(), patience_s=60)


_RESULTS = st.sampled_from([accepted, ambiguous, temporary, permanent, SystemExit])


@settings(max_examples=6, phases=(Phase.explicit, Phase.generate))
@given(st.lists(_RESULTS, max_size=20), st.lists(_RESULTS, max_size=20))
def test_whatever_providers_do_nobody_gets_a_message_three_times(
    fresh_sqlite: Callable[[], Engine],
    sms: list[Callable[[], SendResult | BaseException]],
    voice: list[Callable[[], SendResult | BaseException]],
) -> None:
    """For any results: no message has three possible sends, and the audit finds nothing broken."""
    engine = fresh_sqlite()
    town = Town(engine, ManualClock(NOON))
    town.sos()
    role = AlertsRole(
        engine,
        town.clock,
        sms=[make() for make in sms],
        voice=[make() for make in voice],
    )

    role.pass_time(130)

    possible: dict[int, int] = {}
    for message_id, result in rows(engine, schema.attempt, "notification_id", "result"):
        unsure = result in (None, AttemptResult.ACCEPTED.value, AttemptResult.AMBIGUOUS.value)
        possible[message_id] = possible.get(message_id, 0) + unsure
    assert max(possible.values()) <= 2
    with reading(engine) as connection:
        assert [] == audit(connection, town.clock.now(), patience_s=60)
    engine.dispose()


# -- not wanted any more -------------------------------------------------------------------------


@on_both_databases
def test_an_answer_just_before_withholds_the_message(town: Town) -> None:
    """Who answered between the order and the send is not woken, and the timeline says why."""
    incident_id = town.sos()
    first, second = town.household.guardians
    town.texts(first, "1")
    role = AlertsRole(town.engine, town.clock)

    role.tick()

    # nobody is asked; the one who goes gets the confirmation
    assert [(0, "sms")] == lines_of(role, first)
    assert [("confirm", "sent")] == rows(
        town.engine, schema.notification, "purpose", "status", status="sent"
    )
    assert {"withheld"} == {status for _, status, _ in messages(town.engine, second)}
    assert 4 == town.timeline(incident_id).count(EntryKind.MESSAGE_WITHHELD)


def test_closing_withholds_every_ask(town: Town) -> None:
    """After the end no ask goes out."""
    incident_id = town.sos()
    town.arrives(
        "order", {"do": "close", "incident_id": incident_id, "by": "x", "outcome": "false_alarm"}
    )
    town.handles_arrivals()
    role = AlertsRole(town.engine, town.clock)

    role.pass_time(3600)

    assert [] == role.sent
    assert {"incident_closed"} == set(rows(town.engine, schema.notification, "reason"))


def test_an_old_ask_is_never_sent_late(town: Town) -> None:
    """An ask that waited out its life is withheld; the ladder's present ask takes its place."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    town.clock.advance(250)

    role.tick()

    assert [("sms", "withheld", "expired"), ("sms", "sent", ""), ("voice", "sent", "")] == messages(
        town.engine, town.household.guardians[0]
    )


# -- after an outage, in danger, on order --------------------------------------------------------


def test_after_an_outage_guardians_and_team_are_really_told_together(town: Town) -> None:
    """When the window ended during an outage, guardians hear of it as well as the team."""
    town.sos()
    town.clock.advance(400)
    role = AlertsRole(town.engine, town.clock)

    role.tick()

    assert {*town.household.guardians, *town.team.rescuers} == {
        person for _, person, _ in role.told()
    }


def test_danger_really_reaches_the_team_when_a_guardian_is_going(town: Town) -> None:
    """A danger zone entered while a guardian is on the way sends messages to the rescue team."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    town.texts(town.household.guardians[0], "1")
    town.clock.advance(60)
    with town.engine.begin() as connection:
        desk.report(
            connection,
            Signal(
                elder_id=town.household.elder_id,
                kind=SignalKind.ALARM,
                trigger=Trigger.DANGER_ZONE,
                at=town.clock.now(),
                report_id="x",
                evidence={},
            ),
            ping_id=None,
            now=town.clock.now(),
        )

    role.tick()

    assert set(town.team.rescuers) <= {person for _, person, _ in role.told(since_s=60)}


@on_both_databases
def test_rescue_ordered_when_nobody_answered_is_really_asked(town: Town) -> None:
    """A coordinator who sends for the team after a long silence reaches it at once."""
    incident_id = town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(1500)
    town.arrives("order", {"do": "rescue", "incident_id": incident_id, "by": "coordinator"})

    role.tick()

    assert set(town.team.rescuers) <= {person for _, person, _ in role.told(since_s=1500)}


# -- one does not stop the others ----------------------------------------------------------------


@on_both_databases
def test_a_reminder_that_fails_goes_another_way(town: Town) -> None:
    """A reminder whose SMS is refused is spoken instead, whatever the time of day."""
    town.clock.advance(0.123456)  # real instants have microseconds
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    first, _ = town.household.guardians
    town.texts(first, "1")
    role.tick()
    role.sms.script = [permanent()]

    role.pass_time(1000)

    assert [(900, "sms"), (900, "voice")] == [
        line for line in lines_of(role, first) if line[0] >= 60
    ]


@on_both_databases
def test_one_damaged_incident_stops_no_other(town: Town) -> None:
    """An incident whose row cannot be read does not hold back the messages of others."""
    broken = town.sos()
    with town.engine.begin() as connection:
        second = register_household(connection, "band-2", now=town.clock.now())
        connection.execute(
            update(schema.incident).where(schema.incident.c.id == broken).values(policy={})
        )
    town.sos("sos-2", device_id="band-2")
    role = AlertsRole(town.engine, town.clock)

    for _ in range(5):
        role.deliver()

    assert set(second.guardians) <= {person for _, person, _ in role.told()}


def test_a_new_incident_s_first_ask_overtakes_a_pile_of_news(town: Town) -> None:
    """With more to send than can be sent at once, a first ask goes before closing messages."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        for number in range(2, 11):
            register_household(connection, f"band-{number}", now=now)
    opened = [town.sos(f"s-{n}", device_id=f"band-{n}") for n in range(2, 11)]
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    for incident_id in opened:
        town.arrives(
            "order",
            {"do": "close", "incident_id": incident_id, "by": "x", "outcome": "false_alarm"},
        )
    town.clock.advance(10)
    urgent = town.sos("urgent")
    town.handles_arrivals()

    role.deliver()

    first_asks = {phone_of(person) for person in town.household.guardians}
    assert first_asks <= {s.message.to for s in role.sent if s.at == town.clock.now()}
    assert town.incident(urgent).is_open


def test_two_workers_send_each_message_once(postgresql_database: Engine) -> None:
    """Workers that look at the same moment share the messages between them."""
    clock = ManualClock(NOON)
    town = Town(postgresql_database, clock)
    with postgresql_database.begin() as connection:
        for number in range(2, 6):
            register_household(connection, f"band-{number}", now=clock.now())
    reports = [
        heard(f"band-{n}", report("s", at=clock.now(), alarms=["sos"]), at=clock.now())
        for n in range(1, 6)
    ]
    take(postgresql_database, *reports)
    role = AlertsRole(town.engine, clock)
    barrier = threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        while role.deliver():
            pass

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert 5 * 2 * 2 == len(role.sent) == len({sent.message.token for sent in role.sent})


def test_the_position_in_a_message_is_the_newest_before_it_goes(town: Town) -> None:
    """A repeated ask tells where the band is now, not where it was when the incident opened."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.pass_time(100)
    far: Position = town.household.home.moved(north_m=2000)
    town.hears("later", position=far)

    role.pass_time(80)

    (latest,) = {s.message.text for s in role.sms.sent if s.at == town.clock.now()}
    assert "在家北约2000米" in latest
    assert timedelta(seconds=180) == town.clock.now() - role.began_at


def test_answers_of_earlier_rounds_do_not_withhold_new_asks(town: Town) -> None:
    """After a lease ended without news, the one who once said yes is asked again."""
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    first, _ = town.household.guardians
    town.texts(first, "1")

    role.pass_time(1201)  # the urgent lease is 1200 s

    assert (1200, "sms") in lines_of(role, first)
    assert Answer.GOING is town.incident(1).answers[0].answer


def test_the_words_survive_a_database_in_any_language(town: Town) -> None:
    """Chinese names and texts come back as they went in."""
    town.sos()
    with reading(town.engine) as connection:
        names = connection.execute(text("SELECT name FROM elder")).scalars().all()

    assert ["王秀英"] == list(names)


@on_both_databases
def test_an_id_given_twice_is_no_reason_to_send_twice(town: Town) -> None:
    """A provider that gives two messages one id took both: neither is sent again."""
    town.wanders_off()
    same = SendResult(result=AttemptResult.ACCEPTED, provider_id="SMsame")
    role = AlertsRole(town.engine, town.clock, sms=[same, same])

    role.pass_time(50)

    assert 2 == len(role.sms.sent)
    assert {"sent"} == {
        status
        for status, channel in rows(town.engine, schema.notification, "status", "channel")
        if channel == "sms"
    }
