"""After a false alarm the past days are studied, and a person decides what comes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.false_alarms import accept, load_past, refuse, settle, study_next
from core.errors import Conflict, Refused
from core.false_alarms import PastIncident, ProposalKind, ProposalState, Suggestion
from core.incidents import Answer, IncidentState, Outcome
from core.pings import Ping
from core.zones import Circle, ZoneKind
from store import zone_proposals, zones
from store.zone_proposals import Proposal
from store.zones import zones_for
from tests.geofence.fortnight import HOME, Outing, days_of, incident
from tests.past_days import remember
from tests.scenes import AlertsRole, Household, Town, on_both_databases, register_household

#: one ping in ten minutes: each test studies them
EVERY = timedelta(minutes=10)
NEIGHBOUR = days_of(Outing(east_m=260, from_h=14, until_h=16), every=EVERY)
NEIGHBOUR_ALARMS = tuple(incident(n, n, 14.1, 15, Outcome.FALSE_ALARM) for n in (8, 10, 12))
MARKET = days_of(
    Outing(east_m=700, north_m=200, from_h=8, until_h=9.6, days=[9, 10, 12, 13]), every=EVERY
)
MARKET_ALARMS = tuple(incident(n, n, 8.1, 9, Outcome.FALSE_ALARM) for n in (9, 10, 12))


def settled(town: Town, said: tuple[Ping, ...], happened: tuple[PastIncident, ...]) -> Household:
    """Register a second household at the fortnight's home, with what was said and happened."""
    with town.engine.begin() as connection:
        house = register_household(connection, "band-2", now=town.clock.now(), home=HOME)
        remember(
            connection,
            elder_id=house.elder_id,
            device_id=house.device_id,
            said=said,
            happened=happened,
        )
    return house


def proposals(town: Town, house: Household) -> list[Proposal]:
    """Return every proposal for the household's elder."""
    with town.engine.begin() as connection:
        return zone_proposals.of_elder(connection, house.elder_id)


def study(town: Town) -> int:
    """Study whoever is due; return how many there were."""
    studied = 0
    while study_next(town.engine, town.clock.now()):
        studied += 1
    return studied


@on_both_databases
def test_a_false_alarm_leads_to_a_proposal(town: Town) -> None:
    """The elder with false alarms is studied, once, and a better zone is proposed."""
    house = settled(town, NEIGHBOUR, NEIGHBOUR_ALARMS)
    studied = study(town), study(town)
    (found,) = proposals(town, house)

    assert (1, 0) == studied
    assert (ProposalKind.BETTER_HOME, ProposalState.OPEN) == (found.suggestion.kind, found.state)
    assert 3 == found.suggestion.proof.spared


def test_the_next_night_repeats_nothing(town: Town) -> None:
    """Studied again, the same proposal is renewed and not made twice."""
    house = settled(town, NEIGHBOUR, NEIGHBOUR_ALARMS)
    study(town)
    town.clock.advance(86_400)
    again = study(town)

    assert (1, 1) == (again, len(proposals(town, house)))


def test_what_newer_days_do_not_speak_for_ends(town: Town) -> None:
    """A proposal goes when the past days do not carry it any more."""
    house = settled(town, NEIGHBOUR, NEIGHBOUR_ALARMS)
    study(town)
    with town.engine.begin() as connection:
        settle(connection, house.elder_id, (), town.clock.now())

    assert [ProposalState.OUTDATED] == [one.state for one in proposals(town, house)]


@pytest.mark.parametrize(
    ("days", "times", "comes_again"),
    [
        (1, 1, False),
        (29, 1, False),
        (30, 1, True),
        (1, 2, True),  # twice as many false alarms would be spared
    ],
)
def test_a_refusal_holds_for_a_while(town: Town, days: int, times: int, comes_again: bool) -> None:
    """A refused proposal comes again after 30 days, or when its evidence has doubled."""
    house = settled(town, NEIGHBOUR, NEIGHBOUR_ALARMS)
    study(town)
    (found,) = proposals(town, house)
    now = town.clock.now()
    with town.engine.begin() as connection:
        refuse(connection, found.id, by="值班员甲", reason="河边", now=now)
        later = now + timedelta(days=days)
        added = settle(connection, house.elder_id, [_stronger(found, times)], later)

    assert comes_again == bool(added)


def _stronger(proposal: Proposal, times: int) -> Suggestion:
    proof = proposal.suggestion.proof
    return replace(proposal.suggestion, proof=replace(proof, spared=proof.spared * times))


@on_both_databases
def test_accepting_draws_the_zone_anew(town: Town) -> None:
    """Home's zone gets the proposed shape, in the name of who accepted."""
    house = settled(town, NEIGHBOUR, NEIGHBOUR_ALARMS)
    study(town)
    (found,) = proposals(town, house)
    made_id = accept(town.engine, found.id, by="值班员甲", name="", now=town.clock.now())
    with town.engine.begin() as connection:
        (zone,) = zones_for(connection, [house.elder_id])[house.elder_id]
        newest = zones.versions(connection, house.elder_id)[-1]
    (after,) = proposals(town, house)

    assert (made_id, found.suggestion.shape, "家") == (zone.id, zone.shape, zone.name)
    assert ("值班员甲", found.suggestion.zone_id) == (newest.edited_by, newest.replaces)
    assert (ProposalState.ACCEPTED, "值班员甲", made_id) == (
        after.state,
        after.decided_by,
        after.made_zone_id,
    )


def test_accepting_adds_the_market(town: Town) -> None:
    """A missing place becomes a safe zone of its own, with the name that was given."""
    house = settled(town, MARKET, MARKET_ALARMS)
    study(town)
    (found,) = proposals(town, house)
    made_id = accept(town.engine, found.id, by="甲", name="菜场", now=town.clock.now())
    with town.engine.begin() as connection:
        drawn = zones_for(connection, [house.elder_id])[house.elder_id]
    (added,) = [zone for zone in drawn if zone.id == made_id]

    assert (2, "菜场", ZoneKind.SAFE) == (len(drawn), added.name, added.kind)


def test_nothing_is_accepted_twice(town: Town) -> None:
    """Who comes second is told that it was decided."""
    house = settled(town, MARKET, MARKET_ALARMS)
    study(town)
    (found,) = proposals(town, house)
    accept(town.engine, found.id, by="甲", name="菜场", now=town.clock.now())
    with pytest.raises(Conflict):
        accept(town.engine, found.id, by="乙", name="菜场", now=town.clock.now())
    with town.engine.begin() as connection, pytest.raises(Conflict):
        refuse(connection, found.id, by="乙", reason="", now=town.clock.now())


def test_a_zone_drawn_meanwhile_is_not_overwritten(town: Town) -> None:
    """A proposal for a zone that somebody drew anew cannot be accepted any more."""
    house = settled(town, NEIGHBOUR, NEIGHBOUR_ALARMS)
    study(town)
    (found,) = proposals(town, house)
    with town.engine.begin() as connection:
        (zone,) = zones_for(connection, [house.elder_id])[house.elder_id]
        wider = replace(zone, shape=Circle(HOME, 210))
        zones.edit_zone(connection, wider, by="乙", now=town.clock.now())
    with pytest.raises(Conflict):
        accept(town.engine, found.id, by="甲", name="", now=town.clock.now())


def test_a_real_incident_since_stops_it(town: Town) -> None:
    """When the elder was found at that place meanwhile, the zone is refused to be drawn."""
    house = settled(town, NEIGHBOUR, NEIGHBOUR_ALARMS)
    study(town)
    (found,) = proposals(town, house)
    with town.engine.begin() as connection:
        remember(
            connection,
            elder_id=house.elder_id,
            device_id=house.device_id,
            happened=[incident(1, 13, 14.1, 15, Outcome.FOUND)],
        )
    with pytest.raises(Refused):
        accept(town.engine, found.id, by="甲", name="", now=town.clock.now())
    (after,) = proposals(town, house)

    assert ProposalState.OPEN is after.state


def test_a_guardian_calls_it_false(town: Town) -> None:
    """An SMS "误报" closes the incident as a false alarm, which is studied."""
    incident_id = town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    guardian, *_ = town.household.guardians
    town.texts(guardian, "误报")
    closed = town.incident(incident_id)
    studied = study(town)

    assert (IncidentState.CLOSED, Outcome.FALSE_ALARM) == (closed.state, closed.outcome)
    assert Answer.FALSE_ALARM is closed.answers[-1].answer
    assert 1 == studied


def test_the_patience_is_the_band_s(town: Town) -> None:
    """A suspicion waits one interval of the band and a minute in the replay as in life."""
    with town.engine.begin() as connection:
        past = load_past(connection, town.household.elder_id, town.clock.now())

    assert 360 == past.silence_s
