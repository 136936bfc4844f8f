"""The SMS provider's own SDK against a stand-in on the loopback: asked right, read right."""

from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

import pytest

from alerts.channels import twilio_http
from alerts.channels.sender import Sender
from alerts.channels.twilio import TwilioAccount, TwilioSms, TwilioVoice
from alerts.channels.twilio_scripts import MOST_CHARACTERS, call_script, last_words, menu_again
from core.notifications import AttemptResult
from core.people import Language
from tests.alerts.twilio_stand_in import (
    CHANNELS,
    HANG_UP,
    HOOKS,
    Answer,
    StandIn,
    account,
    outgoing,
    refusing,
    sms,
    voice,
)
from tests.servers import free_port

MESSAGE = outgoing()

on_both_channels = pytest.mark.parametrize("channel", CHANNELS)
Channel = Callable[[str], Sender]


@pytest.fixture
def provider() -> Iterator[StandIn]:
    """Give a provider that accepts everything until told otherwise."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


def test_an_sms_asks_for_what_we_mean(provider: StandIn) -> None:
    """An SMS names receiver, sender, text, how long to try, and where its receipt is to go."""
    sent = sms(provider.url).send(MESSAGE)

    assert (AttemptResult.ACCEPTED, "SM121") == (sent.result, sent.provider_id)
    (asked,) = provider.requests
    assert asked.path.endswith("/Messages.json")
    assert {
        "To": "+8613800000001",
        "From": "+15005550006",
        "Body": "王秀英离开安全区",
        "ValidityPeriod": "240",
        "StatusCallback": "https://121.example.org/hooks/twilio/status?token=12-3",
    } == asked.fields


@pytest.mark.parametrize(("wanted_s", "told"), [(0.2, "5"), (-9, "5"), (43_200, "36000")])
def test_the_provider_s_bounds_are_kept(provider: StandIn, wanted_s: float, told: str) -> None:
    """A validity outside the provider's bounds is moved to the nearest one."""
    sms(provider.url).send(outgoing(validity_s=wanted_s))

    assert told == provider.requests[0].fields["ValidityPeriod"]


def test_a_call_brings_its_own_script(provider: StandIn) -> None:
    """A call carries what to say and where the key goes, and wants to hear how it ended."""
    sent = voice(provider.url).send(MESSAGE)

    assert AttemptResult.ACCEPTED is sent.result
    (asked,) = provider.requests
    assert asked.path.endswith("/Calls.json")
    assert "王秀英离开安全区" in asked.fields["Twiml"]
    assert f"{HOOKS}/hooks/twilio/key?token=12-3" in asked.fields["Twiml"]
    assert "completed" == asked.fields["StatusCallbackEvent"]
    assert asked.fields["StatusCallback"].endswith("token=12-3")


@on_both_channels
def test_variables_of_the_machine_lead_nowhere_else(
    provider: StandIn, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK's own environment variables change neither the address nor the login."""
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")

    assert AttemptResult.ACCEPTED is channel(provider.url).send(MESSAGE).result
    assert provider.requests[0].headers["Authorization"].startswith("Basic ")


@on_both_channels
def test_a_callback_that_is_refused_is_left_out(provider: StandIn, channel: Channel) -> None:
    """When only the callback's address is refused, the message goes without; an operator hears."""
    provider.first = [refusing(400, 21609)]
    sent = channel(provider.url).send(MESSAGE)

    assert (AttemptResult.ACCEPTED, "SM121", True) == (
        sent.result,
        sent.provider_id,
        sent.needs_operator,
    )
    with_callback, without = provider.requests
    assert "StatusCallback" in with_callback.fields
    assert not {"StatusCallback", "StatusCallbackEvent"} & without.fields.keys()


@on_both_channels
def test_a_callback_is_left_out_once(provider: StandIn, channel: Channel) -> None:
    """A provider that refuses the message without a callback, too, is not asked a third time."""
    provider.refuses(400, 21609)
    sent = channel(provider.url).send(MESSAGE)

    assert (AttemptResult.ELSEWHERE, True) == (sent.result, sent.needs_operator)
    assert 2 == len(provider.requests)


@on_both_channels
def test_a_wait_that_is_asked_for_is_handed_on(provider: StandIn, channel: Channel) -> None:
    """429 says how long to wait, if the provider says it."""
    provider.refuses(429, 20429, Retry_After="7")
    told = channel(provider.url).send(MESSAGE)
    provider.refuses(429, 20429, Retry_After="tomorrow")
    unclear = channel(provider.url).send(MESSAGE)

    assert [(AttemptResult.TEMPORARY, 7.0), (AttemptResult.TEMPORARY, None)] == [
        (sent.result, sent.retry_after_s) for sent in (told, unclear)
    ]


@on_both_channels
def test_a_connection_that_breaks_is_a_doubt(provider: StandIn, channel: Channel) -> None:
    """Broken in the middle, the message may have gone out."""
    provider.answer = Answer(status=HANG_UP)

    assert AttemptResult.AMBIGUOUS is channel(provider.url).send(MESSAGE).result


@on_both_channels
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"{}", b"\xff\xfe"])
def test_an_answer_that_cannot_be_read_is_a_doubt(
    provider: StandIn, channel: Channel, body: bytes
) -> None:
    """A success without a readable body may have gone out: a doubt, nothing raised."""
    provider.answer = Answer(body=body)

    assert AttemptResult.AMBIGUOUS is channel(provider.url).send(MESSAGE).result


@on_both_channels
@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b"[]", b'{"code":"x"}'])
def test_a_gateway_s_error_page_is_a_doubt(
    provider: StandIn, channel: Channel, body: bytes
) -> None:
    """An error page of something in between leaves open whether the message went out."""
    provider.answer = Answer(status=502, body=body)

    assert AttemptResult.AMBIGUOUS is channel(provider.url).send(MESSAGE).result


@on_both_channels
def test_an_error_in_the_newer_form_is_read(provider: StandIn, channel: Channel) -> None:
    """An error as RFC 9457 writes it counts like one in the older form."""
    provider.answer = Answer(
        status=400, body=b'{"type":"about:blank","title":"no","status":400,"code":21211}'
    )

    assert AttemptResult.PERMANENT is channel(provider.url).send(MESSAGE).result


@on_both_channels
def test_a_refused_connection_is_safe_to_repeat(channel: Channel) -> None:
    """When nothing left us, trying again can double nothing."""
    sent = channel(f"http://127.0.0.1:{free_port()}").send(MESSAGE)

    assert (AttemptResult.TEMPORARY, "connection_refused") == (sent.result, sent.reason)


@pytest.mark.parametrize("channel", [TwilioSms, TwilioVoice])
def test_an_answer_that_drips_is_not_waited_for(
    provider: StandIn, channel: Callable[[TwilioAccount], Sender]
) -> None:
    """The time-out counts for the whole answer, not anew for every byte."""
    provider.answer = Answer(drips_s=0.05, body=b'{"sid": "SM121"}' + b" " * 5000)
    sent = channel(account(provider.url, total_s=0.4)).send(MESSAGE)

    assert (AttemptResult.AMBIGUOUS, "timeout") == (sent.result, sent.reason)
    assert provider.dripped < 5000


def test_the_time_outs_are_shorter_than_the_lease() -> None:
    """Connecting takes 3 s at most, all of it 10 s; a sender's lease is 30 s."""
    assert (3.0, 10.0) == (twilio_http.CONNECT_S, twilio_http.TOTAL_S)


def test_no_time_left_means_nothing_sent(provider: StandIn) -> None:
    """A request that has no time left does not begin."""
    sent = TwilioSms(account(provider.url, total_s=1e-9)).send(MESSAGE)

    assert (AttemptResult.TEMPORARY, "connect_timeout") == (sent.result, sent.reason)
    assert [] == provider.requests


def test_an_answer_without_end_is_not_read(provider: StandIn) -> None:
    """So much is read of an answer and no more."""
    provider.answer = Answer(body=b'{"sid": "SM121"}' + b" " * twilio_http.MOST_BYTES)

    assert AttemptResult.AMBIGUOUS is sms(provider.url).send(MESSAGE).result


def test_a_call_that_wants_an_answer_asks_twice_and_listens() -> None:
    """The text is said twice in the person's language, each time listening for one key."""
    key_url = "https://x/key?token=12-3&a=b"
    script = ET.fromstring(call_script(MESSAGE.text, Language.CHINESE, key_url))
    listens = script.findall("Gather")

    assert ["1", "1"] == [gather.get("numDigits") for gather in listens]
    assert {key_url} == {gather.get("action") for gather in listens}
    assert [MESSAGE.text] * 2 == [gather.findtext("Say") for gather in listens]
    assert {"cmn-CN"} == {say.get("language") for say in script.iter("Say")}


def test_a_call_that_only_tells_does_not_listen() -> None:
    """News is said twice without waiting for a key."""
    script = ET.fromstring(call_script("it is over", Language.ENGLISH, None))

    assert [] == script.findall("Gather")
    assert [("2", "en-GB", "it is over")] == [
        (say.get("loop"), say.get("language"), say.text) for say in script.findall("Say")
    ]


@pytest.mark.parametrize("character", ["长", "&", '"', "\x00", "\ud800"])
def test_a_script_is_never_too_long(character: str) -> None:
    """Whatever the words are, the script stays within the provider's bound and is XML."""
    script = call_script(character * 5000, Language.CHINESE, "https://x/key?token=1-1")

    assert len(script) <= MOST_CHARACTERS
    assert 2 == len(ET.fromstring(script).findall("Gather"))


def test_a_menu_is_read_again() -> None:
    """After a key that decided nothing come a word about it, the text, and another menu."""
    script = ET.fromstring(menu_again("?", "沈云鹤", Language.CHINESE, "https://x/key"))

    assert ["Say", "Gather"] == [verb.tag for verb in script]
    assert "沈云鹤" == script.findtext("Gather/Say")


@pytest.mark.parametrize(("text", "verbs"), [("谢谢", ["Say", "Hangup"]), ("", ["Hangup"])])
def test_a_call_ends(text: str, verbs: list[str]) -> None:
    """The last words are said, if there are any, and the call is over."""
    assert verbs == [verb.tag for verb in ET.fromstring(last_words(text, Language.CHINESE))]
