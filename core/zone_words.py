"""A zone in words: when it counts and where it is, and what is unwise about it. Pure."""

from collections.abc import Callable
from datetime import datetime

from core.clock import LOCAL_ZONE
from core.hours_text import hours_text
from core.languages import translations
from core.people import Language
from core.working_days import DayRule
from core.zone_limits import ZoneWarning, ground_m2
from core.zones import Circle, Urgency, Zone, ZoneKind

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

_WARNINGS: dict[ZoneWarning, str] = {
    ZoneWarning.SMALL: N_(
        "Smaller than 100 m around its middle: positions drift as far indoors, so expect false"
        " alarms."
    ),
    ZoneWarning.SLIVER: N_(
        "A strip narrower than 40 m: the positions of somebody who walks in it lie beside it."
    ),
    ZoneWarning.BEYOND_HAINING: N_("It reaches over the edge of the town."),
    ZoneWarning.NEVER_COUNTS: N_("Between its dates its hours and days never meet."),
}

_DAYS: dict[DayRule, str] = {
    DayRule.WORKING: N_("only on working days"),
    DayRule.OFF: N_("only on weekends and holidays"),
}


def warning_text(warning: ZoneWarning, language: Language) -> str:
    """Return what is unwise, as a sentence."""
    return translations(language).gettext(_WARNINGS[warning])


def zone_sentence(zone: Zone, language: Language, now: datetime) -> str:
    """Return when and where *zone* counts: "周一至周五 06:00–20:00，家周围 300 米"."""
    _ = translations(language).gettext
    times = _("around the clock")
    if zone.hours is not None:
        times = hours_text(zone.hours, language).replace("-", "–")
    parts = [times]
    if zone.days is not DayRule.EVERY:
        parts.append(_(_DAYS[zone.days]))
    begin = zone.valid_from
    parts += _dates(None if begin is None or begin <= now else begin, zone.valid_until, _)
    said = _(", ").join([*parts, _ground(zone, _)])
    if zone.kind is ZoneKind.SAFE:
        return said
    if zone.urgency is Urgency.WATCH:
        return _("Danger, guardians are asked: %(zone)s") % {"zone": said}
    return _("Danger, the rescue team is asked at once: %(zone)s") % {"zone": said}


def _dates(begin: datetime | None, end: datetime | None, _: Callable[[str], str]) -> list[str]:
    said = []
    if begin is not None:
        said.append(_("from %(when)s on") % {"when": _moment(begin)})
    if end is not None:
        said.append(_("until %(when)s") % {"when": _moment(end)})
    return said


def _moment(at: datetime) -> str:
    return at.astimezone(LOCAL_ZONE).strftime("%Y-%m-%d %H:%M")


def _ground(zone: Zone, _: Callable[[str], str]) -> str:
    shape = zone.shape
    if isinstance(shape, Circle):
        return _("%(radius)s m around %(name)s") % {
            "radius": f"{shape.radius_m:g}",
            "name": zone.name,
        }
    area_m2 = ground_m2(shape)
    if area_m2 < 100_000:
        return _("%(name)s as drawn, about %(area)s m²") % {
            "name": zone.name,
            "area": f"{area_m2:.0f}",
        }
    return _("%(name)s as drawn, about %(area)s km²") % {
        "name": zone.name,
        "area": f"{area_m2 / 1e6:.1f}",
    }
