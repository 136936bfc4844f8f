"""The words of every message: complete in both languages, short, with nothing private in them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from alerts.wording import (
    SIGNATURE,
    Facts,
    clock_time,
    compose,
    not_understood,
    speak,
    spoken_answer,
)
from core.incidents import Outcome, Trigger
from core.notifications import Purpose
from core.people import Language, Role

FACTS = Facts(
    incident_id=121,
    elder_name="王秀英",
    age=82,
    trigger=Trigger.CROSSING,
    opened_at=datetime(2026, 11, 23, 4, 5, tzinfo=UTC),
    seen_at=datetime(2026, 11, 23, 4, 4, tzinfo=UTC),
    from_home_m=1234.0,
    from_home_deg=44.0,
    other_name="陈志强",
)
#: every subject that lifecycle, answering and asking ever use, by purpose
SUBJECTS = {
    Purpose.ASK: ("",),
    Purpose.ALARM: ("",),
    Purpose.INFORM: ("going", "rescue_asked", "seems_back", "worse"),
    Purpose.CONFIRM: ("going", "cannot", "need_rescue"),
    Purpose.REMIND: ("lease",),
    Purpose.CLOSING: tuple(outcome.value for outcome in Outcome),
}
EVERY = [
    (purpose, subject, role)
    for purpose, subjects in SUBJECTS.items()
    for subject, role in product(subjects, Role)
]


@pytest.mark.parametrize(
    ("from_home_m", "expected"), [(0.0, "12:04在家或家附近。"), (31.0, "12:04在家东北约30米。")]
)
def test_nobody_is_nought_metres_east_of_home(from_home_m: float, expected: str) -> None:
    """So close to home that a direction means nothing, the message says "at home or close by"."""
    facts = replace(FACTS, from_home_m=from_home_m)
    text = compose(Purpose.ASK, "", Role.GUARDIAN, facts, Language.CHINESE)

    assert expected in text


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("language", Language)
def test_every_message_composes(language: Language, trigger: Trigger) -> None:
    """Each message can be written and spoken for each trigger, with nothing left to fill in."""
    facts = Facts(
        incident_id=121,
        elder_name="王秀英",
        age=82,
        trigger=trigger,
        opened_at=FACTS.opened_at,
    )
    for purpose, subject, role in EVERY:
        written = compose(purpose, subject, role, facts, language)
        spoken = speak(purpose, subject, role, facts, language)

        assert written.startswith(SIGNATURE)
        for text in (written, spoken):
            assert "%" not in text, (purpose, subject, role)
            assert "121" in text, (purpose, subject, role)


@pytest.mark.parametrize(("purpose", "subject", "role"), EVERY)
def test_chinese_messages_are_chinese(purpose: Purpose, subject: str, role: Role) -> None:
    """A Chinese reader gets no English words."""
    for text in (
        compose(purpose, subject, role, FACTS, Language.CHINESE),
        speak(purpose, subject, role, FACTS, Language.CHINESE),
    ):
        assert not any(letter.isascii() and letter.isalpha() for letter in text)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("purpose", [Purpose.ASK, Purpose.ALARM])
@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("name", ["王秀英", "欧阳秀英"])
def test_an_ask_fits_into_one_chinese_sms(
    role: Role, purpose: Purpose, trigger: Trigger, name: str
) -> None:
    """Without a link an ask is one SMS of 70 characters, also with a long name and a far place."""
    facts = Facts(
        incident_id=12345,
        elder_name=name,
        age=102,
        trigger=trigger,
        opened_at=FACTS.opened_at,
        seen_at=FACTS.seen_at,
        from_home_m=12_340.0,
        from_home_deg=44.0,
    )

    assert len(compose(purpose, "", role, facts, Language.CHINESE)) <= 70


def test_the_ask_says_who_what_where_and_what_to_answer() -> None:
    """A guardian reads name, age, what happened, when, where, and which digit to send."""
    text = compose(Purpose.ASK, "", Role.GUARDIAN, FACTS, Language.CHINESE)

    assert (
        "【121爱回家】121号：王秀英（82岁）12:05时离开安全区。12:04在家东北约1230米。"
        "能去请回1，不能去回2。"
    ) == text


def test_without_a_position_the_message_says_so() -> None:
    """An ask without a known position does not invent one."""
    facts = Facts(
        incident_id=1,
        elder_name="王秀英",
        age=82,
        trigger=Trigger.SOS,
        opened_at=FACTS.opened_at,
    )

    assert "暂无定位" in compose(Purpose.ASK, "", Role.GUARDIAN, facts, Language.CHINESE)


def test_the_rescue_team_reads_another_ask_than_guardians() -> None:
    """A rescuer sees at once that the team is asked."""
    guardian = compose(Purpose.ASK, "", Role.GUARDIAN, FACTS, Language.CHINESE)
    rescuer = compose(Purpose.ASK, "", Role.RESCUER, FACTS, Language.CHINESE)

    assert "救援" in rescuer
    assert "救援" not in guardian


@pytest.mark.parametrize(
    ("purpose", "has_link"),
    [
        (Purpose.ASK, True),
        (Purpose.ALARM, True),
        (Purpose.REMIND, True),
        (Purpose.CONFIRM, True),
        (Purpose.INFORM, False),
        (Purpose.CLOSING, False),
    ],
)
def test_a_link_is_there_where_an_answer_is_wanted(purpose: Purpose, has_link: bool) -> None:
    """Messages that want an answer carry the link on a line of its own; others do not."""
    facts = Facts(
        incident_id=1,
        elder_name="王秀英",
        age=82,
        trigger=Trigger.SOS,
        opened_at=FACTS.opened_at,
        link="https://121.example.org/a/1.2.x",
    )
    text = compose(purpose, "", Role.GUARDIAN, facts, Language.CHINESE)

    assert has_link == text.endswith(f"\n{facts.link}")
    assert facts.link not in speak(purpose, "", Role.GUARDIAN, facts, Language.CHINESE)


@pytest.mark.parametrize(
    ("degrees", "direction"),
    [(0, "北"), (22, "北"), (23, "东北"), (90, "东"), (180, "南"), (270, "西"), (350, "北")],
)
def test_directions_have_eight_names(degrees: float, direction: str) -> None:
    """A bearing is told as the nearest of eight directions."""
    facts = Facts(
        incident_id=1,
        elder_name="王秀英",
        age=82,
        trigger=Trigger.SOS,
        opened_at=FACTS.opened_at,
        seen_at=FACTS.seen_at,
        from_home_m=500.0,
        from_home_deg=degrees,
    )
    text = compose(Purpose.ASK, "", Role.GUARDIAN, facts, Language.CHINESE)

    assert f"在家{direction}约500米" in text


def test_times_are_local() -> None:
    """Times are told as clocks in Haining show them."""
    assert "00:30" == clock_time(datetime(2026, 11, 22, 16, 30, tzinfo=UTC))


@pytest.mark.parametrize("language", Language)
def test_every_key_gets_its_own_spoken_answer(language: Language) -> None:
    """After a key the call says something different for yes, no and anything else."""
    answers = {spoken_answer(key, language) for key in ("1", "2", "7")}

    assert 3 == len(answers)


@pytest.mark.parametrize("language", Language)
def test_an_unreadable_text_is_answered_with_what_can_be_answered(language: Language) -> None:
    """The answer to a text we cannot read names the digits."""
    text = not_understood(language)

    assert ["1", "2", "3"] == [digit for digit in "123" if digit in text.removeprefix(SIGNATURE)]


def test_another_day_is_named() -> None:
    """After an outage of a day a text says which day it speaks of; otherwise it need not."""
    opened = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
    facts = replace(FACTS, opened_at=opened, seen_at=None)

    def text(hours: float) -> str:
        said = replace(facts, said_at=opened + timedelta(hours=hours))
        return compose(Purpose.ASK, "", Role.GUARDIAN, said, Language.CHINESE)

    assert "11月22日13:30" in text(24)
    assert "月" not in text(5)
