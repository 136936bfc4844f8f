"""Everything remembered about one elder between two batches, and how new fixes change it.

The last half hour is kept fix by fix behind a checkpoint, so that a fix that comes late is put in
its place and the time since is judged again: any order of arrival ends in the same belief.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from core.zones import Side
from geofence.announcing import Told, announce
from geofence.changes import Change
from geofence.estimate import Estimate
from geofence.filtering import step
from geofence.model import Model
from geofence.observations import Observation


class Belief(Struct, frozen=True, kw_only=True, gc=False):
    """What is believed about one elder. A value; the next one comes from `revise`."""

    #: after the newest fix
    now: Estimate = Estimate()
    #: before the first of `recent`
    checkpoint: Estimate = Estimate()
    #: the fixes of the window, in the order of judging
    recent: tuple[Observation, ...] = ()
    told: Told = Told()

    @property
    def side(self) -> Side:
        """Return the settled side: outside from "left" until "returned"."""
        return self.now.side

    @property
    def suspicious(self) -> bool:
        """Say whether more fixes are wanted, because the elder may be outside."""
        return self.now.suspicious

    @property
    def in_danger(self) -> tuple[int, ...]:
        """Return the ids of the danger zones believed entered."""
        return self.now.in_danger

    @property
    def judged_at(self) -> datetime | None:
        """Return the time of the newest fix judged."""
        return self.now.last.at if self.now.last else None

    @property
    def probability_outside(self) -> float | None:
        """Return the probability of being outside the safe zones; None when nothing is known."""
        return self.now.probability_outside

    def goes_back_to(self, model: Model) -> datetime | None:
        """Return the time before which a fix is history only; None when all are welcome."""
        if not self.recent:
            return None
        start = self.recent[-1].at - timedelta(seconds=model.window_s)
        if len(self.recent) >= model.window_fixes:
            return max(start, self.recent[0].at)
        return start


#: Nothing is known yet.
FRESH = Belief()
_NOTHING: frozenset[str] = frozenset()


def revise(
    belief: Belief, fresh: Sequence[Observation], model: Model
) -> tuple[Belief, tuple[Change, ...]]:
    """Return the belief after *fresh*, none of which it has judged before, and what to report."""
    if not fresh:
        return belief, ()
    if len(fresh) > 1:
        fresh = sorted(fresh, key=lambda seen: seen.key)
    in_order = not belief.recent or fresh[0].key > belief.recent[-1].key
    recent = [*belief.recent, *fresh]
    if in_order:
        now, changes = _replay(belief.now, fresh, model)
    else:
        recent.sort(key=lambda seen: seen.key)
        known = {_name(change) for change in _replay(belief.checkpoint, belief.recent, model)[1]}
        now, changes = _replay(belief.checkpoint, recent, model)
        changes = [change for change in changes if _name(change) not in known]
    from_backlog = _from_backlog(recent, fresh) if changes else _NOTHING
    told, said = announce(belief.told, changes, now, from_backlog=from_backlog, model=model)
    checkpoint, recent = _trim(belief.checkpoint, recent, model)
    return Belief(now=now, checkpoint=checkpoint, recent=tuple(recent), told=told), said


def _from_backlog(recent: Iterable[Observation], fresh: Iterable[Observation]) -> frozenset[str]:
    only_backlog = all(seen.is_backlog for seen in fresh)
    return frozenset(seen.report_id for seen in recent if seen.is_backlog or only_backlog)


def _replay(
    start: Estimate, track: Iterable[Observation], model: Model
) -> tuple[Estimate, list[Change]]:
    now = start
    changes: list[Change] = []
    for seen in track:
        now, found = step(now, seen, model)
        changes.extend(found)
    return now, changes


def _name(change: Change) -> tuple[str, str, int | None]:
    return change.kind, change.report_id, change.zone_id


def _trim(
    checkpoint: Estimate, recent: list[Observation], model: Model
) -> tuple[Estimate, list[Observation]]:
    """Move what left the window into the checkpoint."""
    start = recent[-1].at - timedelta(seconds=model.window_s)
    leaving = max(0, len(recent) - model.window_fixes)
    while recent[leaving].at < start:
        leaving += 1
    if leaving == 0:
        return checkpoint, recent
    checkpoint, _ = _replay(checkpoint, recent[:leaving], model)
    return checkpoint, recent[leaving:]
