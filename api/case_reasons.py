"""Why an incident's timeline says what it says: the decisions behind its entries."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from alerts import reasons
from api.explanation_json import decision_text
from core.incidents import EntryKind, Incident
from core.people import Language
from store import decisions
from store.decisions import Decision
from store.map_views import EntryView

#: decisions that are shown of one incident, the newest
MOST_DECISIONS = 40


def decisions_of(connection: Connection, incident: Incident, now: datetime) -> list[Decision]:
    """Return what was decided of the elder while the incident was open, oldest first."""
    return decisions.between(
        connection,
        incident.elder_id,
        incident.opened_at,
        incident.closed_at or now,
        limit=MOST_DECISIONS,
    )


def reasons_by_entry(
    entries: Iterable[EntryView], decided: Iterable[Decision], language: Language
) -> dict[int, str]:
    """Return, by its number, the reason of each entry that has one."""
    made = list(decided)
    found = {}
    for entry in entries:
        if entry.kind is EntryKind.SILENCE_CONFIRMED and "waited_s" in entry.detail:
            found[entry.number] = reasons.silence(float(entry.detail["waited_s"]), language)
            continue
        behind = next((one for one in made if _is_behind(one, entry)), None)
        if behind is not None:
            found[entry.number] = decision_text(behind, language)
    return found


def _is_behind(decision: Decision, entry: EntryView) -> bool:
    if decision.decided_at != entry.at or decision.zone_id != entry.detail.get("zone_id"):
        return False
    return all(entry.detail.get(name) == value for name, value in decision.evidence.items())
