"""A watched band reports often, with its battery in mind, and as usual again afterwards."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import desk
from alerts.watching import watch_interval_s
from core.incidents import Outcome
from store import commands, schema
from store.database import reading
from tests.scenes import AlertsRole, Town, on_both_databases, rows


def look(town: Town) -> None:
    """Let a worker of the alerts role look at everything once."""
    AlertsRole(town.engine, town.clock).tick()


def hand_over(town: Town) -> list[tuple[str, dict[str, Any]]]:
    """Hand to the broker what is due, as the ingest role does, and return it."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        due = commands.due(connection, now)
        commands.mark_sent(connection, [order.id for order in due], now)
    return [(order.do, order.args) for order in due]


def answer_all(town: Town, *, error: str | None = None) -> None:
    """Let the band answer every order that it was sent."""
    with town.engine.begin() as connection:
        for order in commands.recent(connection):
            if order.state is commands.CommandState.SENT:
                commands.mark_answered(
                    connection, "band-1", order.id, error=error, now=town.clock.now()
                )


def says_alive(town: Town, *, battery_pct: int = 80) -> None:
    """Let the band send an ordinary report without a position."""
    town.hears(f"alive-{town.clock.now()}"[:40], bat={"pct": battery_pct})


def close(town: Town, incident_id: int) -> None:
    """Let a coordinator close the incident."""
    with town.engine.begin() as connection:
        desk.order_close(
            connection, incident_id, outcome=Outcome.FOUND, by="ma", now=town.clock.now()
        )


def states(town: Town) -> list[tuple[str, str]]:
    """Return what became of every order, oldest first."""
    with reading(town.engine) as connection:
        return [(order.do, order.state.value) for order in reversed(commands.recent(connection))]


@given(st.none() | st.integers(0, 100), st.booleans())
def test_less_battery_never_means_more_reports(battery_pct: int | None, charging: bool) -> None:
    """The interval stays between 20 and 60 s and grows only as the battery falls."""
    interval_s = watch_interval_s(battery_pct, charging=charging)

    assert 20 <= interval_s <= 60
    assert 20 == interval_s or (battery_pct is not None and battery_pct < 30 and not charging)
    if battery_pct is not None and battery_pct > 0:
        assert interval_s <= watch_interval_s(battery_pct - 1, charging=charging)


@on_both_databases
def test_a_lost_order_is_given_again_once_the_band_is_heard(town: Town) -> None:
    """The order of an open incident that expired unheard is renewed at the next sign of life."""
    town.sos()
    assert [("interval", {"s": 20}), ("locate", {})] == hand_over(town)
    town.clock.advance(601)
    look(town)
    assert [("interval", "expired"), ("locate", "expired")] == states(town)
    assert [] == hand_over(town)  # the band is silent: nothing to tell it

    says_alive(town)
    town.clock.advance(3)
    look(town)

    assert [("interval", {"s": 20})] == hand_over(town)


@on_both_databases
def test_an_unanswered_order_is_repeated_to_a_band_that_speaks(town: Town) -> None:
    """A band that reports but does not answer hears the order again, a minute later."""
    town.sos()
    hand_over(town)
    town.clock.advance(30)
    says_alive(town)
    assert [] == hand_over(town)

    town.clock.advance(31)

    assert ["interval", "locate"] == [do for do, _ in hand_over(town)]
    answer_all(town)
    town.clock.advance(120)
    says_alive(town)
    assert [] == hand_over(town)


def test_a_falling_battery_is_spared(town: Town) -> None:
    """While an incident is open the interval follows the battery down, and not up again."""
    town.sos()
    hand_over(town)
    answer_all(town)
    heard = []
    for pct in (50, 29, 31, 9, 12):
        town.clock.advance(5)
        says_alive(town, battery_pct=pct)
        look(town)
        heard += hand_over(town)
        answer_all(town)

    assert [("interval", {"s": 30}), ("interval", {"s": 60})] == heard


def test_a_band_that_cannot_is_not_asked_again(town: Town) -> None:
    """A band that refuses an order is not asked for it every few seconds."""
    town.sos()
    hand_over(town)
    answer_all(town, error="unknown")
    town.clock.advance(60)
    says_alive(town)
    look(town)

    assert [] == hand_over(town)


@on_both_databases
def test_a_band_that_missed_the_end_hears_it_later(town: Town) -> None:
    """A band that was away when the incident closed goes back to its interval when it returns."""
    incident_id = town.sos()
    hand_over(town)
    answer_all(town)
    close(town, incident_id)
    assert [("sos_taken", {}), ("interval", {"s": 300})] == hand_over(town)
    town.clock.advance(700)
    look(town)
    assert [] == hand_over(town)

    says_alive(town)
    town.clock.advance(3)
    look(town)

    assert [("interval", {"s": 300})] == hand_over(town)
    answer_all(town)
    look(town)
    assert [] == hand_over(town)


@pytest.mark.parametrize("ending", ["confirmed", "expired"])
def test_phone_numbers_are_forgotten_when_an_order_is_done(town: Town, ending: str) -> None:
    """The SOS numbers of an order are kept only until the band has them or the order is over."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        commands.queue(connection, "band-1", "contacts", {"sos": ["13800000001"]}, now)
    assert [("contacts", {"sos": ["13800000001"]})] == hand_over(town)

    if ending == "confirmed":
        answer_all(town)
    else:
        town.clock.advance(601)
        look(town)

    assert [({}, ending)] == rows(town.engine, schema.command, "args", "state")
