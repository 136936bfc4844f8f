"""A model's coordinates become WGS-84, and a model on trial is marked."""

from dataclasses import replace

import pytest

from core.datums import to_bd09, to_gcj02
from core.places import Position, distance_m
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind, Reading, ReadPosition
from ingest.codecs.settling import settle

HOME = Position(120.68945, 30.52811)


def told(place: Position) -> Reading:
    """Return a reading with these coordinates, as they stand in the frame."""
    return Reading(
        device_id="b7",
        kind=Kind.POSITION,
        position=ReadPosition(lon=place.lon, lat=place.lat, accuracy_m=12, is_current=False),
        flags=frozenset({Flag.NO_HEMISPHERE}),
    )


@pytest.mark.parametrize(
    ("profile", "shown"),
    [
        (Profile(), HOME),
        (Profile(coordinate_system="gcj02"), to_gcj02(HOME)),
        (Profile(coordinate_system="bd09"), to_bd09(HOME)),
    ],
    ids=["wgs84", "gcj02", "bd09"],
)
def test_positions_become_wgs84(profile: Profile, shown: Position) -> None:
    """Whatever system the model speaks, the place comes out, and nothing else changes."""
    settled = settle(told(shown), profile)

    assert settled.position is not None
    assert distance_m(HOME, Position(settled.position.lon, settled.position.lat)) < 1e-4
    assert told(HOME) == replace(settled, position=told(HOME).position)
    assert (12, False) == (settled.position.accuracy_m, settled.position.is_current)


@pytest.mark.parametrize("profile", [Profile(), Profile(coordinate_system="gcj02")])
def test_a_reading_without_a_position_has_none_after_it(profile: Profile) -> None:
    """A heartbeat has nothing to convert."""
    heartbeat = Reading(device_id="b7", kind=Kind.HEARTBEAT, battery_pct=50)

    assert heartbeat == settle(heartbeat, profile)


def test_what_was_converted_is_no_longer_doubtful() -> None:
    """A position that only may have been shifted was, says the profile, and now it is not."""
    reading = replace(told(to_gcj02(HOME)), flags=frozenset({Flag.MAYBE_GCJ02, Flag.SHIFTED}))

    assert {Flag.SHIFTED} == settle(reading, Profile(coordinate_system="gcj02")).flags
    assert reading == settle(reading, Profile())


@pytest.mark.parametrize("observe", [True, False])
def test_a_model_on_trial_is_marked(observe: bool) -> None:
    """Every reading of a model on trial says so, beside what else was found."""
    expected = {Flag.NO_HEMISPHERE} | ({Flag.OBSERVED} if observe else set())

    assert expected == settle(told(HOME), Profile(observe=observe)).flags
