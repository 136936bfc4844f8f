"""The phone network, near and far."""

import json

import pytest

from core.errors import ServerMissing
from simulators.phone_network import Habit, Text
from simulators.phones import FarPhones, NearPhones, Phones
from tests.servers import free_port
from tests.simulators.phone_bench import ANNA, Bench, numbers


@pytest.mark.parametrize("far", [False, True])
def test_a_story_teaches_and_reads_it_either_way(bench: Bench, far: bool) -> None:
    """Habits, names and the record pass in the same process and over HTTP alike."""
    phones: Phones = FarPhones(bench.url) if far else NearPhones(bench.network)
    phones.name({ANNA: "安娜"})
    phones.learn([Habit(number=ANNA, about="沈云鹤", texts=(Text(after_s=2, text="1"),))])
    bench.text()
    answered = bench.service.next("sms")
    shown = json.loads(bench.ask_people("GET", "/phones").text)

    assert (ANNA, "1") == (answered["From"], answered["Body"])
    assert numbers(shown) == [ANNA]
    assert "安娜" == shown[0]["label"]
    assert "text_sent" in [entry.happened.value for entry in phones.entries()]


def test_a_missing_network_is_named() -> None:
    """Without a phone network the story says how to start one."""
    with pytest.raises(ServerMissing, match="phone-network"):
        FarPhones(f"http://127.0.0.1:{free_port()}").entries()


def test_something_else_at_the_address_is_named(bench: Bench) -> None:
    """Another server at the address is not taken for a phone network."""
    with pytest.raises(ServerMissing, match="answered 404"):
        FarPhones(f"{bench.url}/elsewhere").entries()
