"""Where the canary's band is, how often it says so from there, and what became of that."""

from dataclasses import replace
from datetime import datetime, timedelta

from aihuijia.canary_band import CanaryBand
from core.canary import Round, Sight
from core.clock import Clock
from core.places import Position
from store.canary_cast import INTERVAL_S, Cast

#: while something is to happen, the band speaks as often as this by itself, seconds: fixes nearer
#: in time are not independent (geofence/model.py), and 400 m in it are no jump
FIX_EVERY_S = 45.0
#: a place further away is reached no sooner than this after the last fix
_WAY_S = FIX_EVERY_S
_MOST_REPORTS = 50


class Walk:
    """The band's ways between home and outside."""

    def __init__(self, band: CanaryBand, clock: Clock, cast: Cast) -> None:
        """Nowhere yet: `go` first."""
        self.band = band
        self.cast = cast
        self._clock = clock
        self._where: Position | None = None
        self._said_at: dict[str, datetime] = {}
        self._last_at: datetime | None = None
        self._there_at = clock.now() - timedelta(seconds=_WAY_S)

    @property
    def report_ids(self) -> list[str]:
        """Return the reports of the place where the band is now."""
        return list(self._said_at)

    def go(self, where: Position) -> None:
        """Walk to *where*; the first report from there comes when one could be there."""
        if where != self._where:
            self._where = where
            self._said_at = {}
            left_at = self._last_at or self._there_at
            self._there_at = left_at + timedelta(seconds=_WAY_S)

    def speak(self, *, hurry: bool = True) -> None:
        """Say what is due: an answer to an order, or where the band is.

        Not in a *hurry*, the band speaks only as often as one at rest.
        """
        assert self._where is not None, "go somewhere first"
        now = self._clock.now()
        order = self.band.locate_due(now)
        if order is not None:
            self._note(self.band.say(self._where, why="reply", command=order), now)
        usual_s = FIX_EVERY_S if hurry else float(INTERVAL_S)
        every = timedelta(seconds=min(usual_s, self.band.interval_s or usual_s))
        is_first = not self._said_at
        if now >= self._there_at and (is_first or now >= (self._last_at or now) + every):
            self._note(self.band.say(self._where), now)

    def told(self, played: Round, sight: Sight) -> Round:
        """Return the round with what is known of it: by the tables, the broker and the band.

        The fix that counts is the one that made people be asked, else the last the broker took.
        """
        taken = [one for one in self._said_at if self.band.taken_at(one) is not None]
        counts = sight.trigger_report_id or (taken[-1] if taken else None)
        arrived_at = sight.trigger_arrived_at or sight.arrived_at
        return replace(
            played,
            published_at=None if counts is None else self._said_at.get(counts),
            arrived_at=arrived_at,
            stored_at=None if counts is None else self.band.seen_at(counts),
            triggered_at=sight.triggered_at,
            handed_over_at=sight.handed_over_at,
            receipt_at=sight.receipt_at,
            answered_at=sight.answered_at,
        )

    def _note(self, report_id: str | None, now: datetime) -> None:
        if report_id is not None:
            self._said_at[report_id] = now
            self._last_at = now
            if len(self._said_at) > _MOST_REPORTS:
                del self._said_at[next(iter(self._said_at))]
