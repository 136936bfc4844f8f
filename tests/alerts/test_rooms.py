"""The team's chat rooms, through Apprise, against stand-ins for ntfy and WeCom."""

import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from apprise.plugins.wecombot import NotifyWeComBot

from alerts import desk
from alerts.channels.rooms import Rooms, digest_of
from alerts.relay_sender import MOST_PER_ROOM_AND_MINUTE, RelaySender
from alerts.relays import room_text
from core.errors import SettingError
from core.incidents import Outcome
from core.relays import RelayStatus, Subscriber, SubscriberKind
from simulators.rooms import ChatRooms
from store import relays, schema, subscribers
from store.database import reading
from tests.alerts.receivers import (
    PUBLIC_URL,
    events_of,
    listening,
    send,
    send_all,
)
from tests.scenes import SECRET, Town, on_both_databases


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[ChatRooms, str]]:
    """Give chat rooms that listen, and where."""
    rooms = ChatRooms()
    with listening(rooms.app) as url:
        yield rooms, urlsplit(url).netloc


@pytest.fixture
def rooms(server: tuple[ChatRooms, str]) -> ChatRooms:
    """Give the rooms, empty and without faults."""
    rooms = server[0]
    rooms.written.clear()
    rooms.fail(0, times=0)
    return rooms


@pytest.fixture
def ntfy(server: tuple[ChatRooms, str]) -> str:
    """Give the Apprise address of one room."""
    return f"ntfy://{server[1]}/rescue-team"


def registered(town: Town, *addresses: str) -> list[Subscriber]:
    """Start a sender once, so that the rooms are known; return them."""
    send(town, rooms=addresses)
    with reading(town.engine) as connection:
        return subscribers.all_of(connection, SubscriberKind.ROOM)


@on_both_databases
def test_a_room_reads_number_street_and_state(town: Town, rooms: ChatRooms, ntfy: str) -> None:
    """A room learns what happens and where to look, in Chinese and English."""
    registered(town, ntfy)
    incident_id = town.sos()
    with town.engine.begin() as connection:
        desk.order_rescue(connection, incident_id, by="coordinator", now=town.clock.now())
    send_all(town, rooms=[ntfy])

    assert ["rescue-team"] * 2 == [room for room, _ in rooms.written]
    first, second = (text for _, text in rooms.written)
    assert f"{incident_id}号" in first
    assert "马桥街道" in first
    assert f"{PUBLIC_URL}/console?incident={incident_id}" in first
    assert "the rescue team is being asked" in second


@on_both_databases
def test_a_room_reads_no_name_and_no_place(town: Town, rooms: ChatRooms, ntfy: str) -> None:
    """Neither the elder's name nor a position nor a volunteer's name stands in a chat."""
    registered(town, ntfy)
    incident_id = town.wanders_off()
    with town.engine.begin() as connection:
        desk.order_close(
            connection, incident_id, outcome=Outcome.FOUND, by="x", now=town.clock.now()
        )
    send_all(town, rooms=[ntfy])

    said = str(rooms.written)
    assert 2 == len(rooms.written)
    assert not [
        word for word in ("王秀英", "秀英", "陈志强", "30.5", "120.6", "+86") if word in said
    ]


@on_both_databases
def test_a_robot_of_wecom(
    town: Town,
    rooms: ChatRooms,
    server: tuple[ChatRooms, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The robot's own form is spoken, and its text fits into 2048 bytes."""
    address = "wecombot://0a1b2c3d-secret"
    monkeypatch.setattr(  # Apprise knows one address for all robots
        NotifyWeComBot, "notify_url", f"http://{server[1]}/cgi-bin/webhook/send?key={{key}}"
    )
    (room,) = registered(town, address)
    town.sos()
    send_all(town, rooms=[address])

    assert ["wecom/0a1b2c3d-secret"] == [room for room, _ in rooms.written]
    assert RelayStatus.DONE is events_of(town, room)[0].status


@on_both_databases
def test_a_room_gets_at_most_18_messages_in_a_minute(
    town: Town, rooms: ChatRooms, ntfy: str
) -> None:
    """A robot that writes more is shut up for minutes; the rest waits for the next minute."""
    (room,) = registered(town, ntfy)
    with town.engine.begin() as connection:
        for _ in range(25):
            relays.enqueue_test(connection, room.id, now=town.clock.now())
    send_all(town, rooms=[ntfy])
    in_the_first = len(rooms.written)
    town.clock.advance(59)
    send_all(town, rooms=[ntfy])
    still = len(rooms.written)
    town.clock.advance(2)
    send_all(town, rooms=[ntfy])

    assert (MOST_PER_ROOM_AND_MINUTE, MOST_PER_ROOM_AND_MINUTE, 25) == (
        in_the_first,
        still,
        len(rooms.written),
    )


@on_both_databases
def test_a_room_is_given_up_after_an_hour(
    town: Town, rooms: ChatRooms, ntfy: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What a room would read hours later would mislead; that it was not told is logged."""
    (room,) = registered(town, ntfy)
    rooms.fail(500, times=1000)
    town.sos()
    pass_time_with(town, 2 * 3600, ntfy)

    (relay,) = events_of(town, room)
    assert (RelayStatus.GIVEN_UP, "refused") == (relay.status, relay.reason)
    assert {"relay_given_up"} == {vars(record).get("action") for record in caplog.records}


def pass_time_with(town: Town, seconds: float, *addresses: str) -> None:
    """Let time pass in steps of half a minute for a sender with rooms."""
    for _ in range(int(seconds / 30)):
        send(town, rooms=addresses)
        town.clock.advance(30)


@on_both_databases
def test_rooms_follow_the_settings(town: Town, rooms: ChatRooms, ntfy: str) -> None:
    """A room that left the settings hears nothing more; one that stays is the same as before."""
    other = ntfy.replace("rescue-team", "office")
    before = registered(town, ntfy, other)
    again = registered(town, ntfy, other)
    left = registered(town, other)
    town.sos()
    send_all(town, rooms=[other])

    assert before == again
    assert [before[1].id] == [room.id for room in left]
    assert ["office"] == [room for room, _ in rooms.written]


@on_both_databases
def test_a_rooms_address_is_stored_nowhere(town: Town, ntfy: str) -> None:
    """An address is a secret: the database holds a digest, and a name that tells nothing."""
    secret = ntfy.replace("rescue-team", "a-topic-nobody-may-know")
    (room,) = registered(town, secret)

    assert digest_of(SECRET, secret) == room.address
    assert "ntfy 1" == room.name
    with reading(town.engine) as connection:
        rows = connection.execute(schema.subscriber.select()).all()
    assert "nobody-may-know" not in str(rows)


def test_a_wrong_address_is_not_repeated() -> None:
    """The sentence says which one is wrong, by its place."""
    with pytest.raises(SettingError, match="address 2") as caught:
        Rooms(["ntfy://127.0.0.1/a", "nosuch://secret-token"], key=SECRET)

    assert "secret-token" not in str(caught.value)


def test_apprise_says_nothing(
    rooms: ChatRooms, ntfy: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong in it, Apprise writes no address into our log."""
    caplog.set_level(logging.DEBUG)
    rooms.fail(500, times=1)
    reply = Rooms([ntfy], key=SECRET).post(digest_of(SECRET, ntfy), "text")

    assert (None, "refused") == (reply.code, reply.reason)
    assert not [record for record in caplog.records if record.name.startswith("apprise")]


@on_both_databases
def test_a_test_says_that_it_is_one(town: Town, rooms: ChatRooms, ntfy: str) -> None:
    """A test in a room frightens nobody."""
    (room,) = registered(town, ntfy)
    with town.engine.begin() as connection:
        relay_id = relays.enqueue_test(connection, room.id, now=town.clock.now())
        relay = relays.load(connection, relay_id)
    send_all(town, rooms=[ntfy])

    assert relay is not None
    assert [("rescue-team", room_text(relay, None, console=""))] == rooms.written
    assert "没有人走失" in rooms.written[0][1]


def test_a_sender_without_rooms_loads_no_plugins(postgresql_town: Town) -> None:
    """Where no room is set, starting costs nothing, and rooms of another process stay."""
    sender = RelaySender(
        postgresql_town.engine, postgresql_town.clock, secret=SECRET, public_url=PUBLIC_URL
    )
    sender.finish()

    assert [] == registered(postgresql_town)
