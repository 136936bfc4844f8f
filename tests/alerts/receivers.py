"""Subscribers of tests: a stand-in agency and chat rooms that listen, and a sender beside them."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from alerts.relay_sender import RelaySender
from alerts.webhooks import secret_of, shown
from core.relays import ALL_EVENTS, Relay, RelayEvent, RelayStatus, Subscriber, SubscriberKind
from simulators.agency import Agency
from simulators.phone_network.server import BackgroundServer
from store import relays, schema, subscribers
from store.database import reading
from tests.scenes import SECRET, Town

PUBLIC_URL = "https://121.example.org"


@contextmanager
def listening(app: object) -> Iterator[str]:
    """Serve *app* on a free port; give its address."""
    server = BackgroundServer(app)
    server.start()
    yield server.url
    server.stop()


def subscribe(
    town: Town,
    agency: Agency,
    url: str,
    *,
    organisation_id: str | None = None,
    events: Collection[RelayEvent] = ALL_EVENTS,
    with_position: bool = False,
) -> Subscriber:
    """Register *agency* and give it its secret."""
    with town.engine.begin() as connection:
        subscriber = subscribers.add(
            connection,
            kind=SubscriberKind.WEBHOOK,
            name="公安指挥中心",
            address=url,
            organisation_id=organisation_id,
            events=events,
            with_position=with_position,
            by="coordinator",
            now=town.clock.now(),
        )
    agency.secret = shown(secret_of(SECRET, subscriber.id, subscriber.generation))
    return subscriber


def send(town: Town, *, rooms: Sequence[str] = ()) -> int:
    """Send what is due, as a sender that has just started; return how many were taken up."""
    sender = RelaySender(town.engine, town.clock, secret=SECRET, public_url=PUBLIC_URL, rooms=rooms)
    taken = sender.deliver_due()
    sender.finish()
    return taken


def send_all(town: Town, *, rooms: Sequence[str] = ()) -> None:
    """Send until nothing is due at this instant."""
    for _ in range(50):
        if send(town, rooms=rooms) == 0:
            return
    raise AssertionError("something stays due for ever")


def pass_time(town: Town, seconds: float) -> None:
    """Let *seconds* pass, sending everything at the instant at which it is due."""
    end = town.clock.now() + timedelta(seconds=seconds)
    send_all(town)
    while (due_at := next_due_at(town)) is not None and due_at <= end:
        town.clock.advance(max(0.0, (due_at - town.clock.now()).total_seconds()))
        send_all(town)
    town.clock.advance((end - town.clock.now()).total_seconds())


def next_due_at(town: Town) -> datetime | None:
    """Return when the next event is to be tried; what is due already waits for another one."""
    table = schema.relay
    with reading(town.engine) as connection:
        found: datetime | None = connection.scalar(
            select(func.min(table.c.next_try_at)).where(
                table.c.status == RelayStatus.WAITING.value,
                table.c.next_try_at > town.clock.now(),
            )
        )
    return found


def events_of(town: Town, subscriber: Subscriber) -> list[Relay]:
    """Return the events of one subscriber, the oldest first."""
    with reading(town.engine) as connection:
        return relays.of_subscriber(connection, subscriber.id, limit=100)[::-1]


def types(bodies: Collection[dict[str, Any]]) -> list[str]:
    """Return what the bodies tell, without their common beginning."""
    return [str(body["type"]).removeprefix("incident.") for body in bodies]
