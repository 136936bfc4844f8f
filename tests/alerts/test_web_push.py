"""Web Push with the real libraries against a stand-in push service that opens and checks it all."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.channels.sender import Outgoing
from alerts.channels.web_push import PushKeys, WebPush
from alerts.links import make_token
from alerts.outbox import Outbox
from alerts.push_addresses import read_subscription
from alerts.push_words import push_text, read_push_text
from alerts.wording import Facts
from core.errors import SettingError
from core.incidents import Trigger
from core.notifications import AttemptResult, Found, Purpose
from core.people import Channel, Language, Role
from simulators.phone_network.server import BackgroundServer
from simulators.push_service import Browser as StandInBrowser
from simulators.push_service import PushService
from store import contacts, push_subscriptions, rosters
from store.database import reading
from tests.conftest import NOON
from tests.scenes import SECRET, RecordingSender, Town, on_both_databases, phone_of
from tests.servers import free_port, until

#: a key made for this file
PRIVATE_KEY = "3KzvKasA2SoCxsp0iIG_o9B0Ozvl1XDwI63JRKNIWBM"
KEYS = PushKeys(PRIVATE_KEY, "mailto:duty@121.example.org")
FACTS = Facts(
    incident_id=12,
    elder_name="王秀英",
    age=82,
    trigger=Trigger.CROSSING,
    opened_at=NOON,
    link="https://121.example.org/a/12.1.x",
)
TEXT = push_text(Purpose.ASK, "", Role.GUARDIAN, FACTS, Language.CHINESE)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[PushService, BackgroundServer]]:
    """Give a push service that listens."""
    service = PushService()
    server = BackgroundServer(service.app)
    service.url = server.url
    server.start()
    yield service, server
    server.stop()


@pytest.fixture
def service(server: tuple[PushService, BackgroundServer]) -> PushService:
    """Give the push service with an empty record and without faults."""
    service = server[0]
    # A request that its sender gave up is still taken, and would stand in the next test's record.
    until(lambda: service.under_way == 0, "the service has answered everyone")
    service.pushed.clear()
    service.refused.clear()
    service.fail(0, times=0)
    service.hang_s = 0.0
    return service


def outgoing(to: dict[str, Any], text: str = TEXT, validity_s: float = 240.0) -> Outgoing:
    """Return a message for the browser *to*."""
    return Outgoing(
        to=json.dumps(to),
        text=text,
        language=Language.CHINESE,
        token="5-1",
        validity_s=validity_s,
        answerable=True,
    )


def test_the_browser_can_read_it(service: PushService) -> None:
    """The message is encrypted for this browser, signed by us, urgent, and lives as asked."""
    browser = service.browser(KEYS.public_key)

    sent = WebPush(KEYS).send(outgoing(browser.to_json()))

    assert (AttemptResult.ACCEPTED, []) == (sent.result, service.refused)
    (pushed,) = service.pushed
    assert (240, "high", "incident-12") == (pushed.ttl_s, pushed.urgency, pushed.topic)
    assert "mailto:duty@121.example.org" == pushed.subject
    assert FACTS.link == pushed.message["url"]


def test_its_own_id_is_short_and_tells_nothing(service: PushService) -> None:
    """A push service's address for a message is a secret: what is stored is a digest of it."""
    sent = WebPush(KEYS).send(outgoing(service.browser(KEYS.public_key).to_json()))

    assert sent.provider_id is not None
    assert (40, False) == (len(sent.provider_id), "http" in sent.provider_id)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("language", Language)
def test_a_locked_screen_shows_no_name(purpose: Purpose, language: Language) -> None:
    """Whatever it says, no message to a browser holds the elder's name, age or place."""
    facts = replace(FACTS, seen_at=NOON, from_home_m=640.0, from_home_deg=90.0, other_name="陈志强")

    text = push_text(purpose, "", Role.GUARDIAN, facts, language)

    assert not [word for word in ("王秀英", "陈志强", "82", "640", "秀英") if word in text]
    assert read_push_text(text) is not None
    assert len(text.encode()) < 1000


def test_a_drill_says_so() -> None:
    """A message of a drill begins with that word."""
    text = push_text(Purpose.ASK, "", Role.RESCUER, replace(FACTS, is_drill=True), Language.ENGLISH)

    assert json.loads(text)["title"].startswith("DRILL")
    assert "Rescue needed" in json.loads(text)["body"]


def test_an_sms_text_never_goes_to_a_browser(service: PushService) -> None:
    """What is not made for a browser may hold a name, so it is not sent."""
    sent = WebPush(KEYS).send(outgoing(service.browser(KEYS.public_key).to_json(), "王秀英离开"))

    assert (AttemptResult.ELSEWHERE, True) == (sent.result, sent.needs_operator)
    assert [] == service.pushed


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, AttemptResult.PERMANENT),
        (410, AttemptResult.PERMANENT),
        (429, AttemptResult.TEMPORARY),
        (503, AttemptResult.TEMPORARY),
        (500, AttemptResult.AMBIGUOUS),
        (502, AttemptResult.AMBIGUOUS),
        (401, AttemptResult.ELSEWHERE),
        (403, AttemptResult.ELSEWHERE),
        (400, AttemptResult.ELSEWHERE),
        (413, AttemptResult.ELSEWHERE),
        (302, AttemptResult.ELSEWHERE),  # redirects are not followed
    ],
)
def test_each_answer_has_its_meaning(
    service: PushService, status: int, expected: AttemptResult
) -> None:
    """Only a browser that is gone for good is forgotten; what lies with us never costs one."""
    service.fail(status)

    sent = WebPush(KEYS).send(outgoing(service.browser(KEYS.public_key).to_json()))

    assert (expected, str(status)) == (sent.result, sent.reason)
    assert (status in (401, 403)) == sent.needs_operator


def test_a_push_service_may_ask_for_time(service: PushService) -> None:
    """What a busy push service asks for is passed on."""
    service.fail(429, retry_after_s=37)

    sent = WebPush(KEYS).send(outgoing(service.browser(KEYS.public_key).to_json()))

    assert 37.0 == sent.retry_after_s


def test_nobody_there_is_worth_another_try() -> None:
    """Where nothing listens nothing has left us."""
    browser = PushService(url=f"http://127.0.0.1:{free_port()}").browser(KEYS.public_key)

    sent = WebPush(KEYS).send(outgoing(browser.to_json()))

    assert (AttemptResult.TEMPORARY, "no_connection") == (sent.result, sent.reason)


def test_a_silent_push_service_leaves_doubt(service: PushService) -> None:
    """When no answer comes in time nobody knows whether it went out."""
    service.hang_s = 1.0

    sent = WebPush(KEYS, timeout_s=0.3).send(outgoing(service.browser(KEYS.public_key).to_json()))

    assert (AttemptResult.AMBIGUOUS, "timeout") == (sent.result, sent.reason)


@pytest.mark.parametrize(
    "to",
    [
        {},
        {"endpoint": "https://push.example/1"},
        {"endpoint": "https://push.example/1", "keys": {"p256dh": "AA", "auth": "AA"}},
        {"endpoint": "https://push.example/1", "keys": {"p256dh": "B" * 87, "auth": "A" * 22}},
    ],
)
def test_what_is_no_subscription_is_forgotten(to: dict[str, Any]) -> None:
    """A subscription that cannot be encrypted for will never work."""
    sent = WebPush(KEYS).send(outgoing(to))

    assert (AttemptResult.PERMANENT, "bad_subscription") == (sent.result, sent.reason)


def test_another_key_is_refused_by_the_service(service: PushService) -> None:
    """The stand-in knows whose key the browser subscribed with, as real ones do."""
    other = service.browser("BGgzourLo1OSLcazcEdYTNt9cU2nlfsUFMNVNEIWgSu50AkP_H58m16b6StaRqwvXL")

    sent = WebPush(KEYS).send(outgoing(other.to_json()))

    assert (AttemptResult.ELSEWHERE, "403") == (sent.result, sent.reason)


def test_push_services_cannot_be_asked(service: PushService) -> None:
    """There is no looking up what became of a message."""
    browser = service.browser(KEYS.public_key)

    found = WebPush(KEYS).find(outgoing(browser.to_json()), requested_at=NOON)

    assert Found.CANNOT_ASK == found.found


def test_a_key_that_is_none_stops_the_start() -> None:
    """The setting's name is in the sentence, the key is not."""
    with pytest.raises(SettingError, match="AIHUIJIA_VAPID_PRIVATE_KEY") as caught:
        PushKeys("no key at all", "mailto:duty@121.example.org")

    assert "no key at all" not in str(caught.value)


# -- who is believed -------------------------------------------------------------------------------

P256DH, AUTH = "B" + "A" * 86, "A" * 22
SERVICES = ("https://fcm.googleapis.com", "https://*.push.apple.com", "http://127.0.0.1:8123")


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("http://127.0.0.1:8123/push/1", True),
        ("http://fcm.googleapis.com/x", False),  # not encrypted
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://push.apple.com.evil.example/x", False),
        ("https://evilpush.apple.com.cn/x", False),
        ("https://fcm.googleapis.com@evil.example/x", False),
        ("https://fcm.googleapis.com\\@evil.example/x", False),
        ("https://169.254.169.254/latest", False),
        ("http://127.0.0.1:8121/console", False),
        ("file:///etc/passwd", False),
        ("https://fcm.googleapis.com/" + "x" * 1000, False),
        ("https://[::1/x", False),
        ("", False),
    ],
)
def test_only_known_push_services_are_believed(endpoint: str, expected: bool) -> None:
    """Nobody with a link can make us call an address of their choice."""
    found = read_subscription(endpoint, P256DH, AUTH, services=SERVICES)

    assert expected == (found is not None)


@pytest.mark.parametrize(
    ("p256dh", "auth"), [("", AUTH), (P256DH, ""), ("A" * 87, AUTH), (P256DH, "A" * 30), ("é", "é")]
)
def test_keys_of_another_size_are_none(p256dh: str, auth: str) -> None:
    """A subscription without a point and a secret of the right size is refused at once."""
    assert None is read_subscription(
        "https://web.push.apple.com/x", p256dh, auth, services=SERVICES
    )


# -- kept ------------------------------------------------------------------------------------------


@on_both_databases
def test_the_browser_heard_of_last_is_told(town: Town) -> None:
    """A person with several browsers is told on the one that was there last."""
    person, now = town.household.guardians[0], town.clock.now()
    with town.engine.begin() as connection:
        for number in (1, 2):
            push_subscriptions.add(
                connection,
                person,
                endpoint=f"https://push.example/{number}",
                p256dh=P256DH,
                auth=AUTH,
                now=now + timedelta(seconds=number),
            )
        push_subscriptions.add(
            connection,
            person,
            endpoint="https://push.example/1",
            p256dh=P256DH,
            auth="B" * 22,
            now=now + timedelta(seconds=9),
        )
        address = contacts.address_of(connection, person, Channel.PUSH)

    assert address is not None
    assert {
        "endpoint": "https://push.example/1",
        "keys": {"p256dh": P256DH, "auth": "B" * 22},
    } == json.loads(address)


@on_both_databases
def test_a_browser_that_is_gone_makes_room_for_the_next(town: Town) -> None:
    """What a push service calls gone is removed, and the person's other browser is told."""
    person = town.household.guardians[0]
    with town.engine.begin() as connection:
        for number in (1, 2):
            push_subscriptions.add(
                connection,
                person,
                endpoint=f"https://push.example/{number}",
                p256dh=P256DH,
                auth=AUTH,
                now=town.clock.now() + timedelta(seconds=number),
            )
        gone = contacts.address_of(connection, person, Channel.PUSH) or ""
        contacts.disable_contact(connection, person, Channel.PUSH, "410", address=gone)
        left = contacts.address_of(connection, person, Channel.PUSH) or ""
        contacts.disable_contact(connection, person, Channel.PUSH, "410", address=left)
        none_left = contacts.address_of(connection, person, Channel.PUSH)

    assert "https://push.example/2" in gone
    assert "https://push.example/1" in left
    assert None is none_left


@on_both_databases
def test_a_roster_knows_who_has_a_browser(town: Town) -> None:
    """Whoever subscribed stands on the roster with push, beside their numbers and never instead."""
    first, second = town.household.guardians
    with town.engine.begin() as connection:
        before = rosters.roster(connection, town.household.elder_id, town.clock.now())
        push_subscriptions.add(
            connection,
            first,
            endpoint="https://push.example/1",
            p256dh=P256DH,
            auth=AUTH,
            now=town.clock.now(),
        )
    with reading(town.engine) as connection:
        roster = rosters.roster(connection, town.household.elder_id, town.clock.now())

    assert (False, True, False) == (
        before.has_push(first),
        roster.has_push(first),
        roster.has_push(second),
    )
    assert before.channels_of(first) == roster.channels_of(first)


@on_both_databases
def test_one_person_keeps_five_browsers(town: Town) -> None:
    """Whoever subscribes again and again does not fill the table."""
    person = town.household.guardians[0]
    with town.engine.begin() as connection:
        for number in range(8):
            push_subscriptions.add(
                connection,
                person,
                endpoint=f"https://push.example/{number}",
                p256dh=P256DH,
                auth=AUTH,
                now=town.clock.now() + timedelta(seconds=number),
            )
        removed = [
            push_subscriptions.remove(connection, f"https://push.example/{number}")
            for number in range(8)
        ]

    assert [0, 0, 0, 1, 1, 1, 1, 1] == removed


# -- the whole way ---------------------------------------------------------------------------------


def deliver(town: Town, sms: RecordingSender) -> None:
    """Send everything that is due, with a real push channel beside an SMS that is written down."""
    outbox = Outbox(
        town.engine,
        town.clock,
        {Channel.SMS: [sms], Channel.VOICE: [sms], Channel.PUSH: [WebPush(KEYS)]},
        secret=SECRET,
        answer_url="",
        push_url="https://121.example.org",
    )
    outbox.deliver_due()
    outbox.finish()


def subscribes(town: Town, service: PushService, person_id: int) -> StandInBrowser:
    """Let a person's browser subscribe; return it."""
    browser = service.browser(KEYS.public_key)
    with town.engine.begin() as connection:
        push_subscriptions.add(
            connection,
            person_id,
            endpoint=browser.endpoint,
            p256dh=browser.p256dh,
            auth=browser.auth,
            now=town.clock.now(),
        )
    return browser


@on_both_databases
def test_an_ask_reaches_the_browser_beside_the_sms(town: Town, service: PushService) -> None:
    """Who subscribed is told in the browser, too, with the link even where an SMS may hold none."""
    first = town.household.guardians[0]
    subscribes(town, service, first)
    sms = RecordingSender(town.clock, Channel.SMS)
    incident_id = town.sos()
    deliver(town, sms)

    (pushed,) = service.pushed
    link = f"https://121.example.org/a/{make_token(SECRET, incident_id, first)}"
    assert (link, []) == (pushed.message["url"], service.refused)
    assert "王秀英" not in str(pushed.message)
    assert phone_of(first) in [sent.message.to for sent in sms.sent]


@on_both_databases
def test_a_browser_that_is_gone_costs_nobody_an_sms(town: Town, service: PushService) -> None:
    """A 410 removes the browser; the SMS went out all the same, and no other message is added."""
    first = town.household.guardians[0]
    subscribes(town, service, first).is_gone = True
    sms = RecordingSender(town.clock, Channel.SMS)
    town.sos()
    deliver(town, sms)
    before = len(sms.sent)
    deliver(town, sms)
    with reading(town.engine) as connection:
        address = contacts.address_of(connection, first, Channel.PUSH)

    assert (None, before) == (address, len(sms.sent))
    assert [410] == [status for status, _ in service.refused]
