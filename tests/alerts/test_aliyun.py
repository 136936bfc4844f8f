"""Aliyun's own SDKs against a stand-in on the loopback: asked right, read right, nothing raised."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from alerts.channels.aliyun_sms import AliyunSms
from alerts.channels.aliyun_voice import AliyunVoice
from alerts.channels.sender import Sender
from core.notifications import AttemptResult, Found
from tests.alerts.aliyun_stand_in import (
    VALUES,
    AliyunStandIn,
    account,
    action,
    outgoing,
    sms,
    voice,
)
from tests.alerts.twilio_stand_in import HANG_UP, Answer
from tests.servers import free_port

MESSAGE = outgoing()
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

Channel = Callable[[str], Sender]
on_both_channels = pytest.mark.parametrize("channel", [sms, voice])


@pytest.fixture
def provider() -> Iterator[AliyunStandIn]:
    """Give a provider that accepts everything until told otherwise."""
    stand_in = AliyunStandIn()
    yield stand_in
    stand_in.close()


def test_an_sms_is_signature_template_and_variables(provider: AliyunStandIn) -> None:
    """An SMS names the number without its country, what was approved, its variables, our token."""
    sent = sms(provider.url).send(MESSAGE)

    assert (AttemptResult.ACCEPTED, "900^0") == (sent.result, sent.provider_id)
    assert "SendSms" == action(provider.last)
    fields = provider.last.fields
    assert VALUES == json.loads(fields.pop("TemplateParam"))
    assert {
        "PhoneNumbers": "13800000001",
        "SignName": "121爱回家",
        "TemplateCode": "SMS_1",
        "OutId": "12-3",
    } == fields


def test_a_call_that_asks_has_a_menu(provider: AliyunStandIn) -> None:
    """A call that wants an answer says it twice, takes 1 and 2, and repeats on 9."""
    sent = voice(provider.url).send(MESSAGE)

    assert (AttemptResult.ACCEPTED, "116^102") == (sent.result, sent.provider_id)
    assert "IvrCall" == action(provider.last)
    fields = provider.last.fields
    for name in ("StartTtsParams", "MenuKeyMap.3.TtsParams"):
        assert VALUES == json.loads(fields.pop(name))
    assert {
        "CalledNumber": "13800000001",
        "CalledShowNumber": "057387000121",
        "StartCode": "TTS_1",
        "PlayTimes": "2",
        "Timeout": "8000",
        "MenuKeyMap.1.Key": "1",
        "MenuKeyMap.1.Code": "TTS_2",
        "MenuKeyMap.2.Key": "2",
        "MenuKeyMap.2.Code": "TTS_3",
        "MenuKeyMap.3.Key": "9",
        "MenuKeyMap.3.Code": "TTS_1",
        "OutId": "12-3",
    } == fields


def test_a_call_that_only_tells_has_none(provider: AliyunStandIn) -> None:
    """News is read out twice, and nothing is listened for."""
    voice(provider.url).send(outgoing(answerable=False))

    assert "SingleCallByTts" == action(provider.last)
    fields = provider.last.fields
    assert VALUES == json.loads(fields.pop("TtsParam"))
    assert {
        "CalledNumber": "13800000001",
        "CalledShowNumber": "057387000121",
        "TtsCode": "TTS_1",
        "PlayTimes": "2",
        "OutId": "12-3",
    } == fields


def test_the_longest_token_fits_a_call(provider: AliyunStandIn) -> None:
    """`OutId` of a call with a menu holds 15 bytes: years of messages."""
    for token in ("123456789012-1", "n1234567890-12"):
        voice(provider.url).send(outgoing(token=token))

        assert token == provider.last.fields["OutId"]
        assert len(token) <= 15


@pytest.mark.parametrize("number", ["+85261234567", "+447400000000", "+15005550006", "+86123"])
@on_both_channels
def test_only_mainland_numbers_are_served(
    provider: AliyunStandIn, channel: Channel, number: str
) -> None:
    """Another provider is for numbers elsewhere; Aliyun is not even asked."""
    sent = channel(provider.url).send(outgoing(to=number))

    assert AttemptResult.ELSEWHERE is sent.result
    assert not sent.needs_operator
    assert [] == provider.requests


@pytest.mark.parametrize(
    ("number", "dialled"), [("+8657387000121", "057387000121"), ("+861012345678", "01012345678")]
)
def test_a_fixed_line_can_be_called_but_not_texted(
    provider: AliyunStandIn, number: str, dialled: str
) -> None:
    """No provider can text a fixed line; a call goes there as it is dialled at home."""
    texted, called = (channel(provider.url).send(outgoing(to=number)) for channel in (sms, voice))

    assert (AttemptResult.PERMANENT, "landline") == (texted.result, texted.reason)
    assert AttemptResult.ACCEPTED is called.result
    assert [dialled] == [asked.fields["CalledNumber"] for asked in provider.requests]


@pytest.mark.parametrize(
    ("sender", "missing"),
    [
        (lambda url: AliyunSms(account(url, say_ask="TTS_1")), "ask"),
        (lambda url: AliyunVoice(account(url, ask="SMS_1")), "say_ask"),
        (lambda url: AliyunVoice(account(url, say_ask="TTS_1", say_key_1="TTS_2")), "say_key_2"),
    ],
)
def test_without_an_approved_text_another_provider_is_asked(
    provider: AliyunStandIn, sender: Channel, missing: str
) -> None:
    """A text that is not registered is an operator's task, and goes another way meanwhile."""
    sent = sender(provider.url).send(MESSAGE)

    assert (AttemptResult.ELSEWHERE, f"no_template:{missing}") == (sent.result, sent.reason)
    assert sent.needs_operator
    assert [] == provider.requests


@on_both_channels
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (200, "isv.MOBILE_NUMBER_ILLEGAL", AttemptResult.PERMANENT),
        (200, "isv.BUSINESS_LIMIT_CONTROL", AttemptResult.TEMPORARY),
        (200, "isv.SMS_TEMPLATE_ILLEGAL", AttemptResult.ELSEWHERE),
        (200, "isv.OUT_OF_SERVICE", AttemptResult.ELSEWHERE),
        (200, "isp.SYSTEM_ERROR", AttemptResult.AMBIGUOUS),
        (400, "Throttling.User", AttemptResult.TEMPORARY),
        (400, "SignatureDoesNotMatch", AttemptResult.ELSEWHERE),
        (404, "InvalidAccessKeyId.NotFound", AttemptResult.ELSEWHERE),
        (403, "NoPermission", AttemptResult.ELSEWHERE),
        (500, "InternalError", AttemptResult.AMBIGUOUS),
        (503, "ServiceUnavailable", AttemptResult.TEMPORARY),
    ],
)
def test_a_refusal_is_told_from_a_doubt(
    provider: AliyunStandIn, channel: Channel, status: int, code: str, expected: AttemptResult
) -> None:
    """A code means the same with whatever HTTP status, on both channels."""
    provider.says(status, code, "触发分钟级流控Permits:1")
    sent = channel(provider.url).send(MESSAGE)

    assert (expected, code) == (sent.result, sent.reason)


@on_both_channels
@pytest.mark.parametrize("status", [200, 400, 500, 502])
@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad Gateway</html>", b"[]", b"null", b"{}", b'{"Code": 3}', b'"OK"']
)
def test_an_answer_that_cannot_be_read_is_never_taken_for_a_yes(
    provider: AliyunStandIn, channel: Channel, status: int, body: bytes
) -> None:
    """Whatever stands in between and answers: nothing is raised, nothing is accepted."""
    provider.answer = Answer(status=status, body=body)
    sent = channel(provider.url).send(MESSAGE)

    assert sent.result in (AttemptResult.AMBIGUOUS, AttemptResult.ELSEWHERE)
    if status != 400 and body != b'{"Code": 3}':
        assert AttemptResult.AMBIGUOUS is sent.result


@on_both_channels
def test_a_yes_without_an_id_is_a_doubt(provider: AliyunStandIn, channel: Channel) -> None:
    """Without the id nothing proves that it was taken."""
    provider.says()

    assert AttemptResult.AMBIGUOUS is channel(provider.url).send(MESSAGE).result


@on_both_channels
def test_a_broken_connection_is_a_doubt_and_is_not_tried_again(
    provider: AliyunStandIn, channel: Channel
) -> None:
    """The SDK sends once: a second request would be a second message."""
    provider.answer = Answer(status=HANG_UP)
    sent = channel(provider.url).send(MESSAGE)

    assert (AttemptResult.AMBIGUOUS, "connection_lost") == (sent.result, sent.reason)
    assert 1 == len(provider.requests)


@on_both_channels
def test_a_refused_connection_is_safe_to_repeat(channel: Channel) -> None:
    """When nothing left us, trying again can double nothing."""
    sent = channel(f"http://127.0.0.1:{free_port()}").send(MESSAGE)

    assert (AttemptResult.TEMPORARY, "connection_refused") == (sent.result, sent.reason)


@on_both_channels
def test_a_name_that_is_not_found_is_safe_to_repeat(channel: Channel) -> None:
    """Without an address nothing left us either."""
    sent = channel("http://nowhere.invalid").send(MESSAGE)

    assert AttemptResult.TEMPORARY is sent.result


@on_both_channels
def test_an_answer_that_drips_is_over_in_time(provider: AliyunStandIn, channel: Channel) -> None:
    """A byte now and then does not hold a sender: after its time the send is a doubt."""
    provider.answer = Answer(status=200, body=b" " * 1000, drips_s=0.5)
    slow = type(channel(provider.url))(account(provider.url, total_s=0.3))  # type: ignore[call-arg]
    sent = slow.send(MESSAGE)

    assert (AttemptResult.AMBIGUOUS, "timeout") == (sent.result, sent.reason)
    assert provider.dripped < 10


def test_nothing_private_is_in_a_reason(provider: AliyunStandIn) -> None:
    """Errors of the SDK hold the address with the number; a result holds a code."""
    for answer in (
        Answer(status=HANG_UP),
        Answer(status=500, body=b'{"Code": "x", "Message": "13800000001"}'),
        Answer(status=502, body=b"13800000001"),
    ):
        provider.answer = answer

        assert "1380000" not in sms(provider.url).send(MESSAGE).reason


# -- did you take it? ------------------------------------------------------------------------------


def detail(out_id: str) -> dict[str, object]:
    """Return one message as it is listed."""
    return {"OutId": out_id, "PhoneNum": "13800000001", "SendStatus": 1, "Content": "…"}


def test_a_message_in_doubt_is_found_by_its_token(provider: AliyunStandIn) -> None:
    """The messages of the number and the day are asked for, and ours is told by our token."""
    provider.lists("SmsSendDetailDTOs", detail("12-2"), detail("12-3"))
    finding = sms(provider.url).find(MESSAGE, requested_at=NOON)

    assert Found.YES is finding.found
    assert "QuerySendDetails" == action(provider.last)
    assert {
        "PhoneNumber": "13800000001",
        "SendDate": "20261123",
        "PageSize": "50",
        "CurrentPage": "1",
    } == provider.last.fields


def test_a_message_that_is_not_listed_was_not_taken(provider: AliyunStandIn) -> None:
    """An earlier attempt of the same message is another one."""
    provider.lists("SmsSendDetailDTOs", detail("12-2"))

    assert Found.NO is sms(provider.url).find(MESSAGE, requested_at=NOON).found


def test_around_midnight_both_days_are_asked_for(provider: AliyunStandIn) -> None:
    """The provider's day may have begun, or not, when it took the message."""
    provider.lists("SmsSendDetailDTOs")
    at = datetime(2026, 11, 23, 16, 0, 30, tzinfo=UTC)  # 00:00:30 there
    sms(provider.url).find(MESSAGE, requested_at=at)

    assert ["20261123", "20261124"] == [asked.fields["SendDate"] for asked in provider.requests]


def test_every_page_is_looked_through(provider: AliyunStandIn) -> None:
    """Fifty fit on a page; ours may be on the next one."""
    provider.lists("SmsSendDetailDTOs", *(detail(f"1-{n}") for n in range(50)))
    provider.first = [provider.answer]
    provider.lists("SmsSendDetailDTOs", detail("12-3"))

    assert Found.YES is sms(provider.url).find(MESSAGE, requested_at=NOON).found
    assert ["1", "2"] == [asked.fields["CurrentPage"] for asked in provider.requests]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"Code": "isp.SYSTEM_ERROR"}', b'{"Code": "OK"}'])
def test_without_a_clear_answer_nobody_could_be_asked(provider: AliyunStandIn, body: bytes) -> None:
    """Only a list without it says no."""
    provider.answer = Answer(status=200, body=body)
    found = sms(provider.url).find(MESSAGE, requested_at=NOON).found

    assert (Found.NO if b"OK" in body else Found.CANNOT_ASK) is found


def test_a_call_in_doubt_cannot_be_looked_up(provider: AliyunStandIn) -> None:
    """Aliyun finds calls by its own id only, and that is what we do not have."""
    finding = voice(provider.url).find(MESSAGE, requested_at=NOON)

    assert Found.CANNOT_ASK is finding.found
    assert [] == provider.requests
