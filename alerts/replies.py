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
#: whole answers only: half of "没有找到" or of "not going" would say the opposite
_PHRASES = {
    Answer.GOING: """
        去 | 我去 | 能去 | 可以去 | 马上去 | 我马上去 | 我去了 | 去了 | 收到 | 好 | 好的 | 行 | 可以
        going | i am going | i'm going | i go | ok | on my way
        """,
    Answer.CANNOT: """
        不去 | 我不去 | 不能 | 不能去 | 我不能去 | 去不了 | 我去不了 | 没空 | 我没空 | 不行 | 不方便
        cannot | can't | i cannot | i can't | i cannot go | i can't go | not going
        """,
    Answer.FOUND: """
        找到 | 找到了 | 已找到 | 已经找到 | 已经找到了 | 人找到了 | 我找到了 | 平安 | 已平安
        found | found her | found him | i found her | i found him
        """,
    Answer.FALSE_ALARM: """
        误报 | 是误报 | 误报了 | 虚惊一场 | 没有走失
        false alarm | it is a false alarm | it's a false alarm
        """,
    Answer.NEED_RESCUE: """
        救援 | 需要救援 | 请求救援 | 要救援
        rescue | need rescue
        """,
}
_BY_PHRASE = {
    phrase.strip(): answer
    for answer, phrases in _PHRASES.items()
    for phrase in re.split(r"[|\n]", phrases.strip())
}
#: only blanks, a comma, "#", "no." or 号 may stand between: "3:15" is a time, not an answer
_NUMBERED = re.compile(r"([1-4])(?:\s*(?:[\s,、#]|no\.?|号)\s*#?(\d{1,9})\s*号?)?")
#: a phrase, perhaps with the incident's number before or behind it
_CODED = re.compile(r"^(?:(\d{1,9})\s*号?[\W_]*)?(.*?)(?:[\W_]*(\d{1,9})\s*号?)?$", re.DOTALL)
#: "1好的": a digit and a phrase that says the same
_DIGIT_AND_PHRASE = re.compile(r"^([1-4])[\W_]*(\D+)$")
#: quotes, brackets, stops and blanks around what was meant; a question mark is a question
_EDGES = re.compile(r"^[^\w?]+|[^\w?]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was said, and about which incident if the person named one."""

    answer: Answer
    incident_id: int | None = None


def read_reply(text: str) -> Reply | None:
    """Return the answer in *text*, None when there is none we can be sure of."""
    plain = _EDGES.sub("", unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))
    if numbered := _NUMBERED.fullmatch(plain):
        return Reply(answer=_DIGITS[numbered.group(1)], incident_id=_number(numbered.group(2)))
    if both := _DIGIT_AND_PHRASE.match(plain):
        answer = _DIGITS[both.group(1)]
        return Reply(answer=answer) if _BY_PHRASE.get(_phrase(both.group(2))) is answer else None
    coded = _CODED.match(plain)
    if coded is None:
        return None
    said = _BY_PHRASE.get(_phrase(coded.group(2)))
    if said is None:
        return None
    return Reply(answer=said, incident_id=_number(coded.group(1) or coded.group(3)))


def _phrase(text: str) -> str:
    return " ".join(_EDGES.sub("", text).split())


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None
