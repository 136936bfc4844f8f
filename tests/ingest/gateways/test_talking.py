"""Bands call, speak in pieces or all at once, and are answered as their protocol wants it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.codecs import native
from ingest.messages import Message
from tests.ingest.gateways.station import Station, position, running, watch
from tests.ingest.wire import Wire
from tests.servers import Mosquitto, until

LK = watch("LK")
SOS = position(word="AL", status="00010000")


def test_a_heartbeat_is_answered_and_published(station: Station, ear: Wire) -> None:
    """A watch hears `LK` back, and the broker has its sign of life."""
    band = station.call()

    band.say(watch("LK,50,100,64"))

    assert LK == band.hear(len(LK))
    topic, report = ear.hear_json()
    assert f"{station.prefix}/up/8800000015/report" == topic
    assert {"pct": 64} == report["bat"]
    assert ("g1", "watch", "LK") == tuple(report["via"][k] for k in ("gw", "proto", "type"))


def test_a_frame_may_come_byte_by_byte(station: Station, ear: Wire) -> None:
    """What TCP tears apart is one frame all the same."""
    band = station.call()

    for byte in LK:
        band.say(bytes([byte]))

    assert LK == band.hear(len(LK))
    assert "LK" == ear.hear_json()[1]["via"]["type"]


def test_frames_may_come_glued(station: Station, ear: Wire) -> None:
    """Several frames in one segment, and half of another: all are read, answered in order."""
    band = station.call()
    al = watch("AL")

    band.say(LK + b"\r\n" + position() + SOS + watch("TKQ") + LK[:9])
    answers = band.hear(len(LK + al) + len(watch("TKQ")))
    band.say(LK[9:])

    assert LK + al + watch("TKQ") == answers
    assert LK == band.hear(len(LK))
    heard = [ear.hear_json()[1] for _ in range(5)]
    assert ["LK", "UD", "AL", "TKQ", "LK"] == [report["via"]["type"] for report in heard]
    assert [["sos"]] == [report["alarms"] for report in heard if "alarms" in report]


def test_what_is_published_is_our_own_format(station: Station, ear: Wire) -> None:
    """The ingest role reads a watch's report without a doubt about its form."""
    band = station.call()
    band.say(SOS)

    message = ear.hear()
    decoded = native.decode_report(
        Message(
            topic=message.topic,
            payload=bytes(message.payload),
            received_at=datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC),
        ),
        "8800000015",
    )

    (ping,) = decoded.pings
    assert datetime(2026, 11, 23, 8, 0, tzinfo=UTC) == ping.measured_at
    assert (30.5326, 120.688) == (ping.fix.position.lat, ping.fix.position.lon) if ping.fix else ()
    assert {"sos"} == ping.alarms
    assert "bad_field" not in ping.doubts


def test_the_same_words_are_the_same_report(station: Station, ear: Wire) -> None:
    """A frame sent again, live or from the band's memory, keeps its id; a heartbeat is new."""
    for words in (position(), position(), position(word="UD2"), position("080100"), LK, LK):
        band = station.call()
        band.say(words)
        if words == LK:
            band.hear(len(LK))
        band.hang_up()
        until(lambda: station.gateway.connections == 0, "the gateway noticed")

    said = [ear.hear_json()[1] for _ in range(6)]
    ids = [report["id"] for report in said]

    assert ids[0] == ids[1] == ids[2]
    assert 4 == len(set(ids))
    assert "backlog" == said[2]["why"]


def test_what_nobody_understands_is_kept(station: Station, ear: Wire) -> None:
    """An unknown message is a sign of life, and goes to the technicians as it came."""
    band = station.call()
    odd = watch("FFZDPAYH5")

    band.say(odd)
    (alive_topic, alive), (raw_topic, raw) = ear.hear_json(), ear.hear_json()

    assert f"{station.prefix}/up/8800000015/report" == alive_topic
    assert "fix" not in alive
    assert f"{station.prefix}/raw/g1/watch/8800000015" == raw_topic
    assert "unknown type: FFZDPAYH5" == raw["reason"]


def test_voice_is_thanked_for_and_dropped(station: Station, ear: Wire) -> None:
    """A voice clip is answered and counted; none of its bytes goes anywhere."""
    band = station.call()
    clip = b"#!AMR\n" + bytes(range(0x80, 0xC0)) * 4
    frame = b"[3G*8800000015*%04X*TK,%b]" % (len(clip) + 3, clip)

    band.say(frame)

    assert watch("TK,1") == band.hear(len(watch("TK,1")))
    payloads = [ear.hear().payload, ear.hear().payload]
    assert [b'"raw":""' in payload for payload in payloads].count(True) == 1
    assert not any(b"IyFBTV" in payload for payload in payloads)  # "#!AM" in base64


def test_bytes_between_frames_are_kept(station: Station, ear: Wire) -> None:
    """Bytes that belong to no frame are shown to technicians; the frames around them count."""
    band = station.call()

    band.say(LK + b"noise" + LK)

    assert LK + LK == band.hear(2 * len(LK))
    reasons = {ear.hear_json()[1].get("reason") for _ in range(3)}
    assert {None, "belongs to no frame"} == reasons


def test_an_unknown_language_is_hung_up_on(station: Station, ear: Wire) -> None:
    """A browser at the wrong port is refused, counted and kept once."""
    stranger = station.call()

    stranger.say(b"GET / HTTP/1.1\r\n\r\n")

    assert stranger.is_hung_up_on()
    topic, raw = ear.hear_json()
    assert f"{station.prefix}/raw/g1/unknown/unknown" == topic
    assert "unknown language" == raw["reason"]


# -- who may stay ----------------------------------------------------------------------------------


def test_the_newest_connection_wins(station: Station) -> None:
    """A band that comes again (its network forgot the old connection) is heard there."""
    first, second = station.call(), station.call()
    first.say(LK)
    first.hear(len(LK))

    second.say(LK)

    assert LK == second.hear(len(LK))
    assert first.is_hung_up_on()
    second.say(LK)
    assert LK == second.hear(len(LK))


def test_a_band_in_two_places_is_reported(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """More than three changes in ten minutes are told to the operators, by the band's name."""
    for _ in range(5):
        band = station.call()
        band.say(LK)
        band.hear(len(LK))

    actions = [getattr(record, "action", "") for record in caplog.records]
    assert 1 == actions.count("band_twice")


def test_who_does_not_say_who_it_is_must_leave(broker: Mosquitto, file: Path) -> None:
    """A connection that names no band in time is ended; one that did stays."""
    with running(broker, file, introduce_within_s=0.3) as station:
        known, silent, babbling = station.call(), station.call(), station.call()
        known.say(LK)
        known.hear(len(LK))
        babbling.say(b"[3G*")

        assert silent.is_hung_up_on()
        assert babbling.is_hung_up_on()
        known.say(LK)
        assert LK == known.hear(len(LK))


def test_an_address_has_only_so_many_connections(broker: Mosquitto, file: Path) -> None:
    """One more is refused at once; when another leaves there is room again."""
    with running(broker, file, connections_per_address=2) as station:
        bands = [station.call(), station.call()]
        for number, band in enumerate(bands):
            band.say(watch("LK", f"880000002{number}"))
            band.hear(len(LK))

        assert station.call().is_hung_up_on()

        bands[0].hang_up()
        until(lambda: station.gateway.connections == 1, "the gateway noticed")
        again = station.call()
        again.say(LK)
        assert LK == again.hear(len(LK))


def test_the_gateway_has_only_so_many_connections(broker: Mosquitto, file: Path) -> None:
    """A full gateway refuses the next and goes on with those it has."""
    with running(broker, file, most_connections=1) as station:
        band = station.call()
        band.say(LK)
        band.hear(len(LK))

        assert station.call().is_hung_up_on()
        band.say(LK)
        assert LK == band.hear(len(LK))


def test_garbage_without_end_is_hung_up_on(station: Station) -> None:
    """More bytes without a frame than the protocol allows end the connection."""
    band = station.call()
    band.say(LK)
    band.hear(len(LK))

    band.keep_saying(b"x" * 4096)

    assert band.is_hung_up_on()


def test_hundreds_are_served_at_once(station: Station) -> None:
    """Three hundred bands that come in the same moment are all answered."""
    bands = [(f"88{number:08}", station.call()) for number in range(300)]

    for device_id, band in bands:
        band.say(watch("LK", device_id))

    assert all(watch("LK", device_id) == band.hear(len(LK)) for device_id, band in bands)
