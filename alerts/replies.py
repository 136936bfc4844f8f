"""Read what a volunteer typed at night. Tolerant of width, spaces, quotes and words. Pure.

Answers: 1 going, 2 cannot, 3 found, 4 need rescue; a second number names the incident, needed only
by somebody who was asked about several. Words that SMS providers treat as opt-out (STOP, END,
CANCEL, QUIT …) mean nothing here.
"""

import re
import unicodedata
from dataclasses import dataclass

from core.incidents import Answer

_DIGITS = {
    "1": Answer.GOING,
    "2": Answer.CANNOT,
    "3": Answer.FOUND,
    "4": Answer.NEED_RESCUE,
}
#: refusals first: 去不了 contains 去
_WORDS = (
    (Answer.CANNOT, ("去不了", "不能去", "不去", "不能", "没空", "cannot", "can't")),
    (Answer.NEED_RESCUE, ("需要救援", "救援", "need rescue", "rescue")),
    (Answer.FOUND, ("已找到", "找到", "found")),
    (Answer.GOING, ("我去", "能去", "去", "收到", "好的", "going", "ok")),
)
_NUMBERED = re.compile(r"^([1-4])(?:\D+(\d{1,9}))?$")
#: quotes, brackets, stops and blanks around what was meant
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_CODE = re.compile(r"(\d{1,9})\D*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was said, and about which incident if the person named one."""

    answer: Answer
    incident_id: int | None = None


def read_reply(text: str) -> Reply | None:
    """Return the answer in *text*, None when there is none we can be sure of."""
    plain = _EDGES.sub("", unicodedata.normalize("NFKC", text).casefold())
    if numbered := _NUMBERED.match(plain):
        code = numbered.group(2)
        return Reply(answer=_DIGITS[numbered.group(1)], incident_id=int(code) if code else None)
    if "没找到" in plain or "not found" in plain:
        return None  # holds "found"; a person reads it
    for answer, words in _WORDS:
        for word in words:
            found = re.search(rf"\b{re.escape(word)}\b", plain) if word.isascii() else word in plain
            if found:
                code_match = _CODE.search(plain)
                code = code_match.group(1) if code_match else None
                return Reply(answer=answer, incident_id=int(code) if code else None)
    return None
