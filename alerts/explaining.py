"""Why was that believed? What is stored is judged again, and compared with what was decided.

Decisions keep all they stood on (`store.decisions`), so zones that were redrawn since change
nothing here. What can change the outcome is named: rules, pings that were deleted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from core.people import Elder
from core.pings import Ping
from core.zones import Zone, ZoneKind
from geofence import records, versions
from geofence.beliefs import FRESH, Belief
from geofence.changes import Change, Evidence
from geofence.engine import Case
from geofence.replaying import Kept, Seen, follow
from store import decisions, pings, registry, zones
from store.decisions import Basis, Decision

#: decisions and fixes from so long before the instant that is asked for are told, and after it
BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=10)
#: what one question may cost, and what an answer may hold
MOST_PINGS, MOST_DECISIONS, MOST_SEEN = 3000, 40, 120
#: at least so many fixes are told, however old they are
_LEAST_SEEN = 3


class Replay(StrEnum):
    """What came of judging a decision again."""

    SAME = "same"  #: bit for bit
    DIFFERENT = "different"
    PINGS_GONE = "pings_gone"  #: not all it stood on is still stored
    UNREADABLE = "unreadable"  #: kept by a version that nobody can read any more


class Note(StrEnum):
    """What a reader must know of an explanation."""

    NO_DECISION = "no_decision"  #: nothing was decided before; judged from the first stored ping
    ZONES_CHANGED = "zones_changed"  #: a decision's zones are not those on record for its time
    RULES_CHANGED = "rules_changed"  #: model or rules are not those of then
    PINGS_GONE = "pings_gone"
    NOT_ALL_PINGS = (
        "not_all_pings"  #: so many came since the decision before that some are left out
    )
    BROKEN = "broken"  #: the stored pings do not lead from one decision to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """One decision, and what came of judging it again."""

    decision: Decision
    #: None: of a version that nobody can read any more
    evidence: Evidence | None
    replay: Replay
    #: was it made by another model or other rules than today's?
    rules_changed: bool
    #: what judging again gave
    found: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What was believed of one elder at one instant, and why."""

    elder: Elder
    at: datetime
    belief: Belief
    #: around that instant, in the order in which they were made
    decisions: tuple[Retold, ...]
    #: around that instant, in order of arrival
    seen: tuple[Seen, ...]
    notes: tuple[Note, ...]
    #: of the zones that the fixes were measured against
    zone_names: dict[int, str]


def explain(connection: Connection, elder_id: int, at: datetime) -> Explanation:
    """Return what was believed of an elder at *at*; NotFound when there is no such elder."""
    elder = registry.elder(connection, elder_id)
    since, until = at - BEFORE, at + AFTER
    drawn = _drawn(connection, elder_id, until)
    base = decisions.last_before(connection, elder_id, since)
    around = decisions.between(connection, elder_id, since, until, limit=MOST_DECISIONS)
    around = [one for one in around if base is None or one.id != base.id]
    told = around if around or base is None else [base]
    all_of_them = around if base is None else [base, *around]
    bases = decisions.bases(connection, [one.id for one in all_of_them])
    kept = _kept(connection, all_of_them, bases)
    retold = tuple(_retold(one, bases[one.id], kept.get(one.id)) for one in told)

    first = None if base is None else kept.get(base.id)
    start = Case(belief=FRESH, zones=drawn, pings=()) if first is None else first.case
    after_id = 0 if base is None else min(bases[base.id].ping_ids) - 1
    stored = pings.of_elder(
        connection, elder_id, after_id=after_id, until=until, limit=MOST_PINGS + 1
    )
    is_cut = len(stored) > MOST_PINGS
    followed = follow(start, stored[-MOST_PINGS:], list(kept.values()), zones=drawn, at=at)
    found = {
        Note.NO_DECISION: first is None,
        Note.ZONES_CHANGED: any(not _counts_alike(one, drawn) for one in kept.values()),
        Note.RULES_CHANGED: any(basis.model != versions.digest() for basis in bases.values()),
        Note.PINGS_GONE: any(one.gone for one in kept.values()),
        Note.NOT_ALL_PINGS: is_cut,
        Note.BROKEN: not followed.is_unbroken and not is_cut,
    }
    return Explanation(
        elder=elder,
        at=at,
        belief=followed.belief,
        decisions=retold,
        seen=_around(followed.seen, since),
        notes=tuple(note for note, holds in found.items() if holds),
        zone_names={zone.id: zone.name for zone in (*drawn, *start.zones)},
    )


def replayed(connection: Connection, told: Iterable[Decision]) -> list[Retold]:
    """Judge each of these decisions again, from what it stood on."""
    made = list(told)
    bases = decisions.bases(connection, [one.id for one in made])
    kept = _kept(connection, made, bases)
    return [_retold(one, bases[one.id], kept.get(one.id)) for one in made]


def _drawn(connection: Connection, elder_id: int, until: datetime) -> tuple[Zone, ...]:
    """Return every version of the elder's zones that was drawn by *until*; each has its time."""
    return tuple(
        version.zone
        for version in zones.versions(connection, elder_id)
        if version.edited_at is None or version.edited_at <= until
    )


def _counts_alike(kept: Kept, drawn: Iterable[Zone]) -> bool:
    """Say whether the zones that counted for a decision are those on record for that time."""

    def counting(given: Iterable[Zone]) -> set[tuple[int, ZoneKind, object]]:
        return {(z.id, z.kind, z.shape) for z in given if z.counts_at(kept.decided_at)}

    return counting(kept.case.zones) == counting(drawn)


def _kept(
    connection: Connection, made: Iterable[Decision], bases: dict[int, Basis]
) -> dict[int, Kept]:
    """Return, by decision, what can be judged again; the changes of one batch share theirs."""
    stored = pings.by_ids(connection, {i for basis in bases.values() for i in basis.ping_ids})
    return {
        one.id: kept
        for one in made
        if (kept := _read(one.decided_at, bases[one.id], stored)) is not None
    }


def _read(decided_at: datetime, basis: Basis, stored: dict[int, Ping]) -> Kept | None:
    still = tuple(ping_id for ping_id in basis.ping_ids if ping_id in stored)
    try:
        case = Case(
            belief=records.unpack_belief(basis.belief_before),
            zones=_zones(basis),
            pings=tuple(stored[ping_id] for ping_id in still),
            home=records.unpack_home(basis.home),
        )
    except ValueError:
        return None
    gone = len(basis.ping_ids) - len(still)
    return Kept(decided_at=decided_at, case=case, ping_ids=still, gone=gone)


def _zones(basis: Basis) -> tuple[Zone, ...]:
    both = (
        *records.unpack_zones(basis.own_zones),
        *records.unpack_zones(basis.common_zones),
    )
    return tuple(sorted(both, key=lambda zone: zone.id))


def _retold(decision: Decision, basis: Basis, kept: Kept | None) -> Retold:
    try:
        evidence = Evidence.from_json(decision.evidence)
    except (KeyError, TypeError, ValueError):
        evidence = None
    found = () if kept is None else kept.changes()
    if kept is None:
        replay = Replay.UNREADABLE
    elif kept.gone:
        replay = Replay.PINGS_GONE
    elif any(_is_same(decision, change) for change in found):
        replay = Replay.SAME
    else:
        replay = Replay.DIFFERENT
    return Retold(
        decision=decision,
        evidence=evidence,
        replay=replay,
        rules_changed=basis.model != versions.digest(),
        found=found,
    )


def _is_same(decision: Decision, change: Change) -> bool:
    """Say whether *change* is the decision, to the last bit of every number."""
    return (
        decision.kind == change.kind
        and decision.at == change.at
        and decision.report_id == change.report_id
        and decision.zone_id == change.zone_id
        and decision.silence_confirms == change.silence_confirms
        and decision.evidence == change.evidence.to_json()
    )


def _around(seen: tuple[Seen, ...], since: datetime) -> tuple[Seen, ...]:
    recent = [one for one in seen if one.ping.received_at >= since]
    return tuple(recent)[-MOST_SEEN:] if len(recent) >= _LEAST_SEEN else seen[-_LEAST_SEEN:]
