"""One incident with all that a page shows of it: the elder, their place, who was asked."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from api.status import LOOKS
from api.whereabouts import Whereabouts, home_of, whereabouts
from core.accounts import EVERYWHERE, Scope
from core.errors import NotFound
from core.incidents import GivenAnswer, Incident, IncidentState
from core.people import Elder, Person, Role
from core.places import Position
from core.zones import Zone
from store import incidents, map_views, registry, scoping
from store.map_views import BandView
from store.notification_views import NotificationView, notifications_of
from store.zones import zones_for

#: closed incidents stay in the list this long
SHOW_CLOSED = timedelta(hours=24)
#: cases read together: no database takes any number of values in one query
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An incident as a card in a list shows it."""

    incident: Incident
    elder: Elder
    band: BandView | None
    zones: tuple[Zone, ...]
    home: Position | None
    where: Whereabouts | None
    #: everyone who answered, by id
    people: dict[int, Person]

    @property
    def going(self) -> list[str]:
        """Return the names of who is on the way."""
        return [self.people[p].name for p in self.incident.going()]

    @property
    def last_contact_at(self) -> datetime | None:
        """Return when anyone last answered."""
        return max((given.at for given in self.incident.answers), default=None)

    @property
    def next_at(self) -> datetime | None:
        """Return when the next stage begins if nobody answers."""
        incident = self.incident
        if incident.state is IncidentState.GUARDIANS:
            return incident.stage_at + timedelta(seconds=incident.policy.guardian_window_s)
        return incident.next_action_at

    def age_years(self, now: datetime) -> int:
        """Return the elder's age, as the year of birth tells it."""
        return now.year - self.elder.birth_year


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person who was asked or told, what they said last, and each message to them."""

    person: Person
    answer: GivenAnswer | None
    notifications: tuple[NotificationView, ...]

    @property
    def latest(self) -> list[NotificationView]:
        """Return the newest message by each channel."""
        return list({sent.channel: sent for sent in self.notifications}.values())


def load_case(connection: Connection, incident_id: int, now: datetime, scope: Scope) -> Case:
    """Return one case; NotFound when there is no such incident in *scope*."""
    scoping.check_incident(connection, incident_id, scope)
    cases = load_listed(connection, [incident_id], now)
    if not cases:
        raise NotFound(f"There is no incident {incident_id}.")
    return cases[0]


def load_cases(connection: Connection, now: datetime, scope: Scope) -> list[Case]:
    """Return the open cases in *scope* and those closed lately, the most urgent first."""
    ids = map_views.incident_ids(connection, scope=scope, closed_since=now - SHOW_CLOSED)
    return sorted(load_listed(connection, ids, now), key=_urgency)


def load_listed(connection: Connection, ids: list[int], now: datetime) -> list[Case]:
    """Return these cases in this order. Whoever asks has made sure that they may be seen.

    However many there are, a card costs no query of its own.
    """
    pages = (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
    return [case for page in pages for case in _load(connection, page, now)]


def _load(connection: Connection, ids: Sequence[int], now: datetime) -> list[Case]:
    found = incidents.load_all(connection, ids)
    listed = [found[incident_id] for incident_id in ids if incident_id in found]
    elder_ids = sorted({one.elder_id for one in listed})
    elders = registry.elders(connection, elder_ids)
    zones = zones_for(connection, elder_ids)
    bands = _newest_bands(connection, elder_ids)
    answered = {given.person_id for one in listed for given in one.answers}
    people = registry.people(connection, sorted(answered)) if answered else {}
    cases = []
    for incident in listed:
        theirs = zones[incident.elder_id]
        band, home = bands.get(incident.elder_id), home_of(theirs)
        case = Case(
            incident=incident,
            elder=elders[incident.elder_id],
            band=band,
            zones=theirs,
            home=home,
            where=whereabouts(band, home, now),
            people={given.person_id: people[given.person_id] for given in incident.answers},
        )
        cases.append(case)
    return cases


def contacts_of(connection: Connection, case: Case) -> list[Contact]:
    """Return everyone who was written to or who answered: guardians, rescuers, operators."""
    sent = notifications_of(connection, case.incident.id)
    latest = case.incident.latest_answers()
    order = dict.fromkeys([*(n.person_id for n in sent), *latest])
    contacts = [
        Contact(
            person=case.people.get(person_id) or registry.person(connection, person_id),
            answer=latest.get(person_id),
            notifications=tuple(n for n in sent if n.person_id == person_id),
        )
        for person_id in order
    ]
    return sorted(contacts, key=lambda contact: list(Role).index(contact.person.role))


def _newest_bands(connection: Connection, elder_ids: Sequence[int]) -> dict[int, BandView]:
    """Return by elder the band that knows the newest position, else the one heard last."""
    worn: dict[int, list[BandView]] = defaultdict(list)
    for band in map_views.bands(connection, scope=EVERYWHERE, wearers=elder_ids):
        if band.elder_id is not None:
            worn[band.elder_id].append(band)
    return {elder_id: _newest(theirs) for elder_id, theirs in worn.items()}


def _newest(worn: list[BandView]) -> BandView:
    placed = [band for band in worn if band.position_at is not None]
    if placed:
        return max(placed, key=lambda band: band.position_at or band.heard_at)
    return worn[-1]


def _urgency(case: Case) -> tuple[int, int]:
    """Order by state, then the longest open first; of the closed the newest first."""
    incident = case.incident
    return LOOKS[incident.state].order, incident.id if incident.is_open else -incident.id
