"""After a doubt the provider is asked whether it has the message."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from alerts.channels.sender import Sender
from core.notifications import Finding, Found
from tests.alerts.twilio_stand_in import CHANNELS, Answer, StandIn, outgoing, sms, voice
from tests.servers import free_port

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
MESSAGE = outgoing()
Channel = Callable[[str], Sender]
on_both_channels = pytest.mark.parametrize("channel", CHANNELS)


@pytest.fixture
def provider() -> Iterator[StandIn]:
    """Give a provider that says what a test lets it list."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


def taken(sid: str, *, after_s: float = 1.0, body: str = MESSAGE.text) -> dict[str, Any]:
    """Return a resource that the provider made *after_s* seconds after our request."""
    return {
        "sid": sid,
        "body": body,
        "date_created": format_datetime(NOON + timedelta(seconds=after_s)),
    }


def test_a_message_is_told_by_number_time_and_text(provider: StandIn) -> None:
    """The list of the number since the request is looked through for the same text."""
    provider.lists(
        "messages",
        taken("SM3", body="另一条"),
        taken("SM2"),
        taken("SM1", after_s=-3600),
    )
    finding = sms(provider.url).find(MESSAGE, requested_at=NOON)

    assert Finding(found=Found.YES, provider_id="SM2") == finding
    (asked,) = provider.requests
    assert {
        "To": MESSAGE.to,
        "From": "+15005550006",
        "DateSent>": "2026-11-23T03:59:00Z",
        "PageSize": "50",
    } == asked.fields


def test_a_call_is_told_by_number_and_time(provider: StandIn) -> None:
    """Calls have no text to compare: the one that began after the request is it."""
    provider.lists("calls", taken("CA2"), taken("CA1", after_s=-3600))
    finding = voice(provider.url).find(MESSAGE, requested_at=NOON)

    assert Finding(found=Found.YES, provider_id="CA2") == finding
    assert "2026-11-23T03:59:00Z" == provider.requests[0].fields["StartTime>"]


@on_both_channels
def test_what_still_waits_there_is_found_too(provider: StandIn, channel: Channel) -> None:
    """What waits in the provider's queue has no date of sending and is asked for without one."""
    kind = "messages" if channel is sms else "calls"
    provider.lists(kind)
    provider.first = [provider.answer]
    provider.lists(kind, taken("X1"))
    finding = channel(provider.url).find(MESSAGE, requested_at=NOON)

    assert Finding(found=Found.YES, provider_id="X1") == finding
    assert not any(name.endswith(">") for name in provider.requests[1].fields)


@on_both_channels
def test_what_is_not_there_was_not_taken(provider: StandIn, channel: Channel) -> None:
    """Nothing of that number, text and time: it may be sent once more."""
    kind = "messages" if channel is sms else "calls"
    provider.lists(kind, taken("X1", after_s=-90))

    assert Found.NO is channel(provider.url).find(MESSAGE, requested_at=NOON).found


def test_the_first_of_several_is_ours(provider: StandIn) -> None:
    """Of two with the same text the one nearest the request is taken for ours."""
    provider.lists("messages", taken("SM2", after_s=200), taken("SM1", after_s=2))
    finding = sms(provider.url).find(MESSAGE, requested_at=NOON)

    assert "SM1" == finding.provider_id


def test_a_trial_account_s_sentence_is_no_difference(provider: StandIn) -> None:
    """What a trial account puts before the text does not hide it, nor do blanks."""
    body = f"Sent from your Twilio trial account - {MESSAGE.text}\n"
    provider.lists("messages", taken("SM1", body=body))

    assert Found.YES is sms(provider.url).find(MESSAGE, requested_at=NOON).found


@on_both_channels
@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, body=b"{}"),
        Answer(status=429, body=b'{"code":20429}'),
        Answer(status=200, body=b"<html>"),
        Answer(status=200, body=b"[]"),
        Answer(status=200, body=b'{"a":1,"b":2}'),
    ],
)
def test_a_provider_that_cannot_say_is_no_no(
    provider: StandIn, channel: Channel, answer: Answer
) -> None:
    """An error or nonsense means that nobody knows, not that it was not taken."""
    provider.answer = answer

    assert Finding(found=Found.CANNOT_ASK) == channel(provider.url).find(MESSAGE, requested_at=NOON)


@on_both_channels
def test_a_provider_that_is_away_is_no_no(channel: Channel) -> None:
    """A provider that cannot be reached says nothing."""
    finding = channel(f"http://127.0.0.1:{free_port()}").find(MESSAGE, requested_at=NOON)

    assert Found.CANNOT_ASK is finding.found
