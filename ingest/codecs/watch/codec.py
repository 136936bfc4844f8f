"""The Watch protocol (SeTracker family): most children's and elders' watches sold in China. Pure.

Text frames over TCP. A watch that hears no answer to `LK` or `AL` repeats it, and after five
unanswered `LK` reboots; a `UD` is never answered. Voice, pictures and telephone numbers are
acknowledged and dropped: neither they nor the frames that hold them are kept.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from core.errors import BadOrder
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import (
    Codec,
    Confirmation,
    Flag,
    Frame,
    Kind,
    Order,
    Reading,
    Session,
    Split,
)
from ingest.codecs.watch import framing
from ingest.codecs.watch.fields import Fields
from ingest.codecs.watch.framing import WatchFrame, build_frame, read_frame
from ingest.codecs.watch.health import HEALTH_WORDS, read_health
from ingest.codecs.watch.orders import content_of, is_echo, order_echoed
from ingest.codecs.watch.position import looks_like_position, read_position

_MOST_RAW = 2048

_POSITION_WORD = re.compile(r"UD[0-9]?(?:_[A-Z0-9]+)?")
#: stored while out of coverage: a number from 2 on ends the word, or stands behind UD
_BACKLOG_WORD = re.compile(r"UD[2-9](?:_.*)?|UD_.*[A-Z]_?[2-9]")
_ALARM_WORD = re.compile(r"AL(?:[0-9]|_[A-Z0-9_]+|CUSTOMER[0-9]*)?")
#: asks for an address, a network position, the weather, a friend; each may tell a position
_ASKING_WORDS = {"PP", "WAD", "WG", "WT"}
_MEDIA_WORDS = {"TK", "JXTK", "IMG"}
_INFO_WORDS = {
    *("INIT", "CONFIG", "TKQ", "TKQ2", "ICCID", "RYIMEI", "APPCONTACTTEL", "TS", "WIFIINFOUP"),
}

#: keywords whose values are dropped: they may hold numbers, names, messages or passwords
_PRIVATE_WORDS = {
    *("INIT", "ICCID", "RYIMEI", "APPCONTACTTEL", "TS"),
    *("ACALL", "CALL", "CENTER", "MESSAGE", "MONITOR", "PW", "SLAVE", "TAKEPILLS"),
}
_PRIVATE_BEGINNINGS = ("PHB", "SOS", "WHITELIST", "WIFI")

#: keyword to what the band waits to hear: a keyword, and what follows it
_REPLIES = {
    "LK": ("LK", ""),
    "INIT": ("INIT", ",1"),
    "CONFIG": ("CONFIG", ",1"),
    "TKQ": ("TKQ", ""),
    "TKQ2": ("TKQ2", ""),
    "TK": ("TK", ",1"),
    "JXTK": ("JXTKR", ",1"),
    "WIFIINFOUP": ("WIFIINFOUP", ",1"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSession(Session):
    """What is known of a watch's connection."""

    #: its maker's two letters; "" before its first frame
    letters: str = ""
    #: the running index of its last frame; "" where it sends none
    index: str = ""


class WatchCodec:
    """The Watch protocol as one of the languages that bands speak."""

    name = "watch"
    most_buffer = 80 * 1024
    idle_s = 20 * 60.0

    def recognises(self, start: bytes) -> bool:
        """Say whether a connection that begins with *start* speaks this."""
        return start.startswith(b"[")

    def split(self, buffer: bytes) -> Split:
        """Take whole frames off *buffer*."""
        return framing.split(buffer)

    def open(self, profile: Profile) -> WatchSession:
        """Return the session of a new connection."""
        return WatchSession(profile=profile)

    def decode(self, frame: bytes, session: Session, received_at: datetime) -> Frame:
        """Return what one frame says; whether its time is fresh is judged later, by screening."""
        del received_at
        assert isinstance(session, WatchSession)
        told = read_frame(frame)
        if told is None:
            return Frame(session=session, reason="not of the form [MM*ID*LEN*content]")
        session = _remember(told, session)
        if not told.keyword and not told.value_bytes:
            return Frame(session=session, reason="no keyword behind the header")
        reading = _read(told, session.profile, raw=frame)
        confirmations: tuple[Confirmation, ...] = ()
        if reading.kind is Kind.COMMAND_REPLY:
            do = order_echoed(told.keyword.upper(), session.profile)
            confirmations = () if do is None else (Confirmation(do=do),)
        return Frame(
            session=session,
            readings=(reading,),
            reply=_reply(told, reading, session.profile),
            confirmations=confirmations,
        )

    def encode(self, order: Order, session: Session) -> tuple[bytes, Session] | None:
        """Return *order* in a watch's words; None where its model has no words for it.

        Raises BadOrder for arguments that cannot be sent, and before the watch has named itself.
        """
        assert isinstance(session, WatchSession)
        content = content_of(order, session.profile)
        if content is None:
            return None
        device_id = session.device_id
        if device_id is None or not session.letters:
            raise BadOrder("the watch has not named itself yet; try again after its first message")
        index = ""
        if session.index:
            index = f"{session.next_serial & 0xFFFF:04X}"
            session = replace(session, next_serial=session.next_serial + 1)
        frame = build_frame(
            letters=session.profile.letters_down or session.letters,
            device_id=device_id,
            index=index,
            content=content,
        )
        return frame, session


WATCH: Codec = WatchCodec()


def _remember(told: WatchFrame, session: WatchSession) -> WatchSession:
    """Keep how the watch signs its frames. The first id owns the connection."""
    if session.device_id not in (None, told.device_id):
        return session
    return replace(
        session, device_id=told.device_id, letters=told.letters, index=told.index or session.index
    )


# -- what a frame says -----------------------------------------------------------------------------


def _read(told: WatchFrame, profile: Profile, *, raw: bytes) -> Reading:
    word = told.keyword.upper()
    kind = _kind_of(told, profile)
    flags = set() if told.length_fits else {Flag.BAD_LENGTH}
    if told.value_bytes and _is_private(word):
        flags.add(Flag.PRIVATE_CONTENT)
        raw = told.head + b"]"
    base = Reading(
        device_id=told.device_id,
        kind=kind,
        type=told.keyword,
        flags=frozenset(flags),
        is_backlog=_BACKLOG_WORD.fullmatch(word) is not None,
        raw=raw[:_MOST_RAW],
    )
    if kind is Kind.POSITION:
        return read_position(base, _position_values(told), profile)
    if kind is Kind.ALARM:
        reading = read_position(base, told.values, profile)
        # An alarm that names none is the model's own; where nobody knows, somebody needs help.
        alarms = reading.alarms or frozenset({profile.bare_alarm})
        return replace(reading, alarms=alarms)
    if kind is Kind.HEARTBEAT:
        return _read_heartbeat(base, told)
    if kind is Kind.HEALTH:
        health, more = read_health(word, told.values)
        return replace(base, health=health, flags=base.flags | more)
    return base


def _kind_of(told: WatchFrame, profile: Profile) -> Kind:
    word = told.keyword.upper()
    if word == "LK":
        return Kind.HEARTBEAT
    if _POSITION_WORD.fullmatch(word) or (
        word.startswith("UD") and looks_like_position(told.values)
    ):
        return Kind.POSITION
    if _ALARM_WORD.fullmatch(word) or (word.startswith("AL") and looks_like_position(told.values)):
        return Kind.ALARM
    if word in _ASKING_WORDS and looks_like_position(_position_values(told)):
        return Kind.POSITION
    if word in HEALTH_WORDS:
        return Kind.HEALTH
    if word in _MEDIA_WORDS:
        return Kind.MEDIA
    if word in _INFO_WORDS:
        return Kind.INFO
    if is_echo(word) or order_echoed(word, profile) is not None:
        return Kind.COMMAND_REPLY
    return Kind.INFO if word in _ASKING_WORDS else Kind.UNKNOWN


def _position_values(told: WatchFrame) -> tuple[str, ...]:
    """Return the values of a position; who asks names a language first, or the time."""
    is_asking = told.keyword.upper() in _ASKING_WORDS
    if is_asking and not looks_like_position(told.values):
        return told.values[1:]
    return told.values


def _read_heartbeat(base: Reading, told: WatchFrame) -> Reading:
    """Read `LK,steps,tumbles,battery`. With fewer values nobody says which they are."""
    if len(told.values) < 3:
        return base
    fields = Fields(told.values)
    return replace(
        base,
        steps=fields.whole(0, 0, 1_000_000),
        battery_pct=fields.whole(2, 0, 100),
        flags=base.flags | fields.flags,
    )


def _is_private(word: str) -> bool:
    return word in _MEDIA_WORDS or word in _PRIVATE_WORDS or word.startswith(_PRIVATE_BEGINNINGS)


# -- what the watch waits to hear ------------------------------------------------------------------


def _reply(told: WatchFrame, reading: Reading, profile: Profile) -> bytes | None:
    word = told.keyword.upper()
    name, rest = _REPLIES.get(word, ("", ""))
    if reading.kind is Kind.ALARM:
        name = "AL"
    elif word in ("CONFIG", "TK") and told.values in (("0",), ("1",)):
        name = ""  # an answer itself: answering it would never end
    name = profile.reply_names.get(told.keyword, name)
    if not name:
        return None
    return build_frame(
        letters=told.letters, device_id=told.device_id, index=told.index, content=name + rest
    )
