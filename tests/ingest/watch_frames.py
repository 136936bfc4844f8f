"""Made-up Watch frames, and short ways to have them read."""

from datetime import UTC, datetime

from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Frame, Reading
from ingest.codecs.watch import WATCH

NOW = datetime(2026, 3, 1, 2, 12, tzinfo=UTC)
WATCH_ID = "8800000015"

#: what stands before the radio surroundings in a good report
PLACE = "010326,021109,A,30.528110,N,120.6894500,E,2.10,71.0,6.0,9,88,64,2210,3,00000000"
#: two cells, two access points, an accuracy
RADIO = (
    "2,255,460,0,22633,4082,131,22633,4092,148,2,home,00:00:5e:00:53:6d,-61,,0:0:5e:0:53:1,-80,18.5"
)
POSITION = f"{PLACE},{RADIO}"


def frame(
    content: str | bytes,
    *,
    letters: str = "3G",
    device: str = WATCH_ID,
    index: str = "",
    length: int | None = None,
) -> bytes:
    """Return a frame; *length* is what it declares instead of the truth."""
    body = content if isinstance(content, bytes) else content.encode("latin-1")
    declared = len(body) if length is None else length
    head = "*".join([letters, device, *([index] if index else []), f"{declared:04x}"])
    return f"[{head}*".encode() + body + b"]"


def decode(frame: bytes, profile: Profile | None = None) -> Frame:
    """Return what *frame* says on a new connection."""
    return WATCH.decode(frame, WATCH.open(profile or Profile(protocol="watch")), NOW)


def read(content: str | bytes, profile: Profile | None = None) -> Reading:
    """Return the only reading of a frame with *content*."""
    (reading,) = decode(frame(content), profile).readings
    return reading


def place(**changed: str) -> str:
    """Return the fields of a good position report with some changed; an empty text empties one."""
    names = "day time valid lat ns lon ew speed course alt sats signal battery steps tumbles status"
    fields = dict(zip(names.split(), PLACE.split(","), strict=True))
    assert changed.keys() <= fields.keys()
    return ",".join((fields | changed).values())
