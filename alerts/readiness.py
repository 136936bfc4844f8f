"""Could everybody be reached tonight? Judged before it matters. Pure.

Ours, after the escalation design: a guardian is ready with two channels that are verified and have
reached them within 30 days; an elder needs two ready guardians; a rescue team that keeps a rota has
no gap in the next 7 days. SMS and a call to one number are two channels, for they travel through
different networks, but one line: if that phone is off, both fail. It is said, and does not count as
not ready, because most volunteers have one phone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.clock import LOCAL_ZONE
from core.contact_points import ContactPoint
from core.pairings import Pairing
from core.people import PHONE, Channel

#: a success that is older proves nothing any more
FRESH = timedelta(days=30)
#: so far ahead the rota must have no gap, days
ROTA_DAYS = 7
LEAST_CHANNELS = 2
LEAST_GUARDIANS = 2


class Lack(StrEnum):
    """What is missing, each with something to do about it."""

    NO_NUMBER = "no_number"  #: nothing to reach them by
    ONE_CHANNEL = "one_channel"  #: only SMS, or only calls
    DISABLED = "disabled"  #: a provider said that the number does not exist
    UNVERIFIED = "unverified"  #: nobody knows whose number it is
    NEVER_REACHED = "never_reached"
    NOT_LATELY = "not_lately"  #: the last success is older than 30 days
    ONE_LINE = "one_line"  #: everything goes to one phone; said, but not counted
    FEW_GUARDIANS = "few_guardians"  #: fewer than two are paired with the elder
    NOT_READY_GUARDIANS = "not_ready_guardians"  #: paired, but not ready themselves
    ROTA_GAP = "rota_gap"


#: worth knowing, and no reason to call somebody not ready
ADVICE = frozenset({Lack.ONE_LINE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReadiness:
    """One channel of a person: its number in use, or None, and what is wrong."""

    channel: Channel
    point: ContactPoint | None
    lack: Lack | None

    @property
    def is_ready(self) -> bool:
        """Say whether somebody can count on it."""
        return self.lack is None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianReadiness:
    """One guardian, channel by channel."""

    person_id: int
    name: str
    channels: tuple[ChannelReadiness, ...]
    lacks: tuple[Lack, ...]

    @property
    def is_ready(self) -> bool:
        """Say whether they could be reached tonight, as far as anybody can know."""
        return not set(self.lacks) - ADVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class ElderReadiness:
    """One elder and their guardians, in the order of asking."""

    elder_id: int
    name: str
    organisation_id: str
    guardians: tuple[GuardianReadiness, ...]
    lacks: tuple[Lack, ...]

    @property
    def is_ready(self) -> bool:
        """Say whether two guardians could be reached tonight."""
        return not self.lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaGap:
    """A time in which nobody of a team is on duty who can be reached."""

    team_id: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """All of it at one instant."""

    at: datetime
    elders: tuple[ElderReadiness, ...]
    gaps: tuple[RotaGap, ...]

    @property
    def not_ready_elders(self) -> tuple[ElderReadiness, ...]:
        """Return the elders with too few ready guardians."""
        return tuple(elder for elder in self.elders if not elder.is_ready)

    @property
    def not_ready_guardians(self) -> tuple[GuardianReadiness, ...]:
        """Return the guardians who are not ready, each once."""
        found = {
            guardian.person_id: guardian
            for elder in self.elders
            for guardian in elder.guardians
            if not guardian.is_ready
        }
        return tuple(found.values())

    @property
    def is_fine(self) -> bool:
        """Say whether nobody needs to do anything."""
        return not (self.not_ready_elders or self.gaps)


def judge(
    pairings: Sequence[Pairing],
    points: Mapping[int, Sequence[ContactPoint]],
    gaps: Sequence[RotaGap],
    now: datetime,
) -> Readiness:
    """Return who is ready at *now*; *points* are the contact points by person id."""
    guardians = {
        person_id: judge_guardian(person_id, name, points.get(person_id, ()), now)
        for pairing in pairings
        for person_id, name in pairing.guardians
    }
    return Readiness(
        at=now,
        elders=tuple(
            _judge_elder(pairing, tuple(guardians[person] for person, _ in pairing.guardians))
            for pairing in pairings
        ),
        gaps=tuple(gaps),
    )


def judge_guardian(
    person_id: int, name: str, points: Sequence[ContactPoint], now: datetime
) -> GuardianReadiness:
    """Return what one guardian lacks, given their contact points."""
    channels = tuple(_judge_channel(channel, points, now) for channel in PHONE)
    ready = [one for one in channels if one.is_ready]
    lacks: list[Lack] = []
    if all(one.point is None for one in channels):
        lacks.append(Lack.NO_NUMBER)
    elif len(ready) < LEAST_CHANNELS:
        wrong = {one.lack for one in channels if one.lack is not None}
        lacks = [lack for lack in Lack if lack in wrong]
    elif len({one.point.value for one in ready if one.point is not None}) == 1:
        lacks.append(Lack.ONE_LINE)
    return GuardianReadiness(person_id=person_id, name=name, channels=channels, lacks=tuple(lacks))


def _judge_channel(
    channel: Channel, points: Sequence[ContactPoint], now: datetime
) -> ChannelReadiness:
    """Judge the number that would be used: the first that is not disabled."""
    here = [point for point in points if point.channel is channel]
    used = next((point for point in here if point.disabled_reason is None), None)
    if used is None:
        dead = here[0] if here else None
        lack = Lack.ONE_CHANNEL if dead is None else Lack.DISABLED
        return ChannelReadiness(channel=channel, point=dead, lack=lack)
    return ChannelReadiness(channel=channel, point=used, lack=_lack_of(used, now))


def _lack_of(point: ContactPoint, now: datetime) -> Lack | None:
    if point.verified_at is None:
        return Lack.UNVERIFIED
    if point.last_ok_at is None:
        return Lack.NEVER_REACHED
    return Lack.NOT_LATELY if point.last_ok_at < now - FRESH else None


def _judge_elder(pairing: Pairing, guardians: tuple[GuardianReadiness, ...]) -> ElderReadiness:
    lacks = []
    if len(guardians) < LEAST_GUARDIANS:
        lacks.append(Lack.FEW_GUARDIANS)
    if sum(guardian.is_ready for guardian in guardians) < min(LEAST_GUARDIANS, len(guardians)):
        lacks.append(Lack.NOT_READY_GUARDIANS)
    return ElderReadiness(
        elder_id=pairing.elder_id,
        name=pairing.name,
        organisation_id=pairing.organisation_id,
        guardians=guardians,
        lacks=tuple(lacks),
    )


# -- the weekly list -----------------------------------------------------------------------------

#: local hours of the office: the list comes at the first, on Monday
OFFICE_FROM_H, OFFICE_UNTIL_H = 9, 18


def week_to_list(now: datetime, last: int) -> int | None:
    """Return the week (yyyyww) whose list is due at *now*, None if none is.

    *last* is the week of the last list. It comes on Monday at 9; a list that was missed, because
    the service was away, comes at the next office hour of that week.
    """
    week = week_of(now)
    in_office = OFFICE_FROM_H <= now.astimezone(LOCAL_ZONE).hour < OFFICE_UNTIL_H
    return week if week > last and in_office else None


def week_of(now: datetime) -> int:
    """Return the local week of an instant as yyyyww."""
    year, number, _weekday = now.astimezone(LOCAL_ZONE).isocalendar()
    return year * 100 + number
