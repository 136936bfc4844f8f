"""A code goes to a number and comes back: then, and only then, the number is verified."""

from collections.abc import Callable

import pytest

from alerts import verification
from alerts.codes import CODE_LIFE, MOST_TRIES
from alerts.verification import Verdict
from core.errors import NotFound
from core.people import Channel
from store import contact_points, schema
from store.contact_points import change_number
from store.database import reading
from tests.alerts.noticing import Postman
from tests.scenes import SECRET, Town, on_both_databases, phone_of, rows


def point_of(town: Town, person_id: int, channel: Channel = Channel.SMS) -> int:
    """Return the id of a person's contact point."""
    (point_id,) = rows(
        town.engine,
        schema.contact_point,
        "id",
        person_id=person_id,
        channel=channel.value,
    )
    return int(point_id)


def start(town: Town, point_id: int) -> bool:
    """Ask for a code and commit."""
    with town.engine.begin() as connection:
        now = town.clock.now()
        return verification.start(connection, point_id, secret=SECRET, by="tests", now=now)


def confirm(town: Town, point_id: int, typed: str) -> Verdict:
    """Type a code and commit."""
    with town.engine.begin() as connection:
        return verification.confirm(connection, point_id, typed, now=town.clock.now())


def verified(town: Town, person_id: int) -> set[str]:
    """Return on which channels a person's number is verified."""
    every = rows(town.engine, schema.contact_point, "channel", "verified_at", person_id=person_id)
    return {channel for channel, at in every if at is not None}


@pytest.fixture
def person(town: Town) -> int:
    """Return a guardian whose number nobody has verified."""
    return town.household.guardians[0]


@pytest.fixture
def code(town: Town, person: int) -> Callable[[], str]:
    """Return a maker of codes: it has one sent to the guardian and reads it on the phone."""
    postman = Postman(town)

    def read() -> str:
        assert start(town, point_of(town, person))
        postman.deliver()
        text = postman.sms.sent[-1].message.text
        return "".join(filter(str.isdigit, text.partition("，")[0].removeprefix("【121爱回家】")))

    return read


@on_both_databases
def test_the_code_that_arrived_verifies(town: Town, person: int, code: Callable[[], str]) -> None:
    """Typed by an operator it verifies the number: for texts and for calls, it is one number."""
    sent = code()

    assert Verdict.VERIFIED == confirm(town, point_of(town, person), sent)
    assert {"sms", "voice"} == verified(town, person)
    assert Verdict.NONE_SENT == confirm(town, point_of(town, person), sent)


@on_both_databases
def test_a_reply_with_the_code_verifies(town: Town, person: int, code: Callable[[], str]) -> None:
    """Who simply answers the text with the code has done the same."""
    sent = code()

    town.texts(person, f" 验证码 {sent} ")

    assert {"sms", "voice"} == verified(town, person)
    assert ["code:verified"] == list(rows(town.engine, schema.inbox, "outcome"))


def test_from_another_number_it_proves_nothing(
    town: Town, person: int, code: Callable[[], str]
) -> None:
    """The same digits from somebody else's phone are just digits."""
    sent = code()

    town.texts(town.household.guardians[1], sent)

    assert set() == verified(town, person)
    assert ["not_understood"] == list(rows(town.engine, schema.inbox, "outcome"))


@on_both_databases
def test_wrong_ones_are_counted(town: Town, person: int, code: Callable[[], str]) -> None:
    """After five wrong codes the right one does not help either; a new one does."""
    sent, point_id = code(), point_of(town, person)
    wrong = f"{(int(sent) + 1) % 10**6:06d}"

    verdicts = [confirm(town, point_id, wrong) for _ in range(MOST_TRIES)]

    assert [Verdict.WRONG] * (MOST_TRIES - 1) + [Verdict.USED_UP] == verdicts
    assert Verdict.USED_UP == confirm(town, point_id, sent)
    town.clock.advance(60)
    assert Verdict.VERIFIED == confirm(town, point_id, code())


def test_words_are_no_try(town: Town, person: int, code: Callable[[], str]) -> None:
    """What is not six digits is wrong, and costs no try."""
    sent, point_id = code(), point_of(town, person)

    for _ in range(MOST_TRIES):
        assert Verdict.WRONG == confirm(town, point_id, "hello")

    assert Verdict.VERIFIED == confirm(town, point_id, sent)


def test_it_runs_out(town: Town, person: int, code: Callable[[], str]) -> None:
    """After ten minutes the code is worth nothing."""
    sent = code()
    town.clock.advance(CODE_LIFE.total_seconds())

    assert Verdict.EXPIRED == confirm(town, point_of(town, person), sent)


def test_a_new_code_ends_the_old_one(town: Town, person: int, code: Callable[[], str]) -> None:
    """Only the last code counts."""
    first = code()
    town.clock.advance(60)
    second = code()

    assert first != second
    assert Verdict.WRONG == confirm(town, point_of(town, person), first)
    assert Verdict.VERIFIED == confirm(town, point_of(town, person), second)


def test_codes_are_not_sent_in_a_row(town: Town, person: int) -> None:
    """Within a minute there is no second one, and five an hour are the most."""
    point_id = point_of(town, person)
    begun = []
    for _ in range(7):
        begun.append(start(town, point_id))
        town.clock.advance(61)

    assert [True] * 5 + [False] * 2 == begun
    assert not start(town, point_of(town, person, Channel.VOICE)), "it is the same number"


@on_both_databases
def test_another_number_is_unverified(town: Town, person: int, code: Callable[[], str]) -> None:
    """A changed number starts anew, and the code of the old one does not verify it."""
    sent, point_id = code(), point_of(town, person)
    with town.engine.begin() as connection:
        change_number(connection, point_id, "+8613911110000")

    assert Verdict.NONE_SENT == confirm(town, point_id, sent)

    town.clock.advance(60)
    assert start(town, point_id)
    with reading(town.engine) as connection:
        point = contact_points.point(connection, point_id)
    assert (None, None, "+8613911110000") == (point.verified_at, point.last_ok_at, point.value)


def test_a_code_can_be_called(town: Town, person: int) -> None:
    """Who has a telephone and no texts hears the code, and only the call is proven to work."""
    point_id = point_of(town, person, Channel.VOICE)
    postman = Postman(town)
    start(town, point_id)
    postman.deliver()
    said = postman.voice.sent[0].message

    digits = "".join(filter(str.isdigit, said.text.replace("121", "", 1)))

    assert (phone_of(person), Verdict.VERIFIED) == (said.to, confirm(town, point_id, digits))
    works = rows(town.engine, schema.contact_point, "channel", "last_ok_at", person_id=person)
    assert ["voice"] == [channel for channel, at in works if at is not None]


def test_a_code_needs_a_number(town: Town) -> None:
    """What is not there has no code."""
    with pytest.raises(NotFound):
        start(town, 9999)


def test_the_code_is_kept_nowhere(town: Town, person: int, code: Callable[[], str]) -> None:
    """Neither the notice nor the row of the verification holds the six digits."""
    sent = code()

    assert sent not in str(rows(town.engine, schema.notice, "said", "key"))
    assert sent not in str(rows(town.engine, schema.verification, "salt", "digest"))
    assert person > 0
