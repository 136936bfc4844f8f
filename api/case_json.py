"""A case for programs and for the map: plain values, ISO instants in UTC, WGS-84."""

from datetime import datetime
from typing import Any

from api.band_shapes import iso
from api.case_reasons import reasons_by_entry
from api.cases import Case, Contact
from api.explanation_json import decision_json
from api.feed import entry_json
from api.moments import Gettext
from api.sentences import next_step
from api.status import LOOKS
from api.whereabouts import Whereabouts
from api.words import words
from core.people import Language
from store.decisions import Decision
from store.map_views import EntryView, TrailPoint
from store.notification_views import NotificationView

Json = dict[str, Any]


def card_json(case: Case, now: datetime, gettext: Gettext) -> Json:
    """Return what a list and the map show of a case."""
    incident, elder, look = case.incident, case.elder, LOOKS[case.incident.state]
    return {
        "id": incident.id,
        "state": incident.state.value,
        "state_words": gettext(look.words),
        "shape": look.shape,
        "colour": look.colour,
        "trigger": incident.trigger.value,
        "severity": int(incident.severity),
        "opened_at": iso(incident.opened_at),
        "stage_at": iso(incident.stage_at),
        "next_action_at": iso(incident.next_action_at),
        "next_step": next_step(case, gettext),
        "closed_at": iso(incident.closed_at),
        "outcome": None if incident.outcome is None else incident.outcome.value,
        "seemed_back_at": iso(incident.seemed_back_at),
        "last_contact_at": iso(case.last_contact_at),
        "going": case.going,
        "elder": {
            "id": elder.id,
            "name": elder.name,
            "birth_year": elder.birth_year,
            "sex": elder.sex,
            "age_years": case.age_years(now),
        },
        "device": None if case.band is None else case.band.device_id,
        "where": None if case.where is None else _where(case.where),
    }


def case_json(
    case: Case,
    *,
    contacts: list[Contact],
    entries: list[EntryView],
    evidence: TrailPoint | None,
    decided: list[Decision],
    now: datetime,
    language: Language,
) -> Json:
    """Return everything about a case."""
    gettext = words(language).gettext
    why = reasons_by_entry(entries, decided, language)
    return {
        **card_json(case, now, gettext),
        "appearance": case.elder.appearance,
        "hint": case.elder.hint,
        "policy": case.incident.policy.name,
        "step": case.incident.step,
        "round": case.incident.round,
        "evidence": None if evidence is None else _evidence(evidence),
        "contacts": [_contact(contact) for contact in contacts],
        "decisions": [decision_json(decision, language) for decision in decided],
        "timeline": [
            {**entry_json(entry, gettext), "why": why.get(entry.number)} for entry in entries
        ],
    }


def _where(where: Whereabouts) -> Json:
    return {
        "lon": where.position.lon,
        "lat": where.position.lat,
        "at": iso(where.at),
        "accuracy_m": where.accuracy_m,
        "source": where.source.value,
        "is_stale": where.is_stale,
        "from_home_m": None if where.from_home_m is None else round(where.from_home_m),
        "from_home_deg": None if where.from_home_deg is None else round(where.from_home_deg),
    }


def _evidence(point: TrailPoint) -> Json:
    return {
        "at": iso(point.at),
        "received_at": iso(point.received_at),
        "lon": point.position.lon,
        "lat": point.position.lat,
        "accuracy_m": point.accuracy_m,
        "source": point.source,
        "doubts": list(point.doubts),
        "late": point.is_backlog,
    }


def _contact(contact: Contact) -> Json:
    given = contact.answer
    return {
        "person_id": contact.person.id,
        "name": contact.person.name,
        "role": contact.person.role.value,
        "answer": None if given is None else given.answer.value,
        "answered_at": None if given is None else iso(given.at),
        "notifications": [_notification(sent) for sent in contact.notifications],
    }


def _notification(sent: NotificationView) -> Json:
    return {
        "id": sent.id,
        "channel": sent.channel,
        "purpose": sent.purpose,
        "topic": sent.topic,
        "status": sent.status,
        "reason": sent.reason,
        "round": sent.round,
        "step": sent.step,
        "created_at": iso(sent.created_at),
        "attempts": sent.attempts,
        "result": sent.result,
        "receipt": sent.receipt,
        "receipt_at": iso(sent.receipt_at),
    }
