"""What is said at once to texts and keys that decide nothing, and when we fall silent."""

from datetime import timedelta

import pytest

from alerts import courtesy, inbox, spoken
from alerts.budget import Limits
from core.people import Channel, Language
from store import phone_use, text_answers
from store.inbox import outcome_of
from tests.scenes import AlertsRole, Town, on_both_databases, phone_of

STRANGER = "+8610030000001"


def said(town: Town, number: str, outcome: str, *, limits: Limits | None = None) -> str | None:
    """Return what *number* is texted back now."""
    with town.engine.begin() as connection:
        return courtesy.answer_to(
            connection, number, outcome, limits=limits or Limits(), now=town.clock.now()
        )


@on_both_databases
def test_three_answers_an_hour_then_silence(town: Town) -> None:
    """The fourth within an hour gets none; an hour after the first there is one again."""
    number = phone_of(town.household.guardians[0])
    answered = []
    for _ in range(4):
        answered.append(said(town, number, "not_understood") is not None)
        town.clock.advance(600)
    town.clock.advance(1201)
    later = said(town, number, "not_understood")

    assert [True, True, True, False] == answered
    assert later is not None


@on_both_databases
def test_strangers_share_sixty_answers(town: Town) -> None:
    """With sixty answers to strangers in this hour the next one gets none; others still do."""
    with town.engine.begin() as connection:
        for _ in range(courtesy.MOST_TO_STRANGERS_PER_HOUR):
            text_answers.note(connection, "strangers", town.clock.now())

    assert said(town, STRANGER, "unknown_number") is None
    assert said(town, phone_of(town.household.guardians[0]), "nothing_asked") is not None


@on_both_databases
def test_an_answer_costs_the_number_as_much_as_any_sms(town: Town) -> None:
    """Answers are counted as SMS, and there is none where only what is real may still go."""
    number = phone_of(town.household.guardians[0])
    said(town, number, "not_understood")
    day_ago = town.clock.now() - timedelta(days=1)
    with town.engine.begin() as connection:
        uses = phone_use.since(connection, number, Channel.SMS, day_ago)

    assert 1 == len(uses)
    assert said(town, number, "not_understood", limits=Limits(sms_per_day=6)) is None


@pytest.mark.parametrize("outcome", ["going:1", "", "code:none_sent", "not_found"])
@on_both_databases
def test_what_was_understood_is_not_answered_here(town: Town, outcome: str) -> None:
    """An answer that counted is confirmed by its own message."""
    assert said(town, phone_of(town.household.guardians[0]), outcome) is None


@pytest.mark.parametrize(
    ("outcome", "words"), [("code:verified", "已验证"), ("code:wrong", "验证码不对")]
)
@on_both_databases
def test_who_sends_a_code_hears_what_came_of_it(town: Town, outcome: str, words: str) -> None:
    """A code that came back is thanked for; a wrong one is not met with silence."""
    text = said(town, phone_of(town.household.guardians[0]), outcome)

    assert text is not None
    assert words in text


@on_both_databases
def test_a_stranger_with_words_of_ours_is_still_a_stranger(town: Town) -> None:
    """Whatever they wrote, who is not registered hears that the number is not known."""
    text = said(town, STRANGER, "not_understood")

    assert text is not None
    assert "未登记" in text
    assert len(text) <= 70


@on_both_databases
def test_what_came_of_a_text_can_be_read(town: Town) -> None:
    """The outcome is there once it was handled, and not before."""
    town.arrives("reply", {"from": STRANGER, "text": "你好"}, key="SM1")
    with town.engine.connect() as connection:
        before = outcome_of(connection, source="tests", event_key="SM1")
    inbox.process_answers(town.engine, town.clock)
    with town.engine.connect() as connection:
        after = outcome_of(connection, source="tests", event_key="SM1")

    assert (None, "not_understood") == (before, after)


@on_both_databases
def test_a_call_says_the_same_again(town: Town) -> None:
    """What the menu says again is what the call said; nobody else's call is found."""
    town.sos()
    alerts = AlertsRole(town.engine, town.clock)
    alerts.pass_time(70)
    call = next(sent for sent in alerts.sent if sent.channel is Channel.VOICE)
    number, attempt = map(int, call.message.token.split("-"))
    with town.engine.connect() as connection:
        again = spoken.call_of(connection, number, attempt, town.clock.now())
        none = spoken.call_of(connection, number, attempt + 7, town.clock.now())

    assert again is not None
    assert (call.message.text, Language.CHINESE, False) == (
        again.text,
        again.language,
        again.is_over,
    )
    assert none is None
