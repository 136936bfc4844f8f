"""What volunteers type at night, and what we take it for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.replies import Reply, read_reply
from core.incidents import Answer

GOING = Reply(answer=Answer.GOING)
CANNOT = Reply(answer=Answer.CANNOT)
FOUND = Reply(answer=Answer.FOUND)
RESCUE = Reply(answer=Answer.NEED_RESCUE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", GOING),
        ("2", CANNOT),
        ("3", FOUND),
        ("4", RESCUE),
        ("１", GOING),  # full-width, as Chinese keyboards type it
        ("①", GOING),
        (" 1 ", GOING),
        ("1。", GOING),
        ("“1”", GOING),
        ("【1】", GOING),
        ("1\n", GOING),
        ("2！", CANNOT),
        ("收到", GOING),
        ("收到。", GOING),
        ("我去", GOING),
        ("去", GOING),
        ("能去", GOING),
        ("好的", GOING),
        ("OK", GOING),
        ("ok!", GOING),
        ("Going", GOING),
        ("去不了", CANNOT),
        ("不能去", CANNOT),
        ("不去", CANNOT),
        ("没空", CANNOT),
        ("I cannot", CANNOT),
        ("can't", CANNOT),
        ("找到", FOUND),
        ("找到了", FOUND),
        ("已找到", FOUND),
        ("Found!", FOUND),
        ("误报", Reply(answer=Answer.FALSE_ALARM)),
        ("“是误报。”", Reply(answer=Answer.FALSE_ALARM)),
        ("121 误报", Reply(answer=Answer.FALSE_ALARM, incident_id=121)),
        ("False alarm", Reply(answer=Answer.FALSE_ALARM)),
        ("不是误报", None),
        ("可能是误报吧", None),
        ("救援", RESCUE),
        ("需要救援", RESCUE),
        ("need rescue", RESCUE),
    ],
)
def test_an_answer_is_understood(text: str, expected: Reply) -> None:
    """Digits of any width and the usual words are understood, whatever stands around them."""
    assert expected == read_reply(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 12", Reply(answer=Answer.GOING, incident_id=12)),
        ("１　１２", Reply(answer=Answer.GOING, incident_id=12)),
        ("1,12", Reply(answer=Answer.GOING, incident_id=12)),
        ("3 #121", Reply(answer=Answer.FOUND, incident_id=121)),
        ("收到12", Reply(answer=Answer.GOING, incident_id=12)),
        ("找到了 12号", Reply(answer=Answer.FOUND, incident_id=12)),
    ],
)
def test_a_second_number_names_the_incident(text: str, expected: Reply) -> None:
    """Somebody asked about several incidents can say which one they mean."""
    assert expected == read_reply(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "？",
        "12",  # an incident's number alone says nothing
        "5",
        "0",
        "11",
        "2 minutes",  # "in two minutes" is no refusal
        "3分钟后到",
        "no",
        "谢谢",
        "STOP",  # opt-out words of SMS providers
        "END",
        "CANCEL",
        "QUIT",
        "YES",
        "13800000000",
        "1" * 200,
    ],
)
def test_anything_else_is_no_answer(text: str) -> None:
    """What we cannot be sure of is left to a person."""
    assert None is read_reply(text)


@pytest.mark.parametrize(
    "text",
    [
        "没找到",
        "还没找到",
        "没有找到",
        "还没有找到",
        "未找到",
        "尚未找到",
        "找到了吗？",
        "找到没有",
        "有没有找到",
        "not found",
        "not found yet",
        "haven't found her",
        "has she been found?",
        "not yet found",
    ],
)
def test_only_a_plain_found_closes(text: str) -> None:
    """A text that denies or asks whether the elder was found never counts as found."""
    reply = read_reply(text)

    assert reply is None or reply.answer is not Answer.FOUND


@pytest.mark.parametrize(
    "text",
    [
        "不要去",
        "别去",
        "我不想去",
        "谁去？",
        "没收到",
        "没有收到",
        "不好的",
        "not going",
        "I am not going",
        "I won't be going",
        "not ok",
    ],
)
def test_only_a_plain_yes_is_a_yes(text: str) -> None:
    """A text that denies going never counts as going: somebody else would not be asked."""
    reply = read_reply(text)

    assert reply is None or reply.answer is not Answer.GOING


@pytest.mark.parametrize(
    "text",
    ["3:15", "3点15", "4:30", "1点20到", "3 people, none found, 12", "2 minutes 30", "1 or 2"],
)
def test_a_time_or_a_sentence_is_no_answer(text: str) -> None:
    """A digit counts alone or before an incident's number, not in a time or a sentence."""
    assert None is read_reply(text)


@pytest.mark.parametrize("text", ["不需要救援", "不用救援", "no rescue needed"])
def test_only_a_plain_call_for_rescue_is_one(text: str) -> None:
    """A text that declines the rescue team never calls it."""
    reply = read_reply(text)

    assert reply is None or reply.answer is not Answer.NEED_RESCUE


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is an answer or none; nothing is raised."""
    reply = read_reply(text)

    assert reply is None or isinstance(reply.answer, Answer)


@given(
    st.sampled_from(["1", "2", "3", "4", "收到", "去不了", "找到"]),
    st.text(alphabet=" 　\t\n。，！!.,\"'“”()（）", max_size=6),
    st.text(alphabet=" 　\t\n。，！!.,\"'“”()（）", max_size=6),
)
def test_blanks_and_stops_around_an_answer_mean_nothing(text: str, before: str, after: str) -> None:
    """Blanks, quotes and stops around an answer do not change it."""
    assert read_reply(text) == read_reply(before + text + after)
