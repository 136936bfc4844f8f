"""Boxes and times as map programs write them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feature_queries import Box, Span, parse_box, parse_span

_Read = TypeVar("_Read")

lons = st.floats(-180, 180)
lats = st.floats(-90, 90)
instants = st.datetimes(
    min_value=datetime(1000, 1, 2),  # noqa: DTZ001  the zone comes with `timezones`
    max_value=datetime(9998, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


def read(parse: Callable[[str], _Read], text: str) -> _Read | str:
    """Return what *text* says, or the sentence that refuses it."""
    try:
        return parse(text)
    except ValueError as error:
        return str(error)


@given(lons, lats, lons, lats, st.none() | st.tuples(st.integers(-99, 99), st.integers(-99, 99)))
def test_a_written_box_is_read(
    west: float, south: float, east: float, north: float, heights: tuple[int, int] | None
) -> None:
    """Four numbers are the box; heights between them change nothing; no north below its south."""
    south, north = sorted((south, north))
    corners = [[f"{west:.17g}", f"{south:.17g}"], [f"{east:.17g}", f"{north:.17g}"]]
    if heights is not None:
        for corner, height in zip(corners, sorted(heights), strict=True):
            corner.append(str(height))

    assert Box(west=west, south=south, east=east, north=north) == parse_box(
        ",".join(number for corner in corners for number in corner)
    )


@given(lons, lons, lons)
def test_parts_hold_what_the_box_holds(west: float, east: float, lon: float) -> None:
    """Cut at the date line, a box still holds the same places, and every part goes eastwards."""
    box = Box(west=west, south=-1, east=east, north=1)
    holds = west <= lon <= east if west <= east else lon >= west or lon <= east

    assert all(part.west <= part.east for part in box.parts())
    assert holds == any(part.west <= lon <= part.east for part in box.parts())


@given(st.text(max_size=300))
def test_any_text_is_a_box_or_refused(text: str) -> None:
    """Whatever is written, the answer is a box on the globe or a sentence."""
    found = read(parse_box, text)

    if isinstance(found, Box):
        assert -180 <= found.west <= 180
        assert -90 <= found.south <= found.north <= 90
    else:
        assert " box " in found


@given(instants, offsets)
def test_a_written_instant_is_read(instant: datetime, offset: timezone) -> None:
    """An instant on any wall clock is the same instant, and a span of no length."""
    written = instant.astimezone(offset).isoformat()

    assert Span(since=instant, until=instant) == parse_span(written)
    assert parse_span(written) == parse_span(written.replace("+", " "))


@given(instants, instants, st.sampled_from(["", ".."]), st.booleans(), st.booleans())
def test_a_written_interval_is_read(
    one: datetime, other: datetime, nothing: str, is_begun: bool, is_ended: bool
) -> None:
    """Two dots or nothing leave an interval open on that side; both at once say nothing."""
    since, until = sorted((one, other))
    first = since.isoformat() if is_begun else nothing
    last = until.isoformat() if is_ended else nothing
    if not is_begun and not is_ended:
        with pytest.raises(ValueError, match="open on one side"):
            parse_span(f"{first}/{last}")
        return

    expected = Span(since=since if is_begun else None, until=until if is_ended else None)
    assert expected == parse_span(f"{first}/{last}")


@given(st.text(max_size=80) | st.text("0123456789-:TZ./+ ", max_size=60))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """Whatever is written, the answer is a span or a sentence."""
    found = read(parse_span, text)

    if isinstance(found, Span):
        assert (None, None) != (found.since, found.until)
    else:
        assert " time" in found or " instant " in found


@pytest.mark.parametrize(
    "wrong", ["2026-02-30T00:00:00Z", "2026-11-23T24:01:00Z", "0001-01-01T00:00:00+14:00", "now"]
)
def test_what_is_no_time_is_refused(wrong: str) -> None:
    """A day that never was, an hour too many or an instant before all years is refused."""
    with pytest.raises(ValueError, match=r"no such date|RFC 3339"):
        parse_span(wrong)
