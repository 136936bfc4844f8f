"""The battery of a band: what reports and hours cost, the charger at night, being flat."""

from datetime import datetime

from core.clock import LOCAL_ZONE

#: percent for one report, and for an hour of waiting
REPORT_COSTS_PCT = 0.01
HOUR_COSTS_PCT = 0.6
#: at night it lies on the charger, local hours, and gains so many percent an hour
CHARGING_HOURS = (1, 2, 3)
CHARGED_PCT_AN_HOUR = 25.0
#: found flat, it lies on the charger for this long before it speaks again, seconds
RECHARGED_AFTER_S = 5400.0
_RECHARGED_PCT = 80.0
_LOW_PCT = 15.0


class Battery:
    """How full it is, in percent, and whether it is being charged."""

    def __init__(self, pct: float) -> None:
        """Begin at *pct*."""
        self.pct = pct
        self.charging = False
        self._said_low = False

    @property
    def is_flat(self) -> bool:
        """Say whether this was the last report."""
        return self.pct <= 0

    def use(self, *, passed_s: float, at: datetime, indoors: bool) -> None:
        """Pay for one report and for the *passed_s* seconds before it."""
        self.pct -= REPORT_COSTS_PCT + HOUR_COSTS_PCT * passed_s / 3600
        self.charging = indoors and at.astimezone(LOCAL_ZONE).hour in CHARGING_HOURS
        if self.charging:
            self.pct = min(100.0, self.pct + CHARGED_PCT_AN_HOUR * passed_s / 3600)
        if self.is_flat and not indoors:
            # Flat bands are found at home, so that silence outside is always a story.
            self.pct = 0.5

    def falls_low(self) -> bool:
        """Say once that it is nearly empty."""
        if self.pct >= _LOW_PCT or self._said_low:
            return False
        self._said_low = True
        return True

    def recharge(self) -> None:
        """Come back from the charger."""
        self.pct, self._said_low = _RECHARGED_PCT, False
