"""Every request of ours is one that the provider's published description allows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.channels.sender import Outgoing
from core.people import Language
from tests.alerts.twilio_rules import breaches
from tests.alerts.twilio_stand_in import (
    ACCOUNT,
    CHANNELS,
    Asked,
    StandIn,
    outgoing,
    refusing,
    sms,
    voice,
)

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"),
    min_size=1,
    max_size=4000,
).filter(lambda text: bool(text.strip()))


@pytest.fixture(scope="module")
def provider() -> Iterator[StandIn]:
    """Give a provider that accepts everything."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


@given(
    st.builds(
        outgoing,
        to=st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True),
        text=WORDS,
        language=st.sampled_from(Language),
        token=st.from_regex(r"[1-9][0-9]{0,17}-[1-9][0-9]{0,3}", fullmatch=True),
        validity_s=st.floats(-1e6, 1e6),
        answerable=st.booleans(),
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_we_send_is_allowed(provider: StandIn, message: Outgoing) -> None:
    """Any text, number, token and time makes an SMS and a call that the rules allow."""
    provider.requests.clear()
    for channel in CHANNELS:
        channel(provider.url).send(message)

    assert 2 == len(provider.requests)
    assert [] == [breach for asked in provider.requests for breach in breaches(asked)]


def test_without_a_callback_it_is_allowed_too(provider: StandIn) -> None:
    """What goes out after a refused callback keeps the rules as well."""
    provider.requests.clear()
    for channel in CHANNELS:
        provider.first = [refusing(400, 21609)]
        channel(provider.url).send(outgoing())

    assert 4 == len(provider.requests)
    assert [] == [breach for asked in provider.requests for breach in breaches(asked)]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8))])
def test_asking_what_became_of_it_is_allowed(provider: StandIn, zone: timezone) -> None:
    """Lists are asked for by number and time, in the form the rules want."""
    provider.requests.clear()
    for channel, kind in ((sms, "messages"), (voice, "calls")):
        provider.lists(kind)
        channel(provider.url).find(outgoing(), requested_at=NOON.astimezone(zone))

    assert [] == [breach for asked in provider.requests for breach in breaches(asked)]
    assert ["2026-11-23T03:59:00Z"] * 2 == [
        value for asked in provider.requests for name, value in asked.pairs if name.endswith(">")
    ]


@pytest.mark.parametrize(
    ("method", "kind", "pairs", "expected"),
    [
        ("POST", "Messages", [("To", "+861"), ("Body", "x")], "missing: From or Messaging"),
        ("POST", "Messages", [("Text", "x")], "no such parameter: Text"),
        ("POST", "Messages", [("ValidityPeriod", "36001")], "ValidityPeriod may not"),
        ("POST", "Messages", [("Body", "x" * 1601)], "Body may not"),
        ("POST", "Messages", [("StatusCallback", "http://a_b/x")], "StatusCallback may not"),
        ("POST", "Messages", [("To", "13800000001")], "To may not"),
        ("POST", "Messages", [("To", "+861"), ("To", "+861")], "To comes twice"),
        ("POST", "Calls", [("Timeout", "601")], "Timeout may not"),
        ("POST", "Calls", [("Twiml", "<Response>" + " " * 4000 + "</Response>")], "Twiml may"),
        ("POST", "Calls", [("Twiml", "<Dial/>")], "Twiml may not"),
        ("POST", "Calls", [("StatusCallbackEvent", "ended")], "StatusCallbackEvent may not"),
        ("POST", "Calls", [("To", "+861"), ("From", "+1")], "missing: ApplicationSid or Twiml"),
        ("GET", "Messages", [("DateSent>", "2026-11-23")], "DateSent> may not"),
        ("GET", "Calls", [("StartTime>", "yesterday")], "StartTime> may not"),
        ("PUT", "Calls", [], "no such operation"),
    ],
)
def test_the_rules_refuse(
    method: str, kind: str, pairs: list[tuple[str, str]], expected: str
) -> None:
    """Each rule refuses what breaks it, or the tests above would prove nothing."""
    asked = Asked(
        method=method,
        path=f"/2010-04-01/Accounts/{ACCOUNT}/{kind}.json",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic x"},
        pairs=tuple(pairs),
    )

    assert any(breach.startswith(expected) for breach in breaches(asked))
