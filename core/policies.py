"""Whom to ask, by which channel, after how long. Frozen into an incident when it opens.

Default figures: the ladder of the escalation design (docs/architecture.md, "Policies"). They stay
below what Chinese carriers allow one number: about 10 SMS a day, voice 1 a minute, 5 an hour.
"""

from dataclasses import asdict, dataclass, fields
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Any

import msgspec

from core.people import Channel


class Severity(IntEnum):
    """How hard to press; a later trigger may raise it, nothing lowers it."""

    NORMAL = 1
    URGENT = 2
    DANGER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of asking: *after_s* seconds into the stage, by these channels."""

    after_s: float
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All times in seconds of service time."""

    name: str
    #: a suspicion that nothing contradicts for this long is believed (silence confirms)
    suspect_s: float
    guardian_steps: tuple[Step, ...]
    #: after this without a yes the rescue team is asked
    guardian_window_s: float
    #: ask the rescue team together with the guardians, at once
    rescue_at_once: bool
    rescue_round_s: float
    rescue_rounds: int
    #: rounds (counted from 0) in which the team gets an SMS beside the call
    rescue_sms_rounds: tuple[int, ...]
    #: nobody answered at all: one operator more every so often, until a human closes
    unanswered_every_s: float
    #: a yes is good for this long without news; a reminder comes *remind_before_s* earlier
    lease_s: float
    remind_before_s: float

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Policy":
        """Return the policy that `to_json` wrote."""
        steps = tuple(
            Step(after_s=s["after_s"], channels=tuple(Channel(c) for c in s["channels"]))
            for s in data["guardian_steps"]
        )
        return cls(
            **{
                **data,
                "guardian_steps": steps,
                "rescue_sms_rounds": tuple(data["rescue_sms_rounds"]),
            }
        )


#: the ordinary ladder: left home, band taken off, silence
STANDARD = Policy(
    name="standard",
    suspect_s=180,
    guardian_steps=(
        Step(after_s=0, channels=(Channel.SMS,)),
        Step(after_s=60, channels=(Channel.VOICE,)),
        Step(after_s=180, channels=(Channel.SMS, Channel.VOICE)),
    ),
    guardian_window_s=300,
    rescue_at_once=False,
    rescue_round_s=120,
    rescue_rounds=5,
    rescue_sms_rounds=(0, 2, 4),
    unanswered_every_s=600,
    lease_s=1800,
    remind_before_s=300,
)

#: SOS: call at once, half the window
URGENT = Policy(
    name="urgent",
    suspect_s=60,
    guardian_steps=(
        Step(after_s=0, channels=(Channel.SMS, Channel.VOICE)),
        Step(after_s=90, channels=(Channel.SMS, Channel.VOICE)),
    ),
    guardian_window_s=180,
    rescue_at_once=False,
    rescue_round_s=120,
    rescue_rounds=5,
    rescue_sms_rounds=(0, 2, 4),
    unanswered_every_s=600,
    lease_s=1200,
    remind_before_s=300,
)

#: water, railway: guardians and rescue team together, at once
DANGER = Policy(
    name="danger",
    suspect_s=60,
    guardian_steps=(
        Step(after_s=0, channels=(Channel.SMS, Channel.VOICE)),
        Step(after_s=60, channels=(Channel.VOICE,)),
    ),
    guardian_window_s=120,
    rescue_at_once=True,
    rescue_round_s=60,
    rescue_rounds=5,
    rescue_sms_rounds=(0, 2, 4),
    unanswered_every_s=300,
    lease_s=900,
    remind_before_s=300,
)

POLICIES = {policy.name: policy for policy in (STANDARD, URGENT, DANGER)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """One ladder for each severity: what holds for one elder."""

    normal: Policy = STANDARD
    urgent: Policy = URGENT
    danger: Policy = DANGER

    def at(self, severity: Severity) -> Policy:
        """Return the ladder for *severity*."""
        ladders = (self.normal, self.urgent, self.danger)
        return ladders[severity - Severity.NORMAL]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Policies":
        """Return the policies that `to_json` wrote, or those around one that was kept alone.

        Nearly all incidents hold the same ones: these are read once.
        """
        return _read(msgspec.json.encode(data))


@lru_cache(maxsize=256)
def _read(written: bytes) -> Policies:
    data = msgspec.json.decode(written)
    if "guardian_steps" in data:  # before there were several
        alone = Policy.from_json(data)
        names = {"standard": "normal"}
        return Policies(**{names.get(alone.name, alone.name): alone})
    return Policies(
        **{field.name: Policy.from_json(data[field.name]) for field in fields(Policies)}
    )


DEFAULT_POLICIES = Policies()


class ScopeKind(StrEnum):
    """For whom a ladder was edited; the narrower wins."""

    EVERYWHERE = "everywhere"
    ORGANISATION = "organisation"  #: the elders of a street or township
    ELDER = "elder"  #: one elder


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One thing that a ladder can be edited for."""

    kind: ScopeKind
    #: organisation or elder; "" everywhere
    id: str = ""

    def __post_init__(self) -> None:
        if (self.kind is ScopeKind.EVERYWHERE) != (self.id == ""):
            raise ValueError("a scope names its street or elder, and everywhere names none")


EVERYWHERE = Scope(kind=ScopeKind.EVERYWHERE)
