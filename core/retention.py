"""How long what is kept: kinds of data, days of each, and what an incident keeps longer. Pure.

Days are days of 24 h before the run. What an open incident needs stays, whatever its age.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: positions from so long before an incident opened belong to it
BEFORE_INCIDENT = timedelta(hours=2)
#: when the job runs by itself, local hours: from, until
NIGHT = (2, 5)
#: it runs by day, too, when it was missed for so long
MISSED = timedelta(hours=36)
#: and so long without a run needs a person
TOO_LONG = timedelta(days=3)


class Kind(StrEnum):
    """What is kept for a time of its own."""

    POSITIONS = "positions"  #: what bands said outside of incidents; places of retired bands
    INCIDENT_POSITIONS = "incident_positions"  #: from 2 h before an incident to its end
    DECISIONS = "decisions"  #: what the geofence decided, with the places it stood on
    INBOX = "inbox"  #: what came back from phones and providers, with numbers and texts
    ADDRESSES = "addresses"  #: the number each message went to, and how often one was used
    NOTICES = "notices"  #: messages to operators and new numbers
    RELAYS = "relays"  #: what other systems were told
    REJECTS = "rejects"  #: messages of bands that could not be used
    COMMANDS = "commands"  #: orders to bands
    TASKS = "tasks"  #: troubles of bands that are over
    ZONES = "zones"  #: zones that were redrawn or given up, and answered proposals
    INCIDENT_TEXTS = "incident_texts"  #: notes and places in the timeline of closed incidents
    LOOKS = "looks"  #: who looked at whom
    SIGN_INS = "sign_ins"  #: ended sessions, tokens, devices, links, codes, wrong tries
    HISTORY = "history"  #: who changed what in the registry
    ABSENCES = "absences"  #: absences and shifts that are over


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How long one kind is kept, days, and the bounds of that."""

    days: int
    least: int
    most: int = 3650


#: our judgement; a setting may say otherwise. Least: what the service itself looks back on
RULES: Mapping[Kind, Rule] = {
    Kind.POSITIONS: Rule(days=30, least=15),
    Kind.INCIDENT_POSITIONS: Rule(days=365, least=15),
    Kind.DECISIONS: Rule(days=30, least=1),
    Kind.INBOX: Rule(days=30, least=2),
    Kind.ADDRESSES: Rule(days=90, least=2),
    Kind.NOTICES: Rule(days=90, least=8),
    Kind.RELAYS: Rule(days=90, least=2),
    Kind.REJECTS: Rule(days=14, least=1),
    Kind.COMMANDS: Rule(days=90, least=1),
    Kind.TASKS: Rule(days=365, least=1),
    Kind.ZONES: Rule(days=365, least=15),
    Kind.INCIDENT_TEXTS: Rule(days=1095, least=30),
    Kind.LOOKS: Rule(days=1095, least=183),
    Kind.SIGN_INS: Rule(days=30, least=1),
    Kind.HISTORY: Rule(days=1825, least=365),
    Kind.ABSENCES: Rule(days=365, least=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span of time that belongs to an incident; *until* None: it is open."""

    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Say whether *at* is within, both ends included."""
        return self.since <= at and (self.until is None or at <= self.until)


def read_rules(text: str) -> dict[Kind, int]:
    """Return the days of every kind; *text* names those that differ, `positions=14,looks=730`.

    ValueError names what cannot be meant.
    """
    days = {kind: rule.days for kind, rule in RULES.items()}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, sign, number = (part.strip() for part in pair.partition("="))
        if name not in set(Kind):
            raise ValueError(f"there is no kind {name!r}; kinds are {', '.join(Kind)}")
        kind = Kind(name)
        rule = RULES[kind]
        if not sign or not number.isascii() or not number.isdecimal() or len(number) > 5:
            raise ValueError(f"{name} needs days: write {name}={rule.days}")
        days[kind] = int(number)
        if not rule.least <= days[kind] <= rule.most:
            raise ValueError(f"{name} is kept from {rule.least} to {rule.most} days")
    if days[Kind.INCIDENT_POSITIONS] < days[Kind.POSITIONS]:
        raise ValueError("incident_positions must be kept at least as long as positions")
    return days


def cutoffs(days: Mapping[Kind, int], now: datetime) -> dict[Kind, datetime]:
    """Return until when each kind goes: what is older."""
    return {kind: now - timedelta(days=count) for kind, count in days.items()}


def may_go(
    at: datetime, spans: Iterable[Span], *, cutoff: datetime, incident_cutoff: datetime
) -> bool:
    """Say whether a position of *at* may be deleted, given the incidents of its elder.

    What an open incident holds stays; what an ended one held stays until *incident_cutoff*.
    """
    if at >= cutoff:
        return False
    holding = [span for span in spans if span.holds(at)]
    return all(span.until is not None and at < incident_cutoff for span in holding)


def is_time(*, local_hour: int, since: datetime, done_at: datetime | None, now: datetime) -> bool:
    """Say whether the job should run now; *since*: somebody looks after it since then."""
    last = done_at or since
    if now - last >= MISSED:
        return True
    is_night = NIGHT[0] <= local_hour < NIGHT[1]
    return is_night and (done_at is None or now - done_at >= timedelta(hours=12))
