"""Aliyun's reports, item by item, as arrivals of ours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.aliyun_reports import Arrived, of_call, of_sms, of_text
from alerts.channels.mainland import e164, landline, mobile
from alerts.inbox import addressee

SMS = {
    "phone_number": "13800000001",
    "send_time": "2026-11-23 12:00:00",
    "report_time": "2026-11-23 12:00:03",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "900^0",
    "out_id": "12-3",
}
END = {
    "status_code": "200000",
    "callee": "13800000001",
    "duration": "10",
    "voice_type": "voice",
    "call_id": "116^102",
    "status_msg": "执行完成",
    "out_id": "12-3",
    "dtmf": "",
}
STEP = {
    "status_code": "200201",
    "status_time": "2026-11-23 12:00:05",
    "out_id": "12-3",
    "call_id": "116^102",
}


def kinds(arrived: list[Arrived]) -> list[str]:
    """Return the kinds."""
    return [one.kind for one in arrived]


def test_a_report_of_an_sms_is_a_receipt() -> None:
    """The token says whose it is, the id what the provider calls it."""
    (one,) = of_sms(SMS, addressee)

    assert "receipt" == one.kind
    assert {
        "notification": 12,
        "number": 3,
        "provider_id": "900^0",
        "status": "delivered",
        "error": None,
        "trouble": None,
    } == one.body


def test_a_report_of_a_failure_says_why() -> None:
    """The carrier's code is kept, and what it means for us."""
    failed = {**SMS, "success": False, "err_code": "MOBILE_IN_BLACK"}
    (one,) = of_sms(failed, addressee)

    assert ("undelivered", "MOBILE_IN_BLACK", "opted_out") == (
        one.body["status"],
        one.body["error"],
        one.body["trouble"],
    )


def test_the_same_report_has_the_same_key() -> None:
    """Whatever batch it comes in; other news of the same message has another key."""
    again = of_sms({**SMS, "report_time": "2026-11-23 12:01:00"}, addressee)
    other = of_sms({**SMS, "success": False, "err_code": "EXPIRED"}, addressee)

    assert of_sms(SMS, addressee)[0].event_key == again[0].event_key
    assert other[0].event_key != again[0].event_key


def test_a_notice_is_told_from_a_message() -> None:
    """A token that begins with n is a notice's."""
    (one,) = of_sms({**SMS, "out_id": "n7-1"}, addressee)

    assert (7, 1) == (one.body["notice"], one.body["number"])


@pytest.mark.parametrize(
    "item", [{}, {**SMS, "out_id": "67890"}, {**SMS, "out_id": None}, {**SMS, "biz_id": ""}]
)
def test_a_report_of_something_else_is_kept_unread(item: dict[str, Any]) -> None:
    """What another program sent through the same account is no error, and no receipt."""
    assert ["unreadable"] == kinds(of_sms(item, addressee))


@pytest.mark.parametrize("number", ["13800000001", "8613800000001", "+8613800000001"])
def test_a_text_comes_from_a_number_of_the_register(number: str) -> None:
    """Aliyun leaves the country out; the register has it."""
    item = {"phone_number": number, "content": "1", "sequence_id": 1234567890, "dest_code": "1"}
    (one,) = of_text(item)

    assert ("reply", "up:1234567890") == (one.kind, one.event_key)
    assert {"from": "+8613800000001", "text": "1"} == one.body


def test_a_text_without_a_number_of_its_own_is_told_by_its_words() -> None:
    """The same words at the same second are the same text; other words are not."""
    item = {"phone_number": "13800000001", "content": "1", "send_time": "2026-11-23 12:00:00"}
    keys = [of_text({**item, "content": text})[0].event_key for text in ("1", "1", "2")]

    assert keys[0] == keys[1] != keys[2]


def test_the_end_of_a_call_brings_the_key_and_the_receipt() -> None:
    """Who pressed 1 has answered, and was on the line."""
    key, receipt = of_call({**END, "dtmf": "1", "status_code": "200003"}, addressee)

    assert {"token": "12-3", "key": "1"} == key.body
    assert ("completed", None) == (receipt.body["status"], receipt.body["trouble"])


@pytest.mark.parametrize(
    ("pressed", "key"), [("1", "1"), ("91", "1"), ("9992", "2"), ("12", "2"), ("1#", "1")]
)
def test_the_last_key_that_says_something_counts(pressed: str, key: str) -> None:
    """Hearing it again is no answer, and a correction is one."""
    arrived = of_call({**END, "dtmf": pressed}, addressee)

    assert key == arrived[0].body["key"]


@pytest.mark.parametrize("pressed", ["", "9", "99", "*", None])
def test_no_answer_is_read_where_none_was_given(pressed: str | None) -> None:
    """Only asking to hear it again leaves the question open."""
    assert ["receipt"] == kinds(of_call({**END, "dtmf": pressed}, addressee))


def test_a_key_is_told_at_once_and_counts_once() -> None:
    """The step brings the key while the call goes on; the end brings it again."""
    step = of_call({**STEP, "status_code": "300000", "dtmf": "1"}, addressee)
    end = of_call({**END, "dtmf": "1"}, addressee)

    assert ["keypress"] == kinds(step)
    assert step[0].event_key == end[0].event_key


def test_steps_prove_that_the_call_was_taken() -> None:
    """A ringing phone is a receipt: a call in doubt is not placed twice."""
    (one,) = of_call(STEP, addressee)

    assert ("ringing", None) == (one.body["status"], one.body["trouble"])


def test_a_step_that_says_nothing_new_is_nothing() -> None:
    """The end of a call as a step is told by the report that follows."""
    assert [] == of_call({**STEP, "status_code": "200100"}, addressee)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*SMS, *END, *STEP, "content", "sequence_id"]), json_values))
def test_no_item_is_too_strange(item: dict[str, Any]) -> None:
    """Whatever a batch holds, it becomes bounded arrivals, and nothing is raised."""
    for arrived in (of_sms(item, addressee), of_call(item, addressee), of_text(item)):
        for one in arrived:
            assert 1 <= len(one.event_key) <= 160
            assert len(one.kind) <= 20
            assert len(str(one.body)) < 5000


@pytest.mark.parametrize(
    ("number", "texted", "dialled"),
    [
        ("+8613800000001", "13800000001", None),
        ("+8657387000121", None, "057387000121"),
        ("+862112345678", None, "02112345678"),
        ("+861012345678", None, "01012345678"),
        ("+85261234567", None, None),
        ("13800000001", None, None),
        ("+86138000000012", None, None),
    ],
)
def test_numbers_are_written_as_they_are_there(
    number: str, texted: str | None, dialled: str | None
) -> None:
    """A mobile without its country, a fixed line with its trunk zero, others not at all."""
    assert (texted, dialled) == (mobile(number), landline(number))
    for written in (texted, dialled):
        assert written is None or number == e164(written)
