"""What other systems are told, and how long we try: forms, words and waits. Pure.

An agency gets numbers and, if it may, a position; a chat room gets neither the elder's name nor
where they are. A chat can be read by whoever was once let in, and nobody can take it back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.wording import SIGNATURE, clock_time
from core.incidents import Outcome, Trigger
from core.languages import translations
from core.people import Language
from core.places import Position
from core.relays import Relay, RelayEvent, RelayStatus, SubscriberKind

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

#: how long one event is tried; what a room would hear after an hour misleads
PATIENCE = {SubscriberKind.WEBHOOK: timedelta(days=1), SubscriberKind.ROOM: timedelta(hours=1)}
#: waits between tries, seconds; the last one is repeated
WAITS_S = (5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0)
#: the longest wait that a receiver may ask for, seconds
_MOST_RETRY_AFTER_S = 3600.0
#: the receiver says it wants no more of this
_GONE = 410

_HAPPENED = {
    Trigger.CROSSING: N_("left the safe zone"),
    Trigger.DANGER_ZONE: N_("is in a danger zone"),
    Trigger.SOS: N_("pressed the SOS key"),
    Trigger.FALL: N_("may have fallen"),
    Trigger.STRAP_REMOVED: N_("took the wristband off"),
    Trigger.SILENCE: N_("cannot be located (band silent)"),
}
_NEWS = {
    RelayEvent.OPENED: N_("guardians are being asked"),
    RelayEvent.WORSE: N_("another alarm"),
    RelayEvent.RESCUE_ASKED: N_("the rescue team is being asked"),
    RelayEvent.TAKEN_OVER: N_("somebody is going"),
    RelayEvent.LEASE_ENDED: N_("no news from whoever was going, others are being asked"),
    RelayEvent.UNANSWERED: N_("NOBODY ANSWERED"),
    RelayEvent.SEEMS_BACK: N_("seems to be back, please confirm"),
    RelayEvent.CLOSED: N_("closed"),
}
_ENDED = {
    Outcome.FOUND: N_("closed, found"),
    Outcome.FALSE_ALARM: N_("closed, false alarm"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where the band was last."""

    position: Position  #: WGS-84, lon/lat
    accuracy_m: float | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known of an incident when its event goes out."""

    organisation_id: str
    #: by language
    organisation_names: dict[Language, str]
    #: None where the subscriber may not know, or nobody does
    whereabouts: Whereabouts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one try."""

    #: HTTP status; None when there was no answer
    code: int | None
    #: our word for what happened; no personal data
    reason: str = ""
    receipt: str = ""
    #: how long the receiver asked us to wait, wall seconds
    retry_after_s: float | None = None

    @property
    def is_taken(self) -> bool:
        """Say whether the other side has it."""
        return self.code is not None and 200 <= self.code < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTry:
    """What becomes of an event after a try."""

    status: RelayStatus
    #: None when it is over
    at: datetime | None = None


def after(
    reply: Reply, *, kind: SubscriberKind, happened_at: datetime, attempts: int, now: datetime
) -> NextTry:
    """Say what to do after try number *attempts*, which ended with *reply*.

    However late, there was at least one try; nothing ends as given up without having been tried.
    """
    if reply.is_taken:
        return NextTry(status=RelayStatus.DONE)
    wait_s = WAITS_S[min(attempts, len(WAITS_S)) - 1]
    if reply.retry_after_s is not None:
        wait_s = max(wait_s, min(reply.retry_after_s, _MOST_RETRY_AFTER_S))
    next_at = now + timedelta(seconds=wait_s)
    if reply.code == _GONE or next_at > happened_at + PATIENCE[kind]:
        return NextTry(status=RelayStatus.GIVEN_UP)
    return NextTry(status=RelayStatus.WAITING, at=next_at)


def webhook_body(relay: Relay, scene: Scene | None, *, console: str) -> dict[str, Any]:
    """Return what an agency is told (docs/relays.md); *console* is the incident's page."""
    data: dict[str, Any] = {"event_id": relay.event_id}
    if relay.incident_id is not None and scene is not None:
        facts = relay.facts
        data |= {
            "incident": relay.incident_id,
            "state": facts["state"],
            "severity": facts["severity"],
            "trigger": facts["trigger"],
            "opened_at": facts["opened_at"],
            "outcome": facts.get("outcome"),
            "drill": facts["is_drill"],
            "organisation": {
                "id": scene.organisation_id,
                "name_zh": scene.organisation_names[Language.CHINESE],
                "name_en": scene.organisation_names[Language.ENGLISH],
            },
            "console": console,
        }
        if scene.whereabouts is not None:
            last = scene.whereabouts
            data["position"] = {
                "lon": round(last.position.lon, 6),
                "lat": round(last.position.lat, 6),
                "accuracy_m": last.accuracy_m,
                "at": last.at.isoformat(),
            }
    kind = "test" if relay.event is RelayEvent.TEST else f"incident.{relay.event.value}"
    return {"type": kind, "timestamp": relay.at.isoformat(), "data": data}


def room_text(relay: Relay, scene: Scene | None, *, console: str) -> str:
    """Return what a chat room reads: number, street, state and a link; Chinese, then English."""
    lines = [_room_line(relay, scene, language) for language in Language]
    return "\n".join([SIGNATURE + lines[0], *lines[1:], *([console] if scene else [])])


def _room_line(relay: Relay, scene: Scene | None, language: Language) -> str:
    _ = translations(language).gettext
    if scene is None:
        return _("Test of this room. Nobody is missing; please do nothing.")
    facts = relay.facts
    news = _NEWS[relay.event]
    if relay.event is RelayEvent.CLOSED and "outcome" in facts:
        news = _ENDED.get(Outcome(str(facts["outcome"])), news)
    text = _("No. %(no)s, %(street)s: %(news)s. %(happened)s, since %(opened)s.") % {
        "no": relay.incident_id,
        "street": scene.organisation_names[language],
        "news": _(news),
        "happened": _(_HAPPENED[Trigger(str(facts["trigger"]))]),
        "opened": clock_time(datetime.fromisoformat(str(facts["opened_at"]))),
    }
    return _("DRILL") + " " + text if facts["is_drill"] else text
