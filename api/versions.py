"""Nobody overwrites what somebody else has changed: `ETag` on reading, `If-Match` on changing.

Reading answers `ETag: "7"`; a change must say `If-Match: "7"`. Without it the answer is 428, and
412 when 7 is not the newest any more (`core.errors.Stale`, raised by the store).
"""

from typing import Annotated

from fastapi import Depends, Header, HTTPException, Response

from core.errors import BadInput

#: as the header says it; most routes use `WantedVersion` instead
IfMatch = Annotated[
    str,
    Header(
        max_length=40,
        description="`ETag` of the state that is changed, as it was read.",
        examples=['"1"'],
    ),
]


def etag(version: int) -> str:
    """Return the value of the header `ETag` for *version*."""
    return f'"{version}"'


def tag(response: Response, version: int) -> None:
    """Let *response* say which version it shows."""
    response.headers["ETag"] = etag(version)


def wanted_version(if_match: IfMatch = "") -> int:
    """Return the version that a change is meant for; HTTPException 428, BadInput unreadable.

    `*` would mean "whatever it is by now", which is just what nobody should say here: 428, too.
    """
    said = if_match.strip()
    if said in ("", "*"):
        raise HTTPException(428)
    seen = said.removeprefix("W/").strip('"')
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 10):
        raise BadInput(
            'If-Match takes the ETag that was read, for example "7".',
            {"header.if-match": 'the ETag that was read, for example "7"'},
        )
    return int(seen)


#: a parameter of a route that changes something; let it follow the viewer, so that 401 comes first
WantedVersion = Annotated[int, Depends(wanted_version)]
