"""Judge stored pings again, in the order in which they arrived.

Where a decision was kept, its belief, zones and home are taken as they were; between decisions the
pings are judged one after the other, with what was known of the radio at home when something was
decided last. How the pings were cut into batches does not matter: in any batches they end in the
same belief, unless one came later than a belief looks back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec import Struct

from core.pings import Ping
from core.zones import Zone
from geofence.beliefs import Belief
from geofence.changes import Change
from geofence.engine import Case, Verdict, judge
from geofence.model import MODEL
from geofence.observations import instant

#: pings that are judged at once between decisions
_MOST_TOGETHER = 500


class Kept(Struct, frozen=True, kw_only=True):
    """One judgement as it was kept, with those of its pings that are still there."""

    decided_at: datetime
    case: Case
    #: of the pings in the case, in their order
    ping_ids: tuple[int, ...]
    #: pings that it stood on and that were deleted since
    gone: int = 0

    def changes(self) -> tuple[Change, ...]:
        """Judge again; return the changes."""
        (judgement,) = judge([self.case])
        return judgement.changes


class Seen(Struct, frozen=True, kw_only=True):
    """One ping on the way, and what it said."""

    ping_id: int
    ping: Ping
    verdict: Verdict


class Followed(Struct, frozen=True, kw_only=True):
    """What came of judging again."""

    #: at the instant that was asked for
    belief: Belief
    #: also those after that instant, in order of arrival
    seen: tuple[Seen, ...]
    #: did each part lead to the belief that the next decision stood on?
    is_unbroken: bool


def follow(
    start: Case,
    pings: Sequence[tuple[int, Ping]],
    kept: Sequence[Kept],
    *,
    zones: tuple[Zone, ...],
    at: datetime,
) -> Followed:
    """Judge *pings* (id, ping), in order of arrival, from *start*, whose own pings do not count.

    Between decisions *zones* count, each version of a zone at its time. The belief is that after
    what had arrived at *at*.
    """
    here, believed = start, None
    is_unbroken = True
    seen: list[Seen] = []
    for run in _runs(pings, kept, at):
        if believed is None and at < run.arrived_at:
            believed = here.belief
        if run.kept is None:
            case = Case(belief=here.belief, zones=zones, pings=tuple(run.pings), home=here.home)
        else:
            case = run.kept.case
            is_unbroken &= case.belief.now == here.belief.now
        (judgement,) = judge([case])
        seen += [
            Seen(ping_id=one_id, ping=one, verdict=verdict)
            for one_id, one, verdict in zip(run.ids, case.pings, judgement.verdicts(), strict=True)
        ]
        here = Case(belief=judgement.belief, zones=zones, pings=(), home=case.home)
    return Followed(
        belief=here.belief if believed is None else believed,
        seen=tuple(seen),
        is_unbroken=is_unbroken,
    )


@dataclass(slots=True)
class _Run:
    """Pings that may be judged together: those of one decision, or some in order of time."""

    arrived_at: datetime
    ids: list[int]
    pings: list[Ping]
    kept: Kept | None = None


def _runs(pings: Sequence[tuple[int, Ping]], kept: Sequence[Kept], at: datetime) -> Iterator[_Run]:
    """Cut *pings* so that judging each part at once is like judging one after the other.

    Pings in order of time are: none of them can come too late for another one.
    """
    kept_of = {ping_id: one for one in kept for ping_id in one.ping_ids}
    done: set[int] = set()
    run: _Run | None = None
    newest = datetime.min.replace(tzinfo=UTC)
    for ping_id, ping in pings:
        if ping_id in done:
            continue
        known = kept_of.get(ping_id)
        is_next = instant(ping, MODEL) > newest
        newest = max(newest, instant(ping, MODEL))
        if run is not None:
            same_time = (run.arrived_at > at) is (ping.received_at > at)
            if known is None and is_next and same_time and len(run.ids) < _MOST_TOGETHER:
                run.ids.append(ping_id)
                run.pings.append(ping)
                continue
            yield run
            run = None
        if known is None:
            run = _Run(ping.received_at, [ping_id], [ping])
            continue
        done.update(known.ping_ids)
        newest = max(newest, *(instant(one, MODEL) for one in known.case.pings))
        yield _Run(known.decided_at, list(known.ping_ids), list(known.case.pings), known)
    if run is not None:
        yield run
