"""Which message belongs on which topic. Pure.

Native: `{prefix}/up/{device}/report|ack|state`. OwnTracks: `owntracks/{user}/{device}[/…]`, where
the device we know is `{user}` (the name the phone signs in with). From gateways, what they could
not read: `{prefix}/raw/{gateway}/{protocol}/{device}`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

DEVICE = re.compile(r"[a-z0-9_-]{1,32}")
OWNTRACKS = "owntracks"


class TopicKind(StrEnum):
    """What a topic carries."""

    REPORT = "report"
    ACK = "ack"
    STATE = "state"
    OWNTRACKS = "owntracks"
    #: what a gateway could make no report of
    RAW = "raw"
    #: our own words to a phone; the subscription hears them too
    OWN_ECHO = "own_echo"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic we know, and the band it belongs to."""

    kind: TopicKind
    device_id: str


def read_topic(topic: str, prefix: str) -> Topic | None:
    """Return what *topic* carries; None when no message of ours belongs there."""
    levels = topic.split("/")
    if levels[0] == OWNTRACKS:
        if len(levels) >= 3 and DEVICE.fullmatch(levels[1].lower()):
            echo = levels[3:] == ["cmd"]
            kind = TopicKind.OWN_ECHO if echo else TopicKind.OWNTRACKS
            return Topic(kind, levels[1].lower())
        return None
    if topic.startswith(f"{prefix}/raw/"):
        return _raw_topic(topic.removeprefix(f"{prefix}/raw/").split("/"))
    if not topic.startswith(f"{prefix}/up/"):
        return None
    rest = topic.removeprefix(f"{prefix}/up/").split("/")
    if len(rest) != 2 or not DEVICE.fullmatch(rest[0]):
        return None
    if rest[1] not in ("report", "ack", "state"):
        return None
    return Topic(TopicKind(rest[1]), rest[0])


def _raw_topic(levels: list[str]) -> Topic | None:
    if len(levels) != 3 or not all(DEVICE.fullmatch(level.lower()) for level in levels):
        return None
    return Topic(TopicKind.RAW, levels[2].lower())


def phone_of(topic: str) -> tuple[str, str] | None:
    """Return the device and the base topic of a phone's own message; None for anything else."""
    found = read_topic(topic, "")
    if found is None or found.kind is not TopicKind.OWNTRACKS:
        return None
    return found.device_id, "/".join(topic.split("/")[:3])


def subscriptions(prefix: str) -> list[str]:
    """Return the topic filters that the ingest role subscribes to."""
    return [f"{prefix}/up/#", f"{prefix}/raw/#", f"{OWNTRACKS}/#"]


def command_topic(prefix: str, device_id: str) -> str:
    """Return where orders to a band go."""
    return f"{prefix}/down/{device_id}/cmd"


def seen_topic(prefix: str, device_id: str) -> str:
    """Return where a band is told which reports are committed."""
    return f"{prefix}/down/{device_id}/seen"


def report_topic(prefix: str, device_id: str) -> str:
    """Return where the reports of a band go; a gateway speaks there for its bands."""
    return f"{prefix}/up/{device_id}/report"


def answer_topic(prefix: str, device_id: str) -> str:
    """Return where a band answers to orders."""
    return f"{prefix}/up/{device_id}/ack"


def raw_topic(prefix: str, gateway: str, protocol: str, device_id: str | None) -> str:
    """Return where a gateway puts what it could not put into a report."""
    return f"{prefix}/raw/{gateway}/{protocol}/{device_id or 'unknown'}"


def read_down_topic(topic: str, prefix: str) -> tuple[str, str] | None:
    """Return whose words these are, and `cmd` or `seen`; None on any other topic."""
    levels = topic.removeprefix(f"{prefix}/down/").split("/")
    if not topic.startswith(f"{prefix}/down/") or len(levels) != 2:
        return None
    device_id, kind = levels
    return (device_id, kind) if kind in ("cmd", "seen") else None
