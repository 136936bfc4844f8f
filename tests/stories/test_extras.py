"""Extras beside the phones: browsers and agencies. They help, and never count as reached."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from alerts.channels.web_push import PushKeys
from alerts.webhooks import secret_of, shown
from core.incidents import IncidentState
from core.relays import ALL_EVENTS, SubscriberKind
from simulators.agency import Agency
from simulators.phone_network import BackgroundServer
from simulators.push_service import PushService
from store import push_subscriptions, subscribers
from tests.stories import stage as stages
from tests.stories.scene import Person, Story

#: a key made for this file
KEY = "3KzvKasA2SoCxsp0iIG_o9B0Ozvl1XDwI63JRKNIWBM"
SUBJECT = "mailto:duty@121.example.org"


@pytest.fixture(scope="module")
def pushes() -> Iterator[PushService]:
    """Give a push service that listens."""
    service = PushService()
    server = BackgroundServer(service.app)
    service.url = server.url
    server.start()
    yield service
    server.stop()


@pytest.fixture
def agency() -> Iterator[tuple[Agency, str]]:
    """Give an agency that listens, and the address where it takes events."""
    agency = Agency()
    server = BackgroundServer(agency.app)
    server.start()
    yield agency, f"{server.url}/events"
    server.stop()


def subscribes(story: Story, pushes: PushService, *people: Person) -> None:
    """Have people's browsers subscribe."""
    pushes.pushed.clear()
    story.is_set(vapid_private_key=SecretStr(KEY), vapid_subject=SUBJECT)
    for person in people:
        browser = pushes.browser(PushKeys(KEY, SUBJECT).public_key)
        with story.engine.begin() as connection:
            push_subscriptions.add(
                connection,
                person.id,
                endpoint=browser.endpoint,
                p256dh=browser.p256dh,
                auth=browser.auth,
                now=story.clock.now(),
            )


def watches(story: Story, agency: tuple[Agency, str]) -> None:
    """Register the agency for everything."""
    with story.engine.begin() as connection:
        held = subscribers.add(
            connection,
            kind=SubscriberKind.WEBHOOK,
            name="公安指挥中心",
            address=agency[1],
            events=ALL_EVENTS,
            by="coordinator",
            now=story.clock.now(),
        )
    agency[0].secret = shown(secret_of(stages.SECRET.encode(), held.id, held.generation))


def test_a_push_goes_beside_the_sms(story: Story, pushes: PushService) -> None:
    """A guardian with a browser gets a push beside the SMS, in the same second."""
    subscribes(story, pushes, story.chen)
    story.wanders_off()

    assert 1 == len(pushes.pushed)
    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_a_browser_alone_is_nobody_reached(story: Story, pushes: PushService) -> None:
    """Guardians with browsers and no phones count as not reached: the team is asked at once."""
    subscribes(story, pushes, story.chen, story.shen)
    story.has_no_phone(story.chen)
    story.has_no_phone(story.shen)
    story.wanders_off()

    assert IncidentState.RESCUE is story.state
    assert 2 <= len(pushes.pushed)
    assert ["0 sms ask: li wu", "0 voice ask: li wu"] == story.sent()
    story.wraps_up()


def test_a_broken_push_service_disturbs_nothing(story: Story, pushes: PushService) -> None:
    """A push service that fails changes nothing in who is texted and called."""
    subscribes(story, pushes, story.chen)
    pushes.fail(503, times=20)
    story.noise.may("provider_rests", 5)
    story.wanders_off()
    story.passes(65)
    pushes.fail(0, times=0)

    told = [line for line in story.sent() if "notice" not in line]
    assert ["0 sms ask: chen shen", "60 voice ask: chen shen"] == told
    story.wraps_up()


def test_an_agency_hears_of_it(story: Story, agency: tuple[Agency, str]) -> None:
    """An agency's system is told that somebody is looked for, who took it, and the end."""
    watches(story, agency)
    story.wanders_off()
    story.texts(story.chen, "1")
    story.texts(story.chen, "3")
    story.sent()

    assert all(delivery.is_genuine for delivery in agency[0].deliveries)
    assert 3 <= len(agency[0].taken)


def test_an_agency_that_is_down_is_told_later(story: Story, agency: tuple[Agency, str]) -> None:
    """An agency whose system fails hears of it when it is back; people are asked meanwhile."""
    watches(story, agency)
    agency[0].fail(503, times=2)
    story.wanders_off()
    story.passes(minutes=10)
    told = story.sent()

    assert "0 sms ask: chen shen" in told
    assert agency[0].taken
    story.sent()
    story.wraps_up()


def test_an_agency_is_told_nothing_of_a_suspicion(story: Story, agency: tuple[Agency, str]) -> None:
    """What wakes nobody is told to nobody."""
    watches(story, agency)
    story.is_seen(0)
    story.passes(60)
    story.is_seen(600)
    story.passes(60)
    story.is_seen(0)

    assert [] == agency[0].deliveries
