"""Better zones, proposed from the past fortnight and from what people said."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from core.false_alarms import PartOfDay, PastIncident, ProposalKind, Suggestion
from core.incidents import Outcome
from core.pings import Ping
from core.places import distance_m
from core.zones import Circle, Zone, ZoneKind
from geofence.past import Past
from geofence.planes import Plane, middle, reach_m
from geofence.proposals import propose
from geofence.trying import try_zones
from tests.geofence.fortnight import ELDER, END, HOME, Outing, days_of, incident, zone

#: a neighbour 60 m beyond the edge of home, visited every afternoon
NEIGHBOUR = days_of(Outing(east_m=260, from_h=14, until_h=16))
NEIGHBOUR_ALARMS = tuple(incident(n, n, 14.1, 15, Outcome.FALSE_ALARM) for n in (8, 10, 12))
#: a market a good walk away, on four mornings
MARKET = days_of(Outing(east_m=700, north_m=200, from_h=8, until_h=9.6, days=[9, 10, 12, 13]))
MARKET_ALARMS = tuple(incident(n, n, 8.1, 9, Outcome.FALSE_ALARM) for n in (9, 10, 12))


def proposed(
    pings: tuple[Ping, ...], incidents: tuple[PastIncident, ...], *zones: Zone
) -> tuple[Suggestion, ...]:
    """Return what is proposed after these days."""
    past = Past(elder_id=ELDER, zones=zones or (zone(),), pings=pings, incidents=incidents)
    return propose(past, END)


def test_home_grows_to_the_neighbour() -> None:
    """Where an elder is at the edge of home every day, home's zone is proposed to hold it."""
    (found,) = proposed(NEIGHBOUR, NEIGHBOUR_ALARMS)

    assert (ProposalKind.BETTER_HOME, 1) == (found.kind, found.zone_id)
    assert (3, 3, 14, 0) == (
        found.proof.false_alarms,
        found.proof.spared,
        found.proof.alarms_before,
        found.proof.alarms_after,
    )
    assert (14, 14) == (found.proof.days_seen, found.proof.days_known)
    assert reach_m(found.shape) <= 320


def test_the_market_is_missing() -> None:
    """Where an elder often is without a zone, one is proposed, with the way and the hours."""
    (found,) = proposed(MARKET, MARKET_ALARMS)

    assert (ProposalKind.MISSING_PLACE, None) == (found.kind, found.zone_id)
    assert (PartOfDay.MORNING, 4) == (found.part_of_day, found.proof.days_seen)
    assert (480, 570) == (found.from_min, found.until_min)
    assert (3, 0) == (found.proof.spared, found.proof.alarms_after)
    plane = Plane(HOME)
    assert plane.flat(found.shape).contains(plane.point(HOME.moved(east_m=700, north_m=200)))


def test_a_polygon_home_grows_as_well() -> None:
    """A home drawn with corners gets a few more of them."""
    square = Polygon(
        (p.lon, p.lat)
        for p in (
            HOME.moved(east_m=e, north_m=n)
            for e, n in ((-180, -180), (180, -180), (180, 180), (-180, 180))
        )
    )
    (found,) = proposed(NEIGHBOUR, NEIGHBOUR_ALARMS, replace(zone(), shape=square))

    assert isinstance(found.shape, Polygon)
    assert 3 == found.proof.spared
    assert Plane(HOME).flat(found.shape).contains(Plane(HOME).flat(square))


def test_nobody_complained() -> None:
    """Without a false alarm nothing is proposed: nobody knows whether it should be."""
    assert () == proposed(NEIGHBOUR, ())
    assert () == proposed(NEIGHBOUR, (incident(1, 8, 14.1, 15, Outcome.NOT_CONFIRMED),))


def test_a_real_incident_is_never_hidden() -> None:
    """Where the elder was found, or may be lost, no zone is proposed that would be quiet."""
    for said in (Outcome.FOUND, None):
        real = incident(99, 13, 14.1, 15 if said else None, said)

        assert () == proposed(NEIGHBOUR, (*NEIGHBOUR_ALARMS, real))


def test_water_is_never_proposed() -> None:
    """A zone that would add the ground of a danger zone is not proposed."""
    water = zone(40, east_m=300, zone_id=9, kind=ZoneKind.DANGER)

    assert () == proposed(NEIGHBOUR, NEIGHBOUR_ALARMS, zone(), water)


def test_no_zone_becomes_too_wide() -> None:
    """A place two kilometres away is no neighbourhood."""
    far = days_of(Outing(east_m=2600, from_h=14, until_h=18))

    assert () == proposed(far, NEIGHBOUR_ALARMS)


def test_twice_is_not_usual() -> None:
    """A place seen on two days only is not proposed."""
    twice = days_of(Outing(east_m=700, from_h=8, until_h=9.6, days=[9, 12]))

    assert () == proposed(twice, (incident(1, 9, 8.1, 9, Outcome.FALSE_ALARM),))


def test_the_same_days_speak_for_the_same() -> None:
    """In whatever order pings and incidents are listed, the proposal is the same."""
    assert proposed(MARKET, MARKET_ALARMS) == proposed(MARKET[::-1], MARKET_ALARMS[::-1])


def test_home_without_a_zone() -> None:
    """Without any safe zone there is no alarm about leaving, and nothing to propose."""
    water = zone(40, east_m=300, zone_id=9, kind=ZoneKind.DANGER)

    assert () == proposed(NEIGHBOUR, NEIGHBOUR_ALARMS, water)


@settings(max_examples=20)
@given(
    east_m=st.integers(-900, 900),
    north_m=st.integers(-900, 900),
    from_h=st.sampled_from([6, 8, 14, 18]),
    false=st.sets(st.integers(0, 13), min_size=1, max_size=5),
    real=st.sets(st.integers(0, 13), max_size=2),
    water_m=st.integers(-600, 600),
    noise_m=st.sampled_from([2.0, 15.0]),
)
def test_whatever_is_proposed_keeps_the_promises(
    east_m: int,
    north_m: int,
    from_h: int,
    false: set[int],
    real: set[int],
    water_m: int,
    noise_m: float,
) -> None:
    """A proposal spares a false alarm, hides no real one, stays small and out of the water."""
    outing = Outing(east_m=east_m, north_m=north_m, from_h=from_h, until_h=from_h + 2)
    pings = days_of(outing, noise_m=noise_m)[::2]
    said = dict.fromkeys(false, Outcome.FALSE_ALARM) | dict.fromkeys(real, Outcome.FOUND)
    incidents = tuple(
        incident(day, day, from_h, from_h + 1.5, outcome) for day, outcome in said.items()
    )
    zones = (zone(), zone(50, east_m=water_m, north_m=250, zone_id=9, kind=ZoneKind.DANGER))

    for one in proposed(pings, incidents, *zones):
        _check(one, zones, pings, incidents)


def _check(
    one: Suggestion,
    zones: tuple[Zone, ...],
    pings: tuple[Ping, ...],
    incidents: tuple[PastIncident, ...],
) -> None:
    new = replace(zones[0], id=one.zone_id or 0, shape=one.shape)
    kept = tuple(z for z in zones if z.id != one.zone_id)
    present, trial = try_zones(zones, pings), try_zones((*kept, new), pings)
    plane = Plane(HOME)
    added = plane.flat(one.shape).difference(plane.flat(zones[0].shape))

    assert one.proof.spared >= 1
    assert one.proof.spared <= one.proof.false_alarms
    assert one.proof.alarms_after == len(trial.alarms) <= len(present.alarms)
    assert not added.intersects(plane.flat(zones[1].shape))
    assert reach_m(one.shape) <= (500 if isinstance(one.shape, Circle) else 1500)
    assert distance_m(HOME, middle(one.shape)) < 2000
    for real in (i for i in incidents if i.outcome is Outcome.FOUND):
        caused = [a for a in present.alarms if real.opened_at <= a.at <= (real.closed_at or END)]
        still = [a for a in trial.alarms if real.opened_at <= a.at <= (real.closed_at or END)]
        assert len(still) >= min(1, len(caused))


@pytest.mark.parametrize(
    "shape", [Circle(HOME, 150), Polygon([(120, 30), (120.001, 30), (120, 30.001)])]
)
def test_a_plane_leads_back(shape: Circle | Polygon) -> None:
    """A shape laid out in metres and brought back is where it was, to the centimetre."""
    plane = Plane(middle(shape))
    flat = plane.flat(shape)

    assert isinstance(flat, Polygon)
    assert plane.flat(plane.polygon(flat)).hausdorff_distance(flat) < 0.02
