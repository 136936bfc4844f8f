"""What is refused of an elder, a family contact or a consent, and what is only remarked."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import identity_numbers
from core.elder_rules import (
    check_consent,
    check_elder,
    check_family_member,
    check_identity,
    errors,
    warnings,
)
from core.elders import Consent, ConsentBy, ConsentScope, FamilyMember, NewElder, Risk
from core.identity_numbers import check_character
from core.people import Language
from core.phone_numbers import is_mobile, normalised

TODAY = date(2026, 11, 24)
#: made up: region 000000 does not exist
BODY = "10000019440102002"
NUMBER = BODY + check_character(BODY)
ELDER = NewElder(
    organisation_id="xiashi",
    name="演示 张阿芬",
    birth_year=1944,
    sex="f",
    hint="叫小名",
    height_cm=155,
)
DAYS = st.dates(date(1906, 1, 1), date(1986, 12, 31))


def number(born_on: date, serial: int) -> str:
    """Return a made-up identity number of somebody born on that day."""
    body = f"100000{born_on:%Y%m%d}{serial:03d}"
    return body + check_character(body)


def fields(problems: list[object]) -> list[str]:
    """Return which fields are named."""
    return [one.field for one in problems]  # type: ignore[attr-defined]


def test_an_ordinary_elder_has_no_problem() -> None:
    """What is complete passes without a word."""
    assert [] == check_elder(replace(ELDER, identity_number=NUMBER), today=TODAY)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"habits": "\ud800"}, "habits"),
        ({"organisation_id": ""}, "organisation_id"),
        ({"birth_year": 44}, "birth_year"),
        ({"birth_year": 1905}, "birth_year"),  # 121
        ({"birth_year": 1987}, "birth_year"),  # 39
        ({"sex": "女"}, "sex"),
        ({"height_cm": 15}, "height_cm"),
        ({"silence_alarm_s": 60}, "silence_alarm_s"),
        ({"risks": (Risk.ROAD, Risk.ROAD)}, "risks"),
        ({"identity_number": NUMBER[:-1] + "?"}, "identity_number"),
        ({"home_address": "x" * 201}, "home_address"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict[str, object], field: str) -> None:
    """Each mistake is named at its field, in both languages."""
    found = errors(check_elder(replace(ELDER, **change), today=TODAY))  # type: ignore[arg-type]

    assert [field] == fields([*found])
    assert found[0].sentence == found[0].said(Language.ENGLISH) != found[0].said(Language.CHINESE)


@pytest.mark.parametrize("year", [1906, 1986])
def test_ages_at_the_edge_pass(year: int) -> None:
    """Somebody of 40 and somebody of 120 may be registered."""
    assert [] == check_elder(replace(ELDER, birth_year=year), today=TODAY)


@given(born_on=DAYS, serial=st.integers(1, 999))
def test_a_whole_identity_number_agrees_with_itself(born_on: date, serial: int) -> None:
    """Every number with its right last character is read, and says year and sex."""
    said = identity_numbers.read(number(born_on, serial))
    sex = "m" if serial % 2 else "f"

    assert (born_on, sex) == (said.born_on, said.sex)
    assert [] == check_identity(
        number(born_on, serial), birth_year=born_on.year, sex=sex, today=TODAY
    )


@given(
    born_on=DAYS,
    serial=st.integers(1, 999),
    at=st.integers(0, 17),
    other=st.sampled_from("0123456789X"),
)
def test_one_wrong_digit_is_always_found(born_on: date, serial: int, at: int, other: str) -> None:
    """The last character catches every single mistake."""
    right = number(born_on, serial)
    wrong = right[:at] + other + right[at + 1 :]
    problems = check_identity(wrong, birth_year=born_on.year, sex="f", today=TODAY)

    assert (wrong != right) == bool(errors(problems))


@given(born_on=DAYS, serial=st.integers(1, 999), at=st.integers(0, 16))
def test_two_swapped_digits_are_found(born_on: date, serial: int, at: int) -> None:
    """Neighbouring digits in the wrong order are caught."""
    right = number(born_on, serial)
    wrong = right[:at] + right[at + 1] + right[at] + right[at + 2 :]
    problems = check_identity(wrong, birth_year=born_on.year, sex="f", today=TODAY)

    assert (wrong != right) == bool(errors(problems))


def test_a_number_of_somebody_else_is_remarked() -> None:
    """Another year or sex than written is a warning: either may be the mistake."""
    found = check_identity(NUMBER, birth_year=1945, sex="m", today=TODAY)

    assert ["birth_year", "sex"] == fields([*warnings(found)])
    assert [] == errors(found)


def test_a_number_is_read_as_people_write_it() -> None:
    """Spaces, a small x and full-width digits do not matter."""
    with_x = next(n for n in (number(date(1944, 1, 2), s) for s in range(1, 200)) if n[-1] == "X")
    written = f" {with_x[:6]} {with_x[6:14]}-{with_x[14:17]}x "

    assert with_x == identity_numbers.read(written).number
    assert NUMBER == identity_numbers.normalised(
        "".join(chr(ord(c) + 0xFEE0) if c.isdecimal() else c for c in NUMBER)
    )


@given(text=st.text(max_size=30))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever stands in a cell is either a number or refused with a sentence."""
    for read in (identity_numbers.read, normalised):
        with suppress(ValueError):
            assert read(text)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("13800000121", "+8613800000121"),
        ("138 0000-0121", "+8613800000121"),
        ("１３８０００００１２１", "+8613800000121"),
        ("+86 138 0000 0121", "+8613800000121"),
        ("0086 13800000121", "+8613800000121"),
        ("8613800000121", "+8613800000121"),
        ("0573-87000121", "+8657387000121"),
        ("(010) 80000121", "+861080000121"),
        ("+85291234567", "+85291234567"),
        ("+8610020000011", "+8610020000011"),
    ],
)
def test_numbers_become_one_form(written: str, expected: str) -> None:
    """However a number is written, E.164 is kept, and reading it again changes nothing."""
    assert expected == normalised(written) == normalised(normalised(written))


@pytest.mark.parametrize(
    "bad",
    ["", "abc", "1380000012", "12345", "138000001211", "+861380000012", "+", "110", "+0123456"],
)
def test_what_is_no_number_is_refused(bad: str) -> None:
    """A digit too few or too many is found before an alert goes there."""
    assert ["phone"] == fields(
        [*check_family_member(FamilyMember(name="演示 女儿", relation="女儿", phone=bad))]
    )


def test_a_landline_is_no_mobile() -> None:
    """An SMS needs a mobile; of numbers abroad nobody knows."""
    numbers = ("+8613800000121", "+8657387000121", "+85291234567")

    assert [True, False, True] == [is_mobile(one) for one in numbers]


CONSENT = Consent(
    given_by=ConsentBy.FAMILY,
    giver_name="演示 女儿",
    given_on=TODAY,
    scopes=(ConsentScope.POSITION,),
)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"given_on": TODAY + timedelta(days=1)}, "given_on"),
        ({"given_on": date(1926, 11, 24)}, "given_on"),
        ({"scopes": ()}, "scopes"),
        ({"until": TODAY - timedelta(days=1)}, "until"),
        ({"giver_name": ""}, "giver_name"),
    ],
)
def test_a_consent_must_be_possible(change: dict[str, object], field: str) -> None:
    """A consent from tomorrow, for nothing, by nobody, or over before it began is refused."""
    found = errors(check_consent(replace(CONSENT, **change), today=TODAY))  # type: ignore[arg-type]

    assert [field] == fields([*found])


def test_a_consent_holds_between_its_days() -> None:
    """It holds from its day to its last one, for what was agreed to, until it is withdrawn."""
    until = replace(CONSENT, until=TODAY + timedelta(days=1))
    days = [TODAY + timedelta(days=n) for n in (-1, 0, 1, 2)]

    assert [False, True, True, False] == [until.holds(ConsentScope.POSITION, on) for on in days]
    assert not until.holds(ConsentScope.PHOTO_PUBLIC, TODAY)
