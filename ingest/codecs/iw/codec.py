"""IW: sentences `IWAP01…#` over TCP, the language of many 4G elders' watches. Pure.

A watch says its IMEI once, in `AP00`; it belongs to the connection from then on. A message is
answered with the same two letters or figures behind `IWBP`. What answers an order of ours is not:
the watch would take our answer for the order given again.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime

from ingest.codecs.iw import framing
from ingest.codecs.iw.fields import READERS
from ingest.codecs.iw.framing import LETTERS, MEDIA_HEADER
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Confirmation, Flag, Frame, Kind, Order, Reading, Session, Split
from ingest.codecs.sentences import order_text, serial_of, time_tag, with_bytes

_HEAD = re.compile(r"IW(AP[0-9A-Z]{2})")
#: the rest of an answer to an order: the time-like mark we gave it, perhaps a result
_ANSWER = re.compile(r",([0-9]{6})(?:,|$)")
#: answers to orders, whatever they carry
_ANSWERS = frozenset(
    {
        *(f"AP{n}" for n in (*range(11, 21), *range(25, 29), *range(31, 35), 40, 46, 52, 60)),
        *(f"AP{n}" for n in (*range(76, 80), 82, *range(84, 89))),
        *("APMC", "APOX", "APPH", "APSM", "APTF", "APXL", "APXT", "APXY", "APXZ"),
    }
)
#: what a watch tells without waiting for an answer
_UNANSWERED = frozenset({"APVR", "APWR"})
_LOGINS = frozenset({"AP00", "APLN", "APLO"})
#: the zone a watch is told at login, hours ahead of UTC (all of China)
_ZONE_H = 8


class IWCodec:
    """The codec of IW."""

    name = "iw"
    most_buffer = 8 * 1024
    idle_s = 1200.0

    def recognises(self, start: bytes) -> bool:
        """Say whether *start* is the beginning of a message."""
        return bool(start) and start.startswith(LETTERS[: len(start)])

    def split(self, buffer: bytes) -> Split:
        """Take whole messages off *buffer*; line ends between them belong to nobody."""
        return framing.split(buffer)

    def open(self, profile: Profile) -> Session:
        """Return the session of a new connection."""
        return Session(profile=profile)

    def decode(self, frame: bytes, session: Session, received_at: datetime) -> Frame:
        """Return what one message says, with or without its closing `#`."""
        text = frame.decode("latin-1").strip(" \r\n\t\0").removesuffix("#")
        head = _HEAD.match(text)
        if head is None:
            return Frame(session=session, reason="not of the form IWAP01…#")
        kind, body = head[1], text[head.end() :]
        answer = _ANSWER.match(body)
        if answer is not None or kind in _ANSWERS:
            return _answered(session, kind, "" if answer is None else answer[1])
        reader = READERS.get(kind)
        values = {"kind": Kind.UNKNOWN} if reader is None else reader(body, session.profile)
        if kind in _LOGINS and session.device_id is None and "device_id" in values:
            session = replace(session, device_id=values["device_id"])
        reading = Reading(type=kind, **({"device_id": session.device_id} | values))
        reply = _reply(kind, body, frame, session.profile, received_at)
        if Flag.PRIVATE_CONTENT in reading.flags:
            frame = f"IW{kind}{values.get('device_id', '')}#".encode("ascii")
        return Frame(session=session, readings=(with_bytes(reading, frame),), reply=reply)

    def encode(self, order: Order, session: Session) -> tuple[bytes, Session] | None:
        """Return *order* by the profile's template (`{id}`: the IMEI, `{t}`: our serial).

        None where the profile has no words for it, or before the watch said who it is.
        """
        if session.device_id is None:
            return None
        mark = time_tag(session.next_serial)
        text = order_text(order, session.profile, id=session.device_id, t=mark)
        if text is None:
            return None
        session = replace(session, next_serial=session.next_serial + 1)
        return f"IW{text}#".encode("ascii"), session


IW = IWCodec()


def _answered(session: Session, kind: str, mark: str) -> Frame:
    """Return what an echo says: an order reached the watch. What it repeats is not kept."""
    words = "BP" + kind.removeprefix("AP")
    orders = session.profile.commands.items()
    do = next((do for do, text in orders if text.split(",")[0] == words), None)
    reading = Reading(
        device_id=session.device_id,
        kind=Kind.COMMAND_REPLY,
        type=kind,
        raw=f"IW{kind},{mark}#".encode("ascii"),
    )
    return Frame(
        session=session,
        readings=(reading,),
        confirmations=(Confirmation(do=do, serial=serial_of(mark)),),
    )


def _reply(
    kind: str, body: str, frame: bytes, profile: Profile, received_at: datetime
) -> bytes | None:
    if kind in _UNANSWERED and kind not in profile.reply_names:
        return None
    words = profile.reply_names.get(kind, "BP" + kind.removeprefix("AP"))
    part = MEDIA_HEADER.match(frame.lstrip())
    if kind == "AP00":
        words += f",{received_at.astimezone(UTC):%Y%m%d%H%M%S},{_ZONE_H}"
    elif part is not None:
        # The next part is sent when this one is confirmed by number, else this one again.
        words += f",{part[1].decode()},{part[2].decode()},{part[3].decode()},1"
    elif kind == "APJK" and (measured := re.match(r",[^,]{0,32},([0-9]{1,2})(?:,|$)", body)):
        words += f",{measured[1]}"
    return f"IW{words}#".encode("ascii")
