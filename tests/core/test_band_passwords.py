"""Bands' passwords: computed, stable for good, and different for whatever differs."""

from hypothesis import given
from hypothesis import strategies as st

from core.band_passwords import key_mark, password

KEY = b"a key for throw-away bands only 0123456789"
DEVICES = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)
GENERATIONS = st.integers(1, 10_000)


def test_a_password_never_changes() -> None:
    """A version of ours that computed other passwords would lock out every band."""
    assert "2vsjdpz3qs3ykqvnqri4oto4b4" == password(KEY, "band-0001", 1)
    assert "df48b212" == key_mark(KEY)


@given(DEVICES, GENERATIONS)
def test_a_password_can_be_typed(device: str, generation: int) -> None:
    """It has 26 characters that are not mistaken for each other."""
    word = password(KEY, device, generation)

    assert 26 == len(word)
    assert set(word) <= set("abcdefghijklmnopqrstuvwxyz234567")


@given(
    st.tuples(st.sampled_from([KEY, KEY + b"!"]), DEVICES, GENERATIONS),
    st.tuples(st.sampled_from([KEY, KEY + b"!"]), DEVICES, GENERATIONS),
)
def test_whatever_differs_has_another_password(
    one: tuple[bytes, str, int], other: tuple[bytes, str, int]
) -> None:
    """No two bands, generations or keys share a password."""
    assert (one == other) == (password(*one) == password(*other))
