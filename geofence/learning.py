"""Learn the radio inside an elder's safe zones from fixes that are certain, and forget it again.

What is learned changes only when a new learning day begins, so within a day the same ping is heard
the same way, whatever came before it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.clock import LOCAL_ZONE
from core.pings import Doubt, FixSource, Ping
from core.places import distance_m
from core.zones import Circle, Side, Zone
from geofence.engine import Judgement, WhyNot
from geofence.geometry import measure
from geofence.grounds import project
from geofence.knowing import NOTHING_KNOWN, OUTSIDE, Known, known_from
from geofence.model import MODEL, FixClass, Model
from geofence.observations import Observation
from geofence.surroundings import Air
from geofence.tallies import (
    MOST_TODAY,
    NO_TALLY,
    Tally,
    bounded,
    counting,
    day_later,
    most_frequent,
)

#: the learning day begins at this local hour, when hardly anybody is under way
DAY_BEGINS_H = 4
#: certainly inside: at most so probably outside, by the fix alone
CERTAIN = 0.05
#: well outside: so many metres beyond the edge
WELL_OUTSIDE_M = 150.0

_FORM = 1
_NO_AIR = Air()


class Learned(Struct, frozen=True, kw_only=True, gc=False):
    """Everything learned about one elder's surroundings. A value; `learn` returns the next one."""

    #: the learning day of `today`, as `learning_day` counts
    day: int = 0
    #: by zone id, or `OUTSIDE`
    today: dict[int, Tally] = {}
    past: dict[int, Tally] = {}
    known: Known = NOTHING_KNOWN
    form: int = _FORM


#: nothing was learned yet
NOTHING_LEARNED = Learned()

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Learned).decode


def write(learned: Learned) -> bytes:
    """Return *learned* as bytes."""
    return _encode(learned)


def read(data: bytes) -> Learned:
    """Return what `write` wrote; of no bytes, nothing learned; ValueError for anything else."""
    if not data:
        return NOTHING_LEARNED
    try:
        learned = _decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not what was learned: {error}") from error
    if learned.form != _FORM:
        raise ValueError(f"learned in an unknown form: {learned.form}")
    return learned


def learning_day(now: datetime) -> int:
    """Return the number of the learning day that *now* belongs to."""
    begins = timedelta(hours=DAY_BEGINS_H)
    local: date = (now.astimezone(LOCAL_ZONE) - begins).date()
    return local.toordinal()


def begin_day(learned: Learned, safe: Sequence[Zone], day: int) -> Learned:
    """Return *learned* at the beginning of *day*; the same when that day goes on.

    Sums of zones that are no longer registered go: an edited zone has another id.
    """
    passed = day - learned.day
    if passed <= 0:
        return learned
    if not learned.today and not learned.past:
        return replace(learned, day=day)
    kept = [OUTSIDE, *(zone.id for zone in safe)]
    past = {
        key: day_later(learned.past.get(key, NO_TALLY), learned.today.get(key, NO_TALLY), passed)
        for key in kept
        if key in learned.past or key in learned.today
    }
    outside = past.pop(OUTSIDE, NO_TALLY)
    past = {key: bounded(tally) for key, tally in past.items()}
    matters = {point for tally in past.values() for point in tally.access_points}
    heard = {point: n for point, n in outside.access_points.items() if point in matters}
    past[OUTSIDE] = replace(outside, access_points=heard, cells={})
    return Learned(day=day, past=past, known=known_from(past))


def learn(
    learned: Learned, judgement: Judgement, safe: Sequence[Zone], *, model: Model = MODEL
) -> Learned:
    """Return *learned* with the pings of *judgement* that were certainly inside or well outside.

    Only pings that counted teach, each once: "inside" while there is no suspicion, "outside" while
    the elder is believed to be there, because a receiver indoors is now and then far off.
    """
    side = None if judgement.belief.suspicious else judgement.belief.side
    sightings: dict[int, list[Ping]] = {}
    for ping, seen, why_not in judgement.seen:
        if why_not is not WhyNot.JUDGED or seen is None or seen.beyond_m is None:
            continue
        if Doubt.RESOLVED in ping.doubts or not seen.is_good:
            continue  # found by what it heard: that would prove itself
        for key in _places(ping, seen, safe, side, model):
            sightings.setdefault(key, []).append(ping)
    if not sightings:
        return learned
    today = dict(learned.today)
    for key, pings in sightings.items():
        air = learned.known.zones.get(key, _NO_AIR)
        today[key] = counting(today.get(key, NO_TALLY), pings, air, is_outside=key == OUTSIDE)
    if len(today.get(OUTSIDE, NO_TALLY).access_points) > MOST_TODAY:
        today[OUTSIDE] = _without_passers_by(today, learned.past)
    return replace(learned, today=today)


def _places(
    ping: Ping, seen: Observation, safe: Sequence[Zone], side: Side | None, model: Model
) -> list[int]:
    """Return the ids of the zones that *ping* is certainly in; `OUTSIDE` when well outside."""
    assert seen.beyond_m is not None
    probability = model.probability_beyond(seen.beyond_m, seen.accuracy_m)
    if side is Side.OUTSIDE and seen.beyond_m > WELL_OUTSIDE_M:
        return [OUTSIDE] if probability >= model.disc_at and _is_by_satellite(ping, seen) else []
    if side is not Side.INSIDE or probability > CERTAIN:
        return []
    counting = [zone for zone in safe if zone.counts_at(seen.at)]
    if len(counting) == 1:
        return [counting[0].id]
    return [
        zone.id
        for zone in counting
        if model.probability_beyond(_beyond_m(zone, seen), seen.accuracy_m) <= CERTAIN
    ]


def _is_by_satellite(ping: Ping, seen: Observation) -> bool:
    """Say whether satellites most likely gave the place.

    A place worked out from Wi-Fi is wrong with all the home's access points in reach, again and
    again; taken for an outing, it would make them travellers just where they are needed.
    """
    assert ping.fix is not None
    if ping.fix.source is FixSource.WIFI:
        return False
    return ping.fix.source is FixSource.GNSS or seen.fix_class is not FixClass.WIFI


def _beyond_m(zone: Zone, seen: Observation) -> float:
    """Return how far *seen* lies beyond the edge of *zone* alone, metres; negative inside."""
    if isinstance(zone.shape, Circle):
        return distance_m(zone.shape.centre, seen.position) - zone.shape.radius_m
    (reading,) = measure([(project((zone,)), seen.position)], danger_within_m=0)
    assert reading.beyond_m is not None
    return reading.beyond_m


def _without_passers_by(today: Mapping[int, Tally], past: Mapping[int, Tally]) -> Tally:
    """Return the outside of *today* without what nobody ever heard inside."""
    tally = today[OUTSIDE]
    inside = {
        point
        for tallies in (today, past)
        for key, other in tallies.items()
        if key != OUTSIDE
        for point in other.access_points
    }
    few = most_frequent(tally.access_points, MOST_TODAY // 2, wanted=inside)
    return replace(tally, access_points=few)
