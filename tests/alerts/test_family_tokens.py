"""A family's link opens one page, and only we can make it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.family_tokens import is_token_of, link_id_in, make_family_token
from alerts.links import make_token
from core.errors import NotFound

SECRET = b"a secret of tests, long enough to be one"
BOUND = {"link_id": 3, "elder_id": 17, "contact_id": 5, "expires_s": 1_800_000_000}
numbers = st.integers(min_value=1, max_value=10**15 - 1)


@given(link_id=numbers, elder_id=numbers, contact_id=numbers, expires_s=numbers)
def test_a_token_opens_its_own_link(
    link_id: int, elder_id: int, contact_id: int, expires_s: int
) -> None:
    """It names its link, and is good for just this elder, contact and end."""
    bound = {
        "link_id": link_id,
        "elder_id": elder_id,
        "contact_id": contact_id,
        "expires_s": expires_s,
    }
    token = make_family_token(SECRET, **bound)

    assert link_id == link_id_in(token)
    assert is_token_of(SECRET, token, **bound)
    for name in bound:
        assert not is_token_of(SECRET, token, **{**bound, name: bound[name] + 1})


@pytest.mark.parametrize("token", ["", ".", "x.y", "-1.y", "٣.y", "3" * 90, "3" * 20 + ".y"])
def test_what_is_no_token_is_refused(token: str) -> None:
    """Whatever is not of a token's form names no link."""
    with pytest.raises(NotFound):
        link_id_in(token)


def test_other_keys_and_purposes_make_other_tokens() -> None:
    """Neither another key nor an answer link's token opens it."""
    token = make_family_token(SECRET, **BOUND)

    assert not is_token_of(SECRET[1:], token, **BOUND)
    assert not is_token_of(SECRET, make_token(SECRET, 3, 17), **BOUND)
    assert not is_token_of(SECRET, "3.\udcff", **BOUND)
