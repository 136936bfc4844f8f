"""What the sums of an elder's safe zones are enough to know. Pure.

Nothing below about a day of certain pings. What travels is no evidence: the sums of fixes well
outside tell which access points come along with the wearer, or leave with a neighbour's car.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from core.zones import Zone, ZoneKind
from geofence.surroundings import UNLEARNED, Air, Home
from geofence.tallies import Counts, Tally

#: a zone is learned from so many certain pings, in so many different hours: about a day
FEWEST_PINGS = 100.0
FEWEST_HOURS = 20.0
#: … of which so many heard access points, or cells
FEWEST_LISTS = 30.0
#: an access point or cell belongs to a zone when so many of the lists heard there have it
HOME_SHARE = 0.20
#: it travels when several of its sightings are well outside, more than this share of them …
TRAVEL_SHARE = 0.03
#: … or more than this share of the lists heard there: who seldom goes out has few of them
COMPANION_SHARE = 0.20
#: "none of them" is strange where at most this share of the certain lists had none of them
MISSED_SHARE = 0.10
#: fewest reports on the charger from which one more tells of rest
FEWEST_CHARGED = 5.0

#: in place of a zone's id: the sums of fixes well outside
OUTSIDE = 0


class Known(Struct, frozen=True, kw_only=True, gc=False):
    """What counts as learned until the next day begins."""

    zones: dict[int, Air] = {}
    charger_tells: bool = False
    steps_tell: bool = False


#: nothing is known yet
NOTHING_KNOWN = Known()
_NO_AIR = Air()


def safe_zones(zones: Iterable[Zone]) -> tuple[Zone, ...]:
    """Return those of *zones* whose radio is learned."""
    return tuple(zone for zone in zones if zone.kind is ZoneKind.SAFE)


def home_of(known: Known, safe: Iterable[Zone]) -> Home:
    """Return the home that *known* makes of these safe zones."""
    if not known.zones:
        return UNLEARNED
    airs = [known.zones.get(zone.id, _NO_AIR) for zone in safe]
    home = Home(
        access_points=frozenset[str]().union(*(air.access_points for air in airs)),
        cells=frozenset[str]().union(*(air.cells for air in airs)),
        points_tell=all(air.points_tell for air in airs),
        cells_tell=all(air.cells_tell for air in airs),
        charger_tells=known.charger_tells,
        steps_tell=known.steps_tell,
    )
    tells = home.access_points or home.cells or home.charger_tells or home.steps_tell
    return home if tells else UNLEARNED


def known_from(past: Mapping[int, Tally]) -> Known:
    """Return what these sums are enough to know."""
    enough = {
        key: tally
        for key, tally in past.items()
        if key != OUTSIDE and tally.pings >= FEWEST_PINGS and tally.hours >= FEWEST_HOURS
    }
    if not enough:
        return NOTHING_KNOWN
    outside = past[OUTSIDE]
    inside: Counts = {}
    for key, tally in past.items():
        if key != OUTSIDE:
            for point, times in tally.access_points.items():
                inside[point] = inside.get(point, 0.0) + times
    travelling = {
        point
        for point, times in outside.access_points.items()
        if _travels(inside.get(point, 0.0), times, of=outside.scans)
    }
    charged = sum(tally.charged for tally in enough.values())
    stepped = sum(tally.stepped for tally in enough.values())
    walked = sum(tally.walked for tally in enough.values())
    return Known(
        zones={key: _air(tally, travelling) for key, tally in enough.items()},
        charger_tells=charged >= FEWEST_CHARGED
        and not _travels(charged, outside.charged, of=outside.pings),
        steps_tell=stepped >= FEWEST_LISTS and walked >= HOME_SHARE * stepped,
    )


def _travels(inside: float, outside: float, *, of: float) -> bool:
    """Say whether it comes along: noticed so often inside, and outside so often *of* all."""
    share = min(TRAVEL_SHARE * (inside + outside), COMPANION_SHARE * of)
    return outside > 1 and outside > share


def _air(tally: Tally, travelling: set[str]) -> Air:
    points = _frequent(tally.access_points, tally.scans) - travelling
    cells = _frequent(tally.cells, tally.cell_lists)
    return Air(
        access_points=points,
        cells=cells,
        points_tell=bool(points) and _rarely(tally.scans_missed, tally.scans_checked),
        cells_tell=bool(cells) and _rarely(tally.cell_lists_missed, tally.cell_lists_checked),
    )


def _frequent(counts: Counts, lists: float) -> frozenset[str]:
    if lists < FEWEST_LISTS:
        return frozenset()
    return frozenset(key for key, times in counts.items() if times >= HOME_SHARE * lists)


def _rarely(missed: float, checked: float) -> bool:
    return checked >= FEWEST_LISTS and missed <= MISSED_SHARE * checked
