"""What may be asked of the OGC routes, read from the address."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ogc_parameters import (
    Cursor,
    ItemsRequest,
    Key,
    read_cursor,
    read_items,
    read_key,
    write_cursor,
)
from api.wire_types import MOST_ID

_Read = TypeVar("_Read")

devices = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)
numbers = st.integers(1, MOST_ID)


def read(asked: Callable[[], _Read]) -> _Read | str:
    """Return what was read, or the sentence that refuses it."""
    try:
        return asked()
    except ValueError as error:
        return str(error)


@given(devices | numbers, st.integers(0, MOST_ID))
def test_a_cursor_comes_back(after: str | int, matched: int) -> None:
    """What the link to the next page carries is read as it was written."""
    key = Key.DEVICE if isinstance(after, str) else Key.NUMBER
    cursor = Cursor(after=after, matched=matched)

    assert cursor == read_cursor(write_cursor(cursor), key)


@given(devices | numbers)
def test_a_cursor_stays_with_its_collection(after: str | int) -> None:
    """A cursor of bands is none of zones, and the other way round."""
    other = Key.NUMBER if isinstance(after, str) else Key.DEVICE
    with pytest.raises(ValueError, match="another collection"):
        read_cursor(write_cursor(Cursor(after=after, matched=1)), other)


@given(st.text(max_size=60), st.sampled_from(Key))
def test_any_text_is_a_cursor_or_refused(text: str, key: Key) -> None:
    """Whatever is written, the answer is a cursor of this collection or a sentence."""
    found = read(lambda: read_cursor(text, key))

    if isinstance(found, Cursor):
        assert found.after == read_key(str(found.after), key)
    else:
        assert found.startswith("it ")


@given(
    st.sampled_from(["bands", "zones", "incidents"]),
    st.lists(
        st.tuples(
            st.sampled_from(["bbox", "datetime", "limit", "cursor", "elder_id", "side", "f", "x"]),
            st.text(max_size=30) | st.from_regex(r"[0-9,.\-]{0,20}", fullmatch=True),
        ),
        max_size=4,
    ),
)
def test_any_parameters_are_read_or_refused_by_name(
    collection: str, given_: list[tuple[str, str]]
) -> None:
    """Whatever is asked, it is within bounds or refused with the parameter's name first."""
    found = read(lambda: read_items(collection, given_))

    if isinstance(found, ItemsRequest):
        assert 1 <= found.limit <= 10_000
    else:
        assert found.partition(":")[0] in {name for name, _value in given_}
