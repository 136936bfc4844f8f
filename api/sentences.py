"""Timeline entries as sentences people read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.cases import Case
from api.labels import (
    ANSWERS,
    CHANNELS,
    FAILURES,
    OUTCOMES,
    PURPOSES,
    REASONS,
    ROLES,
    SIDES,
    STAGES,
    TRIGGERS,
)
from api.moments import Gettext, clock_time, day_and_time
from core.bands import Trouble
from core.incidents import EntryKind, IncidentState
from core.zones import Side
from store.band_tasks import Task
from store.map_views import EntryView

#: what only shows that the machinery works; folded away by default
NOISE = frozenset({EntryKind.MESSAGE_SENT, EntryKind.MESSAGE_DELIVERED, EntryKind.MESSAGE_WITHHELD})

_PLAIN: dict[EntryKind, str] = {
    EntryKind.SUSPECTED: "Something was seen: %(trigger)s. Waiting for confirmation.",
    EntryKind.SUSPICION_DROPPED: "The suspicion proved wrong; nobody was woken.",
    EntryKind.OPENED: "Incident opened: %(trigger)s.",
    EntryKind.CONFIRMED: "Confirmed by a second position.",
    EntryKind.SILENCE_CONFIRMED: "Nothing contradicted it: believed after waiting.",
    EntryKind.STEP_STARTED: "Asked %(stage)s, step %(step)s: %(asked)s people.",
    EntryKind.NOBODY_REACHABLE: "Nobody could be reached: %(stage)s, step %(step)s.",
    EntryKind.RESCUE_ASKED: "The rescue team is asked: %(reason)s.",
    EntryKind.ANSWERED: "%(person)s answered “%(answer)s” by %(channel)s.",
    EntryKind.TOOK_OVER: "%(person)s (%(role)s) is on the way.",
    EntryKind.LEASE_REMINDED: "No news for a while: asked whoever is on the way.",
    EntryKind.LEASE_ENDED: "Still no news: asking begins again.",
    EntryKind.UNANSWERED: "Nobody answered. The duty room is alarmed.",
    EntryKind.TRIGGERED_AGAIN: "Happened as well: %(trigger)s.",
    EntryKind.SEEMS_BACK: "The band seems to be back; a person must confirm.",
    EntryKind.CLOSED: "Closed: %(outcome)s. By %(by)s.",
    EntryKind.MESSAGE_SENT: "%(channel)s to %(person)s handed over (%(purpose)s).",
    EntryKind.MESSAGE_DELIVERED: "%(channel)s to %(person)s delivered (%(purpose)s).",
    EntryKind.MESSAGE_FAILED: "%(channel)s to %(person)s (%(purpose)s): %(code)s.",
    EntryKind.MESSAGE_UNCONFIRMED: "%(channel)s to %(person)s: no word of it since it was taken"
    " (%(purpose)s).",
    EntryKind.PAUSED: "Asking is paused until %(until)s. By %(by)s.",
    EntryKind.RESUMED: "Asking goes on. %(by)s",
    EntryKind.MESSAGE_WITHHELD: "%(channel)s to %(person)s not needed any more (%(purpose)s).",
    EntryKind.NOTE: "Note by %(by)s: %(text)s",
}

#: who gave orders before there were accounts, or where nobody signs in
_UNNAMED = frozenset({"coordinator", "demo visitor"})

_NEXT: dict[IncidentState, str] = {
    IncidentState.SUSPECT: "%(time)s guardians will be asked",
    IncidentState.GUARDIANS: "%(time)s the rescue team will be asked",
    IncidentState.ACCEPTED: "%(time)s they will be asked for news",
    IncidentState.RESCUE: "%(time)s the team will be called again",
    IncidentState.RESCUE_ACCEPTED: "%(time)s they will be asked for news",
    IncidentState.UNANSWERED: "%(time)s the alarm goes out again",
}


def task_detail(task: Task, _: Gettext) -> str:
    """Return what else is known of a band's trouble, in words."""
    detail = task.detail
    if task.trouble is Trouble.MASS_SILENCE:
        return _("%(bands)s of %(of)s bands. Look at the network, not at people.") % detail
    if task.trouble is Trouble.LOW_BATTERY:
        if not detail.get("empty_at"):
            return _("%(pct)s %% left") % detail
        empty_at = datetime.fromisoformat(detail["empty_at"])
        return _("%(pct)s %% left, empty about %(when)s") % {
            "pct": detail["pct"],
            "when": day_and_time(empty_at),
        }
    if task.trouble is Trouble.SILENT:
        side = _(SIDES[Side(detail["side"])])
        if detail.get("battery_was_low"):
            return _("last seen %(side)s; its battery was nearly empty") % {"side": side}
        return _("last seen %(side)s") % {"side": side}
    return ""


def sentence(entry: EntryView, _: Gettext) -> str:
    """Return one entry in words."""
    said = _(_PLAIN[entry.kind]) % _values(entry, _)
    if entry.detail.get("despite_quiet"):
        more = _("%(n)s of them although they are away or in quiet hours.")
        said = f"{said} {more % {'n': entry.detail['despite_quiet']}}"
    if entry.detail.get("rota_gap"):
        said = f"{said} {_('The whole team: nobody on duty could be reached.')}"
    return said


def next_step(case: Case, _: Gettext) -> str:
    """Return what happens next and when, empty for a closed incident."""
    text, at = _NEXT.get(case.incident.state), case.next_at
    if text is None or at is None:
        return ""
    return _(text) % {"time": clock_time(at)}


def _values(entry: EntryView, _: Gettext) -> Mapping[str, str]:
    detail = entry.detail

    def word(key: str, labels: Mapping[Any, str]) -> str:
        raw = str(detail.get(key, ""))  # equal to the enum member of that value
        return _(labels[raw]) if raw in labels else raw

    return {
        "person": entry.person_name or _("somebody"),
        "trigger": word("trigger", TRIGGERS),
        "answer": word("answer", ANSWERS),
        "outcome": word("outcome", OUTCOMES),
        "role": word("role", ROLES),
        "purpose": word("purpose", PURPOSES),
        "channel": word("channel", CHANNELS),
        "stage": word("stage", STAGES),
        "reason": _reason(str(detail.get("reason", "")), _),
        "by": _by(entry, str(detail.get("by", "")), _),
        "step": str(int(detail.get("step") or 0) + 1),
        "asked": str(detail.get("asked", "")),
        "code": word("reason", FAILURES),
        "text": str(detail.get("text", "")),
        "until": _time(str(detail.get("until", ""))),
    }


def _time(raw: str) -> str:
    return clock_time(datetime.fromisoformat(raw)) if raw else ""


def _reason(raw: str, _: Gettext) -> str:
    key = raw.partition(":")[0]
    return _(REASONS[key]) if key in REASONS else raw


def _by(entry: EntryView, raw: str, _: Gettext) -> str:
    if entry.person_name:
        return entry.person_name
    if entry.account_name:
        return entry.account_name
    return _("the coordinator") if raw in _UNNAMED else raw
