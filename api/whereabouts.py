"""Where an elder was last, as far as the band told, and how far they may have gone since. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from api.labels import DIRECTIONS, SOURCES
from api.moments import Gettext, clock_time, metres, when
from core.pings import FixSource
from core.places import Position, bearing_deg, distance_m
from core.zones import Circle, Zone, ZoneKind
from store.map_views import BandView

#: an older position is marked as old, seconds
STALE_S = 300
#: a brisk walk, metres a second (4 km/h)
_WALK_M_S = 4000 / 3600
#: within this 95 of 100 were found (urban); nobody is said to be further, metres
_FURTHEST_M = 12_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The last known position and what it means now."""

    position: Position
    at: datetime
    accuracy_m: float | None
    source: FixSource
    age_s: float
    from_home_m: float | None
    #: clockwise from north, 0 to 360
    from_home_deg: float | None

    @property
    def is_stale(self) -> bool:
        """Say whether the position is too old to be taken for the present one."""
        return self.age_s > STALE_S

    @property
    def walked_m(self) -> float:
        """Return how far somebody can have walked since."""
        return min(self.age_s * _WALK_M_S, _FURTHEST_M)


def home_of(zones: Iterable[Zone]) -> Position | None:
    """Return the elder's home: the centre of their first round safe zone."""
    own = (z for z in zones if z.elder_id is not None and z.kind is ZoneKind.SAFE)
    for zone in own:
        if isinstance(zone.shape, Circle):
            return zone.shape.centre
    return None


def whereabouts(band: BandView | None, home: Position | None, now: datetime) -> Whereabouts | None:
    """Return where the wearer of *band* was last; None when it never told."""
    if band is None or band.position is None or band.position_at is None:
        return None
    known = {source.value for source in FixSource}
    return Whereabouts(
        position=band.position,
        at=band.position_at,
        accuracy_m=band.accuracy_m,
        source=FixSource(band.source) if band.source in known else FixSource.UNKNOWN,
        age_s=max(0.0, (now - band.position_at).total_seconds()),
        from_home_m=None if home is None else distance_m(home, band.position),
        from_home_deg=None if home is None else bearing_deg(home, band.position),
    )


def from_home_sentence(where: Whereabouts, _: Gettext) -> str:
    """Return "860 m from home, north-east of it", empty when home is not known."""
    if where.from_home_m is None or where.from_home_deg is None:
        return ""
    if where.from_home_m < 30:
        return _("at home")
    direction = _(DIRECTIONS[round(where.from_home_deg / 45) % 8])
    return _("%(distance)s from home, %(direction)s of it") % {
        "distance": metres(where.from_home_m, _),
        "direction": direction,
    }


def where_sentence(where: Whereabouts, now: datetime, _: Gettext) -> str:
    """Return when and where in one line."""
    parts = [when(where.at, now, _), from_home_sentence(where, _)]
    return " · ".join(part for part in parts if part)


def stale_sentence(where: Whereabouts, _: Gettext) -> str:
    """Return the warning for an old position, empty for a fresh one."""
    if not where.is_stale:
        return ""
    return _("This position is %(minutes)d min old; they may be about %(distance)s further.") % {
        "minutes": int(where.age_s // 60),
        "distance": metres(where.walked_m, _),
    }


def quality_sentence(accuracy_m: float | None, source: FixSource, _: Gettext) -> str:
    """Return how good the position is and where it came from."""
    if accuracy_m is None:
        return _("accuracy unknown, %(source)s") % {"source": _(SOURCES[source])}
    return _("accurate to %(metres)d m, %(source)s") % {
        "metres": round(accuracy_m),
        "source": _(SOURCES[source]),
    }


def at_clock(instant: datetime | None) -> str:
    """Return the local time of day, a dash when there is none."""
    return "–" if instant is None else clock_time(instant)
