"""Sums over pings whose place is certain: how many, and what they heard. Pure counting.

Sums do not care in which order pings come. They fade from day to day and are bounded.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from core.pings import Ping
from core.radio import Network
from geofence.surroundings import Air, cell_names, staying_points

#: sums fade by half in so many days: a new router is home after some two to three days, an old one
#: is forgotten after some seventeen
HALF_LIFE_DAYS = 7.0
#: what is kept of a zone from day to day …
MOST_POINTS = 64
MOST_CELLS = 16
#: … within a day, before the rarest are dropped …
MOST_TODAY = 256
#: … and of one list: the nearest
MOST_OF_A_LIST = 8

Counts = dict[str, float]
_FADE: float = 0.5 ** (1 / HALF_LIFE_DAYS)


class Tally(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Sums over the certain pings of one zone, or over the fixes well outside."""

    pings: float = 0.0
    #: different hours with such a ping; of today as a set of bits
    hours: float = 0.0
    hours_today: int = 0
    #: pings that heard access points; … while some were known; … and none of those was heard
    scans: float = 0.0
    scans_checked: float = 0.0
    scans_missed: float = 0.0
    #: likewise of cells
    cell_lists: float = 0.0
    cell_lists_checked: float = 0.0
    cell_lists_missed: float = 0.0
    access_points: Counts = {}
    cells: Counts = {}
    #: pings on the charger; with a count of steps; with one above 0
    charged: float = 0.0
    stepped: float = 0.0
    walked: float = 0.0


#: nothing was counted yet
NO_TALLY = Tally()


def counting(tally: Tally, pings: Sequence[Ping], air: Air, *, is_outside: bool) -> Tally:
    """Return *tally* with *pings*; of the radio outside only access points matter."""
    hours_today = tally.hours_today
    charged, stepped, walked = tally.charged, tally.stepped, tally.walked
    for ping in pings:
        hours_today |= 1 << (int(ping.at.timestamp()) // 3600 % 24)
        charged += ping.charging is True
        stepped += ping.steps is not None
        walked += bool(ping.steps)
    tally = replace(
        tally,
        pings=tally.pings + len(pings),
        hours_today=hours_today,
        charged=charged,
        stepped=stepped,
        walked=walked,
    )
    networks = [ping.network for ping in pings if ping.network is not None]
    if not networks:
        return tally
    tally = _with_points(tally, networks, air.access_points, is_outside=is_outside)
    return tally if is_outside else _with_cells(tally, networks, air.cells)


def _with_points(
    tally: Tally, networks: Iterable[Network], known: frozenset[str], *, is_outside: bool
) -> Tally:
    """Return *tally* with the access points heard; what passes by outside is dropped elsewhere."""
    lists = [points for network in networks if (points := staying_points(network))]
    nearest = lists if is_outside else [points[:MOST_OF_A_LIST] for points in lists]
    counts = _counted(tally.access_points, nearest)
    if not is_outside and len(counts) > MOST_TODAY:
        counts = most_frequent(counts, MOST_TODAY // 2)
    return replace(
        tally,
        scans=tally.scans + len(lists),
        scans_checked=tally.scans_checked + bool(known) * len(lists),
        scans_missed=tally.scans_missed + _missed(known, lists),
        access_points=counts,
    )


def _with_cells(tally: Tally, networks: Iterable[Network], known: frozenset[str]) -> Tally:
    lists = [cells for network in networks if (cells := cell_names(network))]
    counts = _counted(tally.cells, lists)
    if len(counts) > MOST_TODAY:
        counts = most_frequent(counts, MOST_TODAY // 2)
    return replace(
        tally,
        cell_lists=tally.cell_lists + len(lists),
        cell_lists_checked=tally.cell_lists_checked + bool(known) * len(lists),
        cell_lists_missed=tally.cell_lists_missed + _missed(known, lists),
        cells=counts,
    )


def _missed(known: frozenset[str], lists: Iterable[Iterable[str]]) -> int:
    """Return how many of *lists* have none of what is *known*."""
    return sum(known.isdisjoint(heard) for heard in lists) if known else 0


def _counted(counts: Counts, lists: Iterable[Iterable[str]]) -> Counts:
    counts = dict(counts)
    for heard in lists:
        for key in heard:
            counts[key] = counts.get(key, 0.0) + 1
    return counts


def day_later(past: Tally, today: Tally, passed: int) -> Tally:
    """Return the sums of both, *passed* days after today's began."""
    fade = _FADE ** (passed - 1)

    def faded(old: float, new: float) -> float:
        return (old * _FADE + new) * fade

    def all_faded(old: Counts, new: Counts) -> Counts:
        return {key: faded(old.get(key, 0.0), new.get(key, 0.0)) for key in {*old, *new}}

    return Tally(
        pings=faded(past.pings, today.pings),
        hours=faded(past.hours, today.hours_today.bit_count()),
        scans=faded(past.scans, today.scans),
        scans_checked=faded(past.scans_checked, today.scans_checked),
        scans_missed=faded(past.scans_missed, today.scans_missed),
        cell_lists=faded(past.cell_lists, today.cell_lists),
        cell_lists_checked=faded(past.cell_lists_checked, today.cell_lists_checked),
        cell_lists_missed=faded(past.cell_lists_missed, today.cell_lists_missed),
        access_points=all_faded(past.access_points, today.access_points),
        cells=all_faded(past.cells, today.cells),
        charged=faded(past.charged, today.charged),
        stepped=faded(past.stepped, today.stepped),
        walked=faded(past.walked, today.walked),
    )


def bounded(tally: Tally) -> Tally:
    """Return *tally* with the most frequent of what it heard."""
    return replace(
        tally,
        access_points=most_frequent(tally.access_points, MOST_POINTS),
        cells=most_frequent(tally.cells, MOST_CELLS),
    )


def most_frequent(counts: Counts, most: int, wanted: Iterable[str] = ()) -> Counts:
    """Return the *most* frequent of *counts*, those *wanted* before all others."""
    first = frozenset(wanted)
    order = sorted(counts, key=lambda key: (key not in first, -counts[key], key))
    return {key: counts[key] for key in order[:most]}
