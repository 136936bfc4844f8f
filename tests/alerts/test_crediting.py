"""The ledger of service follows what happened, and can always be computed anew."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts import crediting, desk, verification
from alerts.crediting import Difference, derive_next, recount
from alerts.drill_desk import start_drill
from alerts.triggers import Signal, SignalKind
from core.credits import CreditKind, Rule, monthly_check
from core.incidents import Answer, Outcome, Trigger
from core.people import Channel
from store import canary_cast, credit_ledger, credit_rules, schema
from store.credit_ledger import Wanted
from store.database import reading
from tests.scenes import SECRET, Town, on_both_databases, phone_of, rows

pytestmark = on_both_databases


def lose(town: Town, elder_id: int | None = None) -> int:
    """Open an incident that asks people; return its id."""
    now = town.clock.now()
    signal = Signal(
        elder_id=elder_id or town.household.elder_id,
        kind=SignalKind.ALARM,
        trigger=Trigger.CROSSING,
        at=now,
        report_id="r-1",
        evidence={},
    )
    with town.engine.begin() as connection:
        incident_id = desk.report(connection, signal, ping_id=None, now=now)
    assert incident_id is not None
    return incident_id


def says(town: Town, incident_id: int, person_id: int, said: Answer) -> None:
    """Have a person answer, a minute later."""
    town.clock.advance(60)
    with town.engine.begin() as connection:
        desk.take_answer(
            connection,
            incident_id,
            person_id=person_id,
            said=said,
            channel="sms",
            now=town.clock.now(),
        )


def close(town: Town, incident_id: int) -> None:
    """Have the duty room end it."""
    with town.engine.begin() as connection:
        now = town.clock.now()
        desk.order_close(connection, incident_id, outcome=Outcome.FOUND, by="tests", now=now)


def derive(town: Town) -> int:
    """Let the alerts role write what it finds."""
    return derive_next(town.engine, town.clock.now())


def ledger_of(town: Town) -> list[tuple[str, int, int]]:
    """Return (kind, person, minutes) of the ledger, in order."""
    table = schema.credit_entry
    with reading(town.engine) as connection:
        found = connection.execute(select(table).order_by(table.c.id)).all()
    return [(row.kind, row.person_id, row.minutes) for row in found]


def test_an_ended_incident_is_written_once(town: Town) -> None:
    """What guardians did is on the ledger when it is over; a second reading adds nothing."""
    chen, shen = town.household.guardians
    incident_id = lose(town)
    says(town, incident_id, chen, Answer.GOING)
    says(town, incident_id, shen, Answer.CANNOT)
    before = derive(town)
    says(town, incident_id, chen, Answer.FOUND)
    written = [derive(town), derive(town)]

    assert (0, [2, 0]) == (before, written)
    assert [("accepted", chen, 10), ("found", chen, 30)] == ledger_of(town)
    assert [] == recount(town.engine)


def test_an_operator_earns_nothing(town: Town) -> None:
    """The duty room does it as its work."""
    incident_id = lose(town)
    says(town, incident_id, town.team.operators[0], Answer.FOUND)
    derive(town)

    assert [] == ledger_of(town)


def test_a_drill_is_written_as_one(town: Town) -> None:
    """Whoever answered a drill has one entry of its kind."""
    chen, _shen = town.household.guardians
    with town.engine.begin() as connection:
        drill_id = start_drill(
            connection,
            town.household.elder_id,
            with_rescue=False,
            by="tests",
            now=town.clock.now(),
        )
    says(town, drill_id, chen, Answer.GOING)
    close(town, drill_id)
    derive(town)

    assert [("drill", chen, 10)] == ledger_of(town)


def test_the_canary_gives_nobody_anything(town: Town) -> None:
    """Its rounds pass through the ledger without a trace, and those after it are read."""
    with town.engine.begin() as connection:
        cast = canary_cast.ensure(
            connection, number="+15005550199", key_mark=None, now=town.clock.now()
        )
    incident_id = lose(town, cast.elder_id)
    says(town, incident_id, cast.person_id, Answer.FOUND)
    with town.engine.begin() as connection:
        desk.end_drill(connection, cast.elder_id, now=town.clock.now())
    real = lose(town)
    says(town, real, town.household.guardians[0], Answer.FOUND)
    derive(town)

    assert ["found"] == [kind for kind, _person, _minutes in ledger_of(town)]


def test_a_code_that_came_back_is_the_months_check(town: Town) -> None:
    """A code sent back is one check a month; one that was only replaced is none."""
    chen, shen = town.household.guardians
    for person_id, returns in ((chen, True), (shen, False), (chen, True)):
        (point_id,) = rows(
            town.engine,
            schema.contact_point,
            "id",
            person_id=person_id,
            channel=Channel.SMS.value,
        )
        for _ in range(2):
            town.clock.advance(61)
            with town.engine.begin() as connection:
                verification.start(
                    connection, int(point_id), secret=SECRET, by="t", now=town.clock.now()
                )
        with town.engine.begin() as connection:
            if returns:
                verification_id = rows(town.engine, schema.verification, "id")[-1]
                code = verification.code_of(connection, int(verification_id), SECRET)
                assert code is not None
                verification.take_reply(connection, phone_of(person_id), code, now=town.clock.now())
        derive(town)

    assert [("monthly_check", chen, 5)] == ledger_of(town)
    assert [] == recount(town.engine)


def test_a_code_that_was_deleted_still_counts(town: Town) -> None:
    """The ledger is kept longer than codes: a month's check stands when its code is gone."""
    chen, _shen = town.household.guardians
    deed = monthly_check(person_id=chen, organisation_id=None, at=town.clock.now())
    with town.engine.begin() as connection:
        credit_ledger.write(connection, [deed], now=town.clock.now())

    assert [("monthly_check", chen, 5)] == ledger_of(town)
    assert [] == recount(town.engine)


def test_a_rule_holds_from_its_day_on(town: Town) -> None:
    """A new rule changes nothing before its day, and everything from it on."""
    chen, _shen = town.household.guardians
    organisation_id = "maqiao"
    today = town.clock.now().date()
    with town.engine.begin() as connection:
        new = Rule(
            organisation_id=organisation_id,
            kind=CreditKind.FOUND,
            minutes=50,
            most_per_day_min=60,
            valid_from=today + timedelta(days=1),
        )
        credit_rules.add_rule(connection, new, by="tests", now=town.clock.now())
    for _ in range(4):
        says(town, lose(town), chen, Answer.FOUND)
        town.clock.advance(timedelta(hours=8).total_seconds())
    derive(town)

    assert [30, 30, 50, 10] == [minutes for _kind, _person, minutes in ledger_of(town)]
    assert [] == recount(town.engine)


def test_a_correction_is_an_entry(town: Town) -> None:
    """What was wrong stays, and what puts it right stands beside it, once."""
    chen, _shen = town.household.guardians
    says(town, lose(town), chen, Answer.FOUND)
    derive(town)
    with town.engine.begin() as connection:
        (wrong,) = credit_ledger.entries(connection, Wanted(person_id=chen))
        ids = [
            credit_ledger.correct(
                connection,
                person_id=chen,
                organisation_id=wrong.organisation_id,
                minutes=-20,
                reason="found by the family",
                key="k-1",
                corrects=wrong.id,
                by="tests",
                now=town.clock.now(),
            )
            for _ in range(2)
        ]
        total = credit_ledger.total_min(connection, chen)

    assert 1 == len(set(ids))
    assert [("found", chen, 30), ("correction", chen, -20)] == ledger_of(town)
    assert 10 == total
    assert [] == recount(town.engine)


def test_a_ledger_that_was_touched_is_found_out(town: Town) -> None:
    """Who writes minutes into the table is seen by the recount."""
    chen, _shen = town.household.guardians
    says(town, lose(town), chen, Answer.FOUND)
    derive(town)
    with town.engine.begin() as connection:
        connection.execute(schema.credit_entry.update().values(minutes=900))

    assert [Difference(person_id=chen, stored_min=900, counted_min=30)] == recount(town.engine)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("lose", "answer", "close", "derive", "night")),
        st.integers(0, 4),
        st.sampled_from(list(Answer)),
    ),
    min_size=3,
    max_size=25,
)


@given(EVENTS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_the_recount_agrees(
    town: Town, events: list[tuple[str, int, Answer]]
) -> None:
    """However people answer and whenever it is derived, the stored sum is what the records say."""
    people = (*town.household.guardians, *town.team.rescuers, *town.team.operators)
    incident_id = None
    for what, who, said in [*events, ("close", 0, Answer.FOUND), ("derive", 0, Answer.FOUND)]:
        if what == "lose":
            incident_id = lose(town)
        elif what == "answer" and incident_id is not None:
            says(town, incident_id, people[who], said)
        elif what == "close" and incident_id is not None:
            close(town, incident_id)
        elif what == "night":
            town.clock.advance(timedelta(hours=10).total_seconds())
        elif what == "derive":
            derive(town)

    assert [] == recount(town.engine)
    assert 0 == crediting.derive_next(town.engine, town.clock.now())
