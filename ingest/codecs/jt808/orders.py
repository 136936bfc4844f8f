"""What we say to a JT/T 808 device on our own account: orders, and the bodies of answers. Pure.

Facts: JT/T 808-2019, "general answer", "registration answer", "parameters", "control", "text". The
platform has no numbers for an SOS key there (parameter 0040 is the *platform's*, and its holder may
change settings by SMS), so contacts go out only in a model's own words, as text.
"""

import struct
from datetime import UTC, datetime

from core.errors import BadOrder
from ingest.codecs.order_words import fill, seconds_of
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Order

GENERAL_ANSWER, REGISTRATION_ANSWER = 0x8001, 0x8100
#: results of the general answer
DONE, FAILED, BAD, NOT_SUPPORTED, ALARM_TAKEN = range(5)

_SET_PARAMETERS, _CONTROL, _LOCATE, _TEXT = 0x8103, 0x8105, 0x8201, 0x8300
#: "alarm confirmed by a person": serial of the report (0: all), and which alarms; bit 0 is SOS
_ALARM_CONFIRMED, _EVERY_REPORT, _SOS_BIT = 0x8203, 0, 1
#: parameters: how to report (0: by time), and how often asleep, in alarm, else; seconds
_REPORT_BY, _WHEN_ASLEEP, _IN_ALARM, _ELSE = 0x0020, 0x0027, 0x0028, 0x0029
#: in alarm a device reports at least this often, seconds
_ALARM_INTERVAL_S = 30
_RESTART = 4
#: text flags: bit 0 marks a command; the 2019 edition adds a kind, 1 for a notice
_TEXT_FLAGS, _TEXT_KIND = 0x01, 0x01
_MOST_TEXT_BYTES = 200


# -- answers ---------------------------------------------------------------------------------------


def general_body(serial: int, message_id: int, result: int) -> bytes:
    """Return the body of 8001: the device's serial and message id, and our result."""
    return struct.pack(">HHB", serial, message_id, result)


def registration_body(serial: int, auth_code: str) -> bytes:
    """Return the body of 8100 that accepts, with the code to authenticate with from now on."""
    return struct.pack(">HB", serial, DONE) + auth_code.encode("gbk", "replace")[:200]


def time_body(now: datetime) -> bytes:
    """Return the body of 8109: the time in UTC, binary, and the result."""
    now = now.astimezone(UTC)
    day = struct.pack(">HBB", now.year, now.month, now.day)
    return day + bytes([now.hour, now.minute, now.second, DONE])


def standard_time_body(now: datetime) -> bytes:
    """Return the body of 8004: the time in UTC, BCD."""
    return bytes.fromhex(now.astimezone(UTC).strftime("%y%m%d%H%M%S"))


# -- orders ----------------------------------------------------------------------------------------


def order_message(order: Order, profile: Profile, *, is_2019: bool) -> tuple[int, bytes] | None:
    """Return message id and body of *order*; None where there are no words for it.

    Raises BadOrder for arguments that cannot be sent.
    """
    words = profile.commands.get(order.do)
    if words is not None:
        return _TEXT, _text_body(fill(words, order), is_2019=is_2019)
    if order.do == "locate":
        return _LOCATE, b""
    if order.do == "interval":
        return _SET_PARAMETERS, _interval_body(seconds_of(order))
    if order.do == "sos_taken":
        return _ALARM_CONFIRMED, struct.pack(">HI", _EVERY_REPORT, _SOS_BIT)
    if order.do == "reboot":
        return _CONTROL, bytes([_RESTART])
    return None


def _interval_body(seconds: int) -> bytes:
    values = {
        _REPORT_BY: 0,
        _WHEN_ASLEEP: seconds,
        _IN_ALARM: min(seconds, _ALARM_INTERVAL_S),
        _ELSE: seconds,
    }
    parameters = (struct.pack(">IBI", name, 4, value) for name, value in values.items())
    return bytes([len(values)]) + b"".join(parameters)


def _text_body(words: str, *, is_2019: bool) -> bytes:
    text = words.encode("gbk", "replace")
    if len(text) > _MOST_TEXT_BYTES:
        raise BadOrder(f"the profile's words make more than {_MOST_TEXT_BYTES} bytes of text")
    return bytes([_TEXT_FLAGS, _TEXT_KIND] if is_2019 else [_TEXT_FLAGS]) + text
