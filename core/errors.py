"""Every error the service raises on purpose, one family.

    AihuijiaError
    ├── SettingError            a setting is missing or wrong; the service does not start
    ├── ServerMissing           a server we need (broker, database) does not answer
    ├── BadMessage              a wristband's message cannot be used; kept with its reason
    ├── Conflict                somebody else changed the incident first
    ├── Stale                   a person edits a version that is not the newest (412)
    ├── Outdated                a worker remembered something that another one has changed
    ├── NotFound                there is no such thing, or it is not yours to see
    ├── BadOrder                an order's arguments cannot be sent to a band
    ├── BadFile                 a file that was named cannot be used; says where in it
    ├── BadInput                what a person sent cannot be meant; says field by field why (422)
    └── Refused                 a person asked for something the rules do not allow

The text of an error is advice to the person who reads it at three in the morning: what is wrong,
where, and how to mend it. It never carries a phone number or a position.
"""

from collections.abc import Mapping

from core.pings import RejectReason


class AihuijiaError(Exception):
    """Base of all errors raised on purpose."""


class SettingError(AihuijiaError):
    """A setting is missing or wrong. The text names the setting, the problem and an example."""


class ServerMissing(AihuijiaError):
    """A server does not answer. The text says which one and how to start it."""


class BadMessage(AihuijiaError):
    """A message that can never be used. It is stored in the reject table and acknowledged."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        """Keep the named *reason*; *detail* says where in the message, without its values."""
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


class BadOrder(AihuijiaError):
    """An order that cannot be put into a band's words; the text says which argument and why."""


class BadFile(AihuijiaError):
    """A file named on the command line cannot be used; the text says file, line, column and why."""


class Conflict(AihuijiaError):
    """The incident changed since it was read. A timer gives up; an answer reads it again."""


class Stale(AihuijiaError):
    """A person edits what somebody else has changed since. Nothing was overwritten."""


class BadInput(AihuijiaError):
    """What a person sent cannot be meant. The text says what, where and how to mend it.

    `fields` says it field by field, for forms and tables: name of the field -> sentence.
    """

    def __init__(self, text: str, fields: Mapping[str, str] | None = None) -> None:
        """Keep the sentence for each field; *text* is the whole."""
        super().__init__(text)
        self.fields = dict(fields or {})


class Outdated(AihuijiaError):
    """What was remembered is not the newest any more. The worker reads again and starts anew."""


class NotFound(AihuijiaError):
    """There is no such thing."""


class Refused(AihuijiaError):
    """The request is understood and not allowed; the text says what would be."""
