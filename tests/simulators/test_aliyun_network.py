"""Aliyun's stand-in: its packages work unchanged, people answer, faults are the real ones."""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

from alerts.channels.sender import Sender
from core.notifications import AttemptResult, Found
from simulators.phone_network import Habit, PicksUp, Text
from simulators.phone_network.aliyun_api import Refusal
from simulators.phone_network.faults import Fault, Trouble
from simulators.phone_network.record import Happened
from tests.servers import until
from tests.simulators.aliyun_bench import ANNA, AliyunBench, outgoing


@pytest.fixture
def bench() -> Iterator[AliyunBench]:
    """Give a running network."""
    bench = AliyunBench()
    yield bench
    bench.stop()


def control(bench: AliyunBench, path: str, body: object) -> object:
    """Use the handles that break things."""
    request = Request(
        bench.url + path,
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


# -- the SDK in front ------------------------------------------------------------------------------


def test_an_sms_is_taken_and_reported(bench: AliyunBench) -> None:
    """The SDK's request is accepted; the phone shows the approved text; the report names it."""
    sent = bench.sms.send(outgoing())
    report = bench.service.next("sms-report")

    assert AttemptResult.ACCEPTED is sent.result
    (taken,) = bench.accepted()
    assert ("aliyun", "5-1", ANNA) == (taken["provider"], taken["token"], taken["to"])
    assert (
        "【121爱回家】12号：沈云鹤（80岁）17:05时离开安全区。17:04在家东北约300米。能去请回1，不能去回2。"
        == taken["body"]
    )
    assert (True, "DELIVERED", sent.provider_id, "5-1", "10040000001") == (
        report["success"],
        report["err_code"],
        report["biz_id"],
        report["out_id"],
        report["phone_number"],
    )


@pytest.mark.parametrize(
    ("secret", "key", "code"),
    [
        ("another", None, "SignatureDoesNotMatch"),
        (None, "LTAI-unknown", "InvalidAccessKeyId.NotFound"),
    ],
)
def test_the_signature_is_checked(
    bench: AliyunBench, secret: str | None, key: str | None, code: str
) -> None:
    """Only the account's key and secret get anything sent, as with the real one."""
    given = {"secret": secret, "key": key}
    sms, voice = bench.senders(**{name: value for name, value in given.items() if value})
    results = [sender.send(outgoing()) for sender in (sms, voice)]

    assert [code, code] == [sent.reason for sent in results]
    assert all(sent.provider_is_out for sent in results)
    assert [] == bench.accepted()


def test_a_request_counts_once(bench: AliyunBench) -> None:
    """What was signed cannot be sent a second time."""
    bench.sms.send(outgoing())
    check = bench.aliyun.signature
    nonces = set(check._nonces)

    assert 1 == len(nonces)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to": "+8619912"}, "not_a_mainland_number"),
        ({"values": {"no": "12"}}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"values": dict.fromkeys(outgoing().values, "x" * 36)}, "isv.PARAM_LENGTH_LIMIT"),
        ({"values": dict.fromkeys(outgoing().values, "www.x.cn")}, "isv.PARAM_NOT_SUPPORT_URL"),
        ({"values": dict.fromkeys(outgoing().values, "13800000001")}, "isv.PARAM_NOT_SUPPORT_URL"),
    ],
)
def test_what_the_real_one_refuses_is_refused(
    bench: AliyunBench, changed: dict[str, object], code: str
) -> None:
    """Variables that are missing, too long, or could be opened or dialled are not sent."""
    assert code == bench.sms.send(outgoing(**changed)).reason
    assert [] == bench.accepted()


# -- people ----------------------------------------------------------------------------------------


def test_people_answer_by_text(bench: AliyunBench) -> None:
    """Who is asked through Aliyun answers through Aliyun."""
    bench.network.learn([Habit(number=ANNA, texts=(Text(after_s=5, text="1"),))])
    bench.sms.send(outgoing())
    item = bench.service.next("sms-up")

    assert ("10040000001", "1") == (item["phone_number"], item["content"])


def test_people_answer_by_key(bench: AliyunBench) -> None:
    """Anna picks up and presses 1: told at once, and again when the call is over."""
    bench.network.learn([Habit(number=ANNA, call=PicksUp(after_s=3, key="1"))])
    sent = bench.voice.send(outgoing(token="6-1"))
    step = bench.service.next("voice-report", status_code="300000")
    end = bench.service.next("voice-report", status_code="200000")

    assert ("1", "6-1") == (step["dtmf"], step["out_id"])
    assert ("1", "6-1", sent.provider_id) == (end["dtmf"], end["out_id"], end["call_id"])


def test_key_9_says_it_again(bench: AliyunBench) -> None:
    """Who asks to hear it again is still listened to, and may press nothing."""
    bench.network.learn([Habit(number=ANNA, call=PicksUp(after_s=3, key="9", listens_s=1))])
    bench.voice.send(outgoing())

    assert "9" in bench.service.next("voice-report", status_code="200000")["dtmf"]


def test_a_call_nobody_takes_says_so(bench: AliyunBench) -> None:
    """Without a habit a phone rings in vain."""
    bench.voice.send(outgoing())

    assert "" == bench.service.next("voice-report", status_code="200003")["dtmf"]


def test_a_call_that_is_refused_says_so(bench: AliyunBench) -> None:
    """Anna declines."""
    bench.network.learn([Habit(number=ANNA, declines_call_after_s=2)])
    bench.voice.send(outgoing())

    assert bench.service.next("voice-report", status_code="200005")


def test_news_is_read_out(bench: AliyunBench) -> None:
    """A call without a menu ends when it was heard."""
    bench.network.learn([Habit(number=ANNA, call=PicksUp(after_s=2))])
    said = {"no": "12", "name": "沈云鹤"}
    bench.voice.send(outgoing(answerable=False, template="closing", values=said))

    assert bench.service.next("voice-report", status_code="200000")
    (taken,) = bench.accepted(Happened.CALL_ACCEPTED)
    assert "沈云鹤已找到" in taken["twiml"]
    assert "Gather" not in taken["twiml"]


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sms", "voice"])
@pytest.mark.parametrize(
    ("fault", "result", "taken"),
    [
        (Fault.DOWN, AttemptResult.TEMPORARY, 0),
        (Fault.TOO_MANY, AttemptResult.TEMPORARY, 0),
        (Fault.ERROR_AFTER_ACCEPTING, AttemptResult.AMBIGUOUS, 1),
    ],
)
def test_faults_of_a_request(
    bench: AliyunBench, kind: str, fault: Fault, result: AttemptResult, taken: int
) -> None:
    """Down, throttled, broken after it was taken: our channel tells them apart."""
    bench.aliyun.exchange.trouble = Trouble(fault=fault, times=1)
    senders: dict[str, Sender] = {"sms": bench.sms, "voice": bench.voice}
    sender = senders[kind]

    assert result is sender.send(outgoing()).result
    accepted = bench.accepted() + bench.accepted(Happened.CALL_ACCEPTED)
    assert taken == len(accepted)
    assert AttemptResult.ACCEPTED is sender.send(outgoing()).result


@pytest.mark.parametrize(
    "code", ["isv.BUSINESS_LIMIT_CONTROL", "isv.OUT_OF_SERVICE", "isv.SMS_SIGNATURE_ILLEGAL"]
)
def test_any_code_can_be_played(bench: AliyunBench, code: str) -> None:
    """A refusal on command, so often, on one kind of request."""
    bench.aliyun.refusal = Refusal(code=code, only="messages", times=1)
    reasons = [bench.voice.send(outgoing()).reason, bench.sms.send(outgoing()).reason]

    assert ["", code] == reasons
    assert AttemptResult.ACCEPTED is bench.sms.send(outgoing()).result


def test_a_message_in_doubt_is_found_again(bench: AliyunBench) -> None:
    """Taken, and the answer lost: asked by number, day and token, the network says yes."""
    at = bench.clock.now()
    bench.aliyun.exchange.trouble = Trouble(fault=Fault.ERROR_AFTER_ACCEPTING, times=1)
    bench.sms.send(outgoing())

    assert Found.YES is bench.sms.find(outgoing(), requested_at=at).found
    assert Found.NO is bench.sms.find(outgoing(token="5-2"), requested_at=at).found


def test_a_provider_that_is_down_cannot_be_asked(bench: AliyunBench) -> None:
    """No answer is not a no."""
    bench.aliyun.exchange.trouble = Trouble(fault=Fault.DOWN)
    finding = bench.sms.find(outgoing(), requested_at=bench.clock.now())

    assert Found.CANNOT_ASK is finding.found


def test_a_phone_that_is_off(bench: AliyunBench) -> None:
    """Taken and never delivered: the report says why."""
    bench.aliyun.exchange.trouble = Trouble(fault=Fault.UNDELIVERED)
    bench.sms.send(outgoing())
    bench.voice.send(outgoing())

    assert not bench.service.next("sms-report")["success"]
    assert bench.service.next("voice-report", status_code="200010")


# -- reports ---------------------------------------------------------------------------------------


def test_reports_come_twice_on_command(bench: AliyunBench) -> None:
    """Each item twice in its batch, and each batch twice."""
    bench.aliyun.push.habits.doubled = True
    bench.sms.send(outgoing())
    batches = [bench.service.next_batch(), bench.service.next_batch()]

    assert [2, 2] == [len(batch) for batch in batches]
    assert 1 == len({json.dumps(item) for batch in batches for item in batch})


def test_reports_come_in_one_batch_on_command(bench: AliyunBench) -> None:
    """Held until flushed, the newest first if wanted."""
    control(bench, "/aliyun/reports", {"held": True, "reversed": True})
    for token in ("5-1", "6-1"):
        bench.sms.send(outgoing(token=token))
    until(lambda: bench.aliyun.push.waiting == 2, "both messages arrived")

    assert {"items": 2} == control(bench, "/aliyun/reports/flush", {})
    assert {"5-1", "6-1"} == {item["out_id"] for item in bench.service.next_batch()}


@pytest.mark.parametrize("fault", [Fault.RECEIPTS_DOUBLED, Fault.RECEIPTS_LATE])
def test_reports_of_one_message_come_as_its_receipts_do(bench: AliyunBench, fault: Fault) -> None:
    """What befalls receipts at the other provider befalls reports here."""
    trouble = {"fault": fault.value, "late_s": 60, "number": ANNA}
    control(bench, "/aliyun/faults", trouble)
    bench.sms.send(outgoing())
    batch = bench.service.next_batch()

    assert (2 if fault is Fault.RECEIPTS_DOUBLED else 1) == len(batch)


def test_steps_of_a_call_come_after_its_end_on_command(bench: AliyunBench) -> None:
    """The last word first: the phone rings after the call is over."""
    bench.aliyun.exchange.trouble = Trouble(fault=Fault.RECEIPTS_REVERSED)
    bench.voice.send(outgoing())

    assert bench.service.next("voice-report", status_code="200003")
    assert bench.service.next("voice-report", status_code="200201")


def test_a_voice_mailbox_is_told_by_its_tone(bench: AliyunBench) -> None:
    """The code says that it was heard, the tone that nobody did."""
    bench.network.learn([Habit(number=ANNA, voicemail_after_s=5)])
    bench.voice.send(outgoing())
    end = bench.service.next("voice-report", status_code="200000")

    assert ("CALL_FORWARDING", "") == (end["smart_status_code"], end["dtmf"])


@pytest.mark.parametrize(("fault", "taken"), [(Fault.RESET, 0), (Fault.RESET_AFTER_ACCEPTING, 1)])
def test_a_connection_that_breaks_is_a_doubt(bench: AliyunBench, fault: Fault, taken: int) -> None:
    """Nobody can tell whether it was taken; asked again, the network can."""
    at = bench.clock.now()
    bench.aliyun.exchange.trouble = Trouble(fault=fault, times=1)

    assert AttemptResult.AMBIGUOUS is bench.sms.send(outgoing()).result
    assert taken == len(bench.accepted())
    found = bench.sms.find(outgoing(), requested_at=at).found
    assert (Found.YES if taken else Found.NO) is found


def test_a_batch_that_is_not_thanked_for_comes_again(bench: AliyunBench) -> None:
    """After a minute of service time, and after five more."""
    bench.service.refuse = [500, 403]
    bench.sms.send(outgoing())

    assert "5-1" == bench.service.next("sms-report")["out_id"]
    tries = [
        entry.detail["tries"]
        for entry in bench.network.record.entries()
        if entry.happened is Happened.WEBHOOK
    ]
    assert [1, 2] == tries[:2]


def test_lost_reports_do_not_come(bench: AliyunBench) -> None:
    """The message arrives, and nobody says so."""
    bench.aliyun.exchange.trouble = Trouble(fault=Fault.NO_RECEIPTS, only="messages", times=1)
    bench.sms.send(outgoing(token="5-1"))
    bench.sms.send(outgoing(token="6-1"))

    assert "6-1" == bench.service.next("sms-report")["out_id"]


def test_both_providers_share_the_phones(bench: AliyunBench) -> None:
    """What came through Aliyun is on the phone's screen, and an answer typed there goes back."""
    bench.sms.send(outgoing())
    bench.service.next("sms-report")
    control(bench, f"/phones/{ANNA}/reply", {"text": "2"})

    assert "2" == bench.service.next("sms-up")["content"]
