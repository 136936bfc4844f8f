"""What is wrong with a band, and since when. Pure.

Silence is measured from the later of the last word and the moment since which we have been
listening without a break, so that neither our own start nor an outage of the broker makes every
band look silent.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from statistics import median

from core.bands import (
    STANDARD_HEALTH,
    BandState,
    BatteryReading,
    Finding,
    HealthPolicy,
    Level,
    Trouble,
)

#: a discharge is judged on its latest readings, at most so many
_MOST_READINGS = 40
#: less than this is no trend
_LEAST_TREND = timedelta(minutes=30)


def find_troubles(
    band: BandState,
    *,
    now: datetime,
    hearing_since: datetime | None,
    already: Collection[Trouble] = (),
    policy: HealthPolicy = STANDARD_HEALTH,
) -> tuple[Finding, ...]:
    """Return every trouble of *band*.

    *hearing_since*: since when the ingest role has been listening without a break; None while
    nobody listens, and then nobody is silent. *already*: troubles with an open task, which end
    later than they begin, so that a figure near a limit does not flap.
    """
    found = (
        _silence(band, now, hearing_since, policy),
        _battery(band, now, already, policy),
        _not_worn(band, now, policy),
        _poor_fixes(band, now, already, policy),
        _wrong_clock(band, now, already, policy),
    )
    return tuple(finding for finding in found if finding is not None)


def silent_after(interval_s: float, policy: HealthPolicy = STANDARD_HEALTH) -> timedelta:
    """Return how long a band with this interval may be quiet."""
    allowed_s = policy.silent_intervals * interval_s + policy.grace_s
    return timedelta(seconds=max(policy.silent_least_s, allowed_s))


def mass_silences(
    active: Mapping[str, int],
    silent: Iterable[BandState],
    *,
    already: Collection[str] = (),
    policy: HealthPolicy = STANDARD_HEALTH,
) -> frozenset[str]:
    """Return where so many bands are silent that it is not about people; "" means everywhere.

    *active*: bands heard in the last day, by organisation. *silent*: those of them that are
    silent. *already*: where it is known; it ends at half the share it began with.
    """
    by_place = Counter(band.organisation_id for band in silent)

    def many(place: str, missing: int, among: int, least: int, share: float) -> bool:
        if place in already:
            share, least = share / 2, 1
        return missing >= least and missing >= share * max(1, among)

    if many("", by_place.total(), sum(active.values()), policy.mass_bands, policy.mass_share):
        return frozenset({""})
    return frozenset(
        place
        for place, missing in by_place.items()
        if many(
            place, missing, active.get(place, 0), policy.mass_bands_local, policy.mass_share_local
        )
    )


def predict_empty(readings: Sequence[BatteryReading]) -> datetime | None:
    """Return when the battery will be empty at its pace since it was last charged; None: unknown.

    The pace is the median of the slopes between all pairs of readings (Theil, 1950; Sen, 1968), so
    that one wrong figure does not move it. *readings* oldest first.
    """
    discharge = _discharge(readings)[-_MOST_READINGS:]
    if len(discharge) < 3 or discharge[-1].at - discharge[0].at < _LEAST_TREND:
        return None
    slopes = [
        (later.pct - earlier.pct) / (later.at - earlier.at).total_seconds()
        for earlier, later in combinations(discharge, 2)
        if later.at > earlier.at
    ]
    pace = median(slopes) if slopes else 0.0
    if pace >= 0:
        return None
    left_s = discharge[-1].pct / -pace
    return discharge[-1].at + timedelta(seconds=min(left_s, 60 * 86_400))


def is_confirmed_low(readings: Sequence[BatteryReading], limit_pct: int) -> bool:
    """Say whether the last two readings agree: batteries jump. *readings* oldest first."""
    return len(readings) >= 2 and all(reading.pct <= limit_pct for reading in readings[-2:])


def _silence(
    band: BandState, now: datetime, hearing_since: datetime | None, policy: HealthPolicy
) -> Finding | None:
    if hearing_since is None:
        return None
    last = band.heard_at or band.registered_at
    quiet = now - max(last, hearing_since)
    is_alarm = band.silence_alarm_s is not None and quiet >= timedelta(
        seconds=max(band.silence_alarm_s, band.interval_s + policy.grace_s)
    )
    if quiet < silent_after(band.interval_s, policy) and not is_alarm:
        return None
    level = Level.NOTICE
    if quiet >= timedelta(seconds=policy.silent_now_s) or is_alarm:
        level = Level.NOW
    elif quiet >= timedelta(seconds=policy.silent_soon_s):
        level = Level.SOON
    return Finding(trouble=Trouble.SILENT, level=level, since=last, is_alarm=is_alarm)


def _battery(
    band: BandState, now: datetime, already: Collection[Trouble], policy: HealthPolicy
) -> Finding | None:
    pct = band.battery_pct
    if pct is None or band.charging:
        return None
    limit = policy.battery_notice_pct
    if Trouble.LOW_BATTERY in already:
        limit = policy.battery_well_pct - 1
    if pct > limit:
        return None
    level = Level.NOTICE
    if pct <= policy.battery_now_pct:
        level = Level.NOW
    elif pct <= policy.battery_soon_pct:
        level = Level.SOON
    return Finding(trouble=Trouble.LOW_BATTERY, level=level, since=now)


def _not_worn(band: BandState, now: datetime, policy: HealthPolicy) -> Finding | None:
    if band.worn is not False or band.charging or band.worn_at is None:
        return None
    if now - band.worn_at < timedelta(seconds=policy.not_worn_s):
        return None
    return Finding(trouble=Trouble.NOT_WORN, level=Level.SOON, since=band.worn_at)


def _poor_fixes(
    band: BandState, now: datetime, already: Collection[Trouble], policy: HealthPolicy
) -> Finding | None:
    limit = policy.fair_share if Trouble.POOR_FIXES in already else policy.poor_share
    if band.reports < policy.least_reports or band.usable_share > limit:
        return None
    return Finding(trouble=Trouble.POOR_FIXES, level=Level.NOTICE, since=now)


def _wrong_clock(
    band: BandState, now: datetime, already: Collection[Trouble], policy: HealthPolicy
) -> Finding | None:
    limit = policy.clock_share / 2 if Trouble.WRONG_CLOCK in already else policy.clock_share
    if band.reports < policy.least_reports or band.bad_clock_share < limit:
        return None
    return Finding(trouble=Trouble.WRONG_CLOCK, level=Level.NOTICE, since=now)


def _discharge(readings: Sequence[BatteryReading]) -> Sequence[BatteryReading]:
    """Return the readings since the battery was last charged."""
    start = 0
    for number in range(1, len(readings)):
        here = readings[number]
        before = median(reading.pct for reading in readings[max(start, number - 3) : number])
        if here.charging or here.pct > before + 3:  # a few percent up is noise
            start = number
    return [reading for reading in readings[start:] if not reading.charging]
