"""Why something was believed, in words: complete in both languages, with numbers one can use."""

import re
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.reasons import believed, metres, percent, sentence, silence, span
from core.people import Language
from core.zones import Side
from geofence.changes import ChangeKind, Evidence, Rule, Witness
from tests.conftest import NOON

CHINESE, ENGLISH = Language


def evidence(
    *beyond_m: float,
    rule: Rule = Rule.FIXES_IN_A_ROW,
    accuracy_m: float = 15.0,
    apart_s: float = 60,
    probability: float = 0.974,
) -> Evidence:
    """Return the evidence of fixes so far beyond the edge, one after the other."""
    witnesses = tuple(
        Witness(
            report_id=str(number),
            at=NOON + timedelta(seconds=number * apart_s),
            beyond_m=one,
            accuracy_m=accuracy_m,
            probability_outside=0.9,
            fix_class="gps",
        )
        for number, one in enumerate(beyond_m)
    )
    return Evidence(
        rule=rule,
        probability_outside=probability,
        beyond_m=beyond_m[-1],
        accuracy_m=accuracy_m,
        fixes=len(beyond_m),
        span_s=apart_s * (len(beyond_m) - 1),
        witnesses=witnesses,
    )


def test_two_fixes_in_a_row_as_operators_say_it() -> None:
    """Two fixes, how far, how exact, how far apart: in rounded numbers."""
    seen = evidence(117.23, 121.4)

    assert (
        "判断已离开安全区：两次定位都在安全区外约 120 米（精度 15 米），相隔 1 分钟。"
        "老人在外面的可能性 97%。"
    ) == sentence(ChangeKind.LEFT, seen, language=CHINESE)
    assert (
        "Believed to have left: two fixes, both about 120 m outside the safe zone"
        " (accuracy 15 m), 1 minute apart. The elder is 97% likely to be outside."
    ) == sentence(ChangeKind.LEFT, seen, language=ENGLISH)


@pytest.mark.parametrize(
    ("kind", "seen", "said"),
    [
        (
            ChangeKind.SUSPECTED,
            evidence(82.0, rule=Rule.GOOD_FIX_OUTSIDE, probability=0.41),
            "（精度 15 米）。老人在外面的可能性 41%。单凭这些不惊动人，先让手环再定位。",
        ),
        (
            ChangeKind.SUSPECTED,
            evidence(812.0, rule=Rule.ODDS_OUTSIDE, accuracy_m=800, probability=0.3),
            "单独一次太粗、不作数，合起来看：一次定位在安全区外约 810 米（精度 800 米）。",
        ),
        (
            ChangeKind.LEFT,
            evidence(90, 130, 1240, rule=Rule.FIXES_IN_ALL, apart_s=170),
            "三次定位都在安全区外约 90 至 1200 米（精度 15 米），前后 6 分钟，中间夹着较粗的定位。",
        ),
        (
            ChangeKind.RETURNED,
            evidence(-33.0, rule=Rule.GOOD_FIX_INSIDE, probability=0.004),
            "看来已回到安全区：一次定位在安全区内约 35 米（精度 15 米）。老人在外面的可能性 <1%。",
        ),
        (
            ChangeKind.LEFT,
            evidence(60, 70, rule=Rule.LATE_FIX),
            "补传的定位排回原来的时间后看出：两次定位都在安全区外约 60 至 70 米",
        ),
        (
            ChangeKind.DANGER_ENTERED,
            evidence(-12, rule=Rule.FIX_IN_DANGER),
            "进入危险区：一次定位在危险区“洛塘河”内约 10 米（精度 15 米）。",
        ),
        (
            ChangeKind.DANGER_LEFT,
            evidence(55, 61, rule=Rule.FIXES_OUT_OF_DANGER, apart_s=40),
            "已离开危险区：两次定位都距危险区“洛塘河”约 60 米（精度 15 米），相隔 40 秒。",
        ),
        (
            ChangeKind.SUSPICION_DROPPED,
            evidence(1.0),
            "疑点排除：一次定位在安全区边上（精度 15 米）。",
        ),
    ],
)
def test_each_rule_has_its_words(kind: ChangeKind, seen: Evidence, said: str) -> None:
    """The sentence says what was decided, on how many fixes, where and how exact."""
    assert said in sentence(kind, seen, zone_name="洛塘河", language=CHINESE)


@pytest.mark.parametrize(("kind", "rule", "language"), [*product(ChangeKind, Rule, Language)])
def test_every_rule_of_every_kind_can_be_said(
    kind: ChangeKind, rule: Rule, language: Language
) -> None:
    """Whatever is decided by whatever rule, there is a sentence with nothing left to fill in."""
    for seen in (evidence(40, rule=rule), evidence(40, 50, 60, 70, 80, rule=rule), None):
        said = sentence(kind, seen, zone_name="河", silence_confirms=True, language=language)

        assert "%(" not in said
        assert ("。" in said) is (language is CHINESE)


def test_a_suspicion_that_silence_confirms_says_so() -> None:
    """An operator reads that waiting ends in an alarm."""
    seen = evidence(82.0, rule=Rule.GOOD_FIX_OUTSIDE)

    assert "到时间还没有定位否定它，就按已离开处理。" in sentence(
        ChangeKind.SUSPECTED, seen, silence_confirms=True, language=CHINESE
    )
    assert "6 分钟内没有可靠的定位否定它。" == silence(361, CHINESE)
    assert "No good fix spoke against it for 6 minutes." == silence(361, ENGLISH)


def test_fixes_that_are_not_all_named_still_count() -> None:
    """Evidence that does not hold all its fixes says how many there were, and the last of them."""
    bare = Evidence(
        rule=Rule.FIXES_IN_A_ROW,
        probability_outside=0.97,
        beyond_m=117.23,
        accuracy_m=15,
        fixes=2,
        span_s=60,
    )

    some = replace(bare, witnesses=evidence(117.23).witnesses)

    for seen in (bare, some):
        assert "two fixes, the last about 120 m outside" in sentence(
            ChangeKind.LEFT, seen, language=ENGLISH
        )


@given(st.floats(-60_000, 60_000))
def test_metres_are_rounded_for_people(value_m: float) -> None:
    """A distance is whole fives near by, tens and hundreds farther off, and never far from true."""
    said = metres(value_m)

    assert 0 == said % 5
    assert abs(abs(value_m) - said) <= max(5, abs(value_m) / 10)


def test_no_probability_is_a_certainty() -> None:
    """Neither 0 nor 100 per cent is ever said."""
    assert ["<1%", "1%", "50%", "99%", ">99%"] == [
        percent(p) for p in (0.0, 0.012, 0.5, 0.99, 0.9999)
    ]


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (2, "5 秒", "5 seconds"),
        (42, "40 秒", "40 seconds"),
        (60, "1 分钟", "1 minute"),
        (400, "7 分钟", "7 minutes"),
        (3600, "60 分钟", "60 minutes"),
        (5400, "2 小时", "2 hours"),
    ],
)
def test_spans_are_in_one_unit(seconds: float, chinese: str, english: str) -> None:
    """A length of time is said in seconds, minutes or hours, one of them in the singular."""
    assert (chinese, english) == (span(seconds, CHINESE), span(seconds, ENGLISH))


def test_what_is_believed_is_said() -> None:
    """Side and probability, with the doubt when there is one."""
    assert "在安全区外，在外面的可能性 98%。" == believed(Side.OUTSIDE, 0.98, False, CHINESE)
    assert "perhaps no longer: 40%" in believed(Side.INSIDE, 0.4, True, ENGLISH)
    assert "No fix" in believed(Side.UNSURE, None, False, ENGLISH)
    for side in Side:
        assert not re.search("[A-Za-z]", believed(side, 0.5, False, CHINESE))
