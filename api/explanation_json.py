"""Why something was believed, for programs: numbers as they are, sentences beside them."""

from typing import Any

from alerts import reasons
from alerts.explaining import Explanation, Retold
from api.band_shapes import iso
from api.labels import NOTES, REPLAYS, SIDES, SOURCES, WHY_NOT
from api.words import words
from core.people import Language
from geofence.changes import ChangeKind, Evidence
from geofence.engine import WhyNot
from geofence.model import MODEL
from geofence.observations import grade
from geofence.replaying import Seen
from store.decisions import Decision

Json = dict[str, Any]


def explanation_json(explanation: Explanation, language: Language) -> Json:
    """Return everything about what was believed at one instant."""
    belief, names, _ = explanation.belief, explanation.zone_names, words(language).gettext
    return {
        "elder": {"id": explanation.elder.id, "name": explanation.elder.name},
        "at": iso(explanation.at),
        "believed": {
            "side": belief.side.value,
            "side_words": _(SIDES[belief.side]),
            "probability_outside": belief.probability_outside,
            "suspicious": belief.suspicious,
            "in_danger": [{"id": z, "name": names.get(z, "")} for z in belief.in_danger],
            "newest_fix_at": iso(belief.judged_at),
            "text": belief_text(explanation, language),
        },
        "decisions": [_retold(retold, language) for retold in explanation.decisions],
        "fixes": [_seen(seen, language) for seen in explanation.seen],
        "notes": [{"code": note.value, "text": _(NOTES[note])} for note in explanation.notes],
    }


def belief_text(explanation: Explanation, language: Language) -> str:
    """Return what was believed, in words."""
    belief, names = explanation.belief, explanation.zone_names
    said = [
        reasons.believed(belief.side, belief.probability_outside, belief.suspicious, language),
        *(reasons.in_danger(names.get(zone_id, ""), language) for zone_id in belief.in_danger),
    ]
    return (" " if language is Language.ENGLISH else "").join(said)


def decision_json(decision: Decision, language: Language) -> Json:
    """Return one decision with its sentence."""
    zone = {"id": decision.zone_id, "name": decision.zone_name}
    return {
        "id": decision.id,
        "at": iso(decision.at),
        "decided_at": iso(decision.decided_at),
        "kind": decision.kind,
        "rule": decision.rule,
        "zone": None if decision.zone_id is None else zone,
        "report_id": decision.report_id,
        "evidence": decision.evidence,
        "text": decision_text(decision, language),
    }


def decision_text(decision: Decision, language: Language) -> str:
    """Return what was decided and why, in words; only its name when it cannot be read any more."""
    try:
        kind, evidence = ChangeKind(decision.kind), Evidence.from_json(decision.evidence)
    except (KeyError, TypeError, ValueError):
        return f"{decision.kind}: {decision.rule}"
    return reasons.sentence(
        kind,
        evidence,
        zone_name=decision.zone_name,
        silence_confirms=decision.silence_confirms,
        language=language,
    )


def replay_text(retold: Retold, language: Language) -> str:
    """Return what came of judging a decision again, in words."""
    _ = words(language).gettext
    said = _(REPLAYS[retold.replay])
    if retold.rules_changed:
        return _("%(said)s (the rules were changed since)") % {"said": said}
    return said


def counted_text(seen: Seen, language: Language) -> str:
    """Return whether a report counted, or why not."""
    if seen.verdict.why_not is not WhyNot.JUDGED:
        return words(language).gettext(WHY_NOT[seen.verdict.why_not])
    assert seen.ping.fix is not None
    fix_class, _ = grade(seen.ping.fix, MODEL)
    return reasons.counted(seen.verdict, fix_class, language)


def _retold(retold: Retold, language: Language) -> Json:
    return {
        **decision_json(retold.decision, language),
        "replay": retold.replay.value,
        "replay_text": replay_text(retold, language),
        "rules_changed": retold.rules_changed,
        "found": [
            {"kind": change.kind.value, "evidence": change.evidence.to_json()}
            for change in retold.found
        ],
    }


def _seen(seen: Seen, language: Language) -> Json:
    ping, verdict, _ = seen.ping, seen.verdict, words(language).gettext
    fix = ping.fix
    return {
        "ping_id": seen.ping_id,
        "report_id": ping.report_id,
        "at": iso(verdict.at),
        "received_at": iso(ping.received_at),
        "lon": None if fix is None else fix.position.lon,
        "lat": None if fix is None else fix.position.lat,
        "accuracy_m": None if fix is None else fix.accuracy_m,
        "source": None if fix is None else fix.source.value,
        "source_words": None if fix is None else _(SOURCES[fix.source]),
        "side": verdict.side.value,
        "beyond_m": verdict.beyond_m,
        "probability_outside": verdict.probability_outside,
        "judged": verdict.judged,
        "why_not": verdict.why_not.value,
        "counted_text": counted_text(seen, language),
        "doubts": sorted(ping.doubts),
        "late": ping.is_backlog,
    }
