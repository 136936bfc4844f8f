"""What one worker knows of the radio around each elder, from batch to batch.

It learns with every batch and writes seldom: what a crash loses is learned again, and nothing is
counted twice, because it is written with the pings it counts.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.zones import Zone
from geofence import learning
from geofence.engine import Judgement
from geofence.knowing import home_of, safe_zones
from geofence.learning import NOTHING_LEARNED, Learned
from geofence.surroundings import UNLEARNED, Home
from store.surroundings import StoredSurroundings, save

log = logging.getLogger(__name__)

#: no elder's sums are written more often than this, unless a day begins
WRITE_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was learned of one elder, in which version it is stored, and what it makes of home."""

    learned: Learned = NOTHING_LEARNED
    #: 0: it is not stored at all
    version: int = 0
    written: Learned = NOTHING_LEARNED
    written_at: datetime | None = None
    #: all zones registered for the elder, and the safe ones of them
    zones: tuple[Zone, ...] = ()
    safe: tuple[Zone, ...] = ()
    #: of the safe zones that count now
    home: Home = UNLEARNED
    home_zones: tuple[Zone, ...] = ()


#: nothing is known
NO_SURROUNDINGS = Surroundings()


def recalled(stored: StoredSurroundings | None, elder_id: int) -> Surroundings:
    """Return what is stored; what cannot be read is forgotten."""
    if stored is None:
        return NO_SURROUNDINGS
    try:
        learned = learning.read(stored.learned)
    except ValueError:
        log.exception(
            "What was learned around an elder cannot be read; learning begins anew.",
            extra={"action": "surroundings_unreadable", "elder": elder_id},
        )
        learned = NOTHING_LEARNED
    return Surroundings(
        learned=learned, version=stored.version, written=learned, written_at=stored.updated_at
    )


def at(known: Surroundings, zones: tuple[Zone, ...], now: datetime, day: int) -> Surroundings:
    """Return *known* with the home it makes of the elder's *zones* at *now*, in learning day *day*.

    Mostly the same: a home changes with the day, and with the zones that count.
    """
    safe = known.safe if zones is known.zones else safe_zones(zones)
    learned = learning.begin_day(known.learned, safe, day)
    counting = _counting(safe, now) if learned.known.zones else ()
    if (
        learned.known is known.learned.known
        and counting == known.home_zones
        and learned is known.learned
        and zones is known.zones
    ):
        return known
    home = home_of(learned.known, counting)
    return replace(known, learned=learned, zones=zones, safe=safe, home=home, home_zones=counting)


def learn(
    connection: Connection,
    around: Mapping[int, Surroundings],
    judgements: Mapping[int, Judgement],
    now: datetime,
) -> dict[int, Surroundings]:
    """Return *around* with what the judgement of each elder teaches; write what is due."""
    taught = {one: _taught(around[one], judged) for one, judged in judgements.items()}
    due = [one for one, known in taught.items() if _is_due(known, now)]
    save(connection, [_as_row(taught[one], one, now) for one in due])
    return taught | {one: _as_written(taught[one], now) for one in due}


def _taught(known: Surroundings, judgement: Judgement) -> Surroundings:
    learned = learning.learn(known.learned, judgement, known.safe)
    return known if learned is known.learned else replace(known, learned=learned)


def _is_due(known: Surroundings, now: datetime) -> bool:
    if known.learned is known.written or not (known.learned.today or known.learned.past):
        return False
    if known.written_at is None or known.learned.known is not known.written.known:
        return True
    return now - known.written_at >= WRITE_EVERY


def _as_row(known: Surroundings, elder_id: int, now: datetime) -> StoredSurroundings:
    return StoredSurroundings(
        elder_id=elder_id,
        version=known.version,
        learned=learning.write(known.learned),
        updated_at=now,
    )


def _as_written(known: Surroundings, now: datetime) -> Surroundings:
    return replace(known, version=known.version + 1, written=known.learned, written_at=now)


def _counting(safe: Iterable[Zone], now: datetime) -> tuple[Zone, ...]:
    return tuple(zone for zone in safe if not zone.is_timed or zone.counts_at(now))
