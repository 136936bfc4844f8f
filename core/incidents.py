"""One situation of one elder, from suspicion to closing: its states, causes and answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.people import Role
from core.policies import Policies, Policy, Severity


class IncidentState(StrEnum):
    """Where people stand. How far asking has climbed is another fact (`step`, `round`)."""

    SUSPECT = "suspect"  #: something was seen, nobody is woken yet
    GUARDIANS = "guardians"  #: guardians are being asked
    ACCEPTED = "accepted"  #: a guardian is going
    RESCUE = "rescue"  #: the rescue team is being asked
    RESCUE_ACCEPTED = "rescue_accepted"  #: the team is going
    UNANSWERED = "unanswered"  #: everyone was asked, nobody came: operators are alarmed
    CLOSED = "closed"


class Trigger(StrEnum):
    """Why an incident opened."""

    CROSSING = "crossing"  #: left the safe zones
    DANGER_ZONE = "danger_zone"
    SOS = "sos"
    FALL = "fall"
    STRAP_REMOVED = "strap_removed"
    SILENCE = "silence"  #: the band was not heard for longer than this wearer may be alone


class Outcome(StrEnum):
    """How an incident ended. `NOT_CONFIRMED` and `DRILL` need no human: nobody was missing."""

    FOUND = "found"
    FALSE_ALARM = "false_alarm"
    NOT_CONFIRMED = "not_confirmed"
    DRILL = "drill"  #: the canary's own, of a virtual elder; or people practised


class Answer(StrEnum):
    """What a person who was asked can say."""

    GOING = "going"
    CANNOT = "cannot"
    FOUND = "found"
    FALSE_ALARM = "false_alarm"  #: they are fine where they are; nothing was wrong
    NOT_REACHED = "not_reached"  #: tried, could not reach or find the elder
    NEED_RESCUE = "need_rescue"


class EntryKind(StrEnum):
    """What happened, in the timeline of an incident."""

    SUSPECTED = "suspected"
    SUSPICION_DROPPED = "suspicion_dropped"
    OPENED = "opened"
    CONFIRMED = "confirmed"
    SILENCE_CONFIRMED = "silence_confirmed"
    STEP_STARTED = "step_started"
    NOBODY_REACHABLE = "nobody_reachable"
    RESCUE_ASKED = "rescue_asked"
    ANSWERED = "answered"
    TOOK_OVER = "took_over"
    LEASE_REMINDED = "lease_reminded"
    LEASE_ENDED = "lease_ended"
    UNANSWERED = "unanswered"
    TRIGGERED_AGAIN = "triggered_again"
    SEEMS_BACK = "seems_back"
    CLOSED = "closed"
    MESSAGE_SENT = "message_sent"
    MESSAGE_DELIVERED = "message_delivered"
    MESSAGE_FAILED = "message_failed"
    MESSAGE_UNCONFIRMED = "message_unconfirmed"  #: taken by the provider, and not a word since
    MESSAGE_WITHHELD = "message_withheld"
    PAUSED = "paused"
    RESUMED = "resumed"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """One person's latest answer in one round."""

    person_id: int
    role: Role
    answer: Answer
    round: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A value; the next version comes from `dataclasses.replace` in `alerts.lifecycle`."""

    id: int
    elder_id: int
    trigger: Trigger
    severity: Severity
    state: IncidentState
    #: frozen when it opened
    policies: Policies
    opened_at: datetime
    #: when the present stage (guardians, rescue, unanswered, lease) began
    stage_at: datetime
    #: the next step of the present stage to take, and how often asking began anew
    step: int = 0
    round: int = 0
    #: None only when closed: an open incident always has its next look
    next_action_at: datetime | None
    #: counts changes; a writer who saw an older number is too late
    fence: int = 0
    answers: tuple[GivenAnswer, ...] = ()
    #: everyone who was really asked (a message went out or may have): they are told the end
    woken: frozenset[int] = frozenset()
    #: of those, whose only calls are being made at this moment: perhaps nothing will go out
    under_way: frozenset[int] = frozenset()
    #: what is suspected and not dropped yet; empty once people were asked
    suspicions: frozenset[Trigger] = frozenset()
    #: the round in which the rescue team was asked last
    rescue_round: int | None = None
    reminded: bool = False
    seemed_back_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    #: people practise: every message says so
    is_drill: bool = False
    #: a drill ends by itself then; and the rescue team is asked only if that was wished
    drill_ends_at: datetime | None = None
    drill_with_rescue: bool = False
    #: nothing new is asked before
    paused_until: datetime | None = None

    @property
    def policy(self) -> Policy:
        """Return the ladder that goes with the severity."""
        return self.policies.at(self.severity)

    @property
    def may_ask_rescue(self) -> bool:
        """Say whether the rescue team may be asked: always, but for a drill without it."""
        return not self.is_drill or self.drill_with_rescue

    @property
    def has_reached(self) -> bool:
        """Say whether a message asking somebody went out, or may have; one under way has not."""
        return bool(self.woken - self.under_way)

    @property
    def is_open(self) -> bool:
        """Say whether somebody still has to do something."""
        return self.state is not IncidentState.CLOSED

    def latest_answers(self) -> dict[int, GivenAnswer]:
        """Return what each person said last."""
        return {given.person_id: given for given in sorted(self.answers, key=lambda a: a.at)}

    def going(self) -> tuple[int, ...]:
        """Return who said "I am going" in this round and has not taken it back.

        A yes of an earlier round has run out: its lease ended without news.
        """
        return tuple(
            person_id
            for person_id, given in self.latest_answers().items()
            if given.round == self.round and given.answer is not Answer.CANNOT
        )

    def declined(self) -> frozenset[int]:
        """Return who said "I cannot" and nothing else since."""
        return frozenset(
            person_id
            for person_id, given in self.latest_answers().items()
            if given.answer is Answer.CANNOT
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened to an incident; never edited."""

    kind: EntryKind
    at: datetime
    person_id: int | None = None
    #: plain values for the words of the page: channel, reason, answer, distances …
    detail: dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedBand:
    """The band of an elder with an open incident, and what it said last."""

    device_id: str
    elder_id: int
    battery_pct: int | None
    charging: bool | None
    heard_at: datetime | None
