"""Codes: what a person types is read, tries are counted, and another code waits its turn."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.codes import (
    CODE_LIFE,
    MOST_PER_HOUR,
    MOST_TRIES,
    RESEND_AFTER,
    Verdict,
    code_for,
    digest,
    judge,
    may_send_at,
    read_code,
)
from alerts.replies import read_reply

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
SECRET = b"a key of tests"
CODE, SALT = "012345", "ab" * 16


@dataclass(frozen=True, kw_only=True)
class Row:
    """One code that went out at NOW."""

    salt: str = SALT
    digest: str = digest(CODE, SALT)
    expires_at: datetime = NOW + CODE_LIFE
    tries: int = 0


@pytest.mark.parametrize(
    "text",
    [
        "012345",
        " 012345。",
        "０１２３４５",
        "012 345",
        "012-345",
        "验证码012345",
        "验证码：012345",
        "code 012345",
        "“012345”",
    ],
)
def test_a_code_is_read_as_people_type_it(text: str) -> None:
    """Width, spaces, quotes and the word before it do not matter."""
    assert CODE == read_code(text)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "1 12", "去", "12345a", "收到 012345 吗"])
def test_what_is_no_code_is_not_taken_for_one(text: str) -> None:
    """Anything but six digits alone is no code."""
    assert None is read_code(text)


@given(st.integers(min_value=0, max_value=999_999))
def test_no_code_is_an_answer_to_an_ask(number: int) -> None:
    """Whatever six digits a code has, it is never read as "I am going" or "I cannot"."""
    assert read_reply(f"{number:06d}") is None
    assert f"{number:06d}" == read_code(f"{number:06d}")


def test_the_right_code_in_time_verifies() -> None:
    """Until its ten minutes are over the right code is the right code."""
    last_moment = NOW + CODE_LIFE - timedelta(seconds=1)

    assert Verdict.VERIFIED == judge(Row(), CODE, last_moment)
    assert Verdict.EXPIRED == judge(Row(), CODE, NOW + CODE_LIFE)


@pytest.mark.parametrize("tries", range(MOST_TRIES + 1))
def test_five_wrong_ones_use_it_up(tries: int) -> None:
    """The fifth wrong code ends it, and the right one is too late then."""
    row = Row(tries=tries)
    last = tries >= MOST_TRIES - 1

    assert (Verdict.USED_UP if last else Verdict.WRONG) == judge(row, "999999", NOW)
    right = Verdict.VERIFIED if tries < MOST_TRIES else Verdict.USED_UP
    assert right == judge(row, CODE, NOW)


def test_without_a_code_there_is_nothing_to_verify() -> None:
    """A code that nobody was sent proves nothing."""
    assert Verdict.NONE_SENT == judge(None, CODE, NOW)


@given(salt=st.text(min_size=1), address=st.text())
def test_a_code_is_six_digits_and_its_own(salt: str, address: str) -> None:
    """The same salt and number give the same six digits; another key gives others."""
    code = code_for(SECRET, salt, address)

    assert (6, True) == (len(code), code.isdecimal())
    assert code == code_for(SECRET, salt, address)


def test_what_is_kept_is_not_the_code() -> None:
    """The digest depends on the salt and does not show the code."""
    assert digest(CODE, SALT) != digest(CODE, "cd" * 16)
    assert CODE not in digest(CODE, SALT)


@given(st.lists(st.integers(min_value=0, max_value=3600), max_size=12))
def test_codes_keep_their_distance(ages_s: list[int]) -> None:
    """A minute lies between two, and no hour sees more than five."""
    sent_at = sorted(NOW - timedelta(seconds=age) for age in ages_s)

    earliest = may_send_at(sent_at, NOW)

    assert NOW <= earliest
    if sent_at:
        assert RESEND_AFTER <= earliest - sent_at[-1]
    hour_before = [at for at in sent_at if at > earliest - timedelta(hours=1)]
    assert len(hour_before) < MOST_PER_HOUR
