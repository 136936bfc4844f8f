"""Why something was believed, for people: lines of text and a table of the fixes."""

from datetime import timedelta

from alerts import reasons
from alerts.explaining import Explanation
from api.explanation_json import belief_text, counted_text, decision_text, replay_text
from api.labels import NOTES, SOURCES
from api.moments import clock_time_s, day_and_time
from api.words import words
from core.people import Language
from geofence.replaying import Seen

#: a report that took longer shows when it arrived, too
_ON_THE_WAY = timedelta(seconds=60)


def heading(explanation: Explanation, language: Language) -> str:
    """Return of whom and of when the rest speaks."""
    _ = words(language).gettext
    values = {"name": explanation.elder.name, "id": explanation.elder.id}
    when = f"{day_and_time(explanation.at)}:{explanation.at:%S}"
    return _("%(name)s (no. %(id)s), %(when)s") % {**values, "when": when}


def lines(explanation: Explanation, language: Language) -> list[str]:
    """Return what was believed, what was decided around that time and why, and what to know."""
    _ = words(language).gettext
    said = [belief_text(explanation, language)]
    for retold in explanation.decisions:
        when = day_and_time(retold.decision.decided_at)
        said.append(f"{when}  {decision_text(retold.decision, language)}")
        said.append(f"    → {replay_text(retold, language)}")
    if not explanation.decisions:
        said.append(_("Nothing was decided around that time, and nothing before."))
    return [*said, *(_(NOTES[note]) for note in explanation.notes)]


def columns(language: Language) -> list[str]:
    """Return the headings of the table of fixes."""
    _ = words(language).gettext
    return [
        _("time"),
        _("where"),
        _("accuracy"),
        _("source"),
        _("outside by itself"),
        _("counted"),
    ]


def row(seen: Seen, language: Language) -> list[str]:
    """Return one fix as a row of that table."""
    _ = words(language).gettext
    ping, verdict, fix = seen.ping, seen.verdict, seen.ping.fix
    when = clock_time_s(verdict.at)
    if ping.received_at - verdict.at > _ON_THE_WAY:
        when = _("%(time)s, arrived %(later)s") % {
            "time": when,
            "later": clock_time_s(ping.received_at),
        }
    probability, accuracy_m = verdict.probability_outside, None if fix is None else fix.accuracy_m
    return [
        when,
        "–" if verdict.beyond_m is None else reasons.place(verdict.beyond_m, language),
        "–" if accuracy_m is None else f"{accuracy_m:.0f} m",
        "–" if fix is None else _(SOURCES[fix.source]),
        "–" if probability is None else reasons.percent(probability),
        counted_text(seen, language),
    ]
