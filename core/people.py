"""The people and bodies of the service: elders, guardians, rescuers, operators, organisations."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Language(StrEnum):
    """A language people read; Chinese first."""

    CHINESE = "zh"
    ENGLISH = "en"


class Role(StrEnum):
    """What a person does for the service. A role never follows from a phone number."""

    GUARDIAN = "guardian"  #: one of the two volunteers paired with an elder
    RESCUER = "rescuer"  #: member of the rescue team
    OPERATOR = "operator"  #: registers people and bands; is told when nobody else answers


class Channel(StrEnum):
    """A way to reach a person."""

    SMS = "sms"
    VOICE = "voice"
    #: to a browser. An extra: it never counts as having reached anybody
    PUSH = "push"


#: the channels that count; in the order in which one takes the place of another
PHONE = (Channel.SMS, Channel.VOICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone who can be asked. Contact points are kept apart, in the store."""

    id: int
    name: str
    role: Role
    language: Language = Language.CHINESE
    organisation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elder:
    """The person looked after. Only what a guardian needs to recognise and approach them."""

    id: int
    name: str
    birth_year: int
    sex: str  #: "f" or "m"
    organisation_id: str
    #: clothing, height: how to recognise them
    appearance: str = ""
    #: how to approach them
    hint: str = ""
    #: does taking the band off open an incident for this person?
    removal_matters: bool = True
    #: a silent band is an incident for this person after so many seconds; None: an operator's task
    silence_alarm_s: int | None = None
    #: the canary's made-up wearer: on no map and no list, and nobody but the canary is asked
    is_virtual: bool = False
    #: ill, or not dressed for the weather: every minute outside counts
    health_risk: bool = False
    #: since when nobody looks after them here; None: somebody does
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who can be asked for one elder right now, in the order of asking. Person ids."""

    guardians: tuple[int, ...]
    rescuers: tuple[int, ...]
    operators: tuple[int, ...]
    #: (person, channel) pairs with a usable number and a provider
    reachable: frozenset[tuple[int, Channel]] = frozenset()
    #: rescuers who are off duty now: not asked, but what they say counts and they hear the end
    standing_by: tuple[int, ...] = ()
    #: in their quiet hours now; left out of asks while somebody else of their group can be asked
    quiet: frozenset[int] = frozenset()
    #: on the list although they are away, because nobody else could be reached
    asked_despite_quiet: frozenset[int] = frozenset()
    #: nobody on duty can be reached, so the whole team is asked
    has_rota_gap: bool = False

    def channels_of(self, person_id: int) -> tuple[Channel, ...]:
        """Return the channels that count on which *person_id* can be reached."""
        return tuple(c for c in PHONE if (person_id, c) in self.reachable)

    def has_push(self, person_id: int) -> bool:
        """Say whether *person_id* can be sent something to a browser beside."""
        return (person_id, Channel.PUSH) in self.reachable

    def role_of(self, person_id: int) -> Role | None:
        """Return the role in which *person_id* stands on this roster, None if on none."""
        for role, ids in (
            (Role.GUARDIAN, self.guardians),
            (Role.RESCUER, (*self.rescuers, *self.standing_by)),
            (Role.OPERATOR, self.operators),
        ):
            if person_id in ids:
                return role
        return None
