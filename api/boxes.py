"""A box of the map as an address writes it: `bbox=west,south,east,north`, WGS-84 degrees."""

from typing import Annotated

from fastapi import Query

from api.moments import Gettext
from core.errors import BadInput
from core.feature_queries import Box, parse_box

Bbox = Annotated[
    str,
    Query(
        max_length=200,
        description="west,south,east,north in degrees; not across the date line.",
        examples=["120.4,30.2,121.0,30.7"],
    ),
]


def box_in(text: str, gettext: Gettext) -> Box:
    """Return the box; BadInput says what to mend."""
    _ = gettext
    try:
        box = parse_box(text)
    except ValueError:
        box = None
    if box is None or text.count(",") != 3:
        raise _bad(_("A box is west,south,east,north in degrees, like 120.4,30.2,121.0,30.7."))
    if box.west >= box.east or box.south >= box.north:
        raise _bad(
            _(
                "West of a box is less than its east, and south less than its north. Across the"
                " date line ask for two boxes."
            )
        )
    return box


def _bad(said: str) -> BadInput:
    return BadInput(said, {"bbox": said})
