"""Texts to register: all that are sent, within the rules, and short."""

import re
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import notice_words, wording
from alerts.templates import (
    LONGEST_VALUE,
    ONE_SMS,
    Template,
    all_templates,
    attribute,
    example,
    faults,
    missing,
)
from alerts.wording import SIGNATURE, Facts, compose, sendable, speak, template
from core.incidents import Trigger
from core.notices import NoticeKind
from core.notifications import Purpose
from core.people import Channel, Language, Role
from tests.alerts.test_wording import EVERY, FACTS

ALL = all_templates()
BY_NAME = {one.name: one for one in ALL}
#: every known thing as long as it plausibly gets
LONGEST = Facts(
    incident_id=12345,
    elder_name="欧阳秀英",
    age=102,
    trigger=Trigger.CROSSING,
    opened_at=FACTS.opened_at,
    seen_at=FACTS.seen_at,
    from_home_m=12_340.0,
    from_home_deg=44.0,
    other_name="欧阳志强",
)


def filled(one: Template, values: dict[str, str]) -> str:
    """Return what a provider makes of a template."""
    return re.sub(r"\$\{(\w+)\}", lambda place: values[place.group(1)], one.text)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_text_can_be_approved(one: Template) -> None:
    """No text breaks a published rule, and each variable has an example and an attribute."""
    assert [] == faults(one.text)
    for variable in one.variables:
        assert attribute(variable)
        assert 1 <= len(example(variable)) <= LONGEST_VALUE
        assert "示例" != example(variable)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${no}号${no}", "twice"),
        ("${no}${name}号", "side by side"),
        ("${no}，", "nothing but variables"),
        ("【121】${no}号", "refused"),
        ("请看https://121.example.org/a", "refused"),
        ("请打13800000001", "refused"),
        ("${id}号", "refused"),
        ("${1no}号", "refused"),
        ("号" * 501, "longer"),
    ],
)
def test_the_rules_can_see(text: str, what: str) -> None:
    """Each rule finds the text that breaks it."""
    assert any(what in fault for fault in faults(text))


@pytest.mark.parametrize(("purpose", "subject", "role"), EVERY)
@pytest.mark.parametrize("is_drill", [False, True])
def test_a_template_says_what_the_text_says(
    purpose: Purpose, subject: str, role: Role, is_drill: bool
) -> None:
    """Filled in by the provider, a template is the SMS, and the call, that others get."""
    known = Facts(
        incident_id=121,
        elder_name="王秀英",
        age=82,
        trigger=Trigger.SOS,
        opened_at=FACTS.opened_at,
        other_name="陈志强",
        is_drill=is_drill,
    )
    about = (purpose, subject, role, known, Language.CHINESE)
    name, values = template(*about)

    assert compose(*about) == SIGNATURE + filled(BY_NAME[name], values)
    spoken = filled(BY_NAME[f"say_{name}"], values)
    if is_drill:
        assert "演练：121号" in spoken
    else:
        assert speak(*about) == spoken


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("spoken", [False, True])
def test_every_notice_is_in_the_list(kind: NoticeKind, spoken: bool) -> None:
    """A notice's template is registered with the variables that are sent."""
    texts = notice_words.template_text(kind, spoken=spoken)
    known = dict.fromkeys(wording.variables(texts), "1")
    name, values = notice_words.template(kind, known, spoken=spoken)
    listed = BY_NAME[f"say_{name}" if spoken else name]

    assert set(listed.variables) == set(values)
    assert all(values.values())


def test_a_reader_of_english_gets_the_approved_text() -> None:
    """Approved is the Chinese text; through that provider everybody reads it."""
    about = (Purpose.ASK, "", Role.GUARDIAN, FACTS)

    assert template(*about, Language.CHINESE) == template(*about, Language.ENGLISH)


def test_the_canarys_text_is_a_template_of_its_own() -> None:
    """The test of the chain goes through every provider."""
    known = Facts(
        incident_id=9,
        elder_name="x",
        age=80,
        trigger=Trigger.SOS,
        opened_at=FACTS.opened_at,
        is_test=True,
    )

    assert ("test", {"no": "9"}) == template(
        Purpose.ASK, "", Role.GUARDIAN, known, Language.CHINESE
    )


@pytest.mark.parametrize(
    ("purpose", "role", "trigger", "is_drill"),
    list(product([Purpose.ASK, Purpose.ALARM], Role, Trigger, [False, True])),
)
def test_an_ask_is_one_sms_with_the_longest_values(
    purpose: Purpose, role: Role, trigger: Trigger, is_drill: bool
) -> None:
    """With a long name, a far place and a high number an ask is 70 characters, in a drill too."""
    known = Facts(
        incident_id=12345,
        elder_name="欧阳秀英",
        age=102,
        trigger=trigger,
        opened_at=FACTS.opened_at,
        seen_at=FACTS.seen_at,
        from_home_m=12_340.0,
        from_home_deg=44.0,
        is_drill=is_drill,
    )

    assert len(compose(purpose, "", role, known, Language.CHINESE)) <= ONE_SMS


@pytest.mark.parametrize(("purpose", "subject", "role"), EVERY)
def test_every_message_is_one_sms(purpose: Purpose, subject: str, role: Role) -> None:
    """Not only asks: no Chinese message of an incident needs a second SMS."""
    assert len(compose(purpose, subject, role, LONGEST, Language.CHINESE)) <= ONE_SMS


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("王秀英", "王秀英"),
        ("买买提·艾力", "买买提·艾力"),
        ("王秀英13800000001", "王秀英"),
        ("王秀英 0573-8722 1121", "王秀英"),
        ("王秀英 www.example.cn", "王秀英"),
        ("王秀英https://x.example/a?b", "王秀英"),
        ("王【秀】英", "王 秀 英"),
        ("王秀英\n回复1", "王秀英 回复1"),
        ("13800000001", ""),
        ("王" * 50, "王" * 20),
    ],
)
def test_nothing_in_a_name_can_be_dialled_or_opened(name: str, sent: str) -> None:
    """Numbers, addresses and brackets that carriers refuse fall out of a name."""
    assert sent == sendable(name)


def test_an_unsendable_name_has_a_stand_in() -> None:
    """A variable is never empty: providers refuse that."""
    known = Facts(
        incident_id=1,
        elder_name="13800000001",
        age=82,
        trigger=Trigger.SOS,
        opened_at=FACTS.opened_at,
    )
    _name, values = template(Purpose.INFORM, "going", Role.GUARDIAN, known, Language.CHINESE)

    assert {"no": "1", "other": "有人", "name": "老人"} == values


@given(
    name=st.text(max_size=80),
    other=st.text(max_size=80),
    incident_id=st.integers(1, 10**9),
    from_home_m=st.floats(0, 2e6),
    from_home_deg=st.floats(0, 360),
    trigger=st.sampled_from(Trigger),
    is_drill=st.booleans(),
)
def test_every_value_may_be_sent(
    name: str,
    other: str,
    incident_id: int,
    from_home_m: float,
    from_home_deg: float,
    trigger: Trigger,
    is_drill: bool,
) -> None:
    """Whatever stands in the register, each value is short, not empty and opens nothing."""
    at = datetime(2026, 11, 23, 4, 5, tzinfo=UTC)
    known = Facts(
        incident_id=incident_id,
        elder_name=name,
        age=82,
        trigger=trigger,
        opened_at=at,
        seen_at=at,
        from_home_m=from_home_m,
        from_home_deg=from_home_deg,
        other_name=other,
        is_drill=is_drill,
    )
    for purpose, subject, role in EVERY:
        for value in template(purpose, subject, role, known, Language.CHINESE)[1].values():
            assert 1 <= len(value) <= LONGEST_VALUE
            assert not re.search(r"[【】\n]|://|www\.", value)


def test_what_has_no_code_is_named() -> None:
    """What is not registered yet is listed, of the wanted channels only, the needed ones first."""
    names = [one.name for one in missing({"ask", "say_ask"}, [Channel.SMS])]

    assert ["ask_rescue", "alarm"] == names[:2]
    assert "ask" not in names
    assert not any(name.startswith("say_") for name in names)
    assert [] == missing(BY_NAME, Channel)
