"""Words in files for maps, in the reader's language. Pure."""

from collections.abc import Callable

from api.labels import DOUBTS, SOURCES
from api.map_files import SearchPlan, Trail
from api.moments import Gettext, day_and_time, metres
from core.pings import Doubt, FixSource
from rescue.rings import Ring
from store.map_views import TrailPoint

N_: Callable[[str], str] = str  # marks a text for translation later

_KINDS = {
    "safe": N_("Safe zone"),
    "danger": N_("Danger zone"),
}
_KNOWN_DOUBTS = {doubt.value for doubt in Doubt}
_KNOWN_SOURCES = {source.value for source in FixSource}


def trail_title(trail: Trail, _: Gettext) -> str:
    """Return whose way it is."""
    return _("Trail of %(name)s (elder %(id)d)") % {"name": trail.name, "id": trail.elder_id}


def trail_note(trail: Trail, _: Gettext) -> str:
    """Return from when until when, and what to know of it."""
    said = _("From %(since)s to %(until)s, time of Haining.") % {
        "since": day_and_time(trail.since),
        "until": day_and_time(trail.until),
    }
    notes = [said, _("Doubted positions are single places beside the line.")]
    if trail.is_cut:
        notes.append(_("There are older positions, too; ask for a shorter time."))
    return " ".join(notes)


def plan_title(plan: SearchPlan, _: Gettext) -> str:
    """Return whom the search is for."""
    return _("Search plan of incident %(incident)d: %(name)s (elder %(id)d)") % {
        "incident": plan.incident_id,
        "name": plan.name,
        "id": plan.elder_id,
    }


def plan_note(plan: SearchPlan, _: Gettext) -> str:
    """Return when it was made, and what rings are worth."""
    made = _("Made %(at)s, time of Haining.") % {"at": day_and_time(plan.made_at)}
    if plan.start is None:
        return made + " " + _("No good position is known; there are no rings.")
    worth = _("Rings are foreign figures for people with dementia, a help to begin, no truth.")
    return f"{made} {worth}"


def ring_name(ring: Ring, _: Gettext) -> str:
    """Return what a ring means: "50 % found within 1.1 km"."""
    distance = metres(ring.radius_m, _)
    if ring.percent is None:
        return _("Walked at most %(distance)s since then") % {"distance": distance}
    return _("%(percent)d %% found within %(distance)s") % {
        "percent": ring.percent,
        "distance": distance,
    }


def area_name(kind: str, name: str, _: Gettext) -> str:
    """Return what ground it is."""
    return f"{_(_KINDS[kind])} {name}" if kind in _KINDS else name


def point_name(point: TrailPoint) -> str:
    """Return when it was, on the clock of Haining."""
    return day_and_time(point.at)


def start_name(_: Gettext) -> str:
    """Return what the place to begin at is."""
    return _("Last good position")


def point_note(point: TrailPoint, _: Gettext) -> str:
    """Return how good a position is, and why it is doubted."""
    said = []
    if point.accuracy_m is not None:
        said.append(_("accurate to %(metres)d m") % {"metres": round(point.accuracy_m)})
    if point.source in _KNOWN_SOURCES:
        said.append(_(SOURCES[FixSource(point.source)]))
    said += [_(DOUBTS[Doubt(doubt)]) for doubt in point.doubts if doubt in _KNOWN_DOUBTS]
    return " · ".join(said)
