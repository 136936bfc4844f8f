"""Looks as a family reads them: what the viewer was, for which part of the town, what for. Pure.

Nobody is named: a relative needs to know that the duty room looked, not who sat there. Looks of
one kind on one day are one line.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from core.clock import LOCAL_ZONE
from store.looks import EVERYWHERE, Look

Gettext = Callable[[str], str]
#: marks a text for the catalogue where it cannot be translated yet
N_: Gettext = str

_ROLES = {
    "coordinator": N_("coordinator"),
    "operator": N_("registering operator"),
    "guardian": N_("guardian"),
    "rescuer": N_("rescue team member"),
}
_STAFF = N_("staff")
#: lists for spreadsheets: api/routes/list_exports.py
_LISTS = (
    "register",
    "elders",
    "bands",
    "guardians",
    "zones",
    "contacts",
    "pairings",
    "incidents",
    "history",
)
_IN_A_LIST = N_("list for a spreadsheet")
#: by the beginning of what is on record
_PURPOSES = {
    "answer page": N_("asked for help"),
    "incident": N_("an incident"),
    "incidents": N_("list of incidents"),
    "console": N_("duty console"),
    "live map": N_("map"),
    "map": N_("map"),
    "trail": N_("trail on the map"),
    "trail file": N_("trail as a file"),
    "explanation": N_("why an alarm came"),
    "false alarms": N_("false alarms"),
    "my elders": N_("the guardian's own page"),
    "zone": N_("drawing the safe zone"),
    "lost_band": N_("a lost wristband"),
    "photo": N_("the photo"),
    "sealed": N_("identity number or medical notes"),
    "export": N_("copy of all data, asked for by a person concerned"),
    "features": N_("map program of an agency"),
    **{f"export {name}": _IN_A_LIST for name in _LISTS},
}
_OTHER = N_("looking after wristbands")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Looks of one kind on one local day."""

    day: date
    first_at: datetime
    last_at: datetime
    looks: int
    who: str
    purpose: str


def lines_of(looks: Iterable[Look], organisations: Mapping[str, str], _: Gettext) -> list[Line]:
    """Return what a family reads, the newest first; *organisations* are names by id."""
    by_kind: dict[tuple[date, str, str], list[datetime]] = {}
    for look in looks:
        day = look.at.astimezone(LOCAL_ZONE).date()
        kind = (day, who_words(look, organisations, _), purpose_words(look.purpose, _))
        by_kind.setdefault(kind, []).append(look.at)
    lines = [
        Line(
            day=day,
            first_at=min(instants),
            last_at=max(instants),
            looks=len(instants),
            who=who,
            purpose=purpose,
        )
        for (day, who, purpose), instants in by_kind.items()
    ]
    return sorted(lines, key=lambda line: line.last_at, reverse=True)


def who_words(look: Look, organisations: Mapping[str, str], _: Gettext) -> str:
    """Return what the viewer was, with the part of the town: "coordinator (Xiashi Street)"."""
    role = _(", ").join(_(_ROLES.get(role, _STAFF)) for role in look.roles) or _(_STAFF)
    if EVERYWHERE in look.organisations:
        return _("%(role)s (%(where)s)") % {"role": role, "where": _("whole town")}
    names = [organisations[one] for one in look.organisations if one in organisations]
    if not names:
        return role
    return _("%(role)s (%(where)s)") % {"role": role, "where": _(", ").join(names)}


def purpose_words(purpose: str, _: Gettext) -> str:
    """Return what it was for."""
    if purpose in _PURPOSES:
        return _(_PURPOSES[purpose])
    kind = purpose.partition(":")[0].partition(" ")[0].rstrip("s")
    return _(_PURPOSES.get(kind, _PURPOSES.get(kind + "s", _OTHER)))
