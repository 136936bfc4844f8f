"""What others are told, so that the story they hear makes sense in whatever order fixes arrive.

A fix that comes late can change what is believed about the past. Others hear "left" and "returned"
in turn, each once; what they were told stands until good fixes say otherwise.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from core.zones import Side
from geofence.changes import Change, ChangeKind, Evidence, Rule, Witness
from geofence.estimate import Estimate
from geofence.model import Model

_BEGINNINGS = frozenset({ChangeKind.SUSPECTED, ChangeKind.LEFT, ChangeKind.DANGER_ENTERED})


class Told(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What others believe, because we said so."""

    left: bool = False
    suspicious: bool = False
    #: they were told that silence may confirm the suspicion
    well_founded: bool = False
    in_danger: tuple[int, ...] = ()
    #: no safe zone counted since they heard it: people may have ended it, so it is news again
    stale: bool = False


def news(known: Sequence[Change], found: Sequence[Change]) -> list[Change]:
    """Return what of *found* was not *known*, before fixes came late; all are in time order.

    A late fix mostly moves a crossing to a neighbouring fix. Once something else has followed, that
    is no news: it was told, and "returned" must not be heard while the elder is out again.
    """
    before = {name_of(change) for change in known}
    after = {name_of(change) for change in found}
    fresh = [span for span in _spans(found) if name_of(span.change) not in before]
    vanished = [span for span in _spans(known) if name_of(span.change) not in after]
    told = []
    for span in fresh:
        moved = next((one for one in vanished if one.is_over and one.is_like(span)), None)
        if moved is None or not span.is_over:
            told.append(span.change)
        else:
            vanished.remove(moved)
    return told


def name_of(change: Change) -> tuple[str, str, int | None]:
    """Return what tells *change* from the others of the same elder."""
    return change.kind, change.report_id, change.zone_id


class _Span(Struct, frozen=True, kw_only=True, gc=False):
    """The stay that a change begins or ends: outside, suspicious, or in a danger zone."""

    change: Change
    since: datetime
    until: datetime
    #: something of the same kind followed
    is_over: bool

    def is_like(self, other: "_Span") -> bool:
        """Say whether both tell of the same: alike, and their stays have a time in common."""
        mine, its = self.change, other.change
        if (mine.kind, mine.zone_id) != (its.kind, its.zone_id):
            return False
        return self.since <= other.until and other.since <= self.until


_LONG_AGO, _SOME_DAY = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
#: what changes of one kind are about: a crossing, a suspicion of it, or a danger zone
_Subject = tuple[str, int | None]
_CROSSING: _Subject = ("crossing", None)
_SUSPICION: _Subject = ("suspicion", None)
_CROSSINGS = frozenset({ChangeKind.LEFT, ChangeKind.RETURNED})


def _spans(changes: Sequence[Change]) -> Iterator[_Span]:
    """Yield the stays of *changes*, in their order."""
    last: dict[_Subject, int] = {}
    since, until = [_LONG_AGO] * len(changes), [_SOME_DAY] * len(changes)
    for place, change in enumerate(changes):
        before = last.get(_subject(change))
        if before is not None:
            since[place], until[before] = changes[before].at, change.at
        last[_subject(change)] = place
        suspected = last.pop(_SUSPICION, None) if change.kind in _CROSSINGS else None
        if suspected is not None:
            until[suspected] = change.at
    for change, began, followed in zip(changes, since, until, strict=True):
        begins = change.kind in _BEGINNINGS
        yield _Span(
            change=change,
            since=change.at if begins else began,
            until=followed if begins else change.at,
            is_over=followed is not _SOME_DAY,
        )


def _subject(change: Change) -> _Subject:
    if change.zone_id is not None:
        return "danger", change.zone_id
    return _CROSSING if change.kind in _CROSSINGS else _SUSPICION


def announce(
    told: Told,
    changes: Sequence[Change],
    now: Estimate,
    *,
    from_backlog: frozenset[str],
    nowhere: Sequence[datetime],
    model: Model,
) -> tuple[Told, tuple[Change, ...]]:
    """Return what others will have been told, and the changes to tell them now, in time order.

    *changes* are newly found ones in time order; *from_backlog* names the reports that a band
    stored before sending. Such a report tells of nothing that is over by now: a family is not
    woken for it. *nowhere* are the times of fresh fixes at which no safe zone counted.
    """
    said = []
    without_zones = deque(sorted(nowhere))
    for change in changes:
        while without_zones and without_zones[0] <= change.at:
            told = _out_of_date(told)
            without_zones.popleft()
        is_over = change.kind in _BEGINNINGS and not _holds(change, now)
        if is_over and change.report_id in from_backlog:
            continue
        heard = _hear(told, change)
        if heard != told:
            told = heard
            said.append(change)
    if without_zones:
        told = _out_of_date(told)
    for change in _corrections(told, now, model):
        told = _hear(told, change)
        said.append(change)
    return told, tuple(said)


def _out_of_date(told: Told) -> Told:
    """Return what others believe once no safe zone counts any more."""
    if told.left:
        return replace(told, suspicious=False, well_founded=False, stale=True)
    return replace(told, stale=True) if told.suspicious else told


def _holds(change: Change, now: Estimate) -> bool:
    """Say whether what *change* began still goes on."""
    if change.kind is ChangeKind.DANGER_ENTERED:
        return change.zone_id in now.in_danger
    if change.kind is ChangeKind.LEFT:
        return now.side is Side.OUTSIDE
    return now.suspicious or now.side is Side.OUTSIDE


def _hear(told: Told, change: Change) -> Told:
    """Return what others believe after *change*; the same when it is no news to them."""
    zone_id = change.zone_id
    match change.kind:
        case ChangeKind.LEFT:
            return replace(told, left=True, suspicious=False, well_founded=False, stale=False)
        case ChangeKind.RETURNED if told.left:
            return replace(told, left=False, suspicious=False, well_founded=False, stale=False)
        case ChangeKind.SUSPECTED if not told.left:
            well_founded = change.silence_confirms or (told.well_founded and not told.stale)
            return replace(told, suspicious=True, well_founded=well_founded, stale=False)
        case ChangeKind.SUSPECTED if told.stale:
            well_founded = told.well_founded or change.silence_confirms
            return replace(told, suspicious=True, well_founded=well_founded)
        case ChangeKind.SUSPICION_DROPPED if told.suspicious:
            return replace(told, suspicious=False, well_founded=False, stale=told.left)
        case ChangeKind.DANGER_ENTERED if zone_id is not None:
            return replace(told, in_danger=tuple(sorted({*told.in_danger, zone_id})))
        case ChangeKind.DANGER_LEFT:
            return replace(told, in_danger=tuple(z for z in told.in_danger if z != zone_id))
        case _:
            return told


def _corrections(told: Told, now: Estimate, model: Model) -> list[Change]:
    """Return what must still be said so that others believe what we do.

    Nothing, as long as fixes come in order. Leaving and returning are corrected only when a good
    fix leaves no doubt; until then others hear of a suspicion, which silence may confirm.
    """
    kinds: list[tuple[ChangeKind, int | None]] = []
    crossing = _crossing_to_correct(told, now, model)
    if crossing is not None:
        kinds.append((crossing, None))
    kinds += [(ChangeKind.DANGER_ENTERED, z) for z in now.in_danger if z not in told.in_danger]
    kinds += [(ChangeKind.DANGER_LEFT, z) for z in told.in_danger if z not in now.in_danger]
    return [_correction(kind, zone_id, now, model) for kind, zone_id in kinds]


def _crossing_to_correct(told: Told, now: Estimate, model: Model) -> ChangeKind | None:
    probability = now.probability_outside
    if now.last is None or probability is None:
        return None
    is_good, side = now.last.is_good, now.side
    if told.left:
        settled = side is Side.INSIDE and probability <= model.inside_at
        return ChangeKind.RETURNED if settled and is_good else None
    if side is Side.OUTSIDE and is_good and probability >= model.left_at:
        return ChangeKind.LEFT
    suspicious, well_founded = _suspicion(now)
    if suspicious and (not told.suspicious or (well_founded and not told.well_founded)):
        return ChangeKind.SUSPECTED
    return ChangeKind.SUSPICION_DROPPED if told.suspicious and not suspicious else None


def _suspicion(now: Estimate) -> tuple[bool, bool]:
    """Say whether the elder may be outside, and whether silence may confirm it."""
    is_outside = now.side is Side.OUTSIDE
    return now.suspicious or is_outside, now.well_founded or is_outside


def _correction(kind: ChangeKind, zone_id: int | None, now: Estimate, model: Model) -> Change:
    last = now.last
    assert last is not None
    if zone_id is None:
        assert now.probability_outside is not None
        assert last.beyond_m is not None
        probability, beyond_m = now.probability_outside, last.beyond_m
    else:
        beyond_m = dict(last.dangers).get(zone_id, model.danger_within_m)
        probability = model.probability_beyond(beyond_m, last.accuracy_m)
    outside = kind in (ChangeKind.LEFT, ChangeKind.SUSPECTED)
    times = (now.witness_times if outside else []) or [last.at.timestamp()]
    return Change(
        kind=kind,
        at=last.at,
        report_id=last.report_id,
        zone_id=zone_id,
        silence_confirms=kind is ChangeKind.SUSPECTED and _suspicion(now)[1],
        evidence=Evidence(
            rule=Rule.LATE_FIX,
            probability_outside=probability,
            beyond_m=beyond_m,
            accuracy_m=last.accuracy_m,
            fixes=len(times),
            span_s=times[-1] - times[0],
            witnesses=(
                Witness(
                    report_id=last.report_id,
                    at=last.at,
                    beyond_m=beyond_m,
                    accuracy_m=last.accuracy_m,
                    probability_outside=model.probability_beyond(beyond_m, last.accuracy_m),
                    fix_class=last.fix_class.value,
                ),
            ),
        ),
    )
