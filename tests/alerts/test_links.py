"""The token in an answer link: only we can make one, and only for one person and incident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.links import make_token, read_token
from core.errors import NotFound

SECRET = b"s" * 32


@given(st.integers(1, 10**15), st.integers(1, 10**15))
def test_our_token_is_read_back(incident_id: int, person_id: int) -> None:
    """A token says for which incident and person we made it."""
    token = make_token(SECRET, incident_id, person_id)

    assert (incident_id, person_id) == read_token(SECRET, token)


def test_a_token_is_short_and_needs_no_escaping() -> None:
    """A token fits into an SMS and into an address as it is."""
    token = make_token(SECRET, 121, 12)

    assert len(token) <= 40
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "1.2",
        "1.2.",
        "1.2.3",
        "a.b.c",
        "-1.2.x",
        "１.2.x",
        "1.2.3.4",
        "1" * 100,
        make_token(b"t" * 32, 1, 2),  # somebody else's key
        make_token(SECRET, 1, 2)[:-1],
        make_token(SECRET, 1, 2) + "A",
        make_token(SECRET, 1, 2).replace("1.2.", "1.3."),  # another person
        make_token(SECRET, 1, 2).replace("1.2.", "2.2."),  # another incident
        "1.2." + "é" * 22,
    ],
)
def test_a_forged_changed_or_foreign_token_is_refused(token: str) -> None:
    """Nobody can make a token, or turn one into another, without our key."""
    with pytest.raises(NotFound):
        read_token(SECRET, token)


@given(st.text(max_size=90))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text that is not one of our tokens is refused, whatever is in it."""
    with pytest.raises(NotFound):
        read_token(SECRET, text)
