"""Whoever calls with whatever bytes: the gateway goes on, and the others notice nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from core.clock import SystemClock
from ingest.codecs.profiles import profile_of
from ingest.gateways.endings import Ended
from ingest.gateways.languages import language_of
from tests.ingest.gateways.station import (
    Caller,
    Station,
    gt06_login,
    h02,
    iw,
    jt808,
    jt808_location,
    position,
    running,
    watch,
)
from tests.servers import Mosquitto, until

GOOD = [
    watch("LK"),
    position(),
    position(word="AL", status="00010000"),
    watch("TK,#!AMR"),
    gt06_login(),
    jt808(0x0002),
    jt808(0x0200, jt808_location(alarm=1)),
    h02(),
    iw(),
]
LK = watch("LK", "8800000099")


@pytest.fixture(scope="module")
def station(broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """Give one gateway for all examples."""
    file: Path = tmp_path_factory.mktemp("hostile") / "gateway.db"
    with running(broker, file) as station:
        yield station


@pytest.fixture(scope="module")
def bystander(station: Station) -> Caller:
    """Give a band that is connected all the time."""
    band = station.call()
    band.say(LK)
    band.hear(len(LK))
    return band


def closed() -> dict[str, float]:
    """Return how many connections ended, by reason."""
    name = "aihuijia_gateway_closed_total"
    return {
        reason.value: REGISTRY.get_sample_value(name, {"reason": reason.value}) or 0.0
        for reason in Ended
    }


def faults() -> float:
    """Return how many frames broke a decoder."""
    return REGISTRY.get_sample_value("aihuijia_gateway_decoder_faults_total") or 0.0


@st.composite
def spoilt_frames(draw: st.DrawFn) -> bytes:
    """Some good frames, then bytes changed, cut out, put in."""
    words = bytearray(b"".join(draw(st.lists(st.sampled_from(GOOD), min_size=1, max_size=4))))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(words)))
        match draw(st.sampled_from(["change", "cut", "put"])):
            case "change":
                words[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del words[at : at + draw(st.integers(1, 20))]
            case "put":
                words[at:at] = draw(st.binary(min_size=1, max_size=20))
    return bytes(words)


@settings(max_examples=150)
@given(words=st.one_of(st.binary(min_size=1, max_size=300), spoilt_frames()))
def test_no_bytes_break_the_gateway(station: Station, bystander: Caller, words: bytes) -> None:
    """Random bytes and spoilt frames end in a counted reason; a bystander is answered."""
    before, broken = closed(), faults()
    caller = station.call()
    try:
        caller.say(words)
        caller.finish()
        assert caller.is_hung_up_on()
    except ConnectionError:
        pass  # it has hung up already
    bystander.say(LK)

    assert LK == bystander.hear(len(LK))
    until(lambda: sum(closed().values()) == sum(before.values()) + 1, "the end is counted")
    assert before["fault"] == closed()["fault"]
    assert broken == faults()


def test_a_frame_that_never_ends_costs_little(station: Station, bystander: Caller) -> None:
    """Openings without an end, at full speed: it is cut off, and a bystander is answered."""
    hostile = station.call()
    hostile.keep_saying(b"[3G*8800000098*FFFF*TK," + b"[3G*" * 1000)

    bystander.say(LK)
    assert LK == bystander.hear(len(LK))
    assert hostile.is_hung_up_on()


@pytest.mark.parametrize("good", GOOD)
def test_the_frames_that_are_spoilt_are_good(good: bytes, station: Station) -> None:
    """Each is understood whole by some protocol of ours."""
    codec = language_of(good, station.gateway.plan.codecs)
    assert codec is not None

    split = codec.split(good)
    said = codec.decode(split.frames[0], codec.open(profile_of(codec.name)), SystemClock().now())

    assert (b"", 0, 1) == (split.rest, split.skipped, len(split.frames))
    assert said.reason is None
    assert said.session.device_id is not None
