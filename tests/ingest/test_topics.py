"""Which message belongs on which topic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.topics import (
    Topic,
    TopicKind,
    command_topic,
    read_topic,
    seen_topic,
    subscriptions,
)

PREFIX = "121/v1"


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("121/v1/up/b7/report", Topic(TopicKind.REPORT, "b7")),
        ("121/v1/up/b7/ack", Topic(TopicKind.ACK, "b7")),
        ("121/v1/up/b7/state", Topic(TopicKind.STATE, "b7")),
        ("121/v1/up/a_b-0/report", Topic(TopicKind.REPORT, "a_b-0")),
        ("121/v1/up/" + "a" * 32 + "/report", Topic(TopicKind.REPORT, "a" * 32)),
        ("121/v1/raw/g1/watch/8800000015", Topic(TopicKind.RAW, "8800000015")),
        ("121/v1/raw/g1/gt06/unknown", Topic(TopicKind.RAW, "unknown")),
        ("owntracks/chen/phone", Topic(TopicKind.OWNTRACKS, "chen")),
        ("owntracks/Chen/Phone", Topic(TopicKind.OWNTRACKS, "chen")),
        ("owntracks/chen/phone/event", Topic(TopicKind.OWNTRACKS, "chen")),
        ("owntracks/chen/phone/cmd", Topic(TopicKind.OWN_ECHO, "chen")),
    ],
)
def test_a_topic_of_ours_is_known(topic: str, expected: Topic) -> None:
    """Each documented topic names what it carries and whose it is."""
    assert expected == read_topic(topic, PREFIX)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "/",
        "121/v1/up/b7",
        "121/v1/up/b7/",
        "121/v1/up/b7/report/x",
        "121/v1/up//report",
        "121/v1/up/B7/report",  # a band's name is lower case
        "121/v1/up/b.7/report",  # a dot would be a level on NATS
        "121/v1/up/王/report",
        "121/v1/up/" + "a" * 33 + "/report",
        "121/v1/up/b7\n/report",
        "121/v1/up/b7/REPORT",
        "121/v1/up/b7/seen",
        "121/v1/down/b7/cmd",
        "121/v2/up/b7/report",
        "x121/v1/up/b7/report",
        "121/v1/raw/g1/watch",
        "121/v1/raw/g1/watch/b7/x",
        "121/v1/raw//watch/b7",
        "121/v1/raw/g1/watch/b.7",
        "owntracks",
        "owntracks/chen",
        "owntracks//phone",
        "owntracks/ch en/phone",
        "owntracks/chen\n/phone",
    ],
)
def test_any_other_topic_is_not_ours(topic: str) -> None:
    """What no band of ours reports on belongs to nobody."""
    assert None is read_topic(topic, PREFIX)


@given(st.text(max_size=60))
def test_no_topic_breaks_the_reader(topic: str) -> None:
    """Any text is a topic of ours or none."""
    for candidate in (
        topic,
        *(f"{p}/{topic}" for p in (f"{PREFIX}/up", f"{PREFIX}/raw", "owntracks")),
    ):
        known = read_topic(candidate, PREFIX)

        assert known is None or 1 <= len(known.device_id) <= 32


def test_what_goes_down_never_comes_up() -> None:
    """Our own words to a band are on topics that we do not listen to."""
    heard = [topic.removesuffix("#") for topic in subscriptions(PREFIX)]

    for topic in (command_topic(PREFIX, "b7"), seen_topic(PREFIX, "b7")):
        assert [] == [prefix for prefix in heard if topic.startswith(prefix)]
