"""Put orders into the texts that GT06 devices take, and read their answers. Pure.

    down, type 80  length of the rest 1 | server's number 4 | text
    up, type 15    length of the rest 1 | server's number 4 | text | language 2
    up, type 21    server's number 4 | coding 1 | text

Texts differ by model and stand in its profile, with `{s}` seconds, `{n1}` to `{n3}` telephone
numbers and `{on}` ON or OFF.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from core.errors import BadOrder
from ingest.codecs.gt06.framing import build_frame
from ingest.codecs.order_words import fill
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Order

_COMMAND, _SHORT_ANSWER, _LONG_ANSWER = 0x80, 0x15, 0x21
#: the types of answers
ANSWERS = frozenset({_SHORT_ANSWER, _LONG_ANSWER})

#: type, length, number, serial and CRC share one length byte
_MOST_TEXT = 240
_MOST_ANSWER = 2048
_UTF16 = 2

_FAILED = re.compile(r"fail|error|invalid|not support|unsupport|失败|错误", re.IGNORECASE)
#: of the answer to WHERE#, and of a map's address in the answer to URL#
_PLACE = re.compile(
    r"(?:Lat:|[?&]q=)\s?([NS])\s?([0-9]{1,2}\.[0-9]{1,9}),"
    r"\s?(?:Lon:)?\s?([EW])\s?([0-9]{1,3}\.[0-9]{1,9})",
    re.IGNORECASE,
)
_SPEED = re.compile(r"Speed:\s?([0-9]{1,3}(?:\.[0-9]{1,6})?)", re.IGNORECASE)
_COURSE = re.compile(r"Course:\s?([0-9]{1,3}(?:\.[0-9]{1,6})?)", re.IGNORECASE)
_TIME = re.compile(
    r"Time:\s?(?:20)?([0-9]{2}-[0-9]{2}-[0-9]{2}) {1,2}([0-9]{2}:[0-9]{2}:[0-9]{2})", re.IGNORECASE
)
_LAST = re.compile(r"last", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"(?<![0-9.])[0-9]{7,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a device answered to a text."""

    #: the number it was sent under; None when the device did not repeat one
    serial: int | None
    is_ok: bool
    #: WGS-84 degrees, lat and lon
    place: tuple[float, float] | None = None
    #: False for "last position"
    is_current: bool = True
    #: what the device's clock shows
    shown: datetime | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    #: may it hold telephone or card numbers?
    is_private: bool = False


def text_of(order: Order, profile: Profile) -> str | None:
    """Return *order* as this model's text; None where it has none. Raises BadOrder."""
    text = profile.commands.get(order.do)
    if text is None:
        return None
    text = fill(text, order, switch=("ON", "OFF"))
    if not text.isascii() or len(text) > _MOST_TEXT:
        raise BadOrder(
            f"{order.do}: the profile's text must be ASCII of at most {_MOST_TEXT} characters"
        )
    return text


def build_command(text: str, serial: int) -> bytes:
    """Return *text* (ASCII) as a frame; *serial*, 1 to 65 535, is also the server's number."""
    content = serial.to_bytes(4, "big") + text.encode("ascii")
    return build_frame(_COMMAND, bytes((len(content),)) + content, serial)


def read_answer(kind: int, body: bytes) -> Answer | None:
    """Return what an answer of type *kind* says; None where it is too short to be one."""
    begin = 1 if kind == _SHORT_ANSWER else 0
    if len(body) < begin + 4:
        return None
    number = int.from_bytes(body[begin : begin + 4], "big")
    rest = body[begin + 4 :]
    if kind == _SHORT_ANSWER:
        text = rest[: max(body[0] - 4, 0)].decode("latin-1")
    else:
        coding = "utf-16-be" if rest[:1] == bytes((_UTF16,)) else "latin-1"
        text = rest[1 : _MOST_ANSWER + 1].decode(coding, errors="replace")
    place = _PLACE.search(text)
    return Answer(
        serial=number or None,
        is_ok=_FAILED.search(text) is None,
        place=None if place is None else _degrees(place),
        is_current=_LAST.search(text) is None,
        shown=_shown(text),
        speed_kmh=_number(_SPEED, text, 1500),
        course_deg=_number(_COURSE, text, 360),
        is_private=_LONG_NUMBER.search(text) is not None,
    )


# -- answers ---------------------------------------------------------------------------------------


def _degrees(place: re.Match[str]) -> tuple[float, float]:
    lat = float(place[2]) * (-1 if place[1] in "Ss" else 1)
    lon = float(place[4]) * (-1 if place[3] in "Ww" else 1)
    return lat, lon


def _shown(text: str) -> datetime | None:
    said = _TIME.search(text)
    if said is None:
        return None
    try:
        return datetime.fromisoformat(f"20{said[1]}T{said[2]}+00:00")
    except ValueError:
        return None


def _number(pattern: re.Pattern[str], text: str, most: float) -> float | None:
    said = pattern.search(text)
    return float(said[1]) if said is not None and float(said[1]) <= most else None
