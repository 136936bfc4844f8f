"""One round of the canary: a virtual band leaves its zone, and how far that came, and how fast."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.clock import LOCAL_ZONE

#: its people and its elder belong to this organisation, which is shown nowhere
ORGANISATION_ID = "canary"
#: the nightly round is played at this local hour, or until so much later when it was missed
NIGHT_HOUR = 3
NIGHT_WINDOW = timedelta(hours=3)


class Stage(StrEnum):
    """How far a round came, in this order. A failed round names the first that it did not reach."""

    HOME = "home"  #: the service believes the virtual elder at home, so that it can leave
    PUBLISHED = "published"  #: the broker has thanked for the fix
    ARRIVED = "arrived"  #: the ingest role has it in hand
    STORED = "stored"  #: committed, and the band was told so
    TRIGGERED = "triggered"  #: the incident's asking is committed
    HANDED_OVER = "handed_over"  #: the provider took the message
    RECEIPT = "receipt"  #: the provider said what became of it; a good round may do without
    ANSWERED = "answered"  #: the answer came back; only a nightly round needs it


class Result(StrEnum):
    """How a round ended."""

    GOOD = "good"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  #: the canary itself was stopped or killed: says nothing


#: name of the time from the fix to the provider, beside those of single stages
WHOLE = "whole"
#: stages whose time is measured; each begins where the one before ended
MEASURED = (
    Stage.ARRIVED,
    Stage.STORED,
    Stage.TRIGGERED,
    Stage.HANDED_OVER,
    Stage.RECEIPT,
    Stage.ANSWERED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round; instants of service time, None: not reached, or not known."""

    started_at: datetime
    #: the band said where it was: the fix that made the service believe it, or else the last one
    published_at: datetime | None = None
    arrived_at: datetime | None = None
    stored_at: datetime | None = None
    triggered_at: datetime | None = None
    handed_over_at: datetime | None = None
    receipt_at: datetime | None = None
    answered_at: datetime | None = None
    #: once a night: the answer must come back
    is_nightly: bool = False
    ended_at: datetime | None = None
    incident_id: int | None = None
    result: Result | None = None
    #: of a failed round: where it stuck
    problem: Stage | None = None

    def spans_s(self) -> dict[str, float]:
        """Return how long each stage took, seconds of service time, and `WHOLE` of them.

        Clocks of several machines differ a little: a stage never takes less than nothing.
        """
        spans: dict[str, float] = {}
        begin = self.published_at
        for stage in MEASURED:
            end = self._reached_at(stage)
            if begin is None or end is None:
                continue
            spans[stage.value] = max(0.0, (end - begin).total_seconds())
            begin = max(begin, end)
        if self.published_at is not None and self.handed_over_at is not None:
            whole = self.handed_over_at - self.published_at
            spans[WHOLE] = max(0.0, whole.total_seconds())
        return spans

    def stuck_at(self) -> Stage:
        """Return the first stage on the way to the provider that was not reached."""
        if self.triggered_at is not None:
            return Stage.HANDED_OVER
        if self.arrived_at is not None:
            return Stage.TRIGGERED
        return Stage.PUBLISHED if self.published_at is None else Stage.STORED

    def _reached_at(self, stage: Stage) -> datetime | None:
        reached: datetime | None = getattr(self, f"{stage.value}_at")
        return reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the service's own tables say of the round that is under way."""

    is_home: bool = False
    #: the newest fix from outside that is stored
    arrived_at: datetime | None = None
    incident_id: int | None = None
    #: the report that made people be asked; None: a timer did
    trigger_report_id: str | None = None
    trigger_arrived_at: datetime | None = None
    triggered_at: datetime | None = None
    handed_over_at: datetime | None = None
    receipt_at: datetime | None = None
    answered_at: datetime | None = None


def is_nightly(begin: datetime, last_nightly: datetime | None) -> bool:
    """Say whether a round that begins at *begin* is this night's: the first since 03:00 local.

    *last_nightly*: when the one before began.
    """
    night = _night_before(begin)
    return begin < night + NIGHT_WINDOW and (last_nightly is None or last_nightly < night)


def next_begin(began_at: datetime, every: timedelta) -> datetime:
    """Return when the next round begins; one that flies seldom does not miss the night."""
    regular = began_at + every
    night = _night_before(regular)
    return night if every > NIGHT_WINDOW and night > began_at else regular


def _night_before(at: datetime) -> datetime:
    """Return the last 03:00 local at or before *at*."""
    local = at.astimezone(LOCAL_ZONE)
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return night if night <= local else night - timedelta(days=1)


def spread(rounds: Iterable[Round], shares: Sequence[float]) -> Mapping[str, tuple[float, ...]]:
    """Return by stage the times within which these *shares* (0 to 1) of the good rounds were."""
    times: dict[str, list[float]] = {}
    for one in rounds:
        if one.result is Result.GOOD:
            for stage, span_s in one.spans_s().items():
                times.setdefault(stage, []).append(span_s)
    return {
        stage: tuple(_within(sorted(spans), share) for share in shares)
        for stage, spans in times.items()
    }


def _within(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
