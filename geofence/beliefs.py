"""Everything remembered about one elder between two batches, and how new fixes change it.

The last half hour is kept fix by fix behind a checkpoint, so that a fix that comes late is put in
its place and the time since is judged again: any order of arrival ends in the same belief.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from core.zones import Side
from geofence.announcing import Told, announce, news
from geofence.changes import Change
from geofence.estimate import Estimate
from geofence.model import MODEL, Model
from geofence.observations import Observation
from geofence.tracks import Replayed, Track, replay


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
    def wants_fixes(self) -> bool:
        """Say whether the band should be asked for fixes, as of the newest one judged.

        When the elder may be outside, may be back, or is on the way.
        """
        now = self.now.row
        if now["suspicious"]:
            return True
        if self.side is Side.OUTSIDE:
            return bool(now["log_odds"] < _SURE_OUTSIDE)
        return bool(now["restless_until_t"] > now["last_t"])

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


#: log-odds from which an elder outside is surely not back
_SURE_OUTSIDE = math.log(MODEL.left_at / (1 - MODEL.left_at))

#: Nothing is known yet.
FRESH = Belief()
_NOTHING: frozenset[str] = frozenset()


def revise(
    asked: Sequence[tuple[Belief, Sequence[Observation]]], model: Model
) -> list[tuple[Belief, tuple[Change, ...]]]:
    """Return each belief after its fresh fixes, none of which it has judged, and what to report.

    All of them are judged together; each comes out as it would alone.
    """
    ordered = [(old, sorted(fresh, key=lambda seen: seen.key)) for old, fresh in asked]
    windows = [_window(old, fresh) for old, fresh in ordered]
    leaving = [_leaving(window, model) for window in windows]
    now = _judge(ordered, windows, leaving, model)
    checkpoints = _checkpoints(ordered, windows, leaving, now, model)
    revised: list[tuple[Belief, tuple[Change, ...]]] = []
    for row, ((old, fresh), window) in enumerate(zip(ordered, windows, strict=True)):
        if not fresh:
            revised.append((old, ()))
            continue
        judged = now[row]
        from_backlog = _from_backlog(window, fresh) if judged.changes else _NOTHING
        told, said = announce(
            old.told,
            judged.changes,
            judged.end,
            from_backlog=from_backlog,
            nowhere=[seen.at for seen in fresh if seen.beyond_m is None],
            model=model,
        )
        belief = Belief(
            now=judged.end,
            checkpoint=checkpoints[row],
            recent=tuple(window[leaving[row] :]),
            told=told,
        )
        revised.append((belief, said))
    return revised


def _is_in_order(old: Belief, fresh: Sequence[Observation]) -> bool:
    return not fresh or not old.recent or fresh[0].key > old.recent[-1].key


def _window(old: Belief, fresh: Sequence[Observation]) -> list[Observation]:
    """Return the fixes of the window and the fresh ones, in the order of judging."""
    window = [*old.recent, *fresh]
    if not _is_in_order(old, fresh):
        window.sort(key=lambda seen: seen.key)
    return window


def _judge(
    ordered: Sequence[tuple[Belief, Sequence[Observation]]],
    windows: Sequence[Sequence[Observation]],
    leaving: Sequence[int],
    model: Model,
) -> list[Replayed]:
    """Return what is believed now, and which changes were found that were not known before.

    Where a fix comes late, the window is judged again from the checkpoint: once as it was, to know
    what was found then, and once as it is.
    """
    tracks, befores = [], []
    for (old, fresh), window, leave in zip(ordered, windows, leaving, strict=True):
        if _is_in_order(old, fresh):
            mark = max(0, leave - len(old.recent))
            tracks.append(Track(start=old.now, fixes=fresh, remembered=old.recent, mark=mark))
        else:
            tracks.append(Track(start=old.checkpoint, fixes=window, mark=leave))
            befores.append(Track(start=old.checkpoint, fixes=old.recent))
    outcomes = replay([*tracks, *befores], model)
    known = iter(outcomes[len(tracks) :])
    found = []
    for (old, fresh), outcome in zip(ordered, outcomes, strict=False):
        if not _is_in_order(old, fresh):
            then = next(known).changes
            outcome = replace(outcome, changes=news(then, outcome.changes))
        found.append(outcome)
    return found


def _checkpoints(
    ordered: Sequence[tuple[Belief, Sequence[Observation]]],
    windows: Sequence[Sequence[Observation]],
    leaving: Sequence[int],
    now: Sequence[Replayed],
    model: Model,
) -> list[Estimate]:
    """Return what is believed before the first fix that stays in each window."""
    found = [old.checkpoint for old, _ in ordered]
    to_move, tracks = [], []
    for row, ((old, fresh), window) in enumerate(zip(ordered, windows, strict=True)):
        if not leaving[row]:
            continue
        if not _is_in_order(old, fresh) or leaving[row] >= len(old.recent):
            found[row] = now[row].marked  # passed on the way
        else:
            to_move.append(row)
            tracks.append(Track(start=old.checkpoint, fixes=window[: leaving[row]]))
    for row, moved in zip(to_move, replay(tracks, model), strict=True):
        found[row] = moved.end
    return found


def _from_backlog(recent: Iterable[Observation], fresh: Iterable[Observation]) -> frozenset[str]:
    only_backlog = all(seen.is_backlog for seen in fresh)
    return frozenset(seen.report_id for seen in recent if seen.is_backlog or only_backlog)


def _leaving(window: Sequence[Observation], model: Model) -> int:
    """Return how many of the first fixes have left the window."""
    if not window:
        return 0
    start = window[-1].at - timedelta(seconds=model.window_s)
    leaving = max(0, len(window) - model.window_fixes)
    while window[leaving].at < start:
        leaving += 1
    return leaving
