"""Read what a volunteer typed at night. Tolerant of width, spaces, quotes and words. Pure.

Answers: 1 going, 2 cannot, 3 found, 4 need rescue; a second number names the incident, needed only
by somebody who was asked about several. A text is read piece by piece: every piece must be a
number, words we know or a courtesy, and all must say the same. So half of "没有找到" is never read
as "找到". Words that SMS providers treat as opt-out or opt-in (STOP, END, YES …) mean nothing here.
"""

import re
import unicodedata
from dataclasses import dataclass

from alerts.reply_words import ACKNOWLEDGED, COURTESIES, DOUBTS, MEANINGS, SIMPLIFIED
from core.incidents import Answer

_DIGITS = {
    "1": Answer.GOING,
    "2": Answer.CANNOT,
    "3": Answer.FOUND,
    "4": Answer.NEED_RESCUE,
}
#: what a person types at most before nobody can be sure any more
MOST_CHARACTERS = 200
#: a number, perhaps marked as an incident's: "12号", "#12", "no. 12", "编号12"
_PIECE = re.compile(
    r"(?P<mark>#|\bno\.?|编号|第)?[ ]*(?P<number>(?<![0-9])[0-9]+)[ ]*(?P<counted>号)?"
    r"|(?P<words>[^\W\d_]+(?:['][^\W\d_]+)*(?:[ ]+(?!no\b\.?[ ]*[0-9])[^\W\d_]+(?:['][^\W\d_]+)*)*)"
    r"|(?P<between>.)",
    re.DOTALL,
)
#: between two bare numbers only these: "3:15" is a time, "1.5" a distance
_MAY_STAND_BETWEEN = frozenset(" ,、;\n")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was said, and about which incident if the person named one."""

    answer: Answer
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Number:
    digits: str
    #: marked as an incident's
    is_marked: bool


def read_reply(text: str) -> Reply | None:
    """Return the answer in *text*, None when there is none we can be sure of."""
    plain = _plain(text)
    if plain is None or len(text) > MOST_CHARACTERS:
        return None
    numbers: list[_Number] = []
    said: set[Answer] = set()
    is_acknowledged = False
    gap: str | None = None  # since the last piece that was a bare number
    for piece in _PIECE.finditer(plain):
        if digits := piece["number"]:
            marked = bool(piece["mark"] or piece["counted"])
            if gap is not None and not marked and not set(gap) <= _MAY_STAND_BETWEEN:
                return None
            numbers.append(_Number(digits, marked))
            gap = None if marked else ""
        elif words := piece["words"]:
            meanings = _meanings(words)
            if meanings is None:
                return None
            is_acknowledged |= ACKNOWLEDGED in meanings
            said |= {meaning for meaning in meanings if isinstance(meaning, Answer)}
            gap = None
        elif gap is not None:
            gap += piece["between"]
    return _decide(numbers, said, is_acknowledged=is_acknowledged)


def _decide(numbers: list[_Number], said: set[Answer], *, is_acknowledged: bool) -> Reply | None:
    """Put numbers and words together; None when they disagree or say nothing."""
    if len(numbers) > 2 or len(said) > 1 or any(len(n.digits) > 9 for n in numbers):
        return None
    by_word = next(iter(said), Answer.GOING if is_acknowledged else None)
    bare = [number.digits for number in numbers if not number.is_marked]
    marked = [number.digits for number in numbers if number.is_marked]
    answer_digit: str | None = None
    if bare and (said or is_acknowledged) and len(numbers) == 1:
        # "收到12" names an incident, "1收到" says it twice; "2我去" contradicts itself.
        if bare[0] in _DIGITS:
            answer_digit = bare.pop()
    elif bare and bare[0] in _DIGITS:
        answer_digit = bare.pop(0)
    elif len(bare) == 2 and bare[1] in _DIGITS:
        answer_digit = bare.pop(1)
    if answer_digit is not None:
        by_digit = _DIGITS[answer_digit]
        if said and by_word is not by_digit:
            return None
        by_word = by_digit
    named = [*marked, *bare]
    if by_word is None or len(named) > 1:
        return None
    return Reply(answer=by_word, incident_id=int(named[0]) if named else None)


def _plain(text: str) -> str | None:
    """Return *text* in one width, case and script; None when it asks or waves away."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(SIMPLIFIED)
    if any(character in DOUBTS for character in folded):
        return None
    return "".join(map(_plain_character, folded))


def _plain_character(character: str) -> str:
    if character in "’‘`´":
        return "'"
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    if character == "#":
        return character
    # Pictures and their colours, key caps, marks that nobody sees.
    return "" if unicodedata.category(character) in ("Me", "Mn", "Cf", "Sk", "So") else character


def _meanings(words: str) -> "set[Answer | str] | None":
    """Return what *words* mean, {} for a courtesy, None if any of it is unknown."""
    known = _meaning_of(" ".join(words.split()))
    if known is not None or not _HAN.search(words):
        return known
    known = _meaning_of("".join(words.split()))  # "我 去"
    if known is not None:
        return known
    found: set[Answer | str] = set()
    for word in words.split():  # "收到 马上去"
        meaning = _meaning_of(word)
        if meaning is None:
            return None
        found |= meaning
    return found


def _meaning_of(phrase: str) -> "set[Answer | str] | None":
    if phrase in COURTESIES:
        return set()
    meaning = MEANINGS.get(phrase) or MEANINGS.get(phrase.rstrip("啊呀哈哦噢啦咯哒的"))
    return None if meaning is None else {meaning}
