"""What a gateway heard and could make no report of: kept and counted by reason, no failure. Pure.

`{"v":1,"gw":…,"conn":…,"n":…,"at":…,"proto":…,"id":…,"reason":…,"raw":base64}`; (gw, conn, n) names
the frame. It is read again when a decoder was mended.
"""

from core.errors import BadMessage
from core.pings import RejectReason
from ingest.codecs.json_document import read_json, short_text
from ingest.messages import Complaint, Decoded, Message

MOST_RAW_MESSAGE_BYTES = 16 * 1024


def decode_raw(message: Message) -> Decoded:
    """Return the complaint about a frame; BadMessage when the message itself cannot be read."""
    said = read_json(message.payload, most_bytes=MOST_RAW_MESSAGE_BYTES)
    if not isinstance(said, dict):
        raise BadMessage(RejectReason.WRONG_SHAPE, "a raw frame comes in a JSON object")
    protocol = short_text(said.get("proto"), 32) or "unknown protocol"
    reason = short_text(said.get("reason"), 200) or "no reason given"
    complaint = Complaint(reason=RejectReason.UNKNOWN_FRAME, detail=f"{protocol}: {reason}")
    return Decoded(complaints=(complaint,))
