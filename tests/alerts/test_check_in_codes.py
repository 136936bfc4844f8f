"""A code says where somebody was, for some minutes, and nothing of who they are."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.check_in_codes import Purpose, is_good, read, show, was_shown_by
from core.errors import NotFound

SECRET = b"s" * 32
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


@given(
    st.sampled_from(Purpose),
    st.integers(1, 2**53),
    st.integers(0, 2_000_000_000).map(lambda seconds: NOON + timedelta(seconds=seconds)),
)
def test_a_code_is_read_back(purpose: Purpose, subject_id: int, now: datetime) -> None:
    """What was shown is what is read; it is good now, and for one to two windows."""
    text, shown = show(SECRET, purpose, subject_id, shown_by="anna", now=now)
    code = read(SECRET, text)

    assert shown == code
    assert (purpose, subject_id, True) == (code.purpose, code.subject_id, is_good(code, now))
    assert purpose.window < code.expires_at - now <= 2 * purpose.window
    assert not is_good(code, code.expires_at)
    assert len(text) <= 100


@given(st.text(max_size=120))
def test_what_we_did_not_make_is_none(text: str) -> None:
    """Whatever somebody writes there, it is no code of ours."""
    with pytest.raises(NotFound):
        read(SECRET, text)


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: ["h", *parts[1:]],
        lambda parts: [parts[0], "8", *parts[2:]],
        lambda parts: [*parts[:2], str(int(parts[2]) + 1), *parts[3:]],
        lambda parts: [*parts[:3], "AAAAAAAA", parts[4]],
        lambda parts: [*parts[:4], parts[4][:-1]],
    ],
    ids=["purpose", "elder", "window", "mark", "signature"],
)
def test_a_changed_code_is_none(change: object) -> None:
    """Another purpose, elder, time or shower needs another signature."""
    text, _code = show(SECRET, Purpose.DOOR, 7, shown_by="anna", now=NOON)

    with pytest.raises(NotFound):
        read(SECRET, ".".join(change(text.split("."))))  # type: ignore[operator]


def test_another_key_reads_nothing() -> None:
    """A code of another service is none of ours."""
    text, _code = show(b"t" * 32, Purpose.DOOR, 7, shown_by="anna", now=NOON)

    with pytest.raises(NotFound):
        read(SECRET, text)


def test_it_names_nobody_but_knows_who_showed_it() -> None:
    """Whoever shows a code is recognised, and cannot be read from it."""
    text, code = show(SECRET, Purpose.HANDOVER, 7, shown_by="person:5", now=NOON)
    known = [was_shown_by(SECRET, code, who) for who in ("person:5", "person:6", "anna")]

    assert [True, False, False] == known
    assert "person" not in text


def test_the_next_window_shows_another_one() -> None:
    """The code on the screen changes, and an old one is over after two windows."""
    first, code = show(SECRET, Purpose.DOOR, 7, shown_by="anna", now=NOON)
    again, _same = show(SECRET, Purpose.DOOR, 7, shown_by="anna", now=code.next_at)

    assert first != again
    assert is_good(code, code.next_at)
    assert not is_good(code, NOON + 2 * Purpose.DOOR.window)
    assert not is_good(code, NOON - timedelta(seconds=1))
