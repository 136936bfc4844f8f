"""Count in the record what physically left the service: to each number, for each logical message.

A logical message is the part of a token before its last dash: "12-1" and "12-2" are two sends of
message 12. What carries no token is counted under "".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulators.phone_network.record import Entry, Happened

_TAKEN = {Happened.MESSAGE_ACCEPTED: "messages", Happened.CALL_ACCEPTED: "calls"}


@dataclass(slots=True, kw_only=True)
class Counts:
    """How often the providers took something."""

    #: by number, then "messages" or "calls"
    by_number: dict[str, Counter[str]] = field(default_factory=dict)
    #: physical sends by logical message
    by_message: Counter[str] = field(default_factory=Counter)
    by_token: Counter[str] = field(default_factory=Counter)
    by_provider: Counter[str] = field(default_factory=Counter)

    @property
    def most_sends(self) -> int:
        """The most sends of one logical message."""
        return max((n for message, n in self.by_message.items() if message), default=0)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {
            "by_number": {number: dict(kinds) for number, kinds in self.by_number.items()},
            "by_message": dict(self.by_message),
            "by_token": dict(self.by_token),
            "by_provider": dict(self.by_provider),
            "most_sends": self.most_sends,
        }


def count(entries: Iterable[Entry], *, number: str = "") -> Counts:
    """Count what was taken, to *number* only if one is given."""
    counts = Counts()
    for entry in entries:
        kind, detail = _TAKEN.get(entry.happened), entry.detail
        if kind is None or number not in ("", detail["to"]):
            continue
        token = detail.get("token") or detail.get("out_id") or ""
        counts.by_number.setdefault(detail["to"], Counter())[kind] += 1
        counts.by_message[token.rpartition("-")[0]] += 1
        counts.by_token[token] += 1
        counts.by_provider[detail.get("provider", "twilio")] += 1
    return counts
