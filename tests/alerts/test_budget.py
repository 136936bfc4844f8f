"""How often one number may be used, and what happens when that is used up."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.budget import Limits, spent
from core.people import PHONE, Channel
from store import phone_use, schema
from tests.alerts.plays import START
from tests.scenes import AlertsRole, Town, on_both_databases, phone_of, rows

LIMITS = Limits()


def test_two_texts_a_day_are_kept_for_the_first_ask() -> None:
    """After eight texts only the first ask of an incident goes out, after ten nothing."""
    hours = [START - timedelta(hours=n) for n in range(10, 0, -1)]

    assert spent(Channel.SMS, hours[:7], LIMITS, START, is_first_ask=False) is None
    assert spent(Channel.SMS, hours[:8], LIMITS, START, is_first_ask=False) is not None
    assert spent(Channel.SMS, hours[:9], LIMITS, START, is_first_ask=True) is None
    assert spent(Channel.SMS, hours, LIMITS, START, is_first_ask=True) is not None


def test_yesterday_is_forgotten() -> None:
    """Ten texts of more than a day ago cost nothing."""
    old = [START - timedelta(hours=25)] * 10

    assert spent(Channel.SMS, old, LIMITS, START, is_first_ask=False) is None


def test_a_second_call_in_a_minute_waits() -> None:
    """Too soon is no reason to give up: the call is made when the minute is over."""
    found = spent(Channel.VOICE, [START - timedelta(seconds=20)], LIMITS, START, is_first_ask=True)

    assert found is not None
    assert START + timedelta(seconds=35) == found.again_at


def test_five_calls_an_hour() -> None:
    """The sixth call within an hour is not made, the sixth after it is."""
    within = [START - timedelta(minutes=10 * n) for n in range(5, 0, -1)]

    found = spent(Channel.VOICE, within, LIMITS, START, is_first_ask=True)

    assert found is not None
    assert "calls_per_hour" == found.reason
    later = START + timedelta(minutes=30)
    assert spent(Channel.VOICE, within, LIMITS, later, is_first_ask=True) is None


def test_zero_means_as_often_as_needed() -> None:
    """A provider without such limits has none here."""
    free = Limits(sms_per_day=0, calls_per_hour=0, calls_per_day=0, call_gap_s=0)

    for channel in PHONE:
        assert spent(channel, [START] * 500, free, START, is_first_ask=False) is None


def test_a_drill_leaves_texts_for_what_is_real() -> None:
    """A drill stops four texts earlier than anything real."""
    four = [START - timedelta(hours=n) for n in range(4, 0, -1)]

    assert spent(Channel.SMS, four, LIMITS, START, is_first_ask=False, is_drill=True) is not None
    assert spent(Channel.SMS, four, LIMITS, START, is_first_ask=False) is None


@given(st.lists(st.integers(0, 60 * 60 * 30), min_size=1, max_size=80))
def test_whoever_keeps_to_it_never_exceeds_it(tries_s: list[int]) -> None:
    """Whenever tries come: at most ten texts and 20 calls a day, 5 an hour, none at once."""
    texts: list[datetime] = []
    calls: list[datetime] = []
    for second in sorted(tries_s):
        at = START + timedelta(seconds=second)
        if spent(Channel.SMS, texts, LIMITS, at, is_first_ask=True) is None:
            texts.append(at)
        if spent(Channel.VOICE, calls, LIMITS, at, is_first_ask=True) is None:
            calls.append(at)

    day, hour = timedelta(days=1), timedelta(hours=1)
    assert all(later - first >= day for first, later in zip(texts, texts[10:], strict=False))
    assert all(later - first >= day for first, later in zip(calls, calls[20:], strict=False))
    assert all(later - first >= hour for first, later in zip(calls, calls[5:], strict=False))
    assert all(later - first >= timedelta(seconds=55) for first, later in pairwise(calls))


@on_both_databases
def test_a_number_whose_texts_are_used_up_is_called(town: Town) -> None:
    """A guardian who had ten texts today is called at once instead, and it is on record."""
    first, second = town.household.guardians
    with town.engine.begin() as connection:
        for _ in range(10):
            phone_use.note(connection, phone_of(first), Channel.SMS, town.clock.now())
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.limits = LIMITS

    role.pass_time(30)

    asked = [(sent.message.to, sent.channel) for sent in role.sent]
    assert [(phone_of(first), Channel.VOICE), (phone_of(second), Channel.SMS)] == sorted(asked)
    details = rows(town.engine, schema.timeline, "detail", incident_id=incident_id)
    assert "budget:sms_per_day" in [detail.get("reason") for detail in details]


@on_both_databases
def test_used_up_everywhere_the_first_text_still_goes_out(town: Town) -> None:
    """With texts and calls used up the first text of an incident goes out, and nothing more."""
    with town.engine.begin() as connection:
        for guardian in town.household.guardians:
            for channel in PHONE:
                for _ in range(20):
                    phone_use.note(connection, phone_of(guardian), channel, town.clock.now())
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.limits = LIMITS

    role.pass_time(170)

    assert [Channel.SMS, Channel.SMS] == [sent.channel for sent in role.sent]


@on_both_databases
def test_used_up_everywhere_the_next_people_are_asked(town: Town) -> None:
    """When guardians' budgets are gone the ladder goes on by itself: the team is asked."""
    with town.engine.begin() as connection:
        for guardian in town.household.guardians:
            for channel in PHONE:
                for _ in range(20):
                    phone_use.note(connection, phone_of(guardian), channel, town.clock.now())
    town.sos()
    role = AlertsRole(town.engine, town.clock)
    role.limits = LIMITS

    role.pass_time(200)

    team = {phone_of(rescuer) for rescuer in town.team.rescuers}
    assert team <= {sent.message.to for sent in role.sent}
