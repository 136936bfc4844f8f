"""Readiness: two guardians, two channels each, verified and working; and a list when not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.readiness import (
    ADVICE,
    FRESH,
    Lack,
    RotaGap,
    judge,
    judge_guardian,
    week_to_list,
)
from alerts.readiness_watch import look, tell_weekly
from alerts.readiness_words import LACKS, TO_DO, lines_of
from core.accounts import EVERYWHERE
from core.clock import LOCAL_ZONE
from core.contact_points import ContactPoint
from core.pairings import Pairing
from core.people import Channel, Language
from store import schema
from store.database import reading
from tests.alerts.noticing import Postman, notices
from tests.scenes import Town, on_both_databases, phone_of, rows

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
SMS, VOICE = Channel.SMS, Channel.VOICE


def point(
    channel: Channel,
    value: str = "+861",
    *,
    verified: bool = True,
    ok_days: float | None = 1,
    dead: str | None = None,
) -> ContactPoint:
    """Return a contact point; *ok_days*: its last success is so old."""
    return ContactPoint(
        id=1,
        person_id=1,
        channel=channel,
        value=value,
        verified_at=NOW if verified else None,
        last_ok_at=None if ok_days is None else NOW - timedelta(days=ok_days),
        disabled_reason=dead,
    )


def lacks(*points: ContactPoint) -> tuple[Lack, ...]:
    """Return what a guardian with these contact points lacks."""
    return judge_guardian(1, "陈志强", points, NOW).lacks


# -- one guardian --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], (Lack.NO_NUMBER,)),
        ([point(SMS)], (Lack.ONE_CHANNEL,)),
        ([point(SMS, verified=False), point(VOICE, verified=False)], (Lack.UNVERIFIED,)),
        ([point(SMS), point(VOICE, ok_days=None)], (Lack.NEVER_REACHED,)),
        ([point(SMS), point(VOICE, ok_days=31)], (Lack.NOT_LATELY,)),
        ([point(SMS), point(VOICE, dead="21211")], (Lack.DISABLED,)),
        (
            [point(SMS, verified=False), point(VOICE, ok_days=31)],
            (Lack.UNVERIFIED, Lack.NOT_LATELY),
        ),
        ([point(SMS), point(VOICE)], (Lack.ONE_LINE,)),
        ([point(SMS), point(VOICE, "+862")], ()),
        ([point(SMS, dead="x"), point(SMS, "+863"), point(VOICE)], ()),
        ([point(SMS), point(Channel.PUSH, "b")], (Lack.ONE_CHANNEL,)),
    ],
)
def test_each_lack_has_its_name(points: Sequence[ContactPoint], expected: tuple[Lack, ...]) -> None:
    """What is missing is named, once each; a browser is no channel to count on."""
    assert expected == lacks(*points)


def test_one_phone_for_everything_is_advice() -> None:
    """SMS and calls on one number are two channels and one line: said, and ready all the same."""
    assert judge_guardian(1, "陈", [point(SMS), point(VOICE)], NOW).is_ready
    assert {Lack.ONE_LINE} == ADVICE


def test_a_success_is_good_for_thirty_days() -> None:
    """To the day: after 30 days it is fresh, a moment later it is not."""
    old = FRESH.total_seconds() / 86400

    assert Lack.NOT_LATELY not in lacks(point(SMS), point(VOICE, ok_days=old))
    assert Lack.NOT_LATELY in lacks(point(SMS), point(VOICE, ok_days=old + 0.001))


POINTS = st.builds(
    point,
    st.sampled_from(list(Channel)),
    st.sampled_from(["+861", "+862"]),
    verified=st.booleans(),
    ok_days=st.none() | st.floats(min_value=0, max_value=60),
    dead=st.none() | st.just("x"),
)


@given(st.lists(POINTS, max_size=5), POINTS)
def test_more_that_works_never_makes_it_worse(
    points: list[ContactPoint], another: ContactPoint
) -> None:
    """A ready guardian stays ready when one more contact point is registered behind the others."""
    before = judge_guardian(1, "陈", points, NOW)
    after = judge_guardian(1, "陈", [*points, another], NOW)

    assert after.is_ready >= before.is_ready


@given(st.lists(POINTS, max_size=5))
def test_ready_means_two_channels_that_work(points: list[ContactPoint]) -> None:
    """Whatever is registered: ready is exactly an SMS and a call that could be counted on."""
    found = judge_guardian(1, "陈", points, NOW)

    assert found.is_ready == all(channel.is_ready for channel in found.channels)
    assert found.is_ready or set(found.lacks) - ADVICE


# -- elders and the rota -------------------------------------------------------------------------

GOOD = [point(SMS), point(VOICE, "+862")]


@pytest.mark.parametrize(
    ("guardians", "points", "expected"),
    [
        ((1, 2), {1: GOOD, 2: GOOD}, ()),
        ((1,), {1: GOOD}, (Lack.FEW_GUARDIANS,)),
        ((), {}, (Lack.FEW_GUARDIANS,)),
        ((1, 2), {1: GOOD}, (Lack.NOT_READY_GUARDIANS,)),
        ((1,), {}, (Lack.FEW_GUARDIANS, Lack.NOT_READY_GUARDIANS)),
    ],
)
def test_an_elder_needs_two(
    guardians: tuple[int, ...],
    points: dict[int, list[ContactPoint]],
    expected: tuple[Lack, ...],
) -> None:
    """Two guardians, and both ready."""
    named = tuple((person, f"守护人{person}") for person in guardians)
    pairing = Pairing(elder_id=7, name="王秀英", organisation_id="maqiao", guardians=named)

    (elder,) = judge([pairing], points, [], NOW).elders

    assert expected == elder.lacks
    assert (not expected) == elder.is_ready


def test_a_gap_alone_is_worth_a_list() -> None:
    """With everybody ready, an hour without the rescue team is still something to do."""
    gap = RotaGap(team_id="blue", from_at=NOW, until_at=NOW + timedelta(hours=4))
    found = judge([], {}, [gap], NOW)

    assert not found.is_fine
    assert "blue" in lines_of(found, Language.ENGLISH)[1]


@pytest.mark.parametrize("language", Language)
def test_every_lack_has_words_and_advice(language: Language) -> None:
    """Each reason says what it is and what to do about it."""
    assert set(Lack) == set(LACKS) == set(TO_DO)
    pairing = Pairing(elder_id=7, name="王秀英", organisation_id="m", guardians=((1, "陈"),))

    lines = lines_of(judge([pairing], {1: [point(SMS)]}, [], NOW), language)

    assert 3 == len(lines)
    assert "王秀英" in lines[1]


# -- the weekly list -----------------------------------------------------------------------------


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a local instant of November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=LOCAL_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        (local(23, 8, 59), 202647, None),
        (local(23, 9), 202647, 202648),
        (local(23, 9), 202648, None),
        (local(23, 18), 202647, None),
        (local(25, 10), 202647, 202648),
        (local(25, 10), 202648, None),
        (local(25, 3), 202647, None),
    ],
)
def test_the_list_comes_on_monday_at_nine(now: datetime, last: int, expected: int | None) -> None:
    """Once a week; a missed one comes at the next office hour."""
    assert expected == week_to_list(now, last)


def ready(town: Town) -> None:
    """Verify every number, and have every channel work just now."""
    with town.engine.begin() as connection:
        now = town.clock.now()
        connection.execute(schema.contact_point.update().values(verified_at=now, last_ok_at=now))


def week(town: Town) -> bool:
    """Ask for the weekly list and commit; say whether there was something to tell."""
    with town.engine.begin() as connection:
        return tell_weekly(connection, town.clock.now())


def to_monday_nine(town: Town) -> None:
    """Move the clock to the next Monday, 9 o'clock local."""
    now = town.clock.now().astimezone(LOCAL_ZONE)
    days = (7 - now.weekday()) % 7
    nine = (now + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
    if nine < now:
        nine += timedelta(days=7)
    town.clock.advance((nine - now).total_seconds())


@on_both_databases
def test_operators_get_the_list_once(town: Town) -> None:
    """On Monday at nine every operator gets one short text with counts, and no name."""
    assert not week(town), "who has just begun has a week"
    to_monday_nine(town)
    postman = Postman(town)

    told = [week(town), week(town)]
    postman.deliver()

    assert [True, False] == told
    (sent,) = postman.sent
    assert phone_of(town.team.operators[0]) == sent.message.to
    assert "1位老人" in sent.message.text
    assert "王秀英" not in sent.message.text


@on_both_databases
def test_silence_when_all_is_fine(town: Town) -> None:
    """With everybody ready nobody hears anything; the week after, it is looked at again."""
    week(town)
    to_monday_nine(town)
    ready(town)

    assert not week(town)
    assert [] == notices(town, "kind")

    town.clock.advance(7 * 86400)
    ready(town)
    assert not week(town)
    town.clock.advance(31 * 86400)
    to_monday_nine(town)
    assert week(town)


def test_the_look_leaves_out_the_canary(town: Town) -> None:
    """Virtual elders need no guardians."""
    with town.engine.begin() as connection:
        connection.execute(schema.elder.update().values(is_virtual=True))
    with reading(town.engine) as connection:
        assert () == look(connection, town.clock.now(), EVERYWHERE).elders


@on_both_databases
def test_an_answer_proves_a_channel(town: Town) -> None:
    """A reply by SMS counts as a success of that number's SMS."""
    person = town.household.guardians[0]
    town.sos()

    town.texts(person, "1")

    works = rows(town.engine, schema.contact_point, "channel", "last_ok_at", person_id=person)
    assert {"sms": town.clock.now(), "voice": None} == dict(works)
