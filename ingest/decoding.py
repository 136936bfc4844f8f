"""Which codec reads which message: by its topic, never by guessing. Pure."""

from functools import lru_cache

from core.errors import BadMessage
from core.pings import RejectReason
from ingest.codecs import native, owntracks
from ingest.codecs.plain_report import read_plain
from ingest.codecs.raw_frames import decode_raw
from ingest.messages import Decoded, Message
from ingest.topics import Topic, TopicKind, read_topic


def decode_message(
    message: Message, prefix: str, *, phones_secret: bytes | None = None
) -> tuple[Decoded, bool]:
    """Return what *message* says, and whether its sender waits to hear `seen`.

    *phones_secret* opens what OwnTracks phones seal. Raises BadMessage for what can never be used.
    """
    topic = _read_topic(message.topic, prefix)
    if topic is None:
        raise BadMessage(RejectReason.UNKNOWN_TOPIC, "no band reports on this topic")
    match topic.kind:
        case TopicKind.REPORT:
            plain = read_plain(message, topic.device_id)
            return plain or native.decode_report(message, topic.device_id), True
        case TopicKind.ACK:
            return native.decode_ack(message, topic.device_id), True
        case TopicKind.STATE:
            return native.decode_state(message, topic.device_id), True
        case TopicKind.OWNTRACKS:
            return owntracks.decode(message, topic.device_id, secret=phones_secret), False
        case TopicKind.RAW:
            return decode_raw(message), False
        case TopicKind.OWN_ECHO:
            return Decoded(), False


def _read_topic(topic: str, prefix: str) -> Topic | None:
    """Return what *topic* carries; a band's own topic is the same each time."""
    if len(topic) > _LONGEST_REMEMBERED:
        return read_topic(topic, prefix)
    return _remembered(topic, prefix)


_LONGEST_REMEMBERED = 200
_remembered = lru_cache(maxsize=16_384)(read_topic)
