"""Answers with company: numbers around them, courtesies, traditional characters, doubts."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alerts.replies import Reply, read_reply
from alerts.reply_words import ACKNOWLEDGED, COURTESIES, MEANINGS, SIMPLIFIED
from core.incidents import Answer

GOING, CANNOT, FOUND = Answer.GOING, Answer.CANNOT, Answer.FOUND
#: what providers take for themselves
THEIRS = ("stop", "end", "cancel", "quit", "unsubscribe", "stopall", "yes", "start", "unstop")

ANSWERS = {phrase: said for phrase, said in MEANINGS.items() if isinstance(said, Answer)}
phrases = st.sampled_from(sorted(ANSWERS))
case_numbers = st.integers(5, 999_999_999)


@pytest.mark.parametrize(
    ("text", "answer", "incident_id"),
    [
        ("1️⃣", GOING, None),
        ("❶", GOING, None),
        ("👍 收到", GOING, None),
        ("回复1", GOING, None),
        ("1 收到", GOING, None),
        ("收到1", GOING, None),
        ("1，我马上去！", GOING, None),
        ("我 去", GOING, None),
        ("好的 我去", GOING, None),
        ("在路上", GOING, None),
        ("我到了", GOING, None),
        ("收到，我馬上去", GOING, None),
        ("沒空", CANNOT, None),
        ("不好意思，我來不了", CANNOT, None),
        ("收到，去不了", CANNOT, None),
        ("2 好的", CANNOT, None),
        ("人找到了，谢谢", FOUND, None),
        ("12号 1", GOING, 12),
        ("12號：我去", GOING, 12),
        ("12 1", GOING, 12),
        ("1号2", CANNOT, 1),
        ("编号12 收到", GOING, 12),
        ("no. 12 going", GOING, 12),
        ("Can't go, sorry. No. 12", CANNOT, 12),
    ],
)
def test_an_answer_may_have_company(text: str, answer: Answer, incident_id: int | None) -> None:
    """Courtesies, a digit that says the same, the incident's number before or behind."""
    assert Reply(answer=answer, incident_id=incident_id) == read_reply(text)


@pytest.mark.parametrize(
    "text",
    [
        "我去，不去",
        "2 我去",
        "1 找到了",
        "去吗",
        "去嗎",
        "谁去",
        "去吧",
        "能不能去",
        "去不去",
        "找到没",
        "找到了沒有",
        "❌ 1",
        "🙅去",
        "1 STOP",
        "yes 1",
        "1 2 3",
        "12号 13号 去",
        "1 13800000000",
        "1.5",
        "1/2",
        "12号",
        "谢谢",
        "是",
        "no",
        "👍",
    ],
)
def test_a_doubt_is_no_answer(text: str) -> None:
    """What contradicts itself, asks, waves away or says nothing is left to a person."""
    assert None is read_reply(text)


@given(phrases, case_numbers, st.sampled_from(["{no}号 {said}", "{said} {no}号", "#{no} {said}"]))
def test_the_incident_s_number_stands_before_or_behind(said: str, no: int, form: str) -> None:
    """Every phrase is understood with the incident's number on either side."""
    assert Reply(answer=ANSWERS[said], incident_id=no) == read_reply(form.format(no=no, said=said))


@given(phrases, st.sampled_from(["1", "2", "3", "4"]))
def test_digit_and_words_agree_or_say_nothing(said: str, digit: str) -> None:
    """A digit beside words counts only if both say the same."""
    by_digit = read_reply(digit)
    both = read_reply(f"{digit} {said}")
    assert by_digit is not None

    assert (by_digit if by_digit.answer is ANSWERS[said] else None) == both


@given(phrases, phrases)
def test_two_phrases_agree_or_say_nothing(one: str, other: str) -> None:
    """Two answers in one text count only if they are the same."""
    both = read_reply(f"{one}，{other}")

    assert (ANSWERS[one] if ANSWERS[one] is ANSWERS[other] else None) == (both and both.answer)


@given(
    phrases,
    st.sampled_from(["不", "没", "没有", "别", "未", "不会", "not ", "never ", "don't ", "won't "]),
)
def test_a_denied_answer_is_not_that_answer(said: str, denial: str) -> None:
    """With a denial right before it no phrase means what it meant, unless both say no."""
    reply = read_reply(denial + said)
    assume(ANSWERS[said] is not CANNOT)

    assert reply is None or reply.answer is not ANSWERS[said]


@given(phrases, st.sampled_from(["?", "？", "吗", "吗？", "嘛", "呢", "❓", "没有？"]))
def test_a_question_is_no_answer(said: str, mark: str) -> None:
    """Nothing that asks counts, whatever it asks with."""
    assert None is read_reply(said + mark)


@given(phrases | st.sampled_from(["1", "2", "3", "4", "收到"]), st.sampled_from(THEIRS))
def test_a_provider_s_word_spoils_every_answer(said: str, word: str) -> None:
    """STOP and its kin mean nothing here, alone or beside an answer, in small letters or large."""
    texts = (word, word.upper(), f"{said} {word}", f"{word.title()} {said}", f"{said}, {word}")

    assert [None] * 5 == [read_reply(text) for text in texts]


def test_no_word_of_ours_is_a_provider_s() -> None:
    """The tables hold none of those words, and courtesies mean nothing by themselves."""
    assert set() == {*MEANINGS, *COURTESIES} & set(THEIRS)
    assert {None} == {read_reply(courtesy) for courtesy in COURTESIES}


@given(phrases)
def test_traditional_characters_are_read_too(said: str) -> None:
    """Somebody who writes 沒空 is understood like somebody who writes 没空."""
    traditional = {new: old for old, new in SIMPLIFIED.items()}
    written = "".join(chr(traditional.get(ord(character), ord(character))) for character in said)

    assert read_reply(said) == read_reply(written)


@given(
    st.sampled_from([p for p, said in MEANINGS.items() if said == ACKNOWLEDGED]),
    st.sampled_from(sorted(COURTESIES)),
)
def test_who_says_that_they_heard_it_goes(said: str, courtesy: str) -> None:
    """“收到” alone, or with a courtesy, is a yes."""
    expected = Reply(answer=GOING)

    assert [expected] * 3 == [
        read_reply(text) for text in (said, f"{said}，{courtesy}", f"{courtesy}, {said}")
    ]


@given(st.text("12349 去不了没收到找号,，。:#noNO.？ok", max_size=30))
def test_no_mixture_breaks_the_reader(text: str) -> None:
    """Whatever stands together, it is an answer with a small number or none."""
    reply = read_reply(text)

    assert reply is None or reply.incident_id is None or 0 <= reply.incident_id < 10**9
