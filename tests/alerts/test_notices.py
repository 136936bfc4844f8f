"""Notices: what belongs to no incident is told once, to who must know, and never twice in doubt."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from alerts import notices as telling
from alerts.budget import Limits
from alerts.notice_words import compose, speak, template
from alerts.notices import NoticeKind
from alerts.wording import SIGNATURE
from core.notifications import AttemptResult, Finding, Found, SendResult
from core.people import Channel, Language, Role
from store import contacts, registry, schema
from store.database import reading
from tests.alerts.noticing import Postman, notices
from tests.scenes import (
    RecordingSender,
    Town,
    ambiguous,
    on_both_databases,
    permanent,
    phone_of,
    register_person,
    rows,
    temporary,
)
from tests.servers import until

OUT = {"provider": "aliyun/sms", "reason": "isv.BUSINESS_LIMIT"}


def tell(
    town: Town,
    kind: NoticeKind = NoticeKind.PROVIDER_OUT,
    subject: str = "aliyun/sms",
    values: Mapping[str, str] = OUT,
) -> int:
    """Tell the operators and commit; return how many are told."""
    with town.engine.begin() as connection:
        return telling.tell_operators(connection, kind, subject, values, town.clock.now())


def receipt(town: Town, token: str, status: str, **more: str) -> None:
    """Have a receipt for a notice arrive and be handled."""
    notice, number = token.removeprefix("n").split("-")
    body = {"notice": int(notice), "number": int(number), "provider_id": "SM1", "status": status}
    town.arrives("receipt", body | more)
    town.handles_arrivals()


# -- who is told ---------------------------------------------------------------------------------


@on_both_databases
def test_every_operator_on_duty_is_told(town: Town) -> None:
    """Operators on duty get one SMS each; guardians, rescuers and who is off duty get nothing."""
    with town.engine.begin() as connection:
        register_person(connection, Role.OPERATOR, "休息的人", on_duty=False)
        second = register_person(connection, Role.OPERATOR, "第二位", channels=[Channel.VOICE])
    postman = Postman(town)

    told = tell(town)
    postman.deliver()

    assert 2 == told
    numbers = {(sent.channel, sent.message.to) for sent in postman.sent}
    first = town.team.operators[0]
    assert {(Channel.SMS, phone_of(first)), (Channel.VOICE, phone_of(second))} == numbers


@on_both_databases
def test_one_thing_is_told_once_an_hour(town: Town) -> None:
    """However often it is noticed, across the turn of the hour too; after an hour it is again."""
    town.clock.advance(55 * 60)

    first = tell(town)
    town.clock.advance(10 * 60)
    again = tell(town)
    another = tell(town, subject="twilio/sms")
    town.clock.advance(50 * 60)
    later = tell(town)

    assert (1, 0, 1, 1) == (first, again, another, later)


def test_nobody_on_duty_is_no_error(town: Town) -> None:
    """Without an operator who can be reached nothing is told, and nothing breaks."""
    with town.engine.begin() as connection:
        for channel in (Channel.SMS, Channel.VOICE):
            contacts.disable_contact(connection, town.team.operators[0], channel, "gone")

    assert 0 == tell(town)


# -- sent like an ask ----------------------------------------------------------------------------


@on_both_databases
def test_a_notice_goes_out_once_with_a_token_of_its_own(town: Town) -> None:
    """The token names the notice, so that its receipt is not taken for an incident's."""
    postman = Postman(town)
    tell(town)

    postman.deliver()
    postman.deliver()

    (sent,) = postman.sent
    ((notice_id, status, provider),) = notices(town, "id", "status", "provider")
    assert (f"n{notice_id}-1", "sent", "recording") == (sent.message.token, status, provider)
    assert not sent.message.answerable
    assert sent.message.text.startswith(SIGNATURE)
    assert "notice_provider_out" == sent.message.template


@on_both_databases
@pytest.mark.parametrize("ends", ["ambiguous", "died"])
def test_at_most_two_possible_sends(town: Town, ends: str) -> None:
    """What may have gone out is sent once more and then left, and another channel is used."""
    lost = [ambiguous(), ambiguous()] if ends == "ambiguous" else [_Died(), _Died()]
    postman = Postman(town, sms=lost)
    tell(town)

    postman.pass_time(600)

    assert [Channel.SMS, Channel.SMS, Channel.VOICE] == [sent.channel for sent in postman.sent]
    assert [("failed", 2), ("sent", 1)] == notices(town, "status", "possible_sends")


class _Died(BaseException):
    """The worker is killed in the middle of a call."""


def test_what_the_provider_has_is_not_sent_again(town: Town) -> None:
    """A doubtful send is asked of the provider first; found there, it is not repeated."""
    postman = Postman(town, sms=[ambiguous()])
    tell(town)
    postman.deliver()
    token = postman.sent[0].message.token
    postman.sms.findings[token] = Finding(found=Found.YES, provider_id="SM77")

    postman.pass_time(60)

    assert 1 == len(postman.sent)
    assert [("sent", "SM77", 1)] == notices(town, "status", "provider_id", "possible_sends")


def test_a_refusal_is_tried_again_and_costs_the_number_nothing(town: Town) -> None:
    """A busy provider is asked again after its time; only what went out counts in the budget."""
    postman = Postman(town, sms=[temporary(), temporary()])
    tell(town)

    postman.pass_time(60)

    began = postman.sent[0].at
    assert [0, 5, 20] == [round((sent.at - began).total_seconds()) for sent in postman.sent]
    assert 1 == len(rows(town.engine, schema.phone_use, "id"))
    assert [("sent", 3, 1)] == notices(town, "status", "attempts", "possible_sends")


def test_another_provider_is_asked_at_once(town: Town) -> None:
    """With two providers a refusal by one is a try of the other, without waiting."""
    postman = Postman(town, sms=[SendResult(result=AttemptResult.ELSEWHERE, reason="no_template")])
    other = RecordingSender(town.clock, Channel.SMS)
    other.provider = "other"
    postman.senders = {Channel.SMS: (postman.sms, other), Channel.VOICE: (postman.voice,)}
    tell(town)

    postman.deliver()

    assert (1, 1) == (len(postman.sms.sent), len(other.sent))


@on_both_databases
def test_a_provider_that_cannot_serve_ends_no_retry_of_one_that_can(town: Town) -> None:
    """The first is busy once, the second does not serve the number: the first is asked again."""
    postman = Postman(town, sms=[temporary("429/20429")])
    not_ours = SendResult(result=AttemptResult.ELSEWHERE, reason="not_a_mainland_number")
    second = RecordingSender(town.clock, Channel.SMS, [not_ours])
    second.provider = "second"
    postman.senders = {**postman.senders, Channel.SMS: (postman.sms, second)}
    tell(town)

    postman.pass_time(60)

    assert (2, 1) == (len(postman.sms.sent), len(second.sent))


def test_a_dead_number_leads_to_a_call(town: Town) -> None:
    """An SMS that can never arrive becomes a call to the same operator."""
    postman = Postman(town, sms=[permanent()])
    tell(town)

    postman.deliver()

    assert [Channel.SMS, Channel.VOICE] == [sent.channel for sent in postman.sent]


def test_news_that_is_old_is_not_sent(town: Town) -> None:
    """After two hours the console is the place to read it."""
    postman = Postman(town)
    tell(town)
    town.clock.advance(2 * 3600)

    postman.deliver()

    assert [] == postman.sent
    assert [("withheld", "expired")] == notices(town, "status", "reason")


def test_notices_leave_the_number_its_texts_for_asks(town: Town) -> None:
    """A number that had many texts today gets no notice by SMS, but a call."""
    limits = Limits(sms_per_day=7, sms_kept=2, sms_kept_from_drills=4)
    postman = Postman(town, limits=limits)
    for number in range(2):
        tell(town, subject=f"thing-{number}")
        postman.deliver()

    assert [Channel.SMS, Channel.VOICE] == [sent.channel for sent in postman.sent]


def test_one_bad_row_stops_no_other(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """A notice that nobody can prepare is put off and logged; the next one goes out."""
    postman = Postman(town)
    with town.engine.begin() as connection:
        operator = town.team.operators[0]
        telling.tell(
            connection, NoticeKind.VERIFICATION, operator, "x", {}, town.clock.now()
        )  # without the code's row
    tell(town)

    postman.deliver()

    assert 1 == len(postman.sent)
    assert ["notice_prepare_failed"] == [getattr(r, "action", "") for r in caplog.records]


def test_a_running_sender_delivers_by_itself(town: Town) -> None:
    """Started, it looks at the queue in its own thread; stopped, it ends."""
    postman = Postman(town)
    tell(town)
    worker = postman.worker()

    worker.start()
    until(lambda: len(postman.sent) == 1, "the notice is sent")
    worker.stop()

    assert 1 == len(postman.sent)


# -- receipts ------------------------------------------------------------------------------------


@on_both_databases
def test_a_receipt_says_that_the_number_works(town: Town) -> None:
    """Delivered is the end of a notice, and a success of the operator's number."""
    postman = Postman(town)
    tell(town)
    postman.deliver()
    token = postman.sent[0].message.token

    receipt(town, token, "delivered")
    receipt(town, token, "sent")

    assert [("delivered", "delivered")] == notices(town, "status", "receipt")
    works = rows(
        town.engine,
        schema.contact_point,
        "channel",
        "last_ok_at",
        person_id=town.team.operators[0],
    )
    assert {"sms": town.clock.now()} == {channel: at for channel, at in works if at is not None}


@on_both_databases
def test_a_number_that_is_dead_is_not_used_and_told(town: Town) -> None:
    """A receipt that says so disables the number; the operator is called, and told of it."""
    postman = Postman(town)
    tell(town)
    postman.deliver()

    receipt(town, postman.sent[0].message.token, "undelivered", trouble="dead_number", error="x1")
    postman.deliver()

    with reading(town.engine) as connection:
        assert None is contacts.reachable_at(connection, town.team.operators[0], Channel.SMS)
    kinds = [kind for kind, channel in notices(town, "kind", "channel") if channel == "voice"]
    assert {"provider_out", "contact_disabled"} == set(kinds)


def test_a_late_word_about_an_old_number_spares_the_new_one(town: Town) -> None:
    """Who got another number meanwhile keeps it, whatever is said of the one before."""
    postman = Postman(town)
    tell(town)
    postman.deliver()
    operator = town.team.operators[0]
    with town.engine.begin() as connection:
        connection.execute(schema.contact_point.update().values(value="+8613911110000"))

    receipt(town, postman.sent[0].message.token, "undelivered", trouble="dead_number", error="x1")

    with reading(town.engine) as connection:
        assert "+8613911110000" == contacts.reachable_at(connection, operator, Channel.SMS)


def test_a_receipt_of_nothing_is_an_orphan(town: Town) -> None:
    """A receipt for a notice that is not there changes nothing."""
    receipt(town, "n99-1", "delivered")

    assert ["orphan"] == list(rows(town.engine, schema.inbox, "outcome"))


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", Language)
def test_every_notice_has_its_words(kind: NoticeKind, language: Language) -> None:
    """Each kind can be written and said, also with values missing, and names no place."""
    written = compose(kind, {"channel": "sms"}, language)
    spoken = speak(kind, {"channel": "sms"}, language)
    name, _variables = template(kind, {}, spoken=False)

    assert written.startswith(SIGNATURE)
    assert "%(" not in written + spoken
    assert f"notice_{kind.value}" == name


def test_a_code_is_said_digit_by_digit() -> None:
    """A voice says six digits, not a hundred and twenty-three thousand."""
    said = speak(NoticeKind.VERIFICATION, {"code": "123456"}, Language.ENGLISH)

    assert "1, 2, 3, 4, 5, 6" in said


def test_a_contact_that_died_is_told_by_name(town: Town) -> None:
    """Operators learn whose number it was and by which channel, and no number."""
    person = town.household.guardians[0]
    with town.engine.begin() as connection:
        name = registry.person(connection, person).name
        telling.disable_contact(connection, person, Channel.SMS, "21211", town.clock.now())
    postman = Postman(town)

    postman.deliver()

    (sent,) = postman.sent
    assert name in sent.message.text
    assert phone_of(person) not in sent.message.text
    assert timedelta(hours=2).total_seconds() == sent.message.validity_s
