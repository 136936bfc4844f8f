"""Why something was believed, in a sentence with its numbers: for operators, not for messages.

Numbers are rounded to what somebody can use; the exact ones stand in the evidence.
"""

from collections.abc import Callable, Sequence

from core.languages import translations
from core.people import Language
from core.zones import Side
from geofence.changes import ChangeKind, Evidence, Rule
from geofence.engine import Verdict, WhyNot
from geofence.model import FixClass

#: marks a text for the catalogue
N_: Callable[[str], str] = str

_KINDS: dict[ChangeKind, str] = {
    ChangeKind.SUSPECTED: N_("May have left"),
    ChangeKind.SUSPICION_DROPPED: N_("Suspicion dropped"),
    ChangeKind.LEFT: N_("Believed to have left"),
    ChangeKind.RETURNED: N_("Seems to be back"),
    ChangeKind.DANGER_ENTERED: N_("In a danger zone"),
    ChangeKind.DANGER_LEFT: N_("Out of the danger zone"),
}
#: what stands before the fixes
_LEADS: dict[Rule, str] = {
    Rule.ODDS_OUTSIDE: N_("positions too rough to count alone, but all together: %(fixes)s"),
    Rule.FIXES_IN_ALL: N_("%(fixes)s, with vaguer ones between them"),
    Rule.HOME_RADIO: N_("the band hears the radio of the home; %(fixes)s"),
    Rule.LATE_FIX: N_("a report that came late shows it: %(fixes)s"),
}
_COUNTS = {1: N_("one fix"), 2: N_("two fixes"), 3: N_("three fixes"), 4: N_("four fixes")}
_SILENCE_CONFIRMS = N_("If nothing speaks against it in time, it will be believed.")
_ASKED_AGAIN = N_("That is not enough to wake anybody; the band is asked again.")
_DANGER = frozenset({ChangeKind.DANGER_ENTERED, ChangeKind.DANGER_LEFT})


def sentence(
    kind: ChangeKind,
    evidence: Evidence | None,
    *,
    zone_name: str = "",
    silence_confirms: bool = False,
    language: Language,
) -> str:
    """Return what was decided and why; without evidence only what."""
    _ = translations(language).gettext
    if evidence is None:
        return _("%(what)s.") % {"what": _(_KINDS[kind])}
    fixes = _fixes(evidence, zone_name if kind in _DANGER else None, language)
    why = _(_LEADS.get(evidence.rule, "%(fixes)s")) % {"fixes": fixes}
    said = [_("%(what)s: %(why)s.") % {"what": _(_KINDS[kind]), "why": why}]
    if kind not in _DANGER:
        said.append(
            _("The elder is %(percent)s likely to be outside.")
            % {"percent": percent(evidence.probability_outside)}
        )
    if kind is ChangeKind.SUSPECTED:
        said.append(_(_SILENCE_CONFIRMS if silence_confirms else _ASKED_AGAIN))
    return _space(language).join(said)


def silence(waited_s: float, language: Language) -> str:
    """Return why a suspicion was believed that nothing contradicted for *waited_s* seconds."""
    _ = translations(language).gettext
    return _("No good fix spoke against it for %(span)s.") % {"span": span(waited_s, language)}


def believed(
    side: Side, probability_outside: float | None, suspicious: bool, language: Language
) -> str:
    """Return what is believed of an elder and the safe zones."""
    _ = translations(language).gettext
    if probability_outside is None:
        return _("No fix has been measured against a safe zone.")
    if side is Side.UNSURE:
        what = _("Not known yet whether inside or outside")
    else:
        what = _("Inside the safe zone") if side is Side.INSIDE else _("Outside the safe zone")
    values = {"what": what, "percent": percent(probability_outside)}
    if suspicious:
        return _("%(what)s, but perhaps no longer: %(percent)s likely to be outside.") % values
    return _("%(what)s; %(percent)s likely to be outside.") % values


def in_danger(zone_name: str, language: Language) -> str:
    """Return that an elder is believed to be in a danger zone."""
    _ = translations(language).gettext
    return _("In the danger zone “%(zone)s”.") % {"zone": zone_name or "?"}


def place(beyond_m: float, language: Language) -> str:
    """Return where a fix lies beside the safe zones."""
    return _place([beyond_m], None, language)


def counted(verdict: Verdict, fix_class: FixClass, language: Language) -> str:
    """Return how a fix that was judged counts; empty for one that was refused."""
    _ = translations(language).gettext
    if verdict.why_not is not WhyNot.JUDGED:
        return ""
    return _("not alone: too coarse") if fix_class is FixClass.COARSE else _("yes")


def metres(value_m: float) -> int:
    """Return a distance as somebody would say it: to 5 m when near, to 10 and to 100 m farther."""
    size_m = abs(value_m)
    step = 5 if size_m < 50 else 10 if size_m < 1000 else 100
    return int(size_m / step + 0.5) * step


def percent(probability: float) -> str:
    """Return a probability in per cent, never a certainty."""
    if probability < 0.01:
        return "<1%"
    return ">99%" if probability > 0.99 else f"{round(probability * 100)}%"


def span(seconds: float, language: Language) -> str:
    """Return a length of time in one unit."""
    _ = translations(language).gettext
    if seconds < 55:
        return _("%(n)d seconds") % {"n": max(5, round(seconds / 5) * 5)}
    if seconds < 5400:
        minutes = round(seconds / 60)
        return _("1 minute") if minutes == 1 else _("%(n)d minutes") % {"n": minutes}
    hours = round(seconds / 3600)
    return _("1 hour") if hours == 1 else _("%(n)d hours") % {"n": hours}


def _fixes(evidence: Evidence, danger_zone: str | None, language: Language) -> str:
    """Return how many fixes, where they lie, how good they are and how far apart in time."""
    _ = translations(language).gettext
    number = max(evidence.fixes, len(evidence.witnesses))
    all_named = number == len(evidence.witnesses)
    seen = evidence.witnesses if all_named else ()
    accuracies_m = [one.accuracy_m for one in seen] or [evidence.accuracy_m]
    values = {
        "count": _(_COUNTS[number]) if number in _COUNTS else _("%(n)d fixes") % {"n": number},
        "place": _place(
            [one.beyond_m for one in seen] or [evidence.beyond_m], danger_zone, language
        ),
        "accuracy": _range([max(5, metres(one)) for one in accuracies_m], language),
        "span": span(evidence.span_s, language),
    }
    if number == 1:
        return _("%(count)s %(place)s (accuracy %(accuracy)s m)") % values
    if not all_named:
        return _("%(count)s, the last %(place)s (accuracy %(accuracy)s m)") % values
    if number == 2:
        return _("%(count)s, both %(place)s (accuracy %(accuracy)s m), %(span)s apart") % values
    return _("%(count)s, all %(place)s (accuracy %(accuracy)s m), within %(span)s") % values


def _place(beyond_m: Sequence[float], danger_zone: str | None, language: Language) -> str:
    """Return where fixes lie beside the safe zones, or beside a danger zone."""
    _ = translations(language).gettext
    rounded = [metres(one) for one in beyond_m]
    values = {"zone": danger_zone or "?", "metres": _range(rounded, language)}
    is_safe = danger_zone is None
    if min(beyond_m) > 0 and max(rounded) > 0:
        if is_safe:
            return _("about %(metres)s m outside the safe zone") % values
        return _("about %(metres)s m from the danger zone “%(zone)s”") % values
    if max(beyond_m) <= 0 and max(rounded) > 0:
        if is_safe:
            return _("about %(metres)s m inside the safe zone") % values
        return _("about %(metres)s m inside the danger zone “%(zone)s”") % values
    if is_safe:
        return _("at the edge of the safe zone")
    return _("at the edge of the danger zone “%(zone)s”") % values


def _range(values: Sequence[int], language: Language) -> str:
    least, most = min(values), max(values)
    if least == most:
        return str(most)
    return translations(language).gettext("%(least)d to %(most)d") % {"least": least, "most": most}


def _space(language: Language) -> str:
    return " " if language is Language.ENGLISH else ""
